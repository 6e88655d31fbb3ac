/* SPDX-License-Identifier: MIT */
#include "refresh/standing.h"

#include "base/extremes.h"
#include "refresh/patience.h"

void standing_init(struct standing *standing, int lanes, bool *troubled)
{
    *standing = (struct standing){.lanes = lanes, .limit = lanes};
    standing->troubled = troubled;
}

bool standing_is_held(const struct standing *standing, int64_t now_ms)
{
    return now_ms < standing->held_until_ms;
}

/* ---- places ---- */

static bool is_proven(const struct standing *standing, int64_t now_ms)
{
    return standing->proven && now_ms - standing->heard_ms < INT64_C(1000) * STANDING_PROOF_S;
}

bool standing_lets(const struct standing *standing, int64_t now_ms)
{
    int places = is_proven(standing, now_ms) ? standing->limit : 1;

    return !standing_is_held(standing, now_ms) && standing->under_way < places;
}

void standing_enter(struct standing *standing, struct standing_pass *ret)
{
    standing->entered++;
    *ret = (struct standing_pass){
        .entered = standing->entered,
        .narrowings = standing->narrowings,
        .is_beside = standing->under_way++ > 0,
    };
}

void standing_leave(struct standing *standing)
{
    standing->under_way--;
}

void standing_widen(struct standing *standing, int64_t now_ms)
{
    bool is_quiet = now_ms - standing->limited_ms >= INT64_C(1000) * STANDING_QUIET_S;

    if (standing->limit == standing->lanes || !is_quiet)
        return;
    standing->limit++;
    standing->limited_ms = now_ms;
}

bool standing_narrow(struct standing *standing, const struct standing_pass *pass, int64_t now_ms)
{
    bool was_alone = !pass->is_beside && standing->entered == pass->entered;

    if (pass->narrowings != standing->narrowings)
        return true;
    if (was_alone || standing->limit == 1)
        return false;
    standing->limit /= 2;
    standing->narrowings++;
    standing->limited_ms = now_ms;
    return true;
}

/* ---- answers ---- */

void standing_answered(struct standing *standing, size_t room, int64_t now_ms)
{
    if (standing_is_held(standing, now_ms))
        return;
    standing->troubled[room] = false;
    standing->others_answered = true;
    standing->proven = true;
    standing->heard_ms = now_ms;
    standing->suspected = false;
    standing->forgiven = false;
    standing->failures = 0;
    standing->held_until_ms = 0;
    standing->fault = NULL;
}

/* Is everybody meant? Exchange says so, or says when to come again. */
static bool is_meant_for_all(const struct fault *fault, int64_t wait_s)
{
    return fault->action == FAULT_REST || fault->action == FAULT_NARROW || wait_s > 0;
}

/* Others are answered by the same server, with the same login. */
static bool is_its_own(const struct standing *standing, const struct fault *fault, size_t room,
                       int64_t wait_s)
{
    return standing->troubled[room] && standing->others_answered &&
           !is_meant_for_all(fault, wait_s);
}

/* Exchange throttles with a 401, too: right after a success it is not the password that has changed. */
static bool may_be_throttling(const struct standing *standing, const struct fault *fault,
                              int64_t now_ms)
{
    return fault->action == FAULT_STOP && is_proven(standing, now_ms);
}

static int64_t hold_s(const struct standing *standing, const struct config *config,
                      const struct fault *fault, int64_t wait_s, uint64_t random)
{
    if (standing->forgiven)
        return max_of(wait_s, FAULT_REST_S);
    return patience_delay_s(config, fault, standing->failures, wait_s, random);
}

void standing_failed(struct standing *standing, const struct config *config,
                     const struct fault *fault, size_t room, int64_t wait_s, int64_t now_ms,
                     uint64_t random)
{
    if (standing_is_held(standing, now_ms) || is_its_own(standing, fault, room, wait_s))
        return;
    bool is_certain = fault->action == FAULT_STOP || is_meant_for_all(fault, wait_s);
    bool is_second = standing->suspected && standing->last_room != room;

    standing->forgiven = may_be_throttling(standing, fault, now_ms);
    standing->troubled[room] = true;
    standing->others_answered = false;
    standing->proven = false;
    standing->failures++;
    standing->last_room = room;
    standing->fault = fault;
    /* Behind a hold the suspicion begins anew: two rooms that are always in trouble must not hold the others for ever. */
    standing->suspected = !is_second && !is_certain;
    if (!standing->suspected)
        standing->held_until_ms = now_ms + 1000 * hold_s(standing, config, fault, wait_s, random);
}

void standing_set_hold(struct standing *standing, const struct fault *fault, int64_t until_ms)
{
    standing->proven = false;
    standing->suspected = false;
    standing->held_until_ms = until_ms;
    standing->fault = fault;
}
