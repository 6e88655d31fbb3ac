/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_BASE_CLOCK_H
#define ROOMCAL_BASE_CLOCK_H

/*
 * clock — the one place that asks the time
 *
 * Wall time is whole seconds since 1970-01-01T00:00:00Z in an int64_t, names end in `_at` or
 * `_utc`. Monotonic time is milliseconds since some moment of this boot, names end in `_ms`; use it
 * for waiting. Functions that compute take `now` as an argument; only the edges of an operation ask
 * here.
 */

#include <stdint.h>

int64_t clock_utc(void);
int64_t clock_ms(void);

/* Lets clock_utc() answer `utc` from now on, for tests; a negative value gives the machine's clock
 * back. */
void clock_set_utc(int64_t utc);

#endif
