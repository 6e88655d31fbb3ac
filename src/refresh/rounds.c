/* SPDX-License-Identifier: MIT */
#include "refresh/rounds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cache/freshness.h"
#include "refresh/notes.h"
#include "refresh/patience.h"

struct due {
    int64_t due_at;
    size_t turn; /* of those that are due together */
    size_t room;
};

int rounds_init(struct rounds *rounds, const struct config *config, struct shelf *shelf,
                struct ledger *ledger, struct account *account)
{
    *rounds =
        (struct rounds){.config = config, .shelf = shelf, .ledger = ledger, .account = account};
    rounds->due = calloc(config->room_count + 1, sizeof *rounds->due);
    int error = schedule_init(&rounds->schedule, config->room_count);
    return rounds->due ? error : -ENOMEM;
}

void rounds_finish(struct rounds *rounds)
{
    schedule_finish(&rounds->schedule);
    free(rounds->due);
    rounds->due = NULL;
}

/* ---- who is due ------------------------------------------------------------------------------ */

/* A refused login may be tried again as soon as the settings are changed, whatever was noted before; that it is not tried
 * too often is the account's matter. */
static void forget_refusal(const struct config *config, struct room_times *times)
{
    const struct fault *fault = fault_by_number(times->failures ? times->fault : 0);

    if (fault && fault->action == FAULT_STOP && config->changed_at > times->retry_at - FAULT_STOP_S)
        times->retry_at = 0;
}

/* false: not now and not soon. */
static bool is_due_soon(const struct rounds *rounds, size_t room, int64_t now_utc, struct due *ret)
{
    const struct slot *slot = &rounds->schedule.slots[room];

    if ((rounds->only && !rounds->only[room]) || slot->is_taken || slot->not_before_ms > clock_ms())
        return false;
    struct room_times times = shelf_times(rounds->shelf, room);
    forget_refusal(rounds->config, &times);
    int64_t due_at = freshness_due_at(&times, now_utc, patience_max_s(rounds->config));
    int64_t soon_s = times.failures ? 0 : (rounds->config->cache_ttl_s + 3) / 4;

    size_t count = rounds->config->room_count;
    *ret = (struct due){due_at, (room + count - rounds->look_from) % count, room};
    return due_at <= now_utc + soon_s;
}

static int by_time(const void *left, const void *right)
{
    const struct due *a = left;
    const struct due *b = right;

    if (a->due_at != b->due_at)
        return a->due_at < b->due_at ? -1 : 1;
    return a->turn < b->turn ? -1 : a->turn > b->turn;
}

/* Those who are due or will be soon, in that order. *ret_now: how many of them are due now. */
static size_t find_due(struct rounds *rounds, size_t *ret_now)
{
    int64_t now_utc = clock_utc();
    size_t count = 0;
    size_t now = 0;

    for (size_t room = 0; room < rounds->config->room_count; room++) {
        if (is_due_soon(rounds, room, now_utc, &rounds->due[count]))
            now += rounds->due[count++].due_at <= now_utc;
    }
    if (now)
        qsort(rounds->due, count, sizeof *rounds->due, by_time);
    *ret_now = now;
    return count;
}

static void share_fault(struct rounds *rounds, size_t due, const struct fault *fault,
                        int64_t hold_s)
{
    for (size_t i = 0; i < due; i++)
        notes_add_failure(rounds, rounds->due[i].room, fault, hold_s);
}

static void begin_round(struct rounds *rounds)
{
    struct schedule *schedule = &rounds->schedule;
    int64_t learned = ledger_get(rounds->ledger, LEDGER_GROUP_SIZE);
    int64_t age_s = clock_utc() - ledger_get(rounds->ledger, LEDGER_GROUP_AT);
    bool is_believed =
        learned > 0 && learned < CHECK_ROOMS_MAX && age_s >= 0 && age_s < ROUNDS_GROUP_LIFE_S;

    schedule->group_size = is_believed ? (size_t)learned : CHECK_ROOMS_MAX;
    rounds->round = (struct round){.began_ms = clock_ms()};
}

/* Fills the last group. */
static void ask_for(struct rounds *rounds, size_t count, size_t due)
{
    size_t size = rounds->schedule.group_size;
    size_t full = (due + size - 1) / size * size;

    for (size_t i = 0; i < count && i < full; i++)
        schedule_check(&rounds->schedule, rounds->due[i].room);
}

void rounds_look(struct rounds *rounds)
{
    const struct fault *fault;
    int64_t hold_s = account_held_s(rounds->account, &fault);
    size_t due;

    if (hold_s)
        schedule_drop(&rounds->schedule);
    size_t count = find_due(rounds, &due);
    if (!due)
        return;
    if (hold_s) {
        share_fault(rounds, due, fault, hold_s);
        return;
    }
    if (schedule_is_idle(&rounds->schedule))
        begin_round(rounds);
    ask_for(rounds, count, due);
}

/* ---- jobs ---- */

struct fetch_order rounds_order(const struct rounds *rounds, const struct job *job)
{
    size_t room = job->rooms[0];
    const struct slot *slot = &rounds->schedule.slots[room];

    return (struct fetch_order){
        .room = room,
        .place = shelf_place(rounds->shelf, room),
        .mark = {slot->mark[0], slot->mark[1]},
        .ttl_s = notes_life_s(rounds, room),
    };
}

void rounds_job_done(struct rounds *rounds, const struct job *job, const struct ews_totals *cost)
{
    struct round *round = &rounds->round;

    round->requests += cost->requests;
    round->bytes += cost->bytes;
    ledger_count(rounds->ledger, LEDGER_EWS_REQUESTS, cost->requests);
    ledger_count(rounds->ledger, LEDGER_EWS_BYTES, cost->bytes);
    schedule_job_done(&rounds->schedule, job);
    if (!schedule_is_idle(&rounds->schedule) || !round->rooms)
        return;
    ledger_count(rounds->ledger, LEDGER_ROUNDS, 1);
    ledger_set(rounds->ledger, LEDGER_REFRESHED_AT, clock_utc());
    log_event(LOG_LEVEL_INFO, "refresh",
              "rooms=%llu confirmed=%llu changed=%llu failed=%llu requests=%llu bytes=%llu ms=%lld",
              (unsigned long long)round->rooms, (unsigned long long)round->confirmed,
              (unsigned long long)round->changed, (unsigned long long)round->failed,
              (unsigned long long)round->requests, (unsigned long long)round->bytes,
              (long long)(clock_ms() - round->began_ms));
    round->rooms = 0;
}
