/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_BACKOFF_H
#define ROOMCAL_NET_BACKOFF_H

/*
 * backoff — how long to leave a server alone
 */

#include <stdint.h>

/* Seconds to wait after the `failures`th failure in a row (from 1): first_s, doubled each time, at
 * most most_s, then plus or minus a quarter by `random` (any number), so that clients which failed
 * together do not come back together. Never below 1. first_s >= 1, most_s >= first_s. */
int64_t backoff_delay_s(int64_t failures, int64_t first_s, int64_t most_s, uint64_t random);

/* Bits from the kernel's generator, as `random`: also rooms that failed in the same millisecond are to differ. */
uint64_t backoff_random(void);

#endif
