/* SPDX-License-Identifier: MIT */
#include "refresh/rounds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cache/freshness.h"
#include "cache/room_clock.h"
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

/* ---- small helpers --------------------------------------------------------------------------- */

static const char *name_of(const struct rounds *rounds, size_t room)
{
    return rounds->config->rooms[room].name;
}

/* A number that is the room's own, for spreading; and one that differs each time, for jitter. */
static uint64_t spread_of(const struct rounds *rounds, size_t room)
{
    uint64_t spread;

    memcpy(&spread, shelf_fingerprint(rounds->shelf, room)->bytes, sizeof spread);
    return spread;
}

static uint64_t jitter_of(const struct rounds *rounds, size_t room)
{
    return spread_of(rounds, room) ^ ((uint64_t)clock_ms() * UINT64_C(0x9E3779B97F4A7C15));
}

static int64_t held_s(const struct rounds *rounds)
{
    const struct fault *fault;

    return account_held_s(rounds->account, &fault);
}

void rounds_cache_trouble(struct rounds *rounds, const struct err *err)
{
    ledger_count(rounds->ledger, LEDGER_CACHE_ERRORS, 1);
    if (!rounds->cache_trouble)
        log_event(LOG_LEVEL_ERROR, "cache", "reason=\"%s\"", err->text);
    rounds->cache_trouble = true;
}

/* ---- a room fails or is well again ----------------------------------------------------------- */

/* What cannot be noted in the room's file is kept in memory; what can is not, or `roomcal refresh`, which mends the
 * file, would not be heard. */
static void note_failure(struct rounds *rounds, size_t room, const struct fault *fault,
                         int64_t delay_s)
{
    struct room_place place = shelf_place(rounds->shelf, room);
    struct slot *slot = &rounds->schedule.slots[room];
    struct err err = {""};
    bool noted = room_note_failure(&place, fault->number, clock_utc() + delay_s, &err) == 0;

    slot->failures++;
    slot->not_before_ms = noted ? 0 : clock_ms() + 1000 * delay_s;
    if (!noted)
        rounds_cache_trouble(rounds, &err);
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

static int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* While the account is held, a fault that is its own lasts as long as the hold. */
static int64_t delay_after(const struct rounds *rounds, size_t room,
                           const struct fetch_report *report)
{
    int64_t now_utc = clock_utc();
    int64_t noted = shelf_times(rounds->shelf, room).failures;
    int64_t kept = rounds->schedule.slots[room].failures;
    int64_t failures = noted > kept ? noted : kept;
    int64_t delay_s = patience_delay_s(rounds->config, report->fault, failures + 1, report->wait_s,
                                       jitter_of(rounds, room));
    int64_t hold_s = held_s(rounds);

    if (hold_s && report->fault->scope == FAULT_OF_ACCOUNT)
        return hold_s;
    int64_t login_s = report->fault->action == FAULT_STOP
                          ? ledger_login_at(rounds->ledger, now_utc) - now_utc
                          : 0;
    return max(max(hold_s, login_s), delay_s);
}

static void room_failed(struct rounds *rounds, size_t room, const struct fetch_report *report)
{
    int64_t delay_s = delay_after(rounds, room, report);

    rounds->round.failed++;
    ledger_count(rounds->ledger, LEDGER_ROOM_FAILURES, 1);
    log_failure(rounds, room, report, delay_s);
    note_failure(rounds, room, report->fault, delay_s);
    schedule_done(&rounds->schedule, room);
}

/* The cache was written. */
static void room_is_well(struct rounds *rounds, size_t room)
{
    struct slot *slot = &rounds->schedule.slots[room];

    if (slot->is_reported)
        log_event(LOG_LEVEL_INFO, "room_recovered", "room=\"%s\"", name_of(rounds, room));
    slot->is_reported = false;
    slot->failures = 0;
    slot->not_before_ms = 0;
    rounds->cache_trouble = false;
    schedule_done(&rounds->schedule, room);
}

/* ---- who is due ------------------------------------------------------------------------------ */

/* false: not now and not soon. */
static bool is_due_soon(const struct rounds *rounds, size_t room, int64_t now_utc, struct due *ret)
{
    const struct slot *slot = &rounds->schedule.slots[room];

    if ((rounds->only && !rounds->only[room]) || slot->is_taken || slot->not_before_ms > clock_ms())
        return false;
    struct room_times times = shelf_times(rounds->shelf, room);
    int64_t due_at = freshness_due_at(&times, now_utc, patience_max_s(rounds->config));
    int64_t soon_s = times.failures ? 0 : rounds->config->cache_ttl_s / 4;

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
        note_failure(rounds, rounds->due[i].room, fault, hold_s);
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

/* ---- what came of it ------------------------------------------------------------------------- */

/* The life of what is fetched or confirmed now. Who comes out of turn (for the first time, or after trouble) gets a
 * length of its own, so that not all are due together for ever. */
static int64_t ttl_of(const struct rounds *rounds, size_t room)
{
    struct room_times times = shelf_times(rounds->shelf, room);
    int64_t ttl_s = rounds->config->cache_ttl_s;
    bool in_turn = times.fetched_at && !times.failures && clock_utc() < times.expires_at + ttl_s;

    return in_turn ? ttl_s : freshness_ttl(ttl_s, spread_of(rounds, room));
}

static void end_job(struct rounds *rounds, const struct ews_totals *cost)
{
    struct round *round = &rounds->round;

    round->requests += cost->requests;
    round->bytes += cost->bytes;
    ledger_count(rounds->ledger, LEDGER_EWS_REQUESTS, cost->requests);
    ledger_count(rounds->ledger, LEDGER_EWS_BYTES, cost->bytes);
    schedule_job_done(&rounds->schedule);
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

/* ---- of a change check ----------------------------------------------------------------------- */

static bool still_holds(const struct rounds *rounds, size_t room, const int64_t mark[2])
{
    const struct room_file *view = shelf_take(rounds->shelf, room);
    struct room_basis basis = view ? room_file_basis(view) : (struct room_basis){0};

    shelf_drop(rounds->shelf, view);
    return check_still_holds(&basis, mark, rounds->config, clock_utc(), spread_of(rounds, room));
}

/* True: the room's file is good for another while. */
static bool confirm(struct rounds *rounds, size_t room, const int64_t mark[2])
{
    struct room_place place = shelf_place(rounds->shelf, room);
    struct err err = {""};

    if (!still_holds(rounds, room, mark))
        return false;
    int result = room_confirm(&place, clock_utc(), ttl_of(rounds, room), &err);
    if (result < 0)
        rounds_cache_trouble(rounds, &err);
    return result == 0;
}

static void room_answered(struct rounds *rounds, size_t room, const int64_t mark[2])
{
    if (schedule_answered(&rounds->schedule, room)) {
        ledger_set(rounds->ledger, LEDGER_GROUP_AT, clock_utc());
        ledger_set(rounds->ledger, LEDGER_GROUP_SIZE, (int64_t)rounds->schedule.group_size);
        log_event(LOG_LEVEL_INFO, "group",
                  "rooms=%zu reason=\"Exchange takes no more in one request.\"",
                  rounds->schedule.group_size);
    }
    if (!confirm(rounds, room, mark)) {
        schedule_fetch(&rounds->schedule, room, mark);
        return;
    }
    rounds->round.rooms++;
    rounds->round.confirmed++;
    ledger_count(rounds->ledger, LEDGER_ROOMS_CONFIRMED, 1);
    room_is_well(rounds, room);
}

/* What Exchange says of the mailboxes that are too many for it. */
static bool may_mean_too_many(const struct fault *fault)
{
    static const char *const codes[] = {
        "ErrorInternalServerError",     "ErrorBatchProcessingStopped",  "ErrorTooManyObjectsOpened",
        "ErrorExceededConnectionCount", "ErrorMailboxStoreUnavailable",
    };

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (strcmp(fault->code, codes[i]) == 0)
            return true;
    }
    return false;
}

/* How many of the group, from the first, were not refused for what may be their number. */
static size_t answered_before_the_rest(const struct job *job, const struct check_report *report)
{
    size_t answered = report->told;

    while (answered && report->rooms[answered - 1].fault &&
           may_mean_too_many(report->rooms[answered - 1].fault))
        answered--;
    return answered < job->count ? answered : job->count;
}

/* The fetch will say what is wrong, if anything is. */
static void room_refused(struct rounds *rounds, size_t room)
{
    static const int64_t unknown[2] = {0, 0};

    schedule_fetch(&rounds->schedule, room, unknown);
}

static void group_told(struct rounds *rounds, const struct job *job,
                       const struct check_report *report)
{
    size_t answered = answered_before_the_rest(job, report);

    for (size_t i = 0; i < job->count; i++) {
        size_t room = job->rooms[i];
        const struct checked *checked = &report->rooms[i];
        if (i < report->told && checked->is_answered)
            room_answered(rounds, room, checked->mark);
        else if (i < answered || !answered || !schedule_recheck(&rounds->schedule, room, answered))
            room_refused(rounds, room);
    }
}

static struct fetch_report no_answer_in_time(void)
{
    return (struct fetch_report){.result = FETCH_FAILED,
                                 .fault = fault_by_transport(TRANSPORT_TIMEOUT),
                                 .wait_s = -1,
                                 .detail = "COLD_WAIT passed"};
}

static void group_gave_up(struct rounds *rounds, const struct job *job,
                          const struct fetch_report *report)
{
    for (size_t i = 0; i < job->count; i++) {
        rounds->round.rooms++;
        room_failed(rounds, job->rooms[i], report);
    }
}

/* The job was stopped: the process ends, or there is no more time. */
static void group_stopped(struct rounds *rounds, const struct job *job)
{
    const struct fetch_report late = no_answer_in_time();

    if (rounds->out_of_time)
        group_gave_up(rounds, job, &late);
    for (size_t i = 0; i < job->count; i++)
        schedule_done(&rounds->schedule, job->rooms[i]);
}

/* What is known of the account by now decides who goes next, and how. */
static void learn_from(struct rounds *rounds, const struct job *job, const struct fault *fault)
{
    if (fault->action == FAULT_STOP)
        schedule_isolate(&rounds->schedule, job);
    if (fault->scope == FAULT_OF_ACCOUNT)
        rounds->look_from = (job->rooms[0] + 1) % rounds->config->room_count;
}

/* Nothing was said of any room. While the account is held, who is due will share its fault. A fault that is not the
 * account's may be one of the change check only: then the fetch will say what is wrong, if anything is. */
static void group_failed(struct rounds *rounds, const struct job *job,
                         const struct fetch_report *report)
{
    learn_from(rounds, job, report->fault);
    if (held_s(rounds)) {
        for (size_t i = 0; i < job->count; i++)
            schedule_done(&rounds->schedule, job->rooms[i]);
    } else if (job->count > 1) {
        schedule_split(&rounds->schedule, job);
    } else if (report->fault->scope != FAULT_OF_ACCOUNT) {
        room_refused(rounds, job->rooms[0]);
    } else {
        group_gave_up(rounds, job, report);
    }
}

void rounds_checked(struct rounds *rounds, const struct job *job, int error,
                    const struct check_report *report, const struct ews_totals *cost)
{
    struct fetch_report failure = {.result = FETCH_FAILED};

    if (error)
        fetch_fail(&failure, error);
    else
        fetch_refused(&failure, &report->answer);
    if (!error && report->told)
        group_told(rounds, job, report);
    else if (!error && report->answer.stopped)
        group_stopped(rounds, job);
    else
        group_failed(rounds, job, &failure);
    end_job(rounds, cost);
}

/* ---- of a fetch ------------------------------------------------------------------------------ */

struct fetch_order rounds_order(const struct rounds *rounds, const struct job *job)
{
    size_t room = job->rooms[0];
    const struct slot *slot = &rounds->schedule.slots[room];

    return (struct fetch_order){
        .room = room,
        .place = shelf_place(rounds->shelf, room),
        .mark = {slot->mark[0], slot->mark[1]},
        .ttl_s = ttl_of(rounds, room),
    };
}

static void room_fetched(struct rounds *rounds, size_t room, const struct fetch_report *report)
{
    rounds->round.rooms++;
    rounds->round.changed += report->result == FETCH_CHANGED;
    ledger_count(rounds->ledger, LEDGER_ROOMS_FETCHED, 1);
    ledger_count(rounds->ledger, LEDGER_ROOMS_CHANGED, report->result == FETCH_CHANGED);
    room_is_well(rounds, room);
}

void rounds_fetched(struct rounds *rounds, const struct job *job, const struct fetch_report *report)
{
    const struct ews_totals cost = {.requests = report->requests, .bytes = report->bytes};

    if (report->result == FETCH_STOPPED)
        group_stopped(rounds, job);
    else if (report->result == FETCH_FAILED)
        group_gave_up(rounds, job, report);
    else
        room_fetched(rounds, job->rooms[0], report);
    end_job(rounds, &cost);
}

/* ---- no more time ---------------------------------------------------------------------------- */

void rounds_give_up(struct rounds *rounds)
{
    const struct fetch_report report = no_answer_in_time();
    struct job job;

    rounds->out_of_time = true;
    while (schedule_take(&rounds->schedule, &job)) {
        group_gave_up(rounds, &job, &report);
        schedule_job_done(&rounds->schedule);
    }
}
