/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_FORM_H
#define ROOMCAL_NET_FORM_H

/*
 * form — application/x-www-form-urlencoded, as a token server is asked in it (RFC 6749, B)
 *
 * A blank is "%20", which every server takes for one, as it does "+". Failures are the buffer's.
 */

#include <stdbool.h>

#include "base/buf.h"

/* Letters, digits, '-', '.', '_' and '~' stand for themselves (RFC 3986, 2.3). */
bool form_is_unreserved(char byte);

/* What is not such a byte as "%2F". */
void form_append_encoded(struct buf *form, const char *value);

/* NAME=VALUE, and a '&' in front if it is not the first; `name` as it is. */
void form_append_field(struct buf *form, const char *name, const char *value);

#endif
