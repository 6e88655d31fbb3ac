/* SPDX-License-Identifier: MIT */
#include "http/calendar.h"

#include <string.h>

#include "base/datetime.h"
#include "http/accept.h"
#include "http/calendar_ical.h"
#include "http/calendar_json.h"
#include "http/gather.h"
#include "http/page.h"
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
 * iCalendar says "stale_since" and "error" in X-WR-CALDESC, see http/calendar_ical.h.
 * When no room of a list can be shown: 503 as well.
 */

#define TROUBLED_MAX_AGE_S 5
#define RETRY_AFTER_S      5 /* when nobody knows better */
#define RETRY_AFTER_MAX_S  60

/* Bytes of an unknown room's name that the reply repeats: ROOMS has none longer */
#define QUOTED_MAX 200

#define EXTENSION ".ics"

typedef void put_rooms(struct page *page, const struct gather *gather);

/* The forms that there are, in the order of preference. */
static const char *const media_types[ROOM_FORMS] = {
    [ROOM_JSON] = "application/json",
    [ROOM_ICAL] = "text/calendar",
};

static const struct form {
    const char *content_type;
    put_rooms *put_all;
    put_rooms *put_alone;
} forms[ROOM_FORMS] = {
    [ROOM_JSON] = {"application/json", calendar_json_all, calendar_json_alone},
    [ROOM_ICAL] = {"text/calendar; charset=utf-8", calendar_ical_all, calendar_ical_alone},
};

/* What was asked for. */
struct wish {
    ptrdiff_t place; /* the room's, alone; < 0: all rooms, or those of the query */
    ptrdiff_t form;  /* enum room_form; < 0: none that we have */
    bool negotiated; /* by Accept, and not by the path */
    struct query query;
};

/* ---- what caches are told ------------------------------------------------------------------- */

/* How a client recognises what it has. */
struct validators {
    char etag[PAGE_ETAG_SIZE];
    int64_t modified_at; /* 0: not said */
};

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

/* For how long a cache may bridge a failure of ours: until the first room would be past STALE_MAX here too. Later a
 * cache would show as known what roomcal calls unknown. */
static int64_t stale_if_error(const struct gather *gather)
{
    int64_t soonest = gather->site->config->stale_max_s;

    for (size_t i = 0; i < gather->count; i++) {
        int64_t end_utc = gather->rooms[i].times.expires_at + gather->site->config->stale_max_s;
        int64_t left = end_utc - gather->now_utc;
        if (left < soonest)
            soonest = left;
    }
    return soonest > 0 ? soonest : 0;
}

static void say_freshness(const struct gather *gather, struct http_reply *reply)
{
    const struct config *config = gather->site->config;

    http_reply_header(reply, "Cache-Control",
                      "max-age=%lld, stale-while-revalidate=%lld, stale-if-error=%lld",
                      (long long)max_age(gather), (long long)config->cache_ttl_s,
                      (long long)stale_if_error(gather));
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

/* The body's bytes are in the room files: the reply holds them until it was sent. */
static void hold_views(struct gather *gather, struct http_reply *reply)
{
    for (size_t i = 0; i < gather->count; i++) {
        http_reply_hold(reply, gather->rooms[i].view);
        gather->rooms[i].view = NULL;
    }
}

static void make_page(const struct wish *wish, const struct gather *gather,
                      struct http_reply *reply, struct validators *ret)
{
    const struct form *form = &forms[wish->form];
    const struct gathered *first = &gather->rooms[0];
    bool alone = wish->place >= 0;
    struct page page;

    page_begin(&page, &wish->query, reply);
    (alone ? form->put_alone : form->put_all)(&page, gather);
    /* Roomcal-Stale-Since is part of what the ETag stands for: a 304 could not take it back. */
    if (alone && first->freshness == FRESHNESS_STALE)
        page_also_means(&page, &first->times.expires_at, sizeof first->times.expires_at);
    /* And so is CORS_ORIGIN: nginx keeps the headers that it has when it hears that a reply is unmodified. */
    if (gather->site->config->cors_origin)
        page_also_means(&page, gather->site->config->cors_origin,
                        strlen(gather->site->config->cors_origin));
    page_end(&page, ret->etag);
    ret->modified_at = modified_at(gather);
}

static void reply_page(const struct http_request *request, const struct wish *wish,
                       struct gather *gather, struct http_reply *reply)
{
    struct validators validators = {""};

    make_page(wish, gather, reply, &validators);
    bool known = has_it_already(request, &validators);
    if (known)
        http_reply_reset(reply);
    else
        http_reply_header(reply, "Content-Type", "%s", forms[wish->form].content_type);
    reply->status = known ? 304 : 200;
    say_validators(&validators, reply);
    say_freshness(gather, reply);
    if (wish->place >= 0)
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

/* The room lists were never fetched, or are empty. */
static void reply_no_rooms(const struct site *site, struct http_reply *reply)
{
    int64_t fault = ledger_get(site->ledger, LEDGER_LIST_FAULT);

    if (!site->config->awaits_rooms)
        problem_reply(reply, 503, GATHER_NO_ROOMS);
    else if (fault)
        problem_reply(reply, 503, "The list of rooms has not been fetched yet: %s",
                      site->explain(fault).message);
    else
        problem_reply(reply, 503, "The list of rooms has not been fetched yet.");
    http_reply_header(reply, "Retry-After", "%d", RETRY_AFTER_S);
}

static void reply_no_such_room(const struct site *site, const char *sentence,
                               struct http_reply *reply)
{
    if (site->config->awaits_rooms)
        reply_no_rooms(site, reply); /* it may be one of those */
    else
        problem_reply(reply, 404, "%s", sentence);
}

static void reply_rooms(const struct site *site, const struct http_request *request,
                        const struct wish *wish, struct http_reply *reply)
{
    struct gather gather;
    int error = wish->place >= 0 ? gather_room(site, (size_t)wish->place, &gather)
                                 : gather_rooms(site, wish->query.rooms, &gather);

    if (error) {
        http_reply_fail(reply, error);
        return;
    }
    gather_wait(&gather);
    if (!site->config->room_count)
        reply_no_rooms(site, reply);
    else if (gather.count && gather_shown(&gather) == 0)
        reply_nothing(&gather, reply);
    else
        reply_page(request, wish, &gather, reply);
    gather_finish(&gather);
}

/* ---- what was asked for --------------------------------------------------------------------- */

static void negotiate(const struct http_request *request, struct wish *wish)
{
    wish->negotiated = true;
    wish->form = accept_choose(request->accept, media_types, ROOM_FORMS);
}

static bool ends_with_extension(struct slice name)
{
    const size_t length = sizeof EXTENSION - 1;

    return name.length > length && memcmp(name.at + name.length - length, EXTENSION, length) == 0;
}

/* The name as it is, negotiated; else without its extension. false: no such room. */
static bool find_room(const struct config *config, const struct http_request *request,
                      struct slice name, struct wish *wish)
{
    wish->place = config_room_index(config, name.at, name.length);
    if (wish->place >= 0) {
        negotiate(request, wish);
        return true;
    }
    if (!ends_with_extension(name))
        return false;
    wish->form = ROOM_ICAL;
    wish->place = config_room_index(config, name.at, name.length - (sizeof EXTENSION - 1));
    return wish->place >= 0;
}

static void reply_wish(const struct site *site, const struct http_request *request,
                       const struct wish *wish, struct http_reply *reply)
{
    if (wish->form < 0)
        problem_reply(reply, 406,
                      "The Accept header takes neither %s nor %s, and there is "
                      "nothing else.",
                      media_types[ROOM_JSON], media_types[ROOM_ICAL]);
    else
        reply_rooms(site, request, wish, reply);
    if (wish->negotiated)
        http_reply_header(reply, "Vary", "Accept");
}

/* Reads the query into the wish and answers. */
static void reply_query(const struct site *site, const struct http_request *request,
                        struct wish *wish, struct http_reply *reply)
{
    struct err err = {""};
    int result = query_parse(site->config, request->query, &wish->query, &err);

    if (result == QUERY_NO_ROOM) {
        reply_no_such_room(site, err.text, reply);
        return;
    }
    if (result > 0) {
        problem_reply(reply, 400, "%s", err.text);
        return;
    }
    if (result < 0) {
        http_reply_fail(reply, result);
        return;
    }
    reply_wish(site, request, wish, reply);
    query_finish(&wish->query);
}

void calendar_reply(const struct site *site, const struct http_request *request, struct slice room,
                    struct http_reply *reply)
{
    struct wish wish = {.place = -1};
    struct err err = {""};

    if (!room.length) {
        negotiate(request, &wish);
    } else if (!find_room(site->config, request, room, &wish)) {
        (void)err_set(&err, 0, "There is no room \"%.*s\" here; /api/health lists the rooms.",
                      room.length < QUOTED_MAX ? (int)room.length : QUOTED_MAX, room.at);
        reply_no_such_room(site, err.text, reply);
        return;
    }
    reply_query(site, request, &wish, reply);
}

void calendar_reply_ical(const struct site *site, const struct http_request *request,
                         struct http_reply *reply)
{
    struct wish wish = {.place = -1, .form = ROOM_ICAL};

    reply_query(site, request, &wish, reply);
}
