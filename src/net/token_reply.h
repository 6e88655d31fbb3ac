/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_TOKEN_REPLY_H
#define ROOMCAL_NET_TOKEN_REPLY_H

/*
 * token_reply — what a token server's answer says. A part of net/token_request.
 *
 * A token is one that can stand in a header. What the server says of a refusal is told in one sentence: printable, cut, and
 * without the secret should it be repeated there. Sources: RFC 6749, 5.1 and 5.2; RFC 6750, 2.1
 */

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "config/config.h"
#include "net/reply.h"

#define OAUTH_TOKEN_MAX  16384 /* bytes of a token; what Exchange takes in a header is less */
#define OAUTH_LIFE_MAX_S 86400 /* a longer life is taken as that */

/* `body` is the whole of an answer with this status. TRANSPORT_OK, the token behind what stands in `ret_token` (a secret;
 * give it room for OAUTH_TOKEN_MAX), and its life from the moment it was asked for, 1 to OAUTH_LIFE_MAX_S. Otherwise `err`
 * has a sentence, but for want of memory:
 *     TRANSPORT_LOGIN_REFUSED            the server knows why not: its error and error_description are in the sentence
 *     TRANSPORT_LOGIN_TOKEN_BUSY         429
 *     TRANSPORT_LOGIN_TOKEN_UNREACHABLE  5xx, temporarily_unavailable, server_error
 *     TRANSPORT_LOGIN_TOKEN_BROKEN       the answer makes no sense
 *     TRANSPORT_MEMORY */
enum transport_result token_reply_read(const struct config *config, int status, struct slice body,
                                       struct buf *ret_token, int64_t *ret_life_s, struct err *err);

#endif
