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
#include "net/challenge.h"

#define TRANSPORT_WAIT_MAX_S  86400      /* what a server asks for beyond a day is taken as a day */
#define TRANSPORT_HEADER_MAX  (64 << 10) /* bytes of all headers; libcurl's limit is higher */
#define TRANSPORT_REMARK_SIZE 200        /* bytes, with the NUL */

/* Why there was no usable reply. The order is not stored anywhere. */
enum transport_result {
    TRANSPORT_OK,          /* a whole reply came, whatever its status */
    TRANSPORT_STOPPED,     /* `stop` was set, or the sink asked to end */
    TRANSPORT_UNREACHABLE, /* name, route, refused, reset before a reply */
    TRANSPORT_TLS,         /* no trusted connection, for another reason than the TLS_… below */
    TRANSPORT_TIMEOUT,     /* REQUEST_TIMEOUT passed */
    TRANSPORT_CUT,         /* the reply ended too early or was no HTTP */
    TRANSPORT_TOO_LARGE,   /* over TRANSPORT_REPLY_MAX or TRANSPORT_HEADER_MAX */
    TRANSPORT_MEMORY,
    TRANSPORT_MOVED, /* within net/: the connection that the request needed is gone, nothing was sent */

    /* No login, so no question was asked, but for those where the server has the last word. */
    TRANSPORT_LOGIN_NO_SCHEME,       /* the server offers none that we may use */
    TRANSPORT_LOGIN_NO_MECHANISM,    /* GSS-API has no NTLM here */
    TRANSPORT_LOGIN_NO_CREDENTIAL,   /* no keytab, no ticket */
    TRANSPORT_LOGIN_EXPIRED,         /* the ticket */
    TRANSPORT_LOGIN_CLOCK,           /* it is too far from the server's */
    TRANSPORT_LOGIN_NO_KDC,          /* the Kerberos server does not answer */
    TRANSPORT_LOGIN_NO_SERVICE,      /* the Kerberos server does not know Exchange by this name */
    TRANSPORT_LOGIN_REFUSED,         /* by the Kerberos or the token server */
    TRANSPORT_LOGIN_UNBOUND,         /* CHANNEL_BINDING=required, but nothing to bind to */
    TRANSPORT_LOGIN_BROKEN,          /* the server's leg makes no sense */
    TRANSPORT_LOGIN_CUT,             /* the connection does not last for a handshake */
    TRANSPORT_LOGIN_BOUND_REFUSED,   /* 401 at the end of a handshake with channel binding */
    TRANSPORT_LOGIN_UNBOUND_REFUSED, /* the same without */
    TRANSPORT_LOGIN_TOKEN_REFUSED,   /* 401 to a token that was new */

    /* No token (net/token_request.h). */
    TRANSPORT_LOGIN_TOKEN_UNREACHABLE, /* the token server does not answer, or is in trouble */
    TRANSPORT_LOGIN_TOKEN_TLS,         /* no trusted connection to it */
    TRANSPORT_LOGIN_TOKEN_BROKEN,      /* its answer makes no sense */
    TRANSPORT_LOGIN_TOKEN_BUSY,        /* it wants fewer questions */
    TRANSPORT_LOGIN_TOKEN_UNSIGNED,    /* the application's certificate or key is not usable */

    /* No trusted connection. */
    TRANSPORT_TLS_EXPIRED, /* the server's certificate, or one in its chain */
    TRANSPORT_TLS_NOT_YET_VALID,
    TRANSPORT_TLS_WRONG_HOST,
    TRANSPORT_TLS_SELF_SIGNED,
    TRANSPORT_TLS_UNKNOWN_AUTHORITY,
    TRANSPORT_TLS_WEAK,           /* a key or hash that OpenSSL takes for too weak */
    TRANSPORT_TLS_OLD,            /* no version or cipher in common */
    TRANSPORT_TLS_NONE,           /* what answers speaks no TLS */
    TRANSPORT_TLS_CLIENT_WANTED,  /* there is no CERT_FILE, and the server wants one */
    TRANSPORT_TLS_CLIENT_REFUSED, /* the server does not like it */
    TRANSPORT_TLS_CLIENT_FILES,   /* CERT_FILE and KEY_FILE cannot be used */
    TRANSPORT_TLS_CA_FILE,        /* it cannot be used */

    /* No way through the proxy. */
    TRANSPORT_PROXY_UNREACHABLE,
    TRANSPORT_PROXY_TLS,     /* no trusted connection to the proxy itself */
    TRANSPORT_PROXY_LOGIN,   /* 407 */
    TRANSPORT_PROXY_REFUSED, /* it does not lead there */
    TRANSPORT_PROXY_NO_WAY,  /* it found no way itself */
};

/* What is known of the reply when its first byte of body arrives, and after the end. */
struct transport_reply {
    int status;         /* HTTP; 0: none came */
    bool is_xml;        /* Content-Type is text/xml, application/xml or …+xml */
    int64_t server_utc; /* Date: the server's own time; 0: none, or unreadable */
    /* After the end, from Retry-After in either form: 0 to TRANSPORT_WAIT_MAX_S; -1: none, or unreadable. A date is counted
     * from the server's own Date, or from our clock where there is none. */
    int64_t retry_after_s;
    int64_t body_bytes;     /* after decompression */
    int64_t received_bytes; /* on the wire, headers included */
    bool error_page; /* a redirect to Exchange's own page of errors, /ews/genericerrorpage.htm */
    /* For the log, printable ASCII: what the server said in X-CasErrorCode, X-MS-Diagnostics and Location (without its
     * query, which may be secret); "": nothing. */
    char remark[TRANSPORT_REMARK_SIZE];
};

/* Reads one reply after the other. */
struct reply_reader {
    struct transport_reply reply;
    struct challenge challenge; /* what WWW-Authenticate says */
    int64_t retry_at_utc;       /* Retry-After, if it was a date; 0: it was not */
    size_t header_bytes;
};

/* Takes no memory yet. */
void reply_init(struct reply_reader *reader);

/* Frees what the last reply left. */
void reply_finish(struct reply_reader *reader);

/* Before each reply: forgets the one before. */
void reply_begin(struct reply_reader *reader);

/* One line of the header, the status line included. An interim reply (100 Continue) begins with a status line as the
 * final one does, and what it said is forgotten then. false: the header is over TRANSPORT_HEADER_MAX. */
bool reply_take_line(struct reply_reader *reader, struct slice line);

/* After the end: works out what depends on several fields. */
void reply_end(struct reply_reader *reader);

#endif
