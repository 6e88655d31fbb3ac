/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_ACCOUNT_STATE_H
#define ROOMCAL_CACHE_ACCOUNT_STATE_H

/*
 * account_state — how we stand with Exchange, for those who only look: health, metrics, `roomcal status`
 *
 * Read from the ledger, in which anybody may have written and whose clock may have been set: what makes no sense is not
 * believed.
 */

#include <stdbool.h>
#include <stdint.h>

#include "cache/ledger.h"
#include "config/config.h"

struct account_state {
    bool is_held;           /* nobody asks Exchange before held_until_utc */
    int64_t held_until_utc; /* 0: not held */
    int64_t fault;          /* why: its number (ews/fault.h); 0: not held */
    int64_t login;          /* how we sign in, a note of net/login.h; 0: not known */
    int64_t lanes;          /* requests that may be under way at once, 1 to LANES */
    int64_t
        refreshed_at; /* UTC seconds: when the last round ended; 0: none did, or it lies ahead */
};

struct account_state account_state(const struct ledger *ledger, const struct config *config,
                                   int64_t now_utc);

/* No pause of a room or of the account is longer, whatever Exchange asked for: a moment further ahead was written
 * before the clock was set back. Seconds. */
int64_t account_longest_pause_s(const struct config *config);

#endif
