/* SPDX-License-Identifier: MIT */
#include "refresh/refresher.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/extremes.h"
#include "base/log.h"
#include "base/wait.h"
#include "cache/lease.h"
#include "cache/room_build.h"
#include "refresh/account.h"
#include "refresh/check.h"
#include "refresh/discovery.h"
#include "refresh/fetch.h"
#include "refresh/notes.h"
#include "refresh/outcomes.h"
#include "refresh/rounds.h"

#define TICK_MS 500 /* how often the chief looks, so also how soon a free lease is taken */
/* Looks at another's mark before it is told: a new holder needs a moment to write its own, others one to take over new settings */
#define STRANGER_LOOKS 10

struct refresher {
    const struct config *config;
    const struct field_plan *plan;
    struct shelf *shelf;
    struct account *account;

    pthread_t chief;
    bool chief_runs;
    pthread_t *lanes;
    size_t lane_count; /* started */
    atomic_bool stop;

    pthread_mutex_t mutex;  /* guards all that follows */
    pthread_cond_t changed; /* rounds or stop */
    struct lease lease;
    struct hash mark;   /* of these settings, in the lease */
    int stranger_looks; /* in a row that found another's mark in it */
    bool has_swept;     /* what killed processes left */
    bool is_ill;        /* CACHE_DIR cannot be used, and that was logged */
    struct rounds rounds;
    struct discovery discovery; /* only where it is wanted; no lock while it runs */
};

/* ---- birth and death ------------------------------------------------------------------------- */

int refresher_create(const struct config *config, const struct field_plan *plan,
                     struct shelf *shelf, struct ledger *ledger, struct refresher **ret,
                     struct err *err)
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
    refresher->lanes = calloc((size_t)config->lanes, sizeof *refresher->lanes);
    int error = account_create(config, ledger, &refresher->stop, &refresher->account);
    if (!error)
        error = rounds_init(&refresher->rounds, config, shelf, ledger, refresher->account);
    if (!error)
        error = config_common(config, &refresher->mark);
    if (!error && discovery_wanted(config))
        error = discovery_init(&refresher->discovery, config, shelf, ledger);
    if (error || !refresher->lanes) {
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
    rounds_finish(&refresher->rounds);
    account_destroy(refresher->account);
    free(refresher->lanes);
    (void)pthread_cond_destroy(&refresher->changed);
    (void)pthread_mutex_destroy(&refresher->mutex);
    free(refresher);
}

/* With the mutex held. */
static void wait_ms(struct refresher *refresher, int64_t ms)
{
    (void)wait_until(&refresher->changed, &refresher->mutex, clock_ms() + ms);
}

/* ---- the chief ------------------------------------------------------------------------------- */

/* With the mutex held. The lease is somebody else's, who should do what we would. One line as long as that is not so. */
static void look_at_holder(struct refresher *refresher)
{
    if (!lease_is_marked_otherwise(shelf_dirfd(refresher->shelf), &refresher->mark))
        refresher->stranger_looks = 0;
    else if (refresher->stranger_looks < STRANGER_LOOKS &&
             ++refresher->stranger_looks == STRANGER_LOOKS)
        log_event(LOG_LEVEL_WARNING, "cache",
                  "reason=\"another service, with other settings or rooms, has this CACHE_DIR: "
                  "nobody refreshes the rooms of this one; give each service a CACHE_DIR of its "
                  "own\"");
}

/* With the mutex held. */
static void begin_lease(struct refresher *refresher)
{
    lease_mark(&refresher->lease, &refresher->mark);
    if (!refresher->has_swept)
        room_sweep(shelf_dirfd(refresher->shelf));
    refresher->has_swept = true;
}

/* With the mutex held. 0: we have it; 1: somebody else; < 0. */
static int hold_lease(struct refresher *refresher, struct err *err)
{
    int dirfd = shelf_dirfd(refresher->shelf);

    if (!lease_stands(&refresher->lease, dirfd))
        lease_release(&refresher->lease);
    if (refresher->lease.fd >= 0)
        return 0;
    int result = lease_try(dirfd, &refresher->lease, err);
    if (result == 0)
        begin_lease(refresher);
    else if (result == 1)
        look_at_holder(refresher);
    else
        notes_cache_trouble(&refresher->rounds, err);
    return result;
}

/* One line for each file that no longer was what we had written; its room is fetched anew. */
static void tell_damage(struct shelf *shelf)
{
    struct err err;

    while (shelf_damage(shelf, &err))
        log_event(LOG_LEVEL_WARNING, "cache", "reason=\"%s; the room is fetched anew\"", err.text);
}

/* With the mutex held. Looks after CACHE_DIR and the ledger in it. One line when a trouble begins, none while it
 * lasts. */
static void mend(struct refresher *refresher)
{
    struct err err = {""};
    int result = shelf_mend(refresher->shelf, &err);

    if (result > 0)
        log_event(LOG_LEVEL_WARNING, "cache",
                  "reason=\"CACHE_DIR had been removed or replaced; it was opened anew\"");
    if (result >= 0)
        result = ledger_mend(refresher->rounds.ledger, shelf_dirfd(refresher->shelf), &err);
    if (result < 0 && !refresher->is_ill)
        log_event(LOG_LEVEL_ERROR, "cache", "reason=\"%s\"", err.text);
    refresher->is_ill = result < 0;
    tell_damage(refresher->shelf);
}

/* With the mutex held. While the account is held nobody would be answered. */
static bool is_discovery_due(struct refresher *refresher)
{
    int64_t now_utc = clock_utc();
    const struct fault *fault;

    return discovery_wanted(refresher->config) && !refresher->rounds.schedule.is_discovering &&
           !account_held_s(refresher->account, &fault) &&
           discovery_due_at(&refresher->discovery, now_utc) <= now_utc;
}

/* With the mutex held. */
static void look_round(struct refresher *refresher)
{
    if (is_discovery_due(refresher))
        rounds_discover(&refresher->rounds);
    rounds_look(&refresher->rounds);
    shelf_announce(refresher->shelf);
    (void)pthread_cond_broadcast(&refresher->changed);
}

static void *run_chief(void *context)
{
    struct refresher *refresher = context;
    struct err err = {""};

    (void)pthread_mutex_lock(&refresher->mutex);
    while (!atomic_load(&refresher->stop)) {
        mend(refresher);
        if (hold_lease(refresher, &err) == 0)
            look_round(refresher);
        wait_ms(refresher, TICK_MS);
    }
    (void)pthread_mutex_unlock(&refresher->mutex);
    return NULL;
}

/* ---- the lanes ------------------------------------------------------------------------------- */

/* With the mutex held: waits for something to do. false: the end. */
static bool take_job(struct refresher *refresher, struct job *ret)
{
    while (!atomic_load(&refresher->stop)) {
        if (schedule_take(&refresher->rounds.schedule, ret))
            return true;
        wait_ms(refresher, TICK_MS);
    }
    return false;
}

static struct ews_totals cost_since(const struct fetch *fetch, struct ews_totals before)
{
    struct ews_totals now = ews_client_totals(fetch->asker.client);

    return (struct ews_totals){now.requests - before.requests, now.bytes - before.bytes};
}

/* With the mutex held, which is let go meanwhile. */
static void discover(struct refresher *refresher, struct fetch *fetch, const struct job *job)
{
    struct ews_totals before = ews_client_totals(fetch->asker.client);

    (void)pthread_mutex_unlock(&refresher->mutex);
    discovery_run(&refresher->discovery, &fetch->asker, clock_utc());
    (void)pthread_mutex_lock(&refresher->mutex);

    struct ews_totals cost = cost_since(fetch, before);
    rounds_job_done(&refresher->rounds, job, &cost);
}

/* With the mutex held, which is let go meanwhile. */
static void check(struct refresher *refresher, struct fetch *fetch, const struct job *job)
{
    struct ews_totals before = ews_client_totals(fetch->asker.client);
    struct check_report report;

    (void)pthread_mutex_unlock(&refresher->mutex);
    int error = check_rooms(&fetch->asker, refresher->config, job->rooms, job->count, &report);
    (void)pthread_mutex_lock(&refresher->mutex);

    struct ews_totals cost = cost_since(fetch, before);
    outcomes_of_check(&refresher->rounds, job, error, &report, &cost);
}

/* With the mutex held, which is let go meanwhile. */
static void fetch_one(struct refresher *refresher, struct fetch *fetch, const struct job *job)
{
    struct fetch_order order = rounds_order(&refresher->rounds, job);
    struct fetch_report report;

    (void)pthread_mutex_unlock(&refresher->mutex);
    fetch_room(fetch, &order, clock_utc(), &report);
    (void)pthread_mutex_lock(&refresher->mutex);

    outcomes_of_fetch(&refresher->rounds, job, &report);
}

/* With the mutex held. Without memory for now it is tried again: a lane that ended would never come back. false: the
 * end. */
static bool equip(struct refresher *refresher, struct fetch *fetch)
{
    struct err err = {""};

    while (fetch_init(fetch, refresher->config, refresher->plan, refresher->account,
                      &refresher->stop, &err) < 0) {
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
    static void (*const work[])(struct refresher *, struct fetch *, const struct job *) = {
        [JOB_DISCOVER] = discover,
        [JOB_CHECK] = check,
        [JOB_FETCH] = fetch_one,
    };
    struct refresher *refresher = context;
    struct fetch fetch;
    struct job job;

    (void)pthread_mutex_lock(&refresher->mutex);
    if (equip(refresher, &fetch)) {
        while (take_job(refresher, &job)) {
            work[job.kind](refresher, &fetch, &job);
            shelf_announce(refresher->shelf);
            (void)pthread_cond_broadcast(&refresher->changed);
        }
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

/* With the mutex held: until nothing is left to do, or it is too late. */
static void wait_for_work(struct refresher *refresher, int64_t deadline_ms)
{
    while (!schedule_is_idle(&refresher->rounds.schedule)) {
        int64_t left_ms = deadline_ms - clock_ms();
        if (left_ms <= 0) {
            outcomes_give_up(&refresher->rounds);
            return;
        }
        wait_ms(refresher, min_of(left_ms, TICK_MS));
        look_round(refresher); /* a held account ends the waiting of the others */
    }
}

int refresher_hold(struct refresher *refresher, struct err *err)
{
    (void)pthread_mutex_lock(&refresher->mutex);
    int result = hold_lease(refresher, err);
    (void)pthread_mutex_unlock(&refresher->mutex);
    return result;
}

static void join_lanes(struct refresher *refresher)
{
    atomic_store(&refresher->stop, true);
    (void)pthread_mutex_lock(&refresher->mutex);
    (void)pthread_cond_broadcast(&refresher->changed);
    (void)pthread_mutex_unlock(&refresher->mutex);
    account_wake(refresher->account);
    while (refresher->lane_count)
        (void)pthread_join(refresher->lanes[--refresher->lane_count], NULL);
}

int refresher_run_once(struct refresher *refresher, const bool *only, int64_t deadline_ms,
                       struct err *err)
{
    refresher->rounds.only = only;
    refresher->rounds.out_of_time = false;
    atomic_store(&refresher->stop, false);
    int error = start_lanes(refresher, err);
    (void)pthread_mutex_lock(&refresher->mutex);
    if (!error) {
        look_round(refresher);
        wait_for_work(refresher, deadline_ms);
    }
    (void)pthread_mutex_unlock(&refresher->mutex);
    join_lanes(refresher);
    refresher->rounds.only = NULL;
    return error;
}

void refresher_stop(struct refresher *refresher)
{
    if (refresher->account)
        join_lanes(refresher);
    if (refresher->chief_runs)
        (void)pthread_join(refresher->chief, NULL);
    refresher->chief_runs = false;
    lease_release(&refresher->lease);
}
