/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_REFRESHER_H
#define ROOMCAL_REFRESH_REFRESHER_H

/*
 * refresher — keeps all rooms fresh, for all processes of the host
 *
 * One thread, the chief, holds the lease or tries twice a second to get it, and looks who is due; LANES threads, one
 * HTTP connection each, take jobs from the schedule: a change check of up to sixteen rooms, or a room to fetch. What
 * came of it is noted in the rooms' clocks. Visitors never come here: responders only read what is published.
 *
 *     chief ── rounds_look ──▶ schedule ──▶ lanes ── account ──▶ Exchange
 *                                 ▲            │
 *                                 └── outcomes ──▶ room files, ledger, log
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cache/ledger.h"
#include "cache/shelf.h"
#include "calendar/field.h"
#include "config/config.h"

struct refresher;

/* All of them must outlive it. Starts nothing yet. 0 or < 0. */
int refresher_create(const struct config *config, const struct field_plan *plan,
                     struct shelf *shelf, struct ledger *ledger, struct refresher **ret,
                     struct err *err);

/* Starts the threads, which refresh until refresher_stop. 0 or < 0. */
int refresher_start(struct refresher *refresher, struct err *err);

/* Takes the lease, for plain CGI, which has to know before it forks. It is kept until refresher_stop; a forked process
 * has it too. 0, also when we hold it already; 1: somebody else holds it; < 0: nobody can, which was logged. */
int refresher_hold(struct refresher *refresher, struct err *err);

/* With the lease: starts the threads, refreshes what is due now, and returns when that is done or at `deadline_ms`
 * (clock_ms), whichever is first. `only` has a flag for each room that is meant; NULL: all. What was not answered by
 * then is noted as a failure of its room, so that it is not asked for again by each visitor. The threads have ended
 * then; may be called again. 0 or < 0. */
int refresher_run_once(struct refresher *refresher, const bool *only, int64_t deadline_ms,
                       struct err *err);

/* Ends transfers under way within a second, joins all threads, gives the lease back. Safe to call
 * twice. */
void refresher_stop(struct refresher *refresher);

/* Stops, then frees. NULL is allowed. */
void refresher_destroy(struct refresher *refresher);

#endif
