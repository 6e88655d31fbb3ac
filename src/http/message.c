/* SPDX-License-Identifier: MIT */
#include "http/message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/outbox.h"

#define LINE_MAX_BYTES 128 /* a status line, a Content-Length line */

/* ---- the reply ------------------------------------------------------------------------------ */

void http_reply_init(struct http_reply *reply, struct shelf *shelf)
{
    *reply = (struct http_reply){
        .shelf = shelf,
        .headers = BUF_INIT(HTTP_HEADERS_MAX),
        .own = BUF_INIT(HTTP_OWN_MAX),
    };
}

void http_reply_finish(struct http_reply *reply)
{
    for (size_t i = 0; i < reply->view_count; i++)
        shelf_drop(reply->shelf, reply->views[i]);
    free((void *)reply->views);
    free(reply->pieces);
    buf_finish(&reply->headers);
    buf_finish(&reply->own);
    http_reply_init(reply, reply->shelf);
}

void http_reply_reset(struct http_reply *reply)
{
    reply->status = 0;
    reply->piece_count = 0;
    reply->length = 0;
    buf_clear(&reply->headers);
    buf_clear(&reply->own);
}

void http_reply_fail(struct http_reply *reply, int error)
{
    if (!reply->error)
        reply->error = error;
}

/* Remembers a failure; true while there is none. */
static bool succeeded(struct http_reply *reply, int error)
{
    http_reply_fail(reply, error);
    return !reply->error;
}

void http_reply_header(struct http_reply *reply, const char *name, const char *format, ...)
{
    char value[HTTP_HEADER_MAX + 1];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    if (!succeeded(reply, length < 0 || (size_t)length >= sizeof value ? -EOVERFLOW : 0))
        return;
    buf_printf(&reply->headers, "%s: ", name);
    for (int i = 0; i < length; i++) {
        if ((unsigned char)value[i] >= 0x20 && value[i] != 0x7F)
            buf_append_char(&reply->headers, value[i]);
    }
    buf_append_text(&reply->headers, "\r\n");
    http_reply_fail(reply, buf_error(&reply->headers));
}

/* Makes room for one more element in an array that doubles. */
static bool grow(void **array, size_t size, size_t count, size_t *room)
{
    if (count < *room)
        return true;
    size_t more = *room ? *room * 2 : 16;
    void *bytes = reallocarray(*array, more, size);
    if (!bytes)
        return false;
    *array = bytes;
    *room = more;
    return true;
}

static void add_piece(struct http_reply *reply, struct http_piece piece)
{
    void *pieces = reply->pieces;
    bool grown = grow(&pieces, sizeof piece, reply->piece_count, &reply->piece_room);

    reply->pieces = pieces;
    if (!succeeded(reply, grown ? 0 : -ENOMEM))
        return;
    reply->pieces[reply->piece_count++] = piece;
    reply->length += piece.length;
}

void http_reply_write(struct http_reply *reply, struct slice bytes)
{
    struct http_piece *last = reply->piece_count ? &reply->pieces[reply->piece_count - 1] : NULL;
    size_t at = reply->own.length;

    buf_append(&reply->own, bytes.at, bytes.length);
    if (!succeeded(reply, buf_error(&reply->own)) || !bytes.length)
        return;
    if (!last || last->borrowed) {
        add_piece(reply, (struct http_piece){.at = at, .length = bytes.length});
        return;
    }
    /* Own bytes only grow at their end, so two own pieces in a row are one. */
    last->length += bytes.length;
    reply->length += bytes.length;
}

void http_reply_borrow(struct http_reply *reply, struct slice bytes)
{
    if (bytes.length)
        add_piece(reply, (struct http_piece){.borrowed = bytes.at, .length = bytes.length});
}

void http_reply_hold(struct http_reply *reply, const struct room_file *view)
{
    void *views = (void *)reply->views;

    if (!view)
        return;
    bool grown = grow(&views, sizeof view, reply->view_count, &reply->view_room);
    reply->views = views;
    if (grown)
        reply->views[reply->view_count++] = view;
    else
        shelf_drop(reply->shelf, view);
    http_reply_fail(reply, grown ? 0 : -ENOMEM);
}

/* ---- what every reply says ------------------------------------------------------------------ */

/* The body is what Content-Type says; no link in it tells where it was found; no page of another site takes it in as a
 * picture, a script or whatever else needs no leave (CORS_ORIGIN gives leave to ask properly). */
#define PRECAUTIONS                                                                                \
    "X-Content-Type-Options: nosniff\r\n"                                                          \
    "Referrer-Policy: no-referrer\r\n"                                                             \
    "Cross-Origin-Resource-Policy: same-origin\r\n"

/* ---- sending it ----------------------------------------------------------------------------- */

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } rows[] = {
        {200, "OK"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {414, "URI Too Long"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].status == status)
            return rows[i].reason;
    }
    return "";
}

static int send_text(const char *text, http_write *write, void *context)
{
    return write(context, text, strlen(text));
}

/* A 304 speaks of the body that the client has: our length of 0 would belie it. A 204 has none (RFC 9110, 8.6). */
static bool tells_length(const struct http_reply *reply)
{
    return reply->status != 304 && reply->status != 204;
}

static int send_head(const struct http_reply *reply, http_write *write, void *context)
{
    char line[LINE_MAX_BYTES];
    struct slice headers = {buf_text(&reply->headers), reply->headers.length};

    (void)snprintf(line, sizeof line, "Status: %d %s\r\n", reply->status,
                   http_reason(reply->status));
    int stopped = send_text(line, write, context);
    if (!stopped && headers.length)
        stopped = write(context, headers.at, headers.length);
    if (!stopped)
        stopped = send_text(PRECAUTIONS, write, context);
    if (!stopped && tells_length(reply)) {
        (void)snprintf(line, sizeof line, "Content-Length: %zu\r\n", reply->length);
        stopped = send_text(line, write, context);
    }
    return stopped ? stopped : send_text("\r\n", write, context);
}

static int send_body(const struct http_reply *reply, struct outbox *outbox)
{
    int stopped = 0;

    for (size_t i = 0; i < reply->piece_count && !stopped; i++) {
        const struct http_piece *piece = &reply->pieces[i];
        if (piece->borrowed)
            outbox_borrows(outbox, piece->borrowed);
        const char *at = piece->borrowed ? piece->borrowed : reply->own.bytes + piece->at;
        stopped = outbox_take(outbox, at, piece->length);
    }
    return stopped;
}

int http_reply_send(const struct http_reply *reply, http_write *write, void *context)
{
    static const char failed[] =
        "Status: 500 Internal Server Error\r\n"
        "Cache-Control: no-store\r\n" PRECAUTIONS "Content-Length: 0\r\n\r\n";

    struct outbox outbox;

    if (reply->error)
        return send_text(failed, write, context);
    outbox_init(&outbox, reply, write, context);
    int stopped = send_head(reply, outbox_take, &outbox);
    if (!stopped && http_reply_body_length(reply) > 0)
        stopped = send_body(reply, &outbox);
    return stopped ? stopped : outbox_flush(&outbox);
}

int http_reply_status(const struct http_reply *reply)
{
    return reply->error ? 500 : reply->status;
}

size_t http_reply_body_length(const struct http_reply *reply)
{
    bool has_none = reply->error || reply->head_only || reply->status == 304;

    return has_none ? 0 : reply->length;
}

/* ---- what requests say ---------------------------------------------------------------------- */

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

bool http_decode(struct slice text, bool plus_is_space, struct buf *out)
{
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.at[i];
        if (byte == '%') {
            int high = text.length - i > 2 ? hex_digit(text.at[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text.at[i + 2]) : -1;
            if (low < 0)
                return false;
            byte = (char)(high * 16 + low);
            i += 2;
        } else if (byte == '+' && plus_is_space) {
            byte = ' ';
        }
        buf_append_char(out, byte);
    }
    return buf_error(out) == 0;
}

static void skip(struct slice *rest, size_t bytes)
{
    rest->at += bytes;
    rest->length -= bytes;
}

/* Takes one entity tag with its quotes, without W/, off the front. */
static bool take_tag(struct slice *rest, struct slice *ret)
{
    if (rest->length >= 2 && memcmp(rest->at, "W/", 2) == 0)
        skip(rest, 2);
    if (rest->length < 2 || rest->at[0] != '"')
        return false;
    const char *end = memchr(rest->at + 1, '"', rest->length - 1);
    if (!end)
        return false;
    *ret = (struct slice){rest->at, (size_t)(end + 1 - rest->at)};
    skip(rest, ret->length);
    return true;
}

bool http_etag_matches(struct slice if_none_match, const char *etag)
{
    struct slice rest = slice_trim(if_none_match);

    if (slice_is(rest, "*"))
        return true;
    while (rest.length) {
        struct slice tag = {0};
        struct slice behind = {0};          /* up to the comma; more than blanks there is garbage */
        bool taken = take_tag(&rest, &tag); /* first, because a tag may hold commas */
        (void)slice_next(&rest, ',', &behind);
        if (taken && slice_trim(behind).length == 0 && slice_is(tag, etag))
            return true;
        rest = slice_trim(rest);
    }
    return false;
}
