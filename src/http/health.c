/* SPDX-License-Identifier: MIT */
#include "http/health.h"

#include "base/datetime.h"
#include "base/json.h"
#include "cache/account_state.h"
#include "http/gather.h"

/* The worst room decides. In the order from good to bad. */
enum health { HEALTH_OK, HEALTH_DEGRADED, HEALTH_UNAVAILABLE };

static const struct {
    const char *name;
    int status;
} healths[] = {
    [HEALTH_OK] = {"ok", 200},
    [HEALTH_DEGRADED] = {"degraded", 200},
    [HEALTH_UNAVAILABLE] = {"unavailable", 503},
};

static enum health health_of(const struct gather *gather)
{
    const struct config *config = gather->site->config;
    enum health worst = HEALTH_OK;

    if (config->awaits_rooms || !config->room_count)
        return HEALTH_UNAVAILABLE;
    for (size_t i = 0; i < gather->count; i++) {
        enum freshness freshness = gather->rooms[i].freshness;
        if (!freshness_can_show(freshness))
            return HEALTH_UNAVAILABLE;
        if (freshness == FRESHNESS_STALE)
            worst = HEALTH_DEGRADED;
    }
    return worst;
}

/* Null for a moment that never was. */
static void put_moment(struct json *json, const char *key, int64_t utc)
{
    char text[DATETIME_TEXT_SIZE];

    if (!utc) {
        json_put_null(json, key);
        return;
    }
    (void)datetime_zulu(utc, text);
    json_put_text(json, key, slice_of(text));
}

static void put_content(struct json *json, const struct gathered *room, int64_t now_utc)
{
    if (room->times.fetched_at) {
        json_put_int(json, "age", now_utc - room->times.fetched_at);
        json_put_int(json, "items", (int64_t)room->view->item_count);
    } else {
        json_put_null(json, "age");
        json_put_null(json, "items");
    }
    put_moment(json, "fetched_at", room->times.fetched_at);
    put_moment(json, "expires_at", room->times.expires_at);
}

static void put_error(struct json *json, struct fault_words words)
{
    json_open_map(json, "error");
    json_put_text(json, "code", slice_of(words.code));
    json_put_text(json, "message", slice_of(words.message));
    json_close(json);
}

static void put_failures(struct json *json, const struct gather *gather,
                         const struct gathered *room)
{
    json_put_int(json, "failures", room->times.failures);
    put_moment(json, "retry_at", room->times.retry_at);
    put_error(json, gather_why(gather, room));
}

static void put_room(struct json *json, const struct gather *gather, const struct gathered *room)
{
    json_open_map(json, NULL);
    json_put_text(json, "room", slice_of(room->room->name));
    json_put_text(json, "state", slice_of(freshness_name(room->freshness)));
    put_content(json, room, gather->now_utc);
    if (room->times.failures > 0 || room->freshness == FRESHNESS_STALE)
        put_failures(json, gather, room);
    json_close(json);
}

static void put_login(struct json *json, struct login_words words)
{
    if (!words.scheme) {
        json_put_null(json, "login");
        return;
    }
    json_open_map(json, "login");
    json_put_text(json, "scheme", slice_of(words.scheme));
    json_put_text(json, "reason", slice_of(words.reason));
    json_close(json);
}

static void put_account(struct json *json, const struct gather *gather)
{
    const struct site *site = gather->site;
    struct account_state account = account_state(site->ledger, site->config, gather->now_utc);

    json_open_map(json, "account");
    json_put_bool(json, "held", account.is_held);
    if (account.is_held) {
        put_moment(json, "held_until", account.held_until_utc);
        put_error(json, site->explain(account.fault));
    }
    json_put_int(json, "lanes", account.lanes);
    put_login(json, site->explain_login(account.login));
    json_close(json);
}

/* What the room lists are like, where the rooms come from them. */
static void put_room_lists(struct json *json, const struct gather *gather)
{
    const struct site *site = gather->site;
    int64_t fault = ledger_get(site->ledger, LEDGER_LIST_FAULT);

    if (!site->config->room_list_count)
        return;
    json_open_map(json, "room_lists");
    json_put_bool(json, "fetched", !site->config->awaits_rooms);
    if (fault) {
        put_moment(json, "retry_at", ledger_moment(site->ledger, LEDGER_LIST_RETRY_AT));
        put_error(json, site->explain(fault));
    } else if (!site->config->awaits_rooms && !site->config->room_count) {
        put_error(json, (struct fault_words){"no_rooms", GATHER_NO_ROOMS});
    }
    json_close(json);
}

static int put_site(const struct gather *gather, struct buf *out)
{
    struct json json;

    json_begin(&json);
    json_open_map(&json, NULL);
    json_put_text(&json, "status", slice_of(healths[health_of(gather)].name));
    json_put_text(&json, "version", slice_of(ROOMCAL_VERSION));
    put_moment(&json, "now", gather->now_utc);
    put_account(&json, gather);
    put_room_lists(&json, gather);
    json_open_list(&json, "rooms");
    for (size_t i = 0; i < gather->count; i++)
        put_room(&json, gather, &gather->rooms[i]);
    json_close(&json);
    json_close(&json);
    return json_finish(&json, out);
}

void health_reply(const struct site *site, struct http_reply *reply)
{
    struct gather gather;
    struct buf body = BUF_INIT(HTTP_OWN_MAX);
    int error = gather_rooms(site, NULL /* all */, &gather);

    if (!error) {
        error = put_site(&gather, &body);
        reply->status = healths[health_of(&gather)].status;
        http_reply_header(reply, "Content-Type", "application/json");
        http_reply_header(reply, "Cache-Control", "no-store");
        http_reply_write(reply, (struct slice){buf_text(&body), body.length});
        gather_finish(&gather);
    }
    http_reply_fail(reply, error);
    buf_finish(&body);
}
