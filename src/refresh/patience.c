/* SPDX-License-Identifier: MIT */
#include "refresh/patience.h"

#include "base/extremes.h"
#include "net/backoff.h"

#define FIRST_DELAY_S 5
#define MOST_DELAY_S  300

/* Back-off never gets longer than the life of the data: a short CACHE_TTL asks for short pauses
 * too. */
static int64_t retry_delay_s(const struct config *config, int64_t failures, uint64_t random)
{
    int64_t first = min_of(FIRST_DELAY_S, config->cache_ttl_s);
    int64_t most = min_of(MOST_DELAY_S, config->cache_ttl_s);

    return backoff_delay_s(failures, first, most, random);
}

int64_t patience_max_s(const struct config *config)
{
    return max_of(config->full_refresh_s, FAULT_STOP_S);
}

static int64_t own_delay_s(const struct config *config, const struct fault *fault, int64_t failures,
                           int64_t wait_s, uint64_t random)
{
    switch (fault->action) {
    case FAULT_STOP:
        return FAULT_STOP_S;
    case FAULT_GIVE_UP:
        return config->full_refresh_s;
    case FAULT_NARROW:
    case FAULT_REST:
        return wait_s > 0 ? wait_s : backoff_delay_s(failures, FAULT_REST_S, MOST_DELAY_S, random);
    case FAULT_RETRY:
    case FAULT_SPLIT: /* could not be split any further */
        break;
    }
    return retry_delay_s(config, failures, random);
}

int64_t patience_delay_s(const struct config *config, const struct fault *fault, int64_t failures,
                         int64_t wait_s, uint64_t random)
{
    int64_t given_s = min_of(wait_s, config->full_refresh_s);

    return max_of(own_delay_s(config, fault, failures, given_s, random), given_s);
}
