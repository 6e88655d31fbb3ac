/* SPDX-License-Identifier: MIT */
#include "refresh/refresher.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wait.h"
#include "cache/lease.h"
#include "refresh/fetch.h"
#include "refresh/patience.h"

#define TICK_MS 1000 /* how often the chief looks, so also how soon a free lease is taken */

/* What the schedule knows of a room, beside its file. */
struct slot {
    bool taken;            /* queued or under way */
    int64_t failures;      /* in a row; the file has them too, if it can be written */
    int64_t not_before_ms; /* for when it cannot; else 0 */
};

/* What happened since there was nothing to do; logged when there is nothing to do again. */
struct round {
    int64_t began_ms;
    uint64_t rooms, changed, failed, requests, bytes;
};

struct refresher {
    const struct config *config;
    const struct field_plan *plan;
    struct shelf *shelf;

    pthread_t chief;
    bool chief_runs;
    pthread_t *lanes;
    size_t lane_count; /* started */
    atomic_bool stop;

    pthread_mutex_t mutex;  /* guards all that follows */
    pthread_cond_t changed; /* queue, in_flight, account or stop */
    struct lease lease;
    struct slot *slots;
    size_t *queue; /* a ring: rooms that are due and wait for a lane */
    size_t queue_first, queue_length;
    size_t look_from; /* behind the room that was asked last: after a hold another one goes first */
    int in_flight;
    struct account account;
    struct round round;
    bool out_of_time;   /* refresher_run_once ends before its work */
    bool cache_trouble; /* the cache could not be written, and that was logged */
};

/* ---- birth and death ------------------------------------------------------------------------ */

int refresher_create(const struct config *config, const struct field_plan *plan,
                     struct shelf *shelf, struct refresher **ret, struct err *err)
{
    struct refresher *refresher = calloc(1, sizeof *refresher);

    if (!refresher)
        return err_set(err, -ENOMEM, "no memory");
    (void)pthread_mutex_init(&refresher->mutex, NULL);
    wait_init(&refresher->changed);
    refresher->config = config;
    refresher->plan = plan;
    refresher->shelf = shelf;
    refresher->lease = LEASE_NONE;
    refresher->account = ACCOUNT_INIT;
    refresher->slots = calloc(config->room_count + 1, sizeof *refresher->slots);
    refresher->queue = calloc(config->room_count + 1, sizeof *refresher->queue);
    refresher->lanes = calloc((size_t)config->lanes, sizeof *refresher->lanes);
    if (!refresher->slots || !refresher->queue || !refresher->lanes) {
        refresher_destroy(refresher);
        return err_set(err, -ENOMEM, "no memory");
    }
    *ret = refresher;
    return 0;
}

void refresher_destroy(struct refresher *refresher)
{
    if (!refresher)
        return;
    refresher_stop(refresher);
    free(refresher->lanes);
    free(refresher->queue);
    free(refresher->slots);
    (void)pthread_cond_destroy(&refresher->changed);
    (void)pthread_mutex_destroy(&refresher->mutex);
    free(refresher);
}

/* ---- small helpers --------------------------------------------------------------------------- */

/* A number that is the room's own, for spreading; and one that differs each time, for jitter. */
static uint64_t spread_of(const struct refresher *refresher, size_t room)
{
    uint64_t spread;

    memcpy(&spread, shelf_fingerprint(refresher->shelf, room)->bytes, sizeof spread);
    return spread;
}

static uint64_t jitter_of(const struct refresher *refresher, size_t room)
{
    return spread_of(refresher, room) ^ ((uint64_t)clock_ms() * UINT64_C(0x9E3779B97F4A7C15));
}

/* With the mutex held. */
static void wait_ms(struct refresher *refresher, int64_t ms)
{
    (void)wait_until(&refresher->changed, &refresher->mutex, clock_ms() + ms);
}

/* ---- failures -------------------------------------------------------------------------------- */

/* With the mutex held. What cannot be noted in the room's file is kept in memory; what can is not, or `roomcal
 * refresh`, which mends the file, would not be heard. */
static void note_failure(struct refresher *refresher, size_t room, const struct fault *fault,
                         int64_t delay_s)
{
    struct room_place place = shelf_place(refresher->shelf, room);
    struct slot *slot = &refresher->slots[room];
    struct err err = {""};
    bool noted = room_note_failure(&place, fault->number, clock_utc() + delay_s, &err) == 0;

    slot->failures++;
    slot->not_before_ms = noted ? 0 : clock_ms() + 1000 * delay_s;
    if (!noted && !refresher->cache_trouble)
        log_event(LOG_LEVEL_ERROR, "cache", "reason=\"%s\"", err.text);
    refresher->cache_trouble = !noted;
}

/* One line when a room begins to fail, none for each further try. */
static void log_failure(const struct refresher *refresher, size_t room,
                        const struct fetch_report *report, bool failed_before, int64_t delay_s)
{
    char detail[LOG_VALUE_SIZE];

    log_event(failed_before ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, "room_failed",
              "room=\"%s\" code=%s retry_in_s=%lld reason=\"%s\" detail=\"%s\"",
              refresher->config->rooms[room].name, report->fault->code, (long long)delay_s,
              report->fault->message, log_value(slice_of(report->detail), detail));
}

/* With the mutex held. */
static int64_t hold_left_s(const struct refresher *refresher)
{
    return (refresher->account.held_until_ms - clock_ms() + 999) / 1000;
}

/* With the mutex held. What the failure says of the account. A line that was cut, or a trouble of our own, says
 * nothing. */
static void judge_account(struct refresher *refresher, size_t room,
                          const struct fetch_report *report)
{
    if (report->fault->scope == FAULT_OF_ACCOUNT)
        account_failed(&refresher->account, refresher->config, report->fault, room, report->wait_s,
                       clock_ms(), jitter_of(refresher, room));
    else if (report->fault->scope == FAULT_OF_ROOM)
        account_answered(&refresher->account, clock_ms());
}

/* With the mutex held. */
static void room_failed(struct refresher *refresher, size_t room, const struct fetch_report *report)
{
    int64_t noted = shelf_times(refresher->shelf, room).failures;
    int64_t kept = refresher->slots[room].failures;
    int64_t failures = noted > kept ? noted : kept;
    int64_t delay_s = patience_delay_s(refresher->config, report->fault, failures + 1,
                                       report->wait_s, jitter_of(refresher, room));

    judge_account(refresher, room, report);
    if (account_is_held(&refresher->account, clock_ms()) && hold_left_s(refresher) > delay_s)
        delay_s = hold_left_s(refresher);
    refresher->round.failed++;
    log_failure(refresher, room, report, failures > 0, delay_s);
    note_failure(refresher, room, report->fault, delay_s);
}

/* With the mutex held. */
static void room_fetched(struct refresher *refresher, size_t room,
                         const struct fetch_report *report, bool failed_before)
{
    account_answered(&refresher->account, clock_ms());
    refresher->slots[room].failures = 0;
    refresher->slots[room].not_before_ms = 0;
    refresher->cache_trouble = false;
    refresher->round.changed += report->result == FETCH_CHANGED;
    if (failed_before)
        log_event(LOG_LEVEL_INFO, "room_recovered", "room=\"%s\" items=%zu",
                  refresher->config->rooms[room].name, report->items);
}

/* ---- who is due: the chief ------------------------------------------------------------------- */

/* With the mutex held. */
static void enqueue(struct refresher *refresher, size_t room)
{
    size_t size = refresher->config->room_count;

    if (!refresher->queue_length && !refresher->in_flight)
        refresher->round = (struct round){.began_ms = clock_ms()};
    refresher->queue[(refresher->queue_first + refresher->queue_length++) % size] = room;
    refresher->slots[room].taken = true;
}

/* With the mutex held. */
static size_t dequeue(struct refresher *refresher)
{
    size_t room = refresher->queue[refresher->queue_first];

    refresher->queue_first = (refresher->queue_first + 1) % refresher->config->room_count;
    refresher->queue_length--;
    return room;
}

/* With the mutex held. While the account is held a due room shares its fault: its display has to say that nobody
 * asks, and the note outlives a restart. */
static void schedule(struct refresher *refresher, size_t room)
{
    struct room_times times = shelf_times(refresher->shelf, room);
    int64_t now_utc = clock_utc();
    int64_t due_at = freshness_due_at(&times, now_utc, patience_max_s(refresher->config));

    if (due_at > now_utc || refresher->slots[room].not_before_ms > clock_ms())
        return;
    if (account_is_held(&refresher->account, clock_ms()))
        note_failure(refresher, room, refresher->account.fault, hold_left_s(refresher));
    else
        enqueue(refresher, room);
}

/* With the mutex held. */
static void look_round(struct refresher *refresher)
{
    size_t count = refresher->config->room_count;

    /* Those that wait for a lane while the account is held need not wait to be told. */
    while (refresher->queue_length && account_is_held(&refresher->account, clock_ms()))
        refresher->slots[dequeue(refresher)].taken = false;
    for (size_t i = 0; i < count; i++) {
        size_t room = (refresher->look_from + i) % count;
        if (!refresher->slots[room].taken)
            schedule(refresher, room);
    }
    (void)pthread_cond_broadcast(&refresher->changed);
}

/* With the mutex held. True: we have it. */
static bool hold_lease(struct refresher *refresher)
{
    struct err err = {""};

    if (refresher->lease.fd >= 0)
        return true;
    int result = lease_try(shelf_dirfd(refresher->shelf), &refresher->lease, &err);
    if (result < 0 && !refresher->cache_trouble) {
        refresher->cache_trouble = true;
        log_event(LOG_LEVEL_ERROR, "cache", "reason=\"%s\"", err.text);
    }
    if (result == 0)
        room_sweep(shelf_dirfd(refresher->shelf));
    return result == 0;
}

static void *run_chief(void *context)
{
    struct refresher *refresher = context;

    (void)pthread_mutex_lock(&refresher->mutex);
    while (!atomic_load(&refresher->stop)) {
        if (hold_lease(refresher)) {
            look_round(refresher);
            shelf_announce(refresher->shelf);
        }
        wait_ms(refresher, TICK_MS);
    }
    (void)pthread_mutex_unlock(&refresher->mutex);
    return NULL;
}

/* ---- the lanes ------------------------------------------------------------------------------- */

/* With the mutex held: waits for a room that may be asked. false: the end. */
static bool take_room(struct refresher *refresher, size_t *ret_room)
{
    while (!atomic_load(&refresher->stop)) {
        if (refresher->queue_length &&
            account_lets(&refresher->account, clock_ms(), refresher->in_flight)) {
            *ret_room = dequeue(refresher);
            refresher->look_from = *ret_room + 1;
            refresher->in_flight++;
            return true;
        }
        wait_ms(refresher, TICK_MS);
    }
    return false;
}

/* With the mutex held. */
static void end_round(const struct refresher *refresher)
{
    const struct round *round = &refresher->round;

    if (refresher->queue_length || refresher->in_flight)
        return;
    log_event(LOG_LEVEL_INFO, "refresh",
              "rooms=%llu changed=%llu failed=%llu requests=%llu bytes=%llu ms=%lld",
              (unsigned long long)round->rooms, (unsigned long long)round->changed,
              (unsigned long long)round->failed, (unsigned long long)round->requests,
              (unsigned long long)round->bytes, (long long)(clock_ms() - round->began_ms));
}

/* Without a process that waits for the answer, no answer in time is a failure like any other: it has to be noted,
 * or the next visitor would wait for the same room as long. */
static struct fetch_report no_answer_in_time(void)
{
    return (struct fetch_report){.result = FETCH_FAILED,
                                 .fault = fault_by_transport(TRANSPORT_TIMEOUT),
                                 .wait_s = -1,
                                 .detail = "COLD_WAIT passed"};
}

/* With the mutex held. */
static void account_for(struct refresher *refresher, size_t room, struct fetch_report *report,
                        bool failed_before)
{
    refresher->slots[room].taken = false;
    refresher->in_flight--;
    if (report->result == FETCH_STOPPED && !refresher->out_of_time)
        return;
    if (report->result == FETCH_STOPPED)
        *report = no_answer_in_time();
    refresher->round.rooms++;
    refresher->round.requests += report->requests;
    refresher->round.bytes += report->bytes;
    if (report->result == FETCH_FAILED)
        room_failed(refresher, room, report);
    else
        room_fetched(refresher, room, report, failed_before);
    end_round(refresher);
}

/* With the mutex held, which is let go meanwhile: asks for one room. */
static void work(struct refresher *refresher, struct fetch *fetch, size_t room)
{
    struct fetch_report report;
    struct room_place place = shelf_place(refresher->shelf, room);
    int64_t ttl_s = freshness_ttl(refresher->config->cache_ttl_s, spread_of(refresher, room));

    (void)pthread_mutex_unlock(&refresher->mutex);
    bool failed_before = shelf_times(refresher->shelf, room).failures > 0;
    fetch_room(fetch, &refresher->config->rooms[room], &place, clock_utc(), ttl_s, &report);
    (void)pthread_mutex_lock(&refresher->mutex);

    account_for(refresher, room, &report, failed_before);
    shelf_announce(refresher->shelf);
    (void)pthread_cond_broadcast(&refresher->changed);
}

/* With the mutex held. Without memory for now it is tried again: a lane that ended would never come back. false: the
 * end. */
static bool equip(struct refresher *refresher, struct fetch *fetch)
{
    struct err err = {""};

    while (fetch_init(fetch, refresher->config, refresher->plan, &refresher->stop, &err) < 0) {
        log_event(LOG_LEVEL_ERROR, "lane", "reason=\"%s\"", err.text);
        fetch_finish(fetch);
        wait_ms(refresher, TICK_MS);
        if (atomic_load(&refresher->stop))
            return false;
    }
    return true;
}

static void *run_lane(void *context)
{
    struct refresher *refresher = context;
    struct fetch fetch;
    size_t room;

    (void)pthread_mutex_lock(&refresher->mutex);
    if (equip(refresher, &fetch)) {
        while (take_room(refresher, &room))
            work(refresher, &fetch, room);
        fetch_finish(&fetch);
    }
    (void)pthread_mutex_unlock(&refresher->mutex);
    return NULL;
}

/* ---- start and stop -------------------------------------------------------------------------- */

static int start_lanes(struct refresher *refresher, struct err *err)
{
    while (refresher->lane_count < (size_t)refresher->config->lanes) {
        int error =
            pthread_create(&refresher->lanes[refresher->lane_count], NULL, run_lane, refresher);
        if (error)
            return err_errno(err, error, "cannot start a lane");
        refresher->lane_count++;
    }
    return 0;
}

int refresher_start(struct refresher *refresher, struct err *err)
{
    int error = start_lanes(refresher, err);

    if (!error) {
        int failed = pthread_create(&refresher->chief, NULL, run_chief, refresher);
        refresher->chief_runs = !failed;
        if (failed)
            error = err_errno(err, failed, "cannot start the refresher");
    }
    if (error)
        refresher_stop(refresher);
    return error;
}

/* With the mutex held. Those under way are noted by their lanes, when they see the stop. */
static void give_up_the_rest(struct refresher *refresher)
{
    refresher->out_of_time = true;
    while (refresher->queue_length) {
        struct fetch_report report = no_answer_in_time();
        size_t room = dequeue(refresher);
        refresher->slots[room].taken = false;
        room_failed(refresher, room, &report);
    }
}

int refresher_run_once(struct refresher *refresher, int64_t deadline_ms, struct err *err)
{
    (void)pthread_mutex_lock(&refresher->mutex);
    bool ours = hold_lease(refresher);
    if (ours)
        look_round(refresher);
    (void)pthread_mutex_unlock(&refresher->mutex);
    if (!ours)
        return 1;

    int error = start_lanes(refresher, err);
    (void)pthread_mutex_lock(&refresher->mutex);
    while (!error && (refresher->queue_length || refresher->in_flight)) {
        int64_t left_ms = deadline_ms - clock_ms();
        if (left_ms <= 0) {
            give_up_the_rest(refresher);
            break;
        }
        wait_ms(refresher, left_ms < TICK_MS ? left_ms : TICK_MS);
        look_round(refresher); /* a held account ends the waiting of the others */
    }
    (void)pthread_mutex_unlock(&refresher->mutex);
    refresher_stop(refresher);
    return error;
}

void refresher_stop(struct refresher *refresher)
{
    atomic_store(&refresher->stop, true);
    (void)pthread_mutex_lock(&refresher->mutex);
    (void)pthread_cond_broadcast(&refresher->changed);
    (void)pthread_mutex_unlock(&refresher->mutex);
    if (refresher->chief_runs)
        (void)pthread_join(refresher->chief, NULL);
    refresher->chief_runs = false;
    while (refresher->lane_count)
        (void)pthread_join(refresher->lanes[--refresher->lane_count], NULL);
    lease_release(&refresher->lease);
}
