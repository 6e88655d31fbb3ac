/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_OAUTH_H
#define ROOMCAL_NET_OAUTH_H

/*
 * oauth — the token that all lanes send with AUTH=bearer
 *
 * It is fetched when the first lane wants one (net/token_request.h), by that lane; the others wait for it and share what
 * comes of it, so a wrong secret is tried once and not once a lane. It is kept in memory, and nowhere else, until
 * OAUTH_MARGIN_S before it expires, but for at least half of its life: a question that takes long
 * must not outlive its token. Times are the wall clock's; a clock that was set back behind the moment of the fetch ends
 * the token, too. Exchange has the last word: a token that it refuses is forgotten and fetched anew (net/auth.h).
 *
 * Thread-safe.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "net/reply.h"
#include "net/token_request.h"

#define OAUTH_MARGIN_S 300

struct oauth;

/* `config` and `stop` must outlive it; `stop` ends a fetch, and waiting for one, within a second. 0 or -ENOMEM. */
int oauth_create(const struct config *config, const atomic_bool *stop, struct oauth **ret);
void oauth_destroy(struct oauth *oauth); /* wipes the token; NULL is allowed */

struct oauth_grant {
    uint64_t number; /* of the token, for oauth_forget */
    int64_t wait_s;  /* without one: what the token server asks for (Retry-After); -1: nothing */
};

/* Appends the token (OAUTH_TOKEN_MAX bytes at most) to `ret`, after it was fetched if need be. TRANSPORT_OK and
 * *ret_grant; or why there is none, as in net/token_request.h: `err` has a sentence, and *ret_grant its wait_s. */
enum transport_result oauth_append_token(struct oauth *oauth, struct buf *ret,
                                         struct oauth_grant *ret_grant, struct err *err);

/* That token was refused. Nothing happens if another one has taken its place. */
void oauth_forget(struct oauth *oauth, uint64_t number);

#endif
