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
    bool is_early;   /* not due yet: to fill a group */
    bool is_last;    /* what it met may be its own trouble: what others are answered will tell */
    bool is_refused; /* and that is a refused login */
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

/* Is the login refused for this room, and perhaps for it alone? Settings that were changed since are tried at once, whatever
 * was noted. */
static bool is_refused(const struct rounds *rounds, size_t room, struct room_times *times)
{
    const struct fault *fault = fault_by_number(times->failures ? times->fault : 0);

    if (!fault || fault->action != FAULT_STOP)
        return false;
    if (rounds->config->changed_at > times->retry_at - FAULT_STOP_S)
        times->retry_at = 0;
    return account_room_is_troubled(rounds->account, room);
}

/* false: not now and not soon. */
static bool is_due_soon(const struct rounds *rounds, size_t room, int64_t now_utc, struct due *ret)
{
    const struct slot *slot = &rounds->schedule.slots[room];
    size_t count = rounds->config->room_count;

    if ((rounds->only && !rounds->only[room]) || slot->is_taken || slot->not_before_ms > clock_ms())
        return false;
    struct room_times times = shelf_times(rounds->shelf, room);
    bool refused = is_refused(rounds, room, &times);
    int64_t due_at = freshness_due_at(&times, now_utc, patience_max_s(rounds->config));
    int64_t soon_s = times.failures ? 0 : (rounds->config->cache_ttl_s + 3) / 4;
    *ret = (struct due){
        .is_early = due_at > now_utc,
        .is_last = times.failures && account_room_is_troubled(rounds->account, room),
        .is_refused = refused,
        .due_at = due_at,
        .turn = (room + count - rounds->look_from) % count,
        .room = room,
    };
    return due_at <= now_utc + soon_s;
}

/* Of rooms whose login is refused one is asked for at a time, and none while no login may fail. */
static bool may_try_login(const struct rounds *rounds, int64_t now_utc)
{
    bool is_tried =
        rounds->config->room_count && rounds->schedule.slots[rounds->tried_room].is_taken;

    return !is_tried && ledger_login_at(rounds->ledger, now_utc) <= now_utc;
}

static int by_turn(const void *left, const void *right)
{
    const struct due *a = left;
    const struct due *b = right;

    if (a->is_early != b->is_early)
        return a->is_early ? 1 : -1;
    if (a->is_last != b->is_last)
        return a->is_last ? 1 : -1;
    if (a->due_at != b->due_at)
        return a->due_at < b->due_at ? -1 : 1;
    return a->turn < b->turn ? -1 : a->turn > b->turn;
}

/* Those who are due or will be soon, in that order. *ret_now: how many of them are due now. */
static size_t find_due(struct rounds *rounds, size_t *ret_now)
{
    int64_t now_utc = clock_utc();
    bool may_try = may_try_login(rounds, now_utc);
    size_t count = 0;
    size_t now = 0;

    for (size_t room = 0; room < rounds->config->room_count; room++) {
        struct due *due = &rounds->due[count];
        if (!is_due_soon(rounds, room, now_utc, due) || (due->is_refused && !may_try))
            continue;
        if (due->is_refused)
            rounds->tried_room = room;
        may_try &= !due->is_refused;
        now += !due->is_early;
        count++;
    }
    if (now)
        qsort(rounds->due, count, sizeof *rounds->due, by_turn);
    *ret_now = now;
    return count;
}

static void share_fault(struct rounds *rounds, size_t due, const struct fault *fault,
                        int64_t hold_s)
{
    for (size_t i = 0; i < due; i++)
        notes_add_failure(rounds, rounds->due[i].room, fault, hold_s);
}

/* Who asks in the name of a room can ask for no other one. */
static size_t largest_group(const struct config *config)
{
    return config->access == CONFIG_ACCESS_IMPERSONATION ? 1 : CHECK_ROOMS_MAX;
}

/* Something is about to be scheduled. */
static void begin_work(struct rounds *rounds)
{
    struct schedule *schedule = &rounds->schedule;
    int64_t learned = ledger_get(rounds->ledger, LEDGER_GROUP_SIZE);
    int64_t age_s = clock_utc() - ledger_moment(rounds->ledger, LEDGER_GROUP_AT);
    size_t largest = largest_group(rounds->config);
    bool is_believed =
        learned > 0 && learned < (int64_t)largest && age_s >= 0 && age_s < ROUNDS_GROUP_LIFE_S;

    if (!schedule_is_idle(schedule))
        return;
    schedule->group_size = is_believed ? (size_t)learned : largest;
    rounds->busy_since_ms = clock_ms();
    if (!rounds->round.began_ms)
        rounds->round.began_ms = rounds->busy_since_ms;
}

void rounds_discover(struct rounds *rounds)
{
    begin_work(rounds);
    schedule_discovery(&rounds->schedule);
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
    begin_work(rounds);
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

static uint64_t rooms_of(const struct round *round)
{
    return round->confirmed + round->fetched + round->failed;
}

static void log_round(const struct round *round)
{
    log_event(LOG_LEVEL_INFO, "refresh",
              "rooms=%llu confirmed=%llu fetched=%llu changed=%llu failed=%llu requests=%llu "
              "bytes=%llu ms=%lld",
              (unsigned long long)rooms_of(round), (unsigned long long)round->confirmed,
              (unsigned long long)round->fetched, (unsigned long long)round->changed,
              (unsigned long long)round->failed, (unsigned long long)round->requests,
              (unsigned long long)round->bytes, (long long)round->busy_ms);
}

/* Groups in which nothing happens share a round, until it has come to every room: many rooms, which are not due together,
 * would fill the log. With more to do than there is time for, a CACHE_TTL is a round as well. */
static bool is_over(const struct rounds *rounds)
{
    const struct round *round = &rounds->round;
    bool is_old = clock_ms() - round->began_ms > 1000 * rounds->config->cache_ttl_s;
    uint64_t rooms = rooms_of(round);

    if (!schedule_is_idle(&rounds->schedule))
        return is_old && rooms;
    return round->fetched || round->failed || round->confirmed >= rounds->config->room_count ||
           (is_old && rooms);
}

static void count_time(struct rounds *rounds)
{
    int64_t now_ms = clock_ms();

    rounds->round.busy_ms += now_ms - rounds->busy_since_ms;
    rounds->busy_since_ms = now_ms;
}

void rounds_job_done(struct rounds *rounds, const struct job *job, const struct ews_totals *cost)
{
    struct round *round = &rounds->round;

    round->requests += cost->requests;
    round->bytes += cost->bytes;
    ledger_count(rounds->ledger, LEDGER_EWS_REQUESTS, cost->requests);
    ledger_count(rounds->ledger, LEDGER_EWS_BYTES, cost->bytes);
    schedule_job_done(&rounds->schedule, job);
    count_time(rounds);
    if (!is_over(rounds))
        return;
    ledger_count(rounds->ledger, LEDGER_ROUNDS, 1);
    ledger_set(rounds->ledger, LEDGER_REFRESHED_AT, clock_utc());
    log_round(round);
    rounds->cache_trouble &= round->cache_failed;
    *round = (struct round){.began_ms = schedule_is_idle(&rounds->schedule) ? 0 : clock_ms()};
}
