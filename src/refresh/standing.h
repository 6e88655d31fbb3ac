/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_STANDING_H
#define ROOMCAL_REFRESH_STANDING_H

/*
 * standing — how we stand with Exchange: may another request be sent, and what an answer changes in that
 *
 * Arithmetic only: the caller locks, and passes the monotonic clock. refresh/account.h says what it means; here is how
 * it is reckoned.
 *
 *     UNPROVEN  one request at a time  ── an answer ──▶  PROVEN  `limit` at a time
 *        ▲ ▲                                               │ │
 *        │ └──────── nobody asked for STANDING_PROOF_S ────┘ │ a fault of the account
 *        │                                                   ▼
 *        └──────── the hold is over ────────────  HELD, or suspected (so UNPROVEN) until another room meets one too
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "ews/fault.h"

#define STANDING_PROOF_S 30 /* an answer proves the login for so long */
#define STANDING_QUIET_S 60 /* without a complaint another request may be under way */

struct standing {
    int64_t heard_ms; /* the last answer, which proves the login for a while: see `proven` */
    size_t last_room; /* who met the last fault of the account: see `suspected` */
    /* A flag for each room, borrowed: it met a fault of the account, and was not answered since. */
    bool *troubled;
    int64_t failures;      /* holds and suspicions in a row: the longer, the longer the next hold */
    int64_t held_until_ms; /* nobody asks before; 0: not held */
    const struct fault *fault; /* why it is held */

    uint64_t entered;    /* so many requests have ever been under way */
    uint64_t narrowings; /* so many times the limit was lowered */
    int64_t limited_ms;  /* when the limit was changed last */
    int lanes;           /* LANES */
    int limit;           /* of requests under way at once; 1 to lanes */
    int under_way;

    bool proven;          /* the last thing we heard was an answer */
    bool suspected;       /* the last thing we heard was a fault of the account */
    bool forgiven;        /* a refusal was taken for throttling, and nothing was answered since */
    bool others_answered; /* since a room got its flag, however long ago */
};

/* A request's place among those under way. */
struct standing_pass {
    uint64_t entered;    /* of the standing, when it was let in */
    uint64_t narrowings; /* the same */
    bool is_beside;      /* others were under way then */
};

/* `troubled` has a flag for each room, all false, and must outlive it. */
void standing_init(struct standing *standing, int lanes, bool *troubled);

bool standing_is_held(const struct standing *standing, int64_t now_ms);

/* May another request be sent? */
bool standing_lets(const struct standing *standing, int64_t now_ms);

void standing_enter(struct standing *standing, struct standing_pass *ret);

/* The request is over, however it went. */
void standing_leave(struct standing *standing);

/* One more request may be under way after each quiet STANDING_QUIET_S, up to LANES. */
void standing_widen(struct standing *standing, int64_t now_ms);

/* Exchange complained that there are too many requests. True: there are fewer places now, or have been lowered since
 * the request was let in, so it may be asked again. False: it was alone, so that is not the reason. */
bool standing_narrow(struct standing *standing, const struct standing_pass *pass, int64_t now_ms);

/* Exchange answered a question about `room`, if only that it does not want to. What comes in while the account is held
 * was asked before, and changes nothing. */
void standing_answered(struct standing *standing, size_t room, int64_t now_ms);

/* `room` met a fault of the account. Failures that come in while it is held already are the same trouble, seen by
 * another lane: they change nothing. Nor does one of a room that had met one before, while others were answered since:
 * that is the room's own trouble, and no witness against the account; unless it is throttled, or the server says when to
 * come again. wait_s: what the server asked for, -1 for nothing. */
void standing_failed(struct standing *standing, const struct config *config,
                     const struct fault *fault, size_t room, int64_t wait_s, int64_t now_ms,
                     uint64_t random);

/* A hold that somebody else began, or ended (until_ms 0). */
void standing_set_hold(struct standing *standing, const struct fault *fault, int64_t until_ms);

#endif
