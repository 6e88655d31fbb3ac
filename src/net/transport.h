/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_TRANSPORT_H
#define ROOMCAL_NET_TRANSPORT_H

/*
 * transport — posts questions to Exchange over one kept connection, signed in
 *
 * Belongs to one thread. What a connection is and does not do: net/connection.h; what comes back: net/reply.h; how it
 * signs in: net/auth.h. The login is shared by all transports of the process.
 */

#include <stdatomic.h>

#include "base/err.h"
#include "base/text.h"
#include "config/config.h"
#include "net/connection.h"
#include "net/login.h"
#include "net/reply.h"

struct transport;

/* `stop` ends a transfer under way within a second once it is true; it must outlive the transport,
 * as must `config` and `login`. 0; -ENOMEM; -EINVAL: libcurl does not take a setting. `err` has a sentence then. */
int transport_create(const struct config *config, struct login *login, const atomic_bool *stop,
                     struct transport **ret, struct err *err);
void transport_destroy(struct transport *transport); /* NULL is allowed */

/* Posts `body` (text/xml; charset=utf-8) to the endpoint with `X-AnchorMailbox: mailbox`, or without
 * that if `mailbox` is NULL, after as many legs of a login as the server wants. The sink gets the body of the last
 * reply only, unless that is a 401, and is not called for an empty one. `err` gets a sentence unless TRANSPORT_OK.
 * REQUEST_TIMEOUT is for each leg, and for the fetching of a token. */
enum transport_result transport_post(struct transport *transport, struct slice body,
                                     const char *mailbox, transport_sink *sink, void *context,
                                     struct transport_reply *ret_reply, struct err *err);

#endif
