/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_ROUNDS_H
#define ROOMCAL_REFRESH_ROUNDS_H

/*
 * rounds — who is due, and what an answer changes
 *
 * Between the clocks of the room files, which say who is due, and the lanes, which ask: puts rooms that are due into
 * the schedule, and writes what became of them into clocks, ledger and log. A round begins when there is something to
 * do, and ends when nothing waits and nothing is under way.
 *
 * Groups are filled with rooms that will be due within a quarter of CACHE_TTL: so rooms that are asked for together
 * stay together, and a round of R rooms without changes costs ⌈R/16⌉ requests. Different groups keep their distance,
 * because the first life of each room's data has a length of its own (cache/freshness.h).
 *
 * The log gets one line for each round, and one when a room begins to fail or is well again; none for a further try.
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
    bool out_of_time;   /* rounds_give_up was called */
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

/* What came of a job that was taken from the schedule. `error` < 0: trouble of our own, `report` then says nothing.
 * `cost`: requests and bytes of the check. */
void rounds_checked(struct rounds *rounds, const struct job *job, int error,
                    const struct check_report *report, const struct ews_totals *cost);
void rounds_fetched(struct rounds *rounds, const struct job *job,
                    const struct fetch_report *report);

/* There is no more time (plain CGI): who waits, and who is stopped from now on, has failed for want of an answer. Or the
 * next visitor would wait for the same room as long. */
void rounds_give_up(struct rounds *rounds);

/* The cache cannot be written or read: logged once, until it can. */
void rounds_cache_trouble(struct rounds *rounds, const struct err *err);

#endif
