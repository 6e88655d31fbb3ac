/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_REFRESHER_H
#define ROOMCAL_REFRESH_REFRESHER_H

/*
 * refresher — keeps all rooms fresh, for all processes of the host
 *
 * One thread holds the lease, or tries once a second to get it, and decides who is due; LANES
 * threads, one HTTP connection each, take rooms from it and fetch them. A room's failure goes to
 * that room's clock; a failure that belongs to the account pauses all rooms. Visitors never come
 * here: responders only read what is published.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cache/shelf.h"
#include "calendar/field.h"
#include "config/config.h"

struct refresher;

/* `config`, `plan` and `shelf` must outlive it. Starts nothing yet. 0 or < 0. */
int refresher_create(const struct config *config, const struct field_plan *plan,
                     struct shelf *shelf, struct refresher **ret, struct err *err);

/* Starts the threads, which refresh until refresher_stop. 0 or < 0. */
int refresher_start(struct refresher *refresher, struct err *err);

/* Starts the threads if the lease is free, refreshes what is due now, and returns when that is done or
 * at `deadline_ms` (clock_ms), whichever is first: plain CGI's way. What was not answered by then is noted as a
 * failure of its room, so that it is not asked for again by each visitor. 0; 1: somebody else holds the lease;
 * < 0. */
int refresher_run_once(struct refresher *refresher, int64_t deadline_ms, struct err *err);

/* Ends transfers under way within a second, joins all threads, gives the lease back. Safe to call
 * twice. */
void refresher_stop(struct refresher *refresher);

/* Stops, then frees. NULL is allowed. */
void refresher_destroy(struct refresher *refresher);

#endif
