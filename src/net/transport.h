/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_TRANSPORT_H
#define ROOMCAL_NET_TRANSPORT_H

/*
 * transport — one HTTP connection to Exchange. The home of libcurl.
 *
 * A transport belongs to one thread. It posts one request at a time over one kept connection; the
 * reply's body is handed on as it arrives, decompressed. HTTP/1.1, no redirects, cookies kept, no
 * proxy from the environment, TLS 1.2 at least with the certificate and its name checked.
 * Credentials go out over TLS or to loopback only.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "config/config.h"

#define TRANSPORT_REPLY_MAX (INT64_C(512) << 20) /* bytes of a body after decompression */
/* Bytes of all reply headers; libcurl's own limit is higher */
#define TRANSPORT_HEADER_MAX (64 << 10)
#define TRANSPORT_WAIT_MAX_S 86400 /* what a server asks for beyond a day is taken as a day */

#define TRANSPORT_REMARK_SIZE 200

/* Why there was no usable reply. The order is not stored anywhere. */
enum transport_result {
    TRANSPORT_OK,          /* a whole reply came, whatever its status */
    TRANSPORT_STOPPED,     /* `stop` was set, or the sink asked to end */
    TRANSPORT_UNREACHABLE, /* name, route, refused, reset before a reply */
    TRANSPORT_TLS,         /* no trusted connection: certificate, host name, protocol */
    TRANSPORT_TIMEOUT,     /* REQUEST_TIMEOUT passed */
    TRANSPORT_CUT,         /* the reply ended too early or was no HTTP */
    TRANSPORT_TOO_LARGE,   /* over TRANSPORT_REPLY_MAX or TRANSPORT_HEADER_MAX */
    TRANSPORT_MEMORY,
};

/* What is known of the reply when its first byte of body arrives, and after the end. */
struct transport_reply {
    int status;         /* HTTP; 0: none came */
    bool is_xml;        /* Content-Type is text/xml, application/xml or …+xml */
    int64_t server_utc; /* Date: the server's own time; 0: none, or unreadable */
    int64_t
        retry_after_s; /* after the end: from Retry-After, either form, 0 to TRANSPORT_WAIT_MAX_S. A date is
                               counted from the server's own, or from ours without. -1: none, or unreadable */
    int64_t body_bytes;     /* after decompression */
    int64_t received_bytes; /* on the wire, headers included */
    bool basic_offered;     /* WWW-Authenticate names Basic */
    bool error_page; /* a redirect to Exchange's own page of errors, /ews/genericerrorpage.htm */
    /* For the log, printable ASCII: what the server said in X-CasErrorCode, X-MS-Diagnostics and Location (without its
     * query, which may be secret); "": nothing. */
    char remark[TRANSPORT_REMARK_SIZE];
};

/* Takes a piece of the body; not 0 ends the transfer (TRANSPORT_STOPPED). `reply` has status and
 * is_xml by then. */
typedef int transport_sink(void *context, const struct transport_reply *reply, const char *bytes,
                           size_t length);

struct transport;

/* Once per process, before any thread: curl_global_init and its end. 0 or < 0. The process ignores
 * SIGPIPE, which TLS may raise when the other side goes. */
int transport_global_init(struct err *err);
void transport_global_finish(void);

/* `stop` ends a transfer under way within a second once it is true; it must outlive the transport,
 * as must `config`. */
int transport_create(const struct config *config, const atomic_bool *stop, struct transport **ret,
                     struct err *err);
void transport_destroy(struct transport *transport);

/* Posts `body` (text/xml; charset=utf-8) to the endpoint with `X-AnchorMailbox: mailbox`, or without
 * that if `mailbox` is NULL. The sink is not called for an empty body. `err` gets a sentence unless TRANSPORT_OK. */
enum transport_result transport_post(struct transport *transport, struct slice body,
                                     const char *mailbox, transport_sink *sink, void *context,
                                     struct transport_reply *ret_reply, struct err *err);

#endif
