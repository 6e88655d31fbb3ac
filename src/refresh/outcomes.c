/* SPDX-License-Identifier: MIT */
#include "refresh/outcomes.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cache/room_clock.h"
#include "refresh/notes.h"

static bool is_held(const struct rounds *rounds)
{
    const struct fault *fault;

    return account_held_s(rounds->account, &fault) > 0;
}

/* ---- of a change check ----------------------------------------------------------------------- */

static bool still_holds(const struct rounds *rounds, size_t room, const int64_t mark[2])
{
    const struct room_file *view = shelf_take(rounds->shelf, room);
    struct room_basis basis = view ? room_file_basis(view) : (struct room_basis){0};

    shelf_drop(rounds->shelf, view);
    return check_still_holds(&basis, mark, rounds->config, clock_utc(), notes_spread(rounds, room));
}

/* True: the room's file is good for another while. */
static bool confirm(struct rounds *rounds, size_t room, const int64_t mark[2])
{
    struct room_place place = shelf_place(rounds->shelf, room);
    struct err err = {""};

    if (!still_holds(rounds, room, mark))
        return false;
    int result = room_confirm(&place, mark, clock_utc(), notes_life_s(rounds, room), &err);
    if (result < 0)
        notes_cache_trouble(rounds, &err);
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
    rounds->round.confirmed++;
    ledger_count(rounds->ledger, LEDGER_ROOMS_CONFIRMED, 1);
    notes_room_well(rounds, room);
}

/* What Exchange says of the mailboxes that are too many for it. */
static bool may_mean_too_many(const struct fault *fault)
{
    static const char *const codes[] = {
        "ErrorInternalServerError",
        "ErrorBatchProcessingStopped",
        "ErrorTooManyObjectsOpened",
        "ErrorExceededConnectionCount",
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
    size_t answered = job->count;

    while (answered && report->rooms[answered - 1].fault &&
           may_mean_too_many(report->rooms[answered - 1].fault))
        answered--;
    return answered;
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
        if (report->rooms[i].is_answered)
            room_answered(rounds, room, report->rooms[i].mark);
        else if (i < answered || !answered || !schedule_recheck(&rounds->schedule, room, answered))
            room_refused(rounds, room);
    }
}

/* Only some of the group were told of. An answer does not say whose it is, so none of it counts; all are asked for again,
 * in groups of so many. */
static void group_fell_short(struct rounds *rounds, const struct job *job, size_t told)
{
    for (size_t i = 0; i < job->count; i++) {
        if (!schedule_recheck(&rounds->schedule, job->rooms[i], told))
            room_refused(rounds, job->rooms[i]);
    }
}

static struct fetch_report no_answer_in_time(void)
{
    return (struct fetch_report){.result = FETCH_FAILED,
                                 .fault = fault_by_code(slice_of("no_answer_in_time")),
                                 .wait_s = -1,
                                 .detail = "COLD_WAIT passed"};
}

static void group_gave_up(struct rounds *rounds, const struct job *job,
                          const struct fetch_report *report)
{
    for (size_t i = 0; i < job->count; i++)
        notes_room_failed(rounds, job->rooms[i], report);
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

/* What is known of the account by now decides who goes next, and how. Any of the group may be the one that spoils it, so
 * it gets smaller also when the account is held: or the others would wait for ever with that one. */
static void learn_from(struct rounds *rounds, const struct job *job, const struct fault *fault)
{
    if (fault->action == FAULT_STOP)
        schedule_isolate(&rounds->schedule, job);
    else
        schedule_halve(&rounds->schedule, job);
    if (fault->scope == FAULT_OF_ACCOUNT)
        rounds->look_from = (job->rooms[0] + 1) % rounds->config->room_count;
}

/* Nothing was said of any room. While the account is held, who is due will share its fault. A fault that is not the
 * account's may be one of the change check only: then the fetch will say what is wrong, if anything is. */
static void group_failed(struct rounds *rounds, const struct job *job,
                         const struct fetch_report *report, bool was_asked)
{
    bool is_misunderstood = fault_is_misunderstanding(report->fault);

    if (was_asked && !is_misunderstood)
        learn_from(rounds, job, report->fault);
    if (is_misunderstood) {
        for (size_t i = 0; i < job->count; i++)
            room_refused(rounds, job->rooms[i]);
    } else if (is_held(rounds)) {
        for (size_t i = 0; i < job->count; i++)
            schedule_done(&rounds->schedule, job->rooms[i]);
    } else if (job->count > 1) {
        schedule_again(&rounds->schedule, job);
    } else if (report->fault->scope != FAULT_OF_ACCOUNT) {
        room_refused(rounds, job->rooms[0]);
    } else {
        group_gave_up(rounds, job, report);
    }
}

static bool fell_short(const struct check_report *report)
{
    return strcmp(report->answer.fault->code, "unexpected_reply") == 0;
}

void outcomes_of_check(struct rounds *rounds, const struct job *job, int error,
                       const struct check_report *report, const struct ews_totals *cost)
{
    struct fetch_report failure = {.result = FETCH_FAILED};

    if (error)
        fetch_fail(&failure, error);
    else
        fetch_refused(&failure, &report->answer);
    if (!error && report->answer.stopped)
        group_stopped(rounds, job);
    else if (!error && !report->answer.fault)
        group_told(rounds, job, report);
    else if (!error && report->told && fell_short(report))
        group_fell_short(rounds, job, report->told);
    else
        group_failed(rounds, job, &failure, cost->requests > 0);
    rounds_job_done(rounds, job, cost);
}

/* ---- of a fetch ---- */

static void room_fetched(struct rounds *rounds, size_t room, const struct fetch_report *report)
{
    rounds->round.fetched++;
    rounds->round.changed += report->result == FETCH_CHANGED;
    ledger_count(rounds->ledger, LEDGER_ROOMS_FETCHED, 1);
    ledger_count(rounds->ledger, LEDGER_ROOMS_CHANGED, report->result == FETCH_CHANGED);
    notes_room_well(rounds, room);
}

void outcomes_of_fetch(struct rounds *rounds, const struct job *job,
                       const struct fetch_report *report)
{
    const struct ews_totals cost = {.requests = report->requests, .bytes = report->bytes};

    if (report->result == FETCH_STOPPED)
        group_stopped(rounds, job);
    else if (report->result == FETCH_FAILED)
        group_gave_up(rounds, job, report);
    else
        room_fetched(rounds, job->rooms[0], report);
    rounds_job_done(rounds, job, &cost);
}

/* ---- no more time ---------------------------------------------------------------------------- */

void outcomes_give_up(struct rounds *rounds)
{
    const struct fetch_report report = no_answer_in_time();
    struct job job;

    rounds->out_of_time = true;
    while (schedule_take(&rounds->schedule, &job)) {
        group_gave_up(rounds, &job, &report);
        schedule_job_done(&rounds->schedule, &job);
    }
}
