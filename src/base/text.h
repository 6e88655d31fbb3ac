/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_BASE_TEXT_H
#define ROOMCAL_BASE_TEXT_H

/*
 * text — slices of text, and the few questions we ask of them
 *
 * A slice borrows: it is valid as long as what it points into. It is not NUL-terminated.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
    const char *at; /* NULL only together with length 0 */
    size_t length;
};

struct slice slice_of(const char *text); /* the whole of a text; NULL gives an empty slice */

/* Byte by byte, so that case counts. */
bool slice_is(struct slice slice, const char *text);
bool slice_equal(struct slice left, struct slice right);

/* Without blanks (space, tab, CR, LF) at both ends. */
struct slice slice_trim(struct slice slice);

/* Takes the part before the first `separator` off the front of *rest (all of it when there is none,
 * *rest then gets at == NULL). Returns false when *rest is used up (at == NULL). "a,,b" gives "a",
 * "", "b"; "" gives "". */
bool slice_next(struct slice *rest, char separator, struct slice *ret_part);

/* A copy with a NUL behind it, which the caller frees; NULL without memory. */
char *slice_copy(struct slice slice);

/* A decimal number, optional '-' in front, nothing else. false: not a number, or out of [minimum,
 * maximum]. */
bool slice_int(struct slice slice, int64_t minimum, int64_t maximum, int64_t *ret);

/* How many bytes at the front are well-formed UTF-8 (RFC 3629: nothing overlong, no surrogates). */
size_t utf8_valid_prefix(const char *bytes, size_t length);

/* The bytes of the control character at the front: 1 for C0 (below U+0020) and DEL, 2 for C1 in UTF-8 (U+0080 to U+009F,
 * where some terminals begin their commands); 0: something else is there, or nothing. */
size_t text_control_size(struct slice text);

/* Puts '?' for each byte of a control character and of what is not UTF-8, so that a stranger's text can be shown in a log or
 * on a terminal: it is whole characters of one line then. */
void text_make_printable(char *text, size_t length);

/* Levenshtein distance of two short names (at most 63 bytes, longer ones give SIZE_MAX), for "did
 * you mean". */
size_t text_distance(const char *left, const char *right);

#endif
