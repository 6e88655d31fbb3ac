/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_CHARFILTER_H
#define ROOMCAL_EWS_CHARFILTER_H

/*
 * charfilter — makes well-formed characters of what Exchange sends, so that one subject cannot make a room unreadable
 *
 * Exchange writes characters that XML 1.0 forbids as numeric references ("&#x1A;", "&#0;"), and expat has no
 * recovery. This filter stands before expat and works on bytes:
 *   - a reference to a forbidden character (XML 1.0, 2.2) becomes U+FFFD; a pair of references to surrogates becomes
 *     the one character they mean; a lone surrogate becomes U+FFFD
 *   - forbidden control bytes, U+FFFE/U+FFFF and ill-formed UTF-8 become U+FFFD each
 *   - white space before "<?xml" is dropped; inside CDATA references are text and stay as they are
 *   - a reply that begins with a UTF-16 byte order mark passes unchanged: expat decodes it
 * Any of these may be split over chunks. What is well-formed passes byte for byte.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define CHARFILTER_HELD_MAX 64

struct charfilter {
    int state;
    bool at_begin;           /* nothing but white space and a BOM so far */
    bool pass_through;       /* UTF-16 */
    unsigned cdata_matched;  /* how much of "<![CDATA[" or "]]>" the last bytes were */
    bool in_cdata;
    uint32_t high_surrogate; /* a reference to it was read, its partner is awaited; 0: none */
    char held[CHARFILTER_HELD_MAX]; /* a reference or UTF-8 sequence that is not complete yet */
    size_t held_length;
};

void charfilter_init(struct charfilter *filter);

/* Appends the filtered bytes to `out`; a few may be held back until the next call or charfilter_end. */
void charfilter_feed(struct charfilter *filter, const char *bytes, size_t length, struct buf *out);

/* The reply is over: appends what was held back. */
void charfilter_end(struct charfilter *filter, struct buf *out);

#endif
