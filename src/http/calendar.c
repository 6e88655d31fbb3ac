/* SPDX-License-Identifier: MIT */
#include "http/calendar.h"

#include <stdio.h>

#include "base/datetime.h"
#include "base/hash.h"
#include "base/json.h"
#include "http/gather.h"
#include "http/problem.h"
#include "http/query.h"

/*
 * What a room's freshness does to the reply. "Troubled" rooms make caches ask again soon, and take
 * Last-Modified away: the body then differs although no content has changed.
 *
 *              in the list                       alone                            caches
 *   FRESH      items                             items                            until expires_at
 *   EXPIRED    items                             items                            ask at once
 *   STALE      items, "stale_since"              items, Roomcal-Stale-Since       troubled
 *   LOST       "items":[], "error"               503                              troubled
 *   COLD       the same, after COLD_WAIT         503, after COLD_WAIT             troubled
 *
 * When no room of a list can be shown: 503 as well.
 */

#define TROUBLED_MAX_AGE_S 5
#define RETRY_AFTER_S      5 /* when nobody knows better */
#define RETRY_AFTER_MAX_S  60

/* Bytes of an unknown room's name that the reply repeats: ROOMS has none longer */
#define QUOTED_MAX 200
#define ETAG_BYTES 16                   /* of the hash */
#define ETAG_SIZE  (2 * ETAG_BYTES + 3) /* in hexadecimal, quotes and NUL */

/* A body under way. What is put into it goes into the hash too, of which the ETag is made. */
struct page {
    struct http_reply *reply;
    const struct query *query;
    struct hasher hasher;
    struct buf scratch;
    bool joined; /* the next item needs a comma before it */
};

/* ---- the body ------------------------------------------------------------------------------- */

static void put(struct page *page, struct slice bytes)
{
    http_reply_write(page->reply, bytes);
    hash_add(&page->hasher, bytes.at, bytes.length);
}

static void put_text(struct page *page, const char *text)
{
    put(page, slice_of(text));
}

/* As a JSON string. */
static void put_string(struct page *page, const char *text)
{
    buf_clear(&page->scratch);
    http_reply_fail(page->reply, json_append_text(&page->scratch, slice_of(text)));
    put(page, (struct slice){buf_text(&page->scratch), page->scratch.length});
}

static bool asks_for_all(const struct query *query)
{
    return query->from_utc == INT64_MIN && query->to_utc == INT64_MAX;
}

/* A room_file_run. */
static int put_run(void *context, struct slice json, size_t items)
{
    struct page *page = context;

    (void)items;
    if (page->joined)
        put_text(page, ",");
    page->joined = true;
    http_reply_borrow(page->reply, json);
    if (!asks_for_all(page->query))
        hash_add_field(&page->hasher, json.at, json.length);
    return page->reply->error;
}

/* Of a whole room the file knows the hash already. Of a range, its own bytes are hashed, so that a
 * change elsewhere in the calendar does not change the ETag. */
static void put_items(struct page *page, const struct gathered *room)
{
    const struct query *query = page->query;

    put_text(page, "[");
    if (freshness_can_show(room->freshness)) {
        const struct hash *content = &room->view->header->content;
        if (asks_for_all(query))
            hash_add_field(&page->hasher, content->bytes, sizeof content->bytes);
        page->joined = false;
        (void)room_file_select(room->view, query->from_utc, query->to_utc, put_run, page);
    }
    put_text(page, "]");
}

static void put_error(struct page *page, struct fault_words words)
{
    put_text(page, ",\"error\":{\"code\":");
    put_string(page, words.code);
    put_text(page, ",\"message\":");
    put_string(page, words.message);
    put_text(page, "}");
}

static void put_room(struct page *page, const struct gather *gather, const struct gathered *room)
{
    char since[DATETIME_TEXT_SIZE];

    put_text(page, "{\"room\":");
    put_string(page, room->room->name);
    put_text(page, ",\"items\":");
    put_items(page, room);
    if (room->freshness == FRESHNESS_STALE) {
        (void)datetime_zulu(room->times.expires_at, since);
        put_text(page, ",\"stale_since\":");
        put_string(page, since);
    } else if (!freshness_can_show(room->freshness)) {
        put_error(page, gather_why(gather, room));
    }
    put_text(page, "}");
}

static void put_rooms(struct page *page, const struct gather *gather)
{
    put_text(page, "[");
    for (size_t i = 0; i < gather->count; i++) {
        if (i)
            put_text(page, ",");
        put_room(page, gather, &gather->rooms[i]);
    }
    put_text(page, "]");
}

/* ---- what caches are told ------------------------------------------------------------------- */

/* How a client recognises what it has. */
struct validators {
    char etag[ETAG_SIZE];
    int64_t modified_at; /* 0: not said */
};

static int make_etag(struct page *page, char ret[static ETAG_SIZE])
{
    struct hash hash;
    char hex[2 * ETAG_BYTES + 1];
    int error = hash_end(&page->hasher, &hash);

    if (error)
        return error;
    hash_hex(&hash, ETAG_BYTES, hex);
    (void)snprintf(ret, ETAG_SIZE, "\"%s\"", hex);
    return 0;
}

static bool is_troubled(const struct gathered *room)
{
    return room->freshness != FRESHNESS_FRESH && room->freshness != FRESHNESS_EXPIRED;
}

/* When the youngest of the contents came to be, or the settings that say which rooms there are. A
 * moment that is not over says nothing: another change may follow in the same second (RFC
 * 9110, 8.8.2.1). */
static int64_t modified_at(const struct gather *gather)
{
    int64_t latest = gather->site->config->changed_at;

    for (size_t i = 0; i < gather->count; i++) {
        const struct gathered *room = &gather->rooms[i];
        if (is_troubled(room))
            return 0;
        if (room->times.changed_at > latest)
            latest = room->times.changed_at;
    }
    return latest < gather->now_utc ? latest : 0;
}

/* If-None-Match decides alone where it is sent (RFC 9110, 13.2.2). */
static bool has_it_already(const struct http_request *request, const struct validators *validators)
{
    int64_t since;

    if (request->if_none_match.length)
        return http_etag_matches(request->if_none_match, validators->etag);
    return validators->modified_at && datetime_http_parse(request->if_modified_since, &since) &&
           validators->modified_at <= since;
}

/* Seconds for which a reply with this room need not be asked for again. */
static int64_t lifetime(const struct gathered *room, int64_t now_utc)
{
    if (room->freshness == FRESHNESS_FRESH)
        return room->times.expires_at - now_utc;
    return room->freshness == FRESHNESS_EXPIRED ? 0 : TROUBLED_MAX_AGE_S;
}

static int64_t max_age(const struct gather *gather)
{
    int64_t soonest = gather->site->config->cache_ttl_s;

    for (size_t i = 0; i < gather->count; i++) {
        int64_t seconds = lifetime(&gather->rooms[i], gather->now_utc);
        if (seconds < soonest)
            soonest = seconds;
    }
    return soonest > 1 ? soonest : 1;
}

static void say_freshness(const struct gather *gather, struct http_reply *reply)
{
    const struct config *config = gather->site->config;

    http_reply_header(
        reply, "Cache-Control", "max-age=%lld, stale-while-revalidate=%lld, stale-if-error=%lld",
        (long long)max_age(gather), (long long)config->cache_ttl_s, (long long)config->stale_max_s);
}

static void say_validators(const struct validators *validators, struct http_reply *reply)
{
    char text[DATETIME_TEXT_SIZE];

    http_reply_header(reply, "ETag", "%s", validators->etag);
    if (!validators->modified_at)
        return;
    (void)datetime_http(validators->modified_at, text);
    http_reply_header(reply, "Last-Modified", "%s", text);
}

/* ---- the reply ------------------------------------------------------------------------------ */

/* A bare array has no place for "stale_since". */
static void say_stale_since(const struct gathered *room, struct http_reply *reply)
{
    char text[DATETIME_TEXT_SIZE];

    if (room->freshness != FRESHNESS_STALE)
        return;
    (void)datetime_zulu(room->times.expires_at, text);
    http_reply_header(reply, "Roomcal-Stale-Since", "%s", text);
}

static void put_alone(struct page *page, const struct gathered *room)
{
    put_items(page, room);
    /* Roomcal-Stale-Since is part of what the ETag stands for: a 304 could not take it back. */
    if (room->freshness == FRESHNESS_STALE)
        hash_add_field(&page->hasher, &room->times.expires_at, sizeof room->times.expires_at);
}

/* The body's bytes are in the room files: the reply holds them until it was sent. */
static void hold_views(struct gather *gather, struct http_reply *reply)
{
    for (size_t i = 0; i < gather->count; i++) {
        http_reply_hold(reply, gather->rooms[i].view);
        gather->rooms[i].view = NULL;
    }
}

/* `alone`: one room's bare array. */
static void make_page(struct page *page, const struct gather *gather, bool alone,
                      struct validators *ret)
{
    http_reply_fail(page->reply, hash_begin(&page->hasher));
    if (alone)
        put_alone(page, &gather->rooms[0]);
    else
        put_rooms(page, gather);
    http_reply_fail(page->reply, make_etag(page, ret->etag));
    ret->modified_at = modified_at(gather);
    buf_finish(&page->scratch);
}

static void reply_page(const struct http_request *request, const struct query *query, bool alone,
                       struct gather *gather, struct http_reply *reply)
{
    struct page page = {.reply = reply, .query = query, .scratch = BUF_INIT(HTTP_OWN_MAX)};
    struct validators validators = {""};

    make_page(&page, gather, alone, &validators);
    bool known = has_it_already(request, &validators);
    if (known)
        http_reply_reset(reply);
    else
        http_reply_header(reply, "Content-Type", "application/json");
    reply->status = known ? 304 : 200;
    say_validators(&validators, reply);
    say_freshness(gather, reply);
    if (alone)
        say_stale_since(&gather->rooms[0], reply);
    hold_views(gather, reply);
}

/* Seconds until the first room is tried again. */
static int64_t retry_after(const struct gather *gather)
{
    int64_t soonest = RETRY_AFTER_MAX_S;

    for (size_t i = 0; i < gather->count; i++) {
        int64_t retry_at = gather->rooms[i].times.retry_at;
        int64_t seconds = retry_at ? retry_at - gather->now_utc : RETRY_AFTER_S;
        if (seconds < soonest)
            soonest = seconds;
    }
    return soonest > 1 ? soonest : 1;
}

static void reply_nothing(const struct gather *gather, struct http_reply *reply)
{
    const struct gathered *first = &gather->rooms[0];
    const char *message = gather_why(gather, first).message;

    if (gather->count == 1)
        problem_reply(reply, 503, "Room \"%s\" cannot be shown now: %s", first->room->name,
                      message);
    else
        problem_reply(reply, 503, "None of %zu rooms can be shown now. The first, \"%s\": %s",
                      gather->count, first->room->name, message);
    http_reply_header(reply, "Retry-After", "%lld", (long long)retry_after(gather));
}

/* `place` < 0: all rooms, or those of the query. */
static void reply_rooms(const struct site *site, const struct http_request *request,
                        const struct query *query, ptrdiff_t place, struct http_reply *reply)
{
    struct gather gather;
    bool alone = place >= 0;
    int error = alone ? gather_room(site, (size_t)place, &gather)
                      : gather_rooms(site, query->rooms, &gather);

    if (error) {
        http_reply_fail(reply, error);
        return;
    }
    gather_wait(&gather);
    if (gather.count && gather_shown(&gather) == 0)
        reply_nothing(&gather, reply);
    else
        reply_page(request, query, alone, &gather, reply);
    gather_finish(&gather);
}

void calendar_reply(const struct site *site, const struct http_request *request, struct slice room,
                    struct http_reply *reply)
{
    struct query query;
    struct err err = {""};
    ptrdiff_t place = room.length ? config_room_index(site->config, room.at, room.length) : -1;

    if (room.length && place < 0) {
        problem_reply(reply, 404, "There is no room \"%.*s\" here; /api/health lists the rooms.",
                      room.length < QUOTED_MAX ? (int)room.length : QUOTED_MAX, room.at);
        return;
    }
    int result = query_parse(site->config, request->query, &query, &err);
    if (result > 0) {
        problem_reply(reply, result == QUERY_NO_ROOM ? 404 : 400, "%s", err.text);
        return;
    }
    if (result < 0) {
        http_reply_fail(reply, result);
        return;
    }
    reply_rooms(site, request, &query, place, reply);
    query_finish(&query);
}
