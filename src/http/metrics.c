/* SPDX-License-Identifier: MIT */
#include "http/metrics.h"

#include <inttypes.h>

#include "cache/account_state.h"
#include "http/gather.h"

#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The longest line is a room's name of 200 bytes, each escaped, beside a metric's name. */
#define LINE_LIMIT 1024

/* What is being written. Failures are remembered by the reply. */
struct exposition {
    const struct gather *gather;
    struct account_state account;
    struct http_reply *reply;
    struct buf line;
};

/* ---- lines ---------------------------------------------------------------------------------- */

static void put_line(struct exposition *out)
{
    http_reply_fail(out->reply, buf_error(&out->line));
    http_reply_write(out->reply, (struct slice){buf_text(&out->line), out->line.length});
    buf_clear(&out->line);
}

/* Begins a metric; all its samples have to follow. */
static void put_family(struct exposition *out, const char *name, const char *type, const char *help)
{
    buf_printf(&out->line, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
    put_line(out);
}

/* In a label's value these three have to be escaped, and nothing else. */
static void append_escaped(struct buf *line, const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' || *text == '"')
            buf_append_char(line, '\\');
        if (*text == '\n')
            buf_append_text(line, "\\n");
        else
            buf_append_char(line, *text);
    }
}

static void append_label(struct buf *line, char before, const char *name, const char *value)
{
    buf_append_char(line, before);
    buf_printf(line, "%s=\"", name);
    append_escaped(line, value);
    buf_append_char(line, '"');
}

static void put_value(struct exposition *out, int64_t value)
{
    buf_printf(&out->line, " %" PRId64 "\n", value);
    put_line(out);
}

/* ---- rooms ---------------------------------------------------------------------------------- */

/* False: there is nothing to tell. */
typedef bool room_value(const struct gather *gather, const struct gathered *room, int64_t *ret);

static bool age_of(const struct gather *gather, const struct gathered *room, int64_t *ret)
{
    *ret = gather->now_utc - room->times.fetched_at;
    return room->times.fetched_at != 0;
}

static bool items_of(const struct gather *gather, const struct gathered *room, int64_t *ret)
{
    bool is_shown = freshness_can_show(room->freshness);

    (void)gather;
    *ret = is_shown ? (int64_t)room->view->item_count : 0;
    return is_shown;
}

static bool failures_of(const struct gather *gather, const struct gathered *room, int64_t *ret)
{
    (void)gather;
    *ret = room->times.failures;
    return true;
}

static bool next_try_of(const struct gather *gather, const struct gathered *room, int64_t *ret)
{
    *ret = freshness_due_at(&room->times, gather->now_utc,
                            account_longest_pause_s(gather->site->config));
    return true;
}

static const struct {
    const char *name;
    const char *help;
    room_value *value;
} room_metrics[] = {
    {"roomcal_room_age_seconds", "Time since Exchange last answered for the room.", age_of},
    {"roomcal_room_items", "Items that the room shows.", items_of},
    {"roomcal_room_consecutive_failures", "Failures since Exchange last answered for the room.",
     failures_of},
    {"roomcal_room_next_try_timestamp_seconds",
     "When Exchange may be asked for the room again, by the room's own clock.", next_try_of},
};

static void put_room_metric(struct exposition *out, size_t metric)
{
    const struct gather *gather = out->gather;
    int64_t value;

    put_family(out, room_metrics[metric].name, "gauge", room_metrics[metric].help);
    for (size_t i = 0; i < gather->count; i++) {
        if (!room_metrics[metric].value(gather, &gather->rooms[i], &value))
            continue;
        buf_append_text(&out->line, room_metrics[metric].name);
        append_label(&out->line, '{', "room", gather->rooms[i].room->name);
        buf_append_char(&out->line, '}');
        put_value(out, value);
    }
}

static void put_state(struct exposition *out, const struct gathered *room, enum freshness state)
{
    buf_append_text(&out->line, "roomcal_room_state");
    append_label(&out->line, '{', "room", room->room->name);
    append_label(&out->line, ',', "state", freshness_name(state));
    buf_append_char(&out->line, '}');
    put_value(out, room->freshness == state);
}

static void put_rooms(struct exposition *out)
{
    const struct gather *gather = out->gather;

    for (size_t i = 0; i < sizeof room_metrics / sizeof room_metrics[0]; i++)
        put_room_metric(out, i);
    put_family(out, "roomcal_room_state", "gauge", "1 for the state that the room is in.");
    for (size_t i = 0; i < gather->count; i++) {
        for (enum freshness state = FRESHNESS_COLD; state <= FRESHNESS_LOST; state++)
            put_state(out, &gather->rooms[i], state);
    }
}

/* ---- the account ---------------------------------------------------------------------------- */

static void put_gauge(struct exposition *out, const char *name, const char *help, int64_t value)
{
    put_family(out, name, "gauge", help);
    buf_append_text(&out->line, name);
    put_value(out, value);
}

static void put_held_until(struct exposition *out)
{
    const char *name = "roomcal_account_held_until_timestamp_seconds";

    put_family(out, name, "gauge", "When Exchange may be asked again; the reason is why not now.");
    if (!out->account.is_held)
        return;
    buf_append_text(&out->line, name);
    append_label(&out->line, '{', "reason", out->gather->site->explain(out->account.fault).code);
    buf_append_char(&out->line, '}');
    put_value(out, out->account.held_until_utc);
}

static void put_account(struct exposition *out)
{
    put_gauge(out, "roomcal_account_held", "1 while nobody may ask Exchange.",
              out->account.is_held);
    put_held_until(out);
    put_gauge(out, "roomcal_account_lanes",
              "Requests to Exchange that may be under way at once, LANES at most.",
              out->account.lanes);
    if (out->account.refreshed_at)
        put_gauge(out, "roomcal_last_round_timestamp_seconds", "When the last refresh round ended.",
                  out->account.refreshed_at);
}

/* ---- counters ------------------------------------------------------------------------------- */

/* By enum ledger_counter. */
static const struct {
    const char *name;
    const char *help;
} counters[LEDGER_COUNTERS] = {
    [LEDGER_ROUNDS] = {"roomcal_rounds_total", "Refresh rounds."},
    [LEDGER_EWS_REQUESTS] = {"roomcal_ews_requests_total", "Requests sent to Exchange."},
    [LEDGER_EWS_BYTES] = {"roomcal_ews_received_bytes_total", "Received from Exchange."},
    [LEDGER_ROOMS_CONFIRMED] = {"roomcal_rooms_confirmed_total",
                                "Rooms that a change check found unchanged."},
    [LEDGER_ROOMS_FETCHED] = {"roomcal_rooms_fetched_total", "Rooms that were asked for whole."},
    [LEDGER_ROOMS_CHANGED] = {"roomcal_rooms_changed_total",
                              "Fetched rooms of which something new was shown."},
    [LEDGER_ROOM_FAILURES] = {"roomcal_room_failures_total",
                              "Rooms that could not be read, each time."},
    [LEDGER_HOLDS_BEGUN] = {"roomcal_account_holds_total",
                            "Times that asking Exchange was stopped for all rooms."},
    [LEDGER_LOGINS_REFUSED] = {"roomcal_logins_refused_total", "Logins that Exchange refused."},
    [LEDGER_LANES_NARROWED] = {"roomcal_lanes_narrowed_total",
                               "Times that Exchange had too many requests at once."},
    [LEDGER_CACHE_ERRORS] = {"roomcal_cache_errors_total",
                             "Times that CACHE_DIR could not be written to."},
    [LEDGER_HTTP_REQUESTS] = {"roomcal_http_requests_total", "Requests that roomcal answered."},
    [LEDGER_HTTP_NOT_MODIFIED] = {"roomcal_http_not_modified_total", "Of these: with 304."},
    [LEDGER_HTTP_CLIENT_ERRORS] = {"roomcal_http_client_errors_total", "Of these: with 4xx."},
    [LEDGER_HTTP_SERVER_ERRORS] = {"roomcal_http_server_errors_total", "Of these: with 5xx."},
    [LEDGER_HTTP_BYTES] = {"roomcal_http_sent_bytes_total", "Of the bodies of replies."},
    [LEDGER_COLD_WAITS] = {"roomcal_cold_waits_total",
                           "Visitors who waited for a room that was never fetched."},
    [LEDGER_COLD_REFUSALS] = {"roomcal_cold_refusals_total",
                              "Visitors who could not, because too many did."},
};

static void put_counter(struct exposition *out, enum ledger_counter counter)
{
    put_family(out, counters[counter].name, "counter", counters[counter].help);
    buf_printf(&out->line, "%s %" PRIu64 "\n", counters[counter].name,
               ledger_counted(out->gather->site->ledger, counter));
    put_line(out);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static void put_build(struct exposition *out)
{
    put_family(out, "roomcal_build_info", "gauge", "Which roomcal this is.");
    buf_append_text(&out->line, "roomcal_build_info");
    append_label(&out->line, '{', "version", ROOMCAL_VERSION);
    buf_append_char(&out->line, '}');
    put_value(out, 1);
}

static void put_all(const struct gather *gather, struct http_reply *reply)
{
    const struct site *site = gather->site;
    struct exposition out = {
        .gather = gather,
        .account = account_state(site->ledger, site->config, gather->now_utc),
        .reply = reply,
        .line = BUF_INIT(LINE_LIMIT),
    };

    put_build(&out);
    put_rooms(&out);
    put_account(&out);
    for (enum ledger_counter counter = 0; counter < LEDGER_COUNTERS; counter++)
        put_counter(&out, counter);
    buf_finish(&out.line);
}

void metrics_reply(const struct site *site, struct http_reply *reply)
{
    struct gather gather;
    int error = gather_rooms(site, NULL /* all */, &gather);

    if (error) {
        http_reply_fail(reply, error);
        return;
    }
    reply->status = 200;
    http_reply_header(reply, "Content-Type", CONTENT_TYPE);
    http_reply_header(reply, "Cache-Control", "no-store");
    put_all(&gather, reply);
    gather_finish(&gather);
}
