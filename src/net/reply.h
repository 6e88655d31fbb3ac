/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_REPLY_H
#define ROOMCAL_NET_REPLY_H

/*
 * reply — what came back from a server over HTTP: how the exchange ended, and what the header fields say
 *
 * A reader takes the reply's header lines one by one and keeps of them what we act on, or what an administrator wants to
 * read in the log. At most TRANSPORT_HEADER_MAX bytes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define TRANSPORT_WAIT_MAX_S 86400 /* what a server asks for beyond a day is taken as a day */
/* Bytes of all reply headers; libcurl's own limit is higher */
#define TRANSPORT_HEADER_MAX  (64 << 10)
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

/* Reads one reply. Zeroed by reply_begin; nothing to free. */
struct reply_reader {
    struct transport_reply reply;
    int64_t retry_at_utc; /* Retry-After, if it was a date; 0: it was not */
    size_t header_bytes;
};

void reply_begin(struct reply_reader *reader);

/* One line of the header, the status line included. An interim reply (100 Continue) begins with a status line as the
 * final one does, and what it said is forgotten then. false: the header is over TRANSPORT_HEADER_MAX. */
bool reply_take_line(struct reply_reader *reader, struct slice line);

/* After the end: works out what depends on several fields. */
void reply_end(struct reply_reader *reader);

#endif
