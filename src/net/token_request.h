/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_TOKEN_REQUEST_H
#define ROOMCAL_NET_TOKEN_REQUEST_H

/*
 * token_request — asks the token server for one token. A part of net/oauth.
 *
 * The grant is client_credentials, with the application's secret or with an assertion that is signed for this request
 * (net/jwt.h). It goes over a connection of its own, with TLS and PROXY as they are towards Exchange. What the answer
 * says is net/token_reply's to read. Sources: RFC 6749, 4.4;
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "net/reply.h"
#include "net/token_reply.h"

#define OAUTH_REPLY_MAX 65536 /* bytes of the token server's answer */

struct token_answer {
    int64_t life_s; /* of the token, from the moment it was asked for; 1 to OAUTH_LIFE_MAX_S */
    int64_t wait_s; /* what the server asks for (Retry-After); -1: nothing */
};

/* TRANSPORT_OK, the token behind what stands in `ret_token` (a secret; give it room for OAUTH_TOKEN_MAX), and *ret.
 * Otherwise `err` has a sentence and only ret->wait_s is set:
 *     TRANSPORT_LOGIN_REFUSED            the server knows why not: its error and error_description are in the sentence
 *     TRANSPORT_LOGIN_TOKEN_BUSY         429
 *     TRANSPORT_LOGIN_TOKEN_UNREACHABLE  no whole answer, or 5xx, temporarily_unavailable, server_error
 *     TRANSPORT_LOGIN_TOKEN_TLS          no trusted connection
 *     TRANSPORT_LOGIN_TOKEN_BROKEN       the answer makes no sense
 *     TRANSPORT_LOGIN_TOKEN_UNSIGNED     the assertion could not be made: the files
 *     TRANSPORT_STOPPED, TRANSPORT_MEMORY */
enum transport_result token_request(const struct config *config, const atomic_bool *stop,
                                    struct buf *ret_token, struct token_answer *ret,
                                    struct err *err);

#endif
