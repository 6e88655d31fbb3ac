/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_CONNECTION_H
#define ROOMCAL_NET_CONNECTION_H

/*
 * connection — one kept HTTP/1.1 connection to one address. The home of libcurl.
 *
 * A connection belongs to one thread. It posts one request at a time; the reply's body is handed on as it arrives,
 * decompressed. It is made when it is first needed, and again when it was closed. No redirects, cookies kept, TLS 1.2 at
 * least with the certificate and its name checked, by the authorities of CA_FILE as they are at that moment; CERT_FILE is
 * shown to who asks. A URL without TLS must lead to loopback, whatever its name resolves to: nothing is sent elsewhere.
 *
 * Through PROXY there is always a tunnel (CONNECT, RFC 9110, 9.3.6), so that the proxy sees nothing but the host's name
 * and a login of its own. Addresses without TLS are this machine's and asked without it; the environment's proxies and
 * NO_PROXY do not count.
 *
 * libcurl's own HTTP authentication is off but for the proxy's: the only login that Exchange is ever sent is the
 * Authorization of a request.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "config/config.h"
#include "net/challenge.h"
#include "net/channel_binding.h"
#include "net/reply.h"

#define TRANSPORT_REPLY_MAX (INT64_C(512) << 20) /* bytes of a body after decompression */

/* Takes a piece of the body; not 0 ends the transfer (TRANSPORT_STOPPED). `reply` has status and
 * is_xml by then. */
typedef int transport_sink(void *context, const struct transport_reply *reply, const char *bytes,
                           size_t length);

struct connection;

/* Once per process, before any thread: curl_global_init. 0; -ENOMEM or -EIO, and `err` has a sentence. Memory that libcurl
 * gives back is overwritten, because secrets pass through it. From now on the process
 * ignores SIGPIPE, which writing to a connection may raise when the other side has gone. */
int connection_global_init(struct err *err);

/* Its end, when all connections are destroyed. */
void connection_global_finish(void);

/* `url`, `config` and `stop` must outlive it; `stop` ends a transfer under way within a second once it is true. Nothing is
 * connected yet. 0; -ENOMEM; -EINVAL: libcurl does not take a setting. `err` has a sentence then. */
int connection_create(const char *url, const struct config *config, const atomic_bool *stop,
                      struct connection **ret, struct err *err);
void connection_destroy(struct connection *connection); /* NULL is allowed */

/* A POST. The texts must live until connection_post returns; NULL leaves the field away. */
struct connection_request {
    struct slice body;
    const char *content_type;
    const char *mailbox;       /* X-AnchorMailbox: leads Exchange's front end to the right server */
    const char *authorization; /* a secret: all copies of it are overwritten */
    bool over_the_same;        /* as the last request, or not at all: TRANSPORT_MOVED */
};

/* The sink is not called for an empty body. `err` gets a sentence unless TRANSPORT_OK. */
enum transport_result connection_post(struct connection *connection,
                                      const struct connection_request *request,
                                      transport_sink *sink, void *context,
                                      struct transport_reply *ret_reply, struct err *err);

/* Is the connection that the last request went over still there? It may turn out not to be. */
bool connection_is_open(const struct connection *connection);

/* Of the certificate that the server showed when this connection was made; length 0: no TLS, or not connected yet.
 * Valid until the next request. */
const struct channel_binding *connection_binding(const struct connection *connection);

/* What the last reply's WWW-Authenticate says. Valid until the next request. */
const struct challenge *connection_challenge(const struct connection *connection);

#endif
