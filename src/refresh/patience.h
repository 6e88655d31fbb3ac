/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_PATIENCE_H
#define ROOMCAL_REFRESH_PATIENCE_H

/*
 * patience — when to try again after a failure, and when nobody may try. Arithmetic only, callers
 * lock.
 *
 * A fault of a request or a room delays that room. A fault of the account (server away, login
 * refused, throttled) makes every room wait: the account is "held". It takes two different rooms in a row that meet
 * such a fault, because a server can be down for one mailbox only; but a refused login holds at once, unless other
 * rooms were just answered with the same password.
 * After such a fault, and at the very start, one room goes first and alone; only an answer lets the others follow. So
 * a wrong password costs one failed login, not one per lane, and a server that comes back is not met by all rooms at
 * once. Which room goes first is the refresher's matter: a different one each time.
 *
 * A hold is counted on the monotonic clock: setting the wall clock neither ends nor prolongs it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "ews/fault.h"

struct account {
    bool proven;    /* the last thing we heard was an answer */
    bool suspected; /* the last thing we heard was a fault of the account, met by last_room */
    size_t last_room;
    int64_t failures;      /* holds and suspicions in a row: the longer, the longer the next hold */
    int64_t held_until_ms; /* nobody asks before; 0: not held */
    const struct fault *fault; /* why it is held */
};

#define ACCOUNT_INIT ((struct account){.proven = false})

/* Seconds to leave a room alone after its `failures`th failure in a row (from 1). At least what the
 * server asked for (wait_s, -1 for nothing), of which at most FULL_REFRESH is given. */
int64_t patience_delay_s(const struct config *config, const struct fault *fault, int64_t failures,
                         int64_t wait_s, uint64_t random);

/* No delay is longer. */
int64_t patience_max_s(const struct config *config);

bool account_is_held(const struct account *account, int64_t now_ms);

/* May another room be asked while `in_flight` are under way? */
bool account_lets(const struct account *account, int64_t now_ms, int in_flight);

/* Exchange answered, if only that it does not want to. What comes in while the account is held was asked before, and
 * changes nothing. */
void account_answered(struct account *account, int64_t now_ms);

/* `room` met a fault of scope FAULT_OF_ACCOUNT. Failures that come in while it is held already are
 * the same trouble, seen by another lane: they change nothing. */
void account_failed(struct account *account, const struct config *config, const struct fault *fault,
                    size_t room, int64_t wait_s, int64_t now_ms, uint64_t random);

#endif
