/* SPDX-License-Identifier: MIT */
#include "refresh/notes.h"

#include <string.h>

#include "base/clock.h"
#include "base/extremes.h"
#include "base/log.h"
#include "cache/freshness.h"
#include "cache/room_clock.h"
#include "net/backoff.h"
#include "refresh/patience.h"

static const char *name_of(const struct rounds *rounds, size_t room)
{
    return rounds->config->rooms[room].name;
}

uint64_t notes_spread(const struct rounds *rounds, size_t room)
{
    uint64_t spread;

    memcpy(&spread, shelf_fingerprint(rounds->shelf, room)->bytes, sizeof spread);
    return spread;
}

void notes_cache_trouble(struct rounds *rounds, const struct err *err)
{
    ledger_count(rounds->ledger, LEDGER_CACHE_ERRORS, 1);
    if (!rounds->cache_trouble)
        log_event(LOG_LEVEL_ERROR, "cache", "reason=\"%s\"", err->text);
    rounds->cache_trouble = true;
    rounds->round.cache_failed = true;
}

/* ---- a room fails or is well again ---- */

void notes_add_failure(struct rounds *rounds, size_t room, const struct fault *fault,
                       int64_t delay_s)
{
    struct room_place place = shelf_place(rounds->shelf, room);
    struct slot *slot = &rounds->schedule.slots[room];
    struct err err = {""};
    bool noted = room_note_failure(&place, fault->number, clock_utc() + delay_s, &err) == 0;

    slot->failures++;
    slot->not_before_ms = noted ? 0 : clock_ms() + 1000 * delay_s;
    if (!noted)
        notes_cache_trouble(rounds, &err);
}

static void log_failure(struct rounds *rounds, size_t room, const struct fetch_report *report,
                        int64_t delay_s)
{
    struct slot *slot = &rounds->schedule.slots[room];
    char detail[LOG_VALUE_SIZE];

    log_event(slot->is_reported ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, "room_failed",
              "room=\"%s\" code=%s retry_in_s=%lld reason=\"%s\" detail=\"%s\"",
              name_of(rounds, room), report->fault->code, (long long)delay_s,
              report->fault->message, log_value(slice_of(report->detail), detail));
    slot->is_reported = true;
}

/* While the account is held, a fault that is its own lasts as long as the hold. */
static int64_t delay_after(const struct rounds *rounds, size_t room,
                           const struct fetch_report *report)
{
    int64_t now_utc = clock_utc();
    int64_t noted = shelf_times(rounds->shelf, room).failures;
    int64_t kept = rounds->schedule.slots[room].failures;
    int64_t failures = max_of(noted, kept);
    int64_t delay_s = patience_delay_s(rounds->config, report->fault, failures + 1, report->wait_s,
                                       backoff_random());
    const struct fault *fault;
    int64_t hold_s = account_held_s(rounds->account, &fault);

    if (hold_s && report->fault->scope == FAULT_OF_ACCOUNT)
        return hold_s;
    int64_t login_s = report->fault->action == FAULT_STOP
                          ? ledger_login_at(rounds->ledger, now_utc) - now_utc
                          : 0;
    return max_of(max_of(hold_s, login_s), delay_s);
}

void notes_room_failed(struct rounds *rounds, size_t room, const struct fetch_report *report)
{
    int64_t delay_s = delay_after(rounds, room, report);

    rounds->round.failed++;
    ledger_count(rounds->ledger, LEDGER_ROOM_FAILURES, 1);
    log_failure(rounds, room, report, delay_s);
    notes_add_failure(rounds, room, report->fault, delay_s);
    schedule_done(&rounds->schedule, room);
}

void notes_room_well(struct rounds *rounds, size_t room)
{
    struct slot *slot = &rounds->schedule.slots[room];

    if (slot->is_reported)
        log_event(LOG_LEVEL_INFO, "room_recovered", "room=\"%s\"", name_of(rounds, room));
    slot->is_reported = false;
    account_room_is_well(rounds->account, room);
    slot->failures = 0;
    slot->not_before_ms = 0;
    schedule_done(&rounds->schedule, room);
}

/* ---- how long it is good ---- */

int64_t notes_life_s(const struct rounds *rounds, size_t room)
{
    struct room_times times = shelf_times(rounds->shelf, room);
    int64_t ttl_s = rounds->config->cache_ttl_s;
    bool in_turn = times.fetched_at && !times.failures && clock_utc() < times.expires_at + ttl_s;

    return in_turn ? ttl_s : freshness_ttl(ttl_s, notes_spread(rounds, room));
}
