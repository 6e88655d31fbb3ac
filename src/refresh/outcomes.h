/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_OUTCOMES_H
#define ROOMCAL_REFRESH_OUTCOMES_H

/*
 * outcomes — what came of a job, and what follows from it
 *
 *     checked   unchanged ─▶ the clock moves    changed, unknown, refused ─▶ fetched
 *               too many in one group ─▶ checked again, apart    nothing said ─▶ in halves, then alone
 *     fetched   published ─▶ well    failed ─▶ noted, and tried again when refresh/patience says
 *
 * The caller locks. Each ends the job in the schedule and the ledger.
 */

#include "refresh/check.h"
#include "refresh/fetch.h"
#include "refresh/rounds.h"

/* `error` < 0: trouble of our own, `report` then says nothing. `cost`: requests and bytes of the check. */
void outcomes_of_check(struct rounds *rounds, const struct job *job, int error,
                       const struct check_report *report, const struct ews_totals *cost);

void outcomes_of_fetch(struct rounds *rounds, const struct job *job,
                       const struct fetch_report *report);

/* There is no more time (plain CGI): who waits, and who is stopped from now on, has failed for want of an answer. Or the
 * next visitor would wait for the same room as long. */
void outcomes_give_up(struct rounds *rounds);

#endif
