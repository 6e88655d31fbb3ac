/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_PATIENCE_H
#define ROOMCAL_REFRESH_PATIENCE_H

/*
 * patience — when to try again after a failure, and when nobody may try. Arithmetic only, callers
 * lock.
 *
 * A fault of a request or a room delays that room. A fault of the account (server away, login
 * refused, throttled) makes every room wait: the account is "held". It is held at once when the
 * login was refused or the server named a time; otherwise when a second room in a row meets such a
 * fault, because a server can be down for one mailbox only. After such a fault, and at the very
 * start, one room goes first and alone; only an answer lets the others follow. So a wrong password
 * costs one failed login, not one per lane, and a server that comes back is not met by all rooms at
 * once.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "ews/fault.h"

struct account {
    bool proven;               /* the last thing we heard was an answer */
    int64_t failures;          /* in a row */
    size_t last_room;          /* that met the last of them */
    int64_t held_until_utc;    /* nobody asks before; 0: not held */
    const struct fault *fault; /* why it is held */
};

#define ACCOUNT_INIT ((struct account){.proven = false})

/* Seconds to leave a room alone after its `failures`th failure in a row (from 1). At least what the
 * server asked for (wait_s, -1 for nothing), at most FULL_REFRESH, whatever the server asked for.
 */
int64_t patience_delay_s(const struct config *config, const struct fault *fault, int64_t failures,
                         int64_t wait_s, uint64_t random);

bool account_is_held(const struct account *account, int64_t now_utc);

/* May another room be asked while `in_flight` are under way? */
bool account_lets(const struct account *account, int64_t now_utc, int in_flight);

void account_answered(struct account *account);

/* `room` met a fault of scope FAULT_OF_ACCOUNT. Failures that come in while it is held already are
 * the same trouble, seen by another lane: they change nothing. */
void account_failed(struct account *account, const struct config *config, const struct fault *fault,
                    size_t room, int64_t wait_s, int64_t now_utc, uint64_t random);

#endif
