/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_ROUNDS_H
#define ROOMCAL_REFRESH_ROUNDS_H

/*
 * rounds — who is due
 *
 * Between the clocks of the room files, which say who is due, and the lanes, which ask: puts rooms that are due into the
 * schedule. What became of them is in refresh/outcomes. A round begins when there is something to do, and ends, with a
 * line in the log, when nothing waits and nothing is under way.
 *
 * Groups are filled with rooms that will be due within a quarter of CACHE_TTL: so rooms that are asked for together
 * stay together, and a round of R rooms without changes costs ⌈R/16⌉ requests. Different groups keep their distance,
 * because the first life of each room's data has a length of its own (cache/freshness.h).
 *
 * The caller locks; nothing here waits for Exchange.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cache/ledger.h"
#include "cache/shelf.h"
#include "config/config.h"
#include "refresh/account.h"
#include "refresh/check.h"
#include "refresh/fetch.h"
#include "refresh/schedule.h"

/* A learned group size is tried anew after so long: what limited it may have been mended. */
#define ROUNDS_GROUP_LIFE_S 21600

/* What happened since there was nothing to do. */
struct round {
    int64_t began_ms;
    uint64_t rooms, confirmed, changed, failed, requests, bytes;
};

struct rounds {
    const struct config *config;
    struct shelf *shelf;
    struct ledger *ledger;
    struct account *account;
    struct schedule schedule;
    struct round round;
    size_t look_from;   /* behind the room that failed last: after a hold another one goes first */
    struct due *due;    /* for rounds_look: one for each room */
    const bool *only;   /* a flag for each room: looked at; NULL: all are. Borrowed */
    bool out_of_time;   /* outcomes_give_up was called */
    bool cache_trouble; /* the cache could not be written, and that was logged */
};

/* All of them must outlive it. 0 or -ENOMEM; to be finished in both cases. */
int rounds_init(struct rounds *rounds, const struct config *config, struct shelf *shelf,
                struct ledger *ledger, struct account *account);
void rounds_finish(struct rounds *rounds);

/* Looks at the clocks. Who is due waits to be asked for; while the account is held, shares its fault: a display has to
 * say that nobody asks, and the note outlives a restart. */
void rounds_look(struct rounds *rounds);

/* The order for a job of kind JOB_FETCH. Borrows from the shelf. */
struct fetch_order rounds_order(const struct rounds *rounds, const struct job *job);

/* A job that was taken from the schedule is over; it cost so much. Ends the round if it was the last. */
void rounds_job_done(struct rounds *rounds, const struct job *job, const struct ews_totals *cost);

#endif
