/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t fixed_utc = -1;

int64_t clock_utc(void)
{
    int64_t fixed = atomic_load(&fixed_utc);
    struct timespec now;

    if (fixed >= 0)
        return fixed;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

int64_t clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_set_utc(int64_t utc)
{
    atomic_store(&fixed_utc, utc);
}
