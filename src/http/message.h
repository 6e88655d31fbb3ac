/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_MESSAGE_H
#define ROOMCAL_HTTP_MESSAGE_H

/*
 * message — a request as the gateways hand it in, and a reply as they send it out
 *
 * Knows nothing of sockets: a gateway (FastCGI, CGI) fills a request from its parameters and writes
 * the reply's pieces wherever they go. A body is a list of pieces; some are the reply's own bytes,
 * some are borrowed from mapped room files that the reply holds until it is finished, so a room is
 * sent without being copied.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"
#include "cache/shelf.h"

#define HTTP_PATH_MAX  4096  /* bytes of a path; longer is 414 */
#define HTTP_QUERY_MAX 65535 /* bytes of a query; longer is 414 */

/* What a reply may write itself, beside what it borrows. Room names and sentences for 10 000 rooms
 * fit, and what iCalendar adds to a million events of many rooms. */
#define HTTP_HEADER_MAX  512u  /* one header's value */
#define HTTP_HEADERS_MAX 8192u /* all header lines */
#define HTTP_OWN_MAX     (64u << 20)

/* Slices borrowed from the gateway for the time of the request; empty where the client sent none. */
struct http_request {
    struct slice method; /* as sent: "GET" */
    struct slice path;   /* percent-decoded once, begins with '/'; may hold any byte */
    struct slice query;  /* as sent, without '?' */
    struct slice accept;
    struct slice if_none_match;
    struct slice if_modified_since;
};

struct http_piece {
    const char *borrowed; /* NULL: own bytes, at `at` of `own` */
    size_t at;
    size_t length;
};

struct http_reply {
    int status;
    struct buf headers; /* "Name: value\r\n" lines, without Status and Content-Length */
    struct buf own;
    struct http_piece *pieces;
    size_t piece_count, piece_room;
    size_t length;  /* of the whole body */
    bool head_only; /* HEAD: the headers tell of a body that is not sent */
    struct shelf *shelf;
    const struct room_file **views; /* dropped by http_reply_finish */
    size_t view_count, view_room;
    int error; /* the first failure (-ENOMEM, -EOVERFLOW past a limit above): nothing of this reply
                * may be sent, http_reply_send says 500. It outlives http_reply_reset. */
};

/* An empty reply. `shelf`, whose views it will hold, must outlive it; NULL: it holds none. */
void http_reply_init(struct http_reply *reply, struct shelf *shelf);

/* Frees it and drops the views; it can be filled again. */
void http_reply_finish(struct http_reply *reply);

/* Remembers a failure (< 0) of whoever fills the reply; 0, and any but the first, change nothing. */
void http_reply_fail(struct http_reply *reply, int error);

/* Throws away status, headers and body, keeps what is held: for a handler that finds out late. */
void http_reply_reset(struct http_reply *reply);

/* Adds a header line. A value over HTTP_HEADER_MAX bytes fails the reply. Its control characters (C0, DEL) are dropped, so
 * that no value forges a header. */
void http_reply_header(struct http_reply *reply, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void http_reply_write(struct http_reply *reply, struct slice bytes); /* copied */

/* Not copied: the bytes are of a view that the reply holds, or will. */
void http_reply_borrow(struct http_reply *reply, struct slice bytes);

/* Takes the view over, also when that fails; NULL is allowed. */
void http_reply_hold(struct http_reply *reply, const struct room_file *view);

/* "Not Found" for 404; "" for a status that we never send. */
const char *http_reason(int status);

/* Sends the CGI response (RFC 3875, 6): Status line, headers, Content-Length where there may be a body, blank line, body,
 * in pieces of up to 64 KiB. Every reply carries X-Content-Type-Options, Referrer-Policy and Cross-Origin-Resource-Policy
 * too. A reply with `error` set is sent as a bare 500. `write` takes all bytes or returns not 0, which ends the sending.
 *
 * 0; what `write` returned; HTTP_UNSENT: a room file that the reply borrows from was damaged meanwhile, and nothing was
 * sent: make the reply anew, of other files; -EIO: the same, but some was sent, so the rest must not be. */
#define HTTP_UNSENT 1
typedef int http_write(void *context, const char *bytes, size_t length);
int http_reply_send(const struct http_reply *reply, http_write *write, void *context);

/* What is sent: its status, and how many bytes of a body. */
int http_reply_status(const struct http_reply *reply);
size_t http_reply_body_length(const struct http_reply *reply);

/* Percent-decodes once, as a path ('+' stays). false: a '%' without two hex digits, or no memory
 * (`out`'s error). */
bool http_decode(struct slice text, bool plus_is_space, struct buf *out);

/* If-None-Match (RFC 9110, 13.1.2): "*", or a list of entity tags, compared weakly (nginx's gzip
 * makes ours weak). `etag` is ours, with its quotes. What cannot be read does not match. */
bool http_etag_matches(struct slice if_none_match, const char *etag);

#endif
