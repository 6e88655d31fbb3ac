/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_CHARFILTER_H
#define ROOMCAL_EWS_CHARFILTER_H

/*
 * charfilter — makes well-formed characters of what Exchange sends, so that one subject cannot make
 * a room unreadable
 *
 * Exchange writes characters that XML 1.0 forbids as numeric references ("&#x1A;", "&#0;"), and
 * expat has no recovery. This filter stands before expat and works on bytes:
 *   - a reference to a forbidden character (XML 1.0, 2.2) becomes U+FFFD; a high surrogate's
 *     reference and, right behind it, a low one's become the one character they mean; a lone
 *     surrogate becomes U+FFFD
 *   - a named entity other than XML's own five ("&nbsp;") becomes U+FFFD, because without a DTD it
 *     means nothing; an ampersand that begins no reference, or one of CHARFILTER_HELD_MAX bytes,
 *     becomes "&amp;"
 *   - a forbidden control byte, U+FFFE, U+FFFF, and each maximal part of an ill-formed UTF-8
 *     sequence (Unicode 3.9, U+FFFD substitution) become U+FFFD each, wherever they stand
 *   - white space and byte order marks before the first markup ("<?xml") are dropped
 *   - in CDATA, comments and processing instructions '&' and '<' are text and stay as they are
 *   - a reply that begins with a UTF-16 byte order mark passes unchanged: expat decodes it
 * Any of these may be split over chunks. What is well-formed passes byte for byte; of more than
 * CHARFILTER_ZEROS_MAX leading zeros of a reference the rest is dropped. Memory is this struct.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define CHARFILTER_HELD_MAX  64
#define CHARFILTER_ZEROS_MAX 32

/* The filter appends at most so many bytes for `length` bytes fed, what was held before included.
 */
#define CHARFILTER_GROWTH(length) (5 * (size_t)(length) + (size_t)8 * CHARFILTER_HELD_MAX)

/* What the bytes in `held` are the beginning of. */
enum charfilter_state {
    CHARFILTER_BEGIN,     /* of the reply: a byte order mark, or nothing */
    CHARFILTER_TEXT,      /* nothing is held */
    CHARFILTER_OPENER,    /* "<![CDATA[" and its like */
    CHARFILTER_REFERENCE, /* "&#x1A;" */
    CHARFILTER_SEQUENCE,  /* one character in UTF-8 */
    CHARFILTER_UTF16,     /* nothing is held, everything passes */
    CHARFILTER_STATES
};

struct charfilter_section; /* CDATA, a comment, a processing instruction */

struct charfilter {
    enum charfilter_state state;
    const struct charfilter_section *section; /* where we are; NULL: in text or in a tag */
    size_t end_matched;                       /* how much of the section's end was just read */
    uint32_t high_surrogate; /* a reference to it was read, its partner is awaited; 0: none */
    char held[CHARFILTER_HELD_MAX];
    size_t held_length;
};

void charfilter_init(struct charfilter *filter);

/* Appends the filtered bytes to `out`; a few may be held back until the next call or
 * charfilter_end. Failures are the buffer's. */
void charfilter_feed(struct charfilter *filter, const char *bytes, size_t length, struct buf *out);

/* The reply is over: appends what was held back. The filter needs charfilter_init for the next. */
void charfilter_end(struct charfilter *filter, struct buf *out);

#endif
