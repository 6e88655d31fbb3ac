/* SPDX-License-Identifier: MIT */
#include "refresh/patience.h"

#include "net/backoff.h"

#define FIRST_DELAY_S 5
#define MOST_DELAY_S  300

static int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Back-off never gets longer than the life of the data: a short CACHE_TTL asks for short pauses
 * too. */
static int64_t retry_delay_s(const struct config *config, int64_t failures, uint64_t random)
{
    int64_t first = min(FIRST_DELAY_S, config->cache_ttl_s);
    int64_t most = min(MOST_DELAY_S, config->cache_ttl_s);

    return backoff_delay_s(failures, first, most, random);
}

static int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t patience_max_s(const struct config *config)
{
    return max(config->full_refresh_s, FAULT_STOP_S);
}

static int64_t own_delay_s(const struct config *config, const struct fault *fault, int64_t failures,
                           uint64_t random)
{
    switch (fault->action) {
    case FAULT_STOP:
        return FAULT_STOP_S;
    case FAULT_GIVE_UP:
        return config->full_refresh_s;
    case FAULT_NARROW:
    case FAULT_REST:
        return max(FAULT_REST_S, retry_delay_s(config, failures, random));
    case FAULT_RETRY:
    case FAULT_SPLIT: /* could not be split any further */
        break;
    }
    return retry_delay_s(config, failures, random);
}

int64_t patience_delay_s(const struct config *config, const struct fault *fault, int64_t failures,
                         int64_t wait_s, uint64_t random)
{
    return max(own_delay_s(config, fault, failures, random), min(wait_s, config->full_refresh_s));
}

bool account_is_held(const struct account *account, int64_t now_ms)
{
    return now_ms < account->held_until_ms;
}

bool account_lets(const struct account *account, int64_t now_ms, int in_flight)
{
    return !account_is_held(account, now_ms) && (account->proven || in_flight == 0);
}

void account_answered(struct account *account, int64_t now_ms)
{
    if (!account_is_held(account, now_ms))
        *account = (struct account){.proven = true};
}

void account_failed(struct account *account, const struct config *config, const struct fault *fault,
                    size_t room, int64_t wait_s, int64_t now_ms, uint64_t random)
{
    if (account_is_held(account, now_ms))
        return;
    bool is_second = account->suspected && account->last_room != room;
    bool is_refused = fault->action == FAULT_STOP && !account->proven && !account->suspected;

    account->proven = false;
    account->failures++;
    account->last_room = room;
    account->fault = fault;
    /* Behind a hold the suspicion begins anew: two rooms that are always in trouble must not hold the others for ever. */
    account->suspected = !is_second && !is_refused;
    if (!account->suspected)
        account->held_until_ms =
            now_ms + 1000 * patience_delay_s(config, fault, account->failures, wait_s, random);
}
