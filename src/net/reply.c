/* SPDX-License-Identifier: MIT */
#include "net/reply.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/datetime.h"

/* ---- the fields ---- */

static bool begins_with(struct slice text, const char *word)
{
    return text.length >= strlen(word) && strncasecmp(text.at, word, strlen(word)) == 0;
}

static bool ends_with(struct slice text, const char *word)
{
    size_t length = strlen(word);

    return text.length >= length && strncasecmp(text.at + text.length - length, word, length) == 0;
}

static bool is_word(struct slice text, const char *word)
{
    return text.length == strlen(word) && begins_with(text, word);
}

static void read_content_type(struct reply_reader *reader, struct slice value)
{
    struct slice type = value;

    (void)slice_next(&value, ';', &type);
    type = slice_trim(type);
    reader->reply.is_xml =
        is_word(type, "text/xml") || is_word(type, "application/xml") || ends_with(type, "+xml");
}

static void read_date(struct reply_reader *reader, struct slice value)
{
    (void)datetime_http_parse(value, &reader->reply.server_utc);
}

/* RFC 9110, 10.2.3: seconds, or a date. */
static void read_retry_after(struct reply_reader *reader, struct slice value)
{
    if (!slice_int(value, 0, INT64_MAX, &reader->reply.retry_after_s))
        (void)datetime_http_parse(value, &reader->retry_at_utc);
}

static void read_www_authenticate(struct reply_reader *reader, struct slice value)
{
    challenge_take(&reader->challenge, value);
}

/* "Name: value", behind what was kept already. */
static void keep_remark(struct reply_reader *reader, const char *name, struct slice value)
{
    char *remark = reader->reply.remark;
    size_t used = strlen(remark);

    (void)snprintf(remark + used, TRANSPORT_REMARK_SIZE - used, "%s%s: %.*s", used ? "; " : "",
                   name, (int)value.length, value.at);
    for (char *at = remark + used; *at; at++) {
        if (*at < ' ' || *at > '~')
            *at = '?';
    }
}

static void read_location(struct reply_reader *reader, struct slice value)
{
    struct slice path = value;

    (void)slice_next(&value, '?', &path);
    reader->reply.error_page = ends_with(path, "/ews/genericerrorpage.htm");
    keep_remark(reader, "Location", path);
}

static void read_cas_error_code(struct reply_reader *reader, struct slice value)
{
    keep_remark(reader, "X-CasErrorCode", value);
}

static void read_diagnostics(struct reply_reader *reader, struct slice value)
{
    keep_remark(reader, "X-MS-Diagnostics", value);
}

/* ---- the lines ---- */

static void read_header(struct reply_reader *reader, struct slice name, struct slice value)
{
    static const struct {
        const char *name;
        void (*read)(struct reply_reader *reader, struct slice value);
    } rows[] = {
        {"content-type", read_content_type},
        {"date", read_date},
        {"location", read_location},
        {"retry-after", read_retry_after},
        {"www-authenticate", read_www_authenticate},
        {"x-caserrorcode", read_cas_error_code},
        {"x-ms-diagnostics", read_diagnostics},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (is_word(name, rows[i].name))
            rows[i].read(reader, value);
    }
}

static void forget_headers(struct reply_reader *reader)
{
    reader->reply.is_xml = false;
    reader->reply.server_utc = 0;
    reader->reply.retry_after_s = -1;
    challenge_clear(&reader->challenge);
    reader->reply.error_page = false;
    reader->reply.remark[0] = '\0';
    reader->retry_at_utc = 0;
}

void reply_init(struct reply_reader *reader)
{
    *reader = (struct reply_reader){0};
    challenge_init(&reader->challenge);
}

void reply_finish(struct reply_reader *reader)
{
    challenge_finish(&reader->challenge);
}

void reply_begin(struct reply_reader *reader)
{
    reader->reply = (struct transport_reply){0};
    reader->header_bytes = 0;
    forget_headers(reader);
}

bool reply_take_line(struct reply_reader *reader, struct slice line)
{
    struct slice value = line;
    struct slice name;

    reader->header_bytes += line.length;
    if (reader->header_bytes > TRANSPORT_HEADER_MAX)
        return false;
    if (begins_with(value, "HTTP/"))
        forget_headers(reader);
    else if (slice_next(&value, ':', &name) && value.at)
        read_header(reader, name, slice_trim(value));
    return true;
}

/* A server whose clock is wrong means its own clock. */
void reply_end(struct reply_reader *reader)
{
    struct transport_reply *reply = &reader->reply;
    int64_t from_utc = reply->server_utc ? reply->server_utc : clock_utc();

    if (reader->retry_at_utc)
        reply->retry_after_s =
            reader->retry_at_utc > from_utc ? reader->retry_at_utc - from_utc : 0;
    if (reply->retry_after_s > TRANSPORT_WAIT_MAX_S)
        reply->retry_after_s = TRANSPORT_WAIT_MAX_S;
}
