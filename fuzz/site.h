/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_FUZZ_SITE_H
#define ROOMCAL_FUZZ_SITE_H

/*
 * site — a site of five rooms in the scratch directory, each in another state, and what holds for every reply
 *
 * The clock stands at SITE_NOW, so that all replies are the same each time, ETags too.
 */

#include <json-c/json.h>
#include <string.h>

#include "base/clock.h"
#include "cache/room_build.h"
#include "calendar/render_ical.h"
#include "ews/fault.h"
#include "http/message.h"
#include "http/site.h"
#include "net/login.h"
#include "scratch.h"

#define SITE_NOW  INT64_C(1795424400) /* 2026-11-23T09:00:00Z */
#define SITE_HOUR INT64_C(3600)

#define SITE_TTL 300

enum { SITE_FRESH, SITE_EXPIRED, SITE_STALE, SITE_LOST, SITE_COLD, SITE_ROOMS };

static struct config_room site_rooms[SITE_ROOMS];
static struct config_item site_items[1];
static char *site_lists[1];
static struct config site_config;

static inline char *site_text(const char *text)
{
    char *copy = slice_copy(slice_of(text));

    must(copy != NULL);
    return copy;
}

/* Fills site_config; to be called once. */
static inline void site_prepare(void)
{
    static const char *const names[SITE_ROOMS] = {
        [SITE_FRESH] = "R1",     [SITE_EXPIRED] = "R\xC3\xA4um/\"2\" &+;%",
        [SITE_STALE] = "R3.ics", [SITE_LOST] = "R4",
        [SITE_COLD] = "R5",
    };

    clock_set_utc(SITE_NOW);
    for (size_t i = 0; i < SITE_ROOMS; i++)
        site_rooms[i] = (struct config_room){site_text(names[i]), site_text("room@example.org")};
    site_items[0] = (struct config_item){site_text("title"), site_text("subject")};
    site_lists[0] = site_text("rooms@example.org");
    site_config = (struct config){
        .rooms = site_rooms,
        .room_count = SITE_ROOMS,
        .username = site_text("CORP\\roomcal"),
        .endpoint = site_text("https://mail.example.org/EWS/Exchange.asmx"),
        .items = site_items,
        .item_count = 1,
        .timezone = site_text("Europe/Berlin"),
        .cache_dir = scratch_path,
        .cache_ttl_s = SITE_TTL,
        .stale_max_s = 2 * SITE_HOUR,
        .full_refresh_s = 6 * SITE_HOUR,
        .lanes = 4,
    };
    must(config_index_rooms(&site_config) == 0);
}

/* The same before its room lists were fetched for the first time. */
static inline struct config site_awaiting(void)
{
    struct config config = site_config;

    config.rooms = NULL;
    config.room_count = 0;
    config.room_lists = site_lists;
    config.room_list_count = 1;
    config.awaits_rooms = true;
    return config;
}

static struct fault_words site_explain(int64_t number)
{
    const struct fault *fault = fault_as_noted(number);

    return (struct fault_words){fault->code, fault->message};
}

static struct login_words site_explain_login(int64_t note)
{
    struct login_choice choice = login_noted(note);

    if (choice.scheme == LOGIN_UNKNOWN)
        return (struct login_words){0};
    return (struct login_words){login_scheme_name(choice.scheme), login_reason_text(choice.reason)};
}

/* ---- its rooms ------------------------------------------------------------------------------- */

static inline void site_add_item(struct room_build *build, int hour)
{
    char id[16];
    char json[64];
    char ical[128];
    int64_t start_utc = SITE_NOW + hour * SITE_HOUR;
    struct room_build_entry entry = {start_utc, start_utc + SITE_HOUR};

    (void)snprintf(id, sizeof id, "%d", hour);
    (void)snprintf(json, sizeof json, "{\"hour\":%d}", hour);
    (void)snprintf(ical, sizeof ical, RENDER_ICAL_OPENING "%d\r\nEND:VEVENT\r\n", hour);
    entry.id = slice_of(id);
    entry.json = slice_of(json);
    entry.ical = slice_of(ical);
    must(room_build_add(build, &entry) == 0);
}

/* Three items, as fetched so many seconds ago. */
static inline void site_publish(const struct shelf *shelf, size_t room, int64_t ago_s)
{
    struct room_place place = shelf_place(shelf, room);
    struct room_build build;

    room_build_init(&build, shelf_dirfd(shelf));
    for (int hour = -2; hour <= 10; hour += 6)
        site_add_item(&build, hour);
    must(room_build_publish(&build, &place, SITE_NOW - ago_s, SITE_TTL, NULL) >= 0);
    room_build_finish(&build);
}

static inline void site_fail(const struct shelf *shelf, size_t room)
{
    struct room_place place = shelf_place(shelf, room);

    must(room_note_failure(&place, 1, SITE_NOW + 60, NULL) == 0);
}

static inline void site_fill(const struct shelf *shelf)
{
    site_publish(shelf, SITE_FRESH, 0);
    site_publish(shelf, SITE_EXPIRED, SITE_TTL + 10);
    site_publish(shelf, SITE_STALE, SITE_HOUR);
    site_fail(shelf, SITE_LOST);
}

/* A site of that configuration, whose cache is scratch_path, with a ledger of its own memory or of that directory. */
static inline void site_open(const struct config *config, struct ledger *ledger, struct site *ret)
{
    static atomic_bool stop;

    *ret = (struct site){.config = config,
                         .ledger = ledger,
                         .explain = site_explain,
                         .explain_login = site_explain_login,
                         .stop = &stop};
    must(shelf_create(config, &ret->shelf, NULL) == 0);
}

/* ---- its replies ----------------------------------------------------------------------------- */

/* A reply as it was sent, taken apart. */
struct site_reply {
    struct buf bytes;
    int status;
    struct slice head; /* header lines */
    struct slice body;
};

/* An http_write. */
static inline int site_collect(void *context, const char *bytes, size_t length)
{
    buf_append(context, bytes, length);
    return buf_error(context);
}

/* The header's value; at NULL: it is missing. */
static inline struct slice site_header(const struct site_reply *reply, const char *name)
{
    struct slice rest = reply->head;
    struct slice line;

    while (slice_next(&rest, '\n', &line)) {
        struct slice key = {0};
        (void)slice_next(&line, ':', &key);
        if (slice_is(key, name) && line.at)
            return slice_trim(line);
    }
    return (struct slice){0};
}

static inline void site_check_json(struct slice body)
{
    struct json_tokener *tokener = json_tokener_new();

    must(tokener && body.length <= INT32_MAX);
    must_be_utf8(body);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *value = json_tokener_parse_ex(tokener, body.at, (int)body.length);
    must(value && json_tokener_get_error(tokener) == json_tokener_success);
    json_object_put(value);
    json_tokener_free(tokener);
}

/* RFC 5545, 3.1: lines of at most 75 octets, each with CRLF. */
static inline void site_check_ical(struct slice body)
{
    struct slice rest = body;
    struct slice line;

    must_be_utf8(body);
    must(body.length && body.at[body.length - 1] == '\n');
    while (slice_next(&rest, '\n', &line) && rest.at)
        must(line.length && line.length <= 76 && line.at[line.length - 1] == '\r');
}

static inline void site_check_head(struct slice head)
{
    struct slice line;

    while (slice_next(&head, '\n', &line) && head.at) {
        must(line.length > 1 && line.at[line.length - 1] == '\r');
        must(memchr(line.at, ':', line.length) != NULL);
        for (size_t i = 0; i + 1 < line.length; i++)
            must((unsigned char)line.at[i] >= 0x20 && line.at[i] != 0x7F);
    }
}

static inline void site_check_body(const struct site_reply *reply)
{
    struct slice type = site_header(reply, "Content-Type");

    if (!reply->body.length)
        return;
    if (slice_is(type, "application/json") || slice_is(type, "application/problem+json"))
        site_check_json(reply->body);
    else if (slice_is(type, "text/calendar; charset=utf-8"))
        site_check_ical(reply->body);
    else
        must(type.length > 0);
}

/* Takes apart and checks what was sent. `has_body` is false for HEAD. */
static inline void site_check(struct site_reply *reply, bool has_body)
{
    struct slice rest = {buf_text(&reply->bytes), reply->bytes.length};
    const char *end = memmem(rest.at, rest.length, "\r\n\r\n", 4);
    int64_t status;
    int64_t length;

    must(end != NULL && memcmp(rest.at, "Status: ", 8) == 0);
    must(slice_int((struct slice){rest.at + 8, 3}, 200, 599, &status));
    reply->status = (int)status;
    must(status != 500 && *http_reason(reply->status));
    reply->head = take(&rest, (size_t)(end + 2 - rest.at));
    (void)take(&rest, 2);
    reply->body = rest;
    site_check_head(reply->head);
    if (status == 304 || status == 204 || !has_body)
        must(reply->body.length == 0);
    else
        must(slice_int(site_header(reply, "Content-Length"), 0, INT64_MAX, &length) &&
             (uint64_t)length == reply->body.length);
    must(slice_is(site_header(reply, "X-Content-Type-Options"), "nosniff"));
    site_check_body(reply);
}

#endif
