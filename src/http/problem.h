/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_PROBLEM_H
#define ROOMCAL_HTTP_PROBLEM_H

/*
 * problem — errors as application/problem+json (RFC 9457)
 *
 *     {"type":"about:blank","title":"Not Found","status":404,"detail":"There is no room \"X\" here."}
 */

#include "http/message.h"

#define PROBLEM_DETAIL_MAX 1000 /* bytes; a longer detail is cut */

/* Makes the reply that problem, whatever was in it, not to be stored by caches. `detail` is for a
 * person and holds no secret; it may quote the client, also bytes that are not UTF-8. */
void problem_reply(struct http_reply *reply, int status, const char *detail_format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
