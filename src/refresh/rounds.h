/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_ROUNDS_H
#define ROOMCAL_REFRESH_ROUNDS_H

/*
 * rounds — who is due
 *
 * Between the clocks of the room files, which say who is due, and the lanes, which ask: puts rooms that are due into the
 * schedule. What became of them is in refresh/outcomes. A round begins when there is something to do, and ends, with a
 * line in the log, when nothing is under way any more and something was fetched or has failed; without that, when it
 * has come to every room, or after CACHE_TTL.
 *
 * Groups are filled with rooms that will be due within a quarter of CACHE_TTL: so rooms that are asked for together
 * stay together, and a round of R rooms without changes costs ⌈R/16⌉ requests (with ACCESS=impersonation R: a request speaks for
 * one room). Different groups keep their distance,
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

/* What happened since the last line in the log. */
struct round {
    int64_t began_ms;                    /* 0: nothing yet */
    int64_t busy_ms;                     /* time in which something was under way */
    uint64_t confirmed, fetched, failed; /* rooms: unchanged; asked for whole; neither */
    uint64_t changed; /* of those that were fetched: what is shown was replaced */
    uint64_t requests, bytes;
    bool cache_failed; /* could not be written */
};

struct rounds {
    const struct config *config;
    struct shelf *shelf;
    struct ledger *ledger;
    struct account *account;
    struct schedule schedule;
    struct round round;
    int64_t busy_since_ms;
    size_t look_from;  /* behind the room that failed last: after a hold another one goes first */
    size_t tried_room; /* whose login was refused, and is tried again */
    struct due *due;   /* for rounds_look: one for each room */
    const bool *only;  /* a flag for each room: looked at; NULL: all are. Borrowed */
    bool out_of_time;  /* outcomes_give_up was called */
    bool
        cache_trouble; /* the cache could not be written, and that was logged; until a round without */
};

/* All of them must outlive it. 0 or -ENOMEM; to be finished in both cases. */
int rounds_init(struct rounds *rounds, const struct config *config, struct shelf *shelf,
                struct ledger *ledger, struct account *account);
void rounds_finish(struct rounds *rounds);

/* Looks at the clocks. Who is due waits to be asked for; while the account is held, shares its fault: a display has to
 * say that nobody asks, and the note outlives a restart. */
void rounds_look(struct rounds *rounds);

/* The room lists are due. */
void rounds_discover(struct rounds *rounds);

/* The order for a job of kind JOB_FETCH. Borrows from the shelf. */
struct fetch_order rounds_order(const struct rounds *rounds, const struct job *job);

/* A job that was taken from the schedule is over; it cost so much. Ends the round if it was the last. */
void rounds_job_done(struct rounds *rounds, const struct job *job, const struct ews_totals *cost);

#endif
