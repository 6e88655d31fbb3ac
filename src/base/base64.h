/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_BASE_BASE64_H
#define ROOMCAL_BASE_BASE64_H

/*
 * base64 — bytes as text and back (RFC 4648, 4), by OpenSSL's libcrypto
 *
 * Reading is strict, because what comes from a server is either a token or rubbish: the alphabet with + and /, padded to
 * a multiple of four, and nothing besides, no blank and no line end.
 */

#include <stddef.h>

#include "base/buf.h"
#include "base/text.h"

/* Bytes of one call, either way. */
#define BASE64_MAX (1 << 20)

/* Appends the text of `bytes`; an empty input appends nothing. A failure stays in `ret` (buf_error): also -EOVERFLOW for
 * an input over BASE64_MAX. */
void base64_encode(const void *bytes, size_t length, struct buf *ret);

/* The same in the alphabet for URLs and file names, with - and _ and without padding (RFC 4648, 5; RFC 7515, 2). */
void base64_encode_url(const void *bytes, size_t length, struct buf *ret);

/* Appends the bytes of `text`. 0; -EINVAL: no base64, or over BASE64_MAX; -ENOMEM; -EOVERFLOW: over the limit of `ret`.
 * What stood in `ret` stays as it was. */
int base64_decode(struct slice text, struct buf *ret);

#endif
