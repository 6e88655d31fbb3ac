/* SPDX-License-Identifier: MIT */
#include "net/backoff.h"

#include <unistd.h>

int64_t backoff_delay_s(int64_t failures, int64_t first_s, int64_t most_s, uint64_t random)
{
    int64_t delay_s = first_s;

    /* most_s / 2 keeps the doubling from overflowing, however long a server stays down. */
    for (int64_t i = 1; i < failures && delay_s < most_s; i++)
        delay_s = delay_s > most_s / 2 ? most_s : delay_s * 2;

    int64_t quarter_s = delay_s / 4;
    int64_t spread_s = (int64_t)(random % (uint64_t)(2 * quarter_s + 1)) - quarter_s;
    return delay_s + spread_s;
}

uint64_t backoff_random(void)
{
    uint64_t random;

    /* It cannot fail for so few bytes once the machine has started; before that none is spread. */
    return getentropy(&random, sizeof random) == 0 ? random : 0;
}
