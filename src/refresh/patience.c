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

int64_t patience_delay_s(const struct config *config, const struct fault *fault, int64_t failures,
                         int64_t wait_s, uint64_t random)
{
    int64_t delay = 0;

    switch (fault->action) {
    case FAULT_RETRY:
    case FAULT_SPLIT: /* could not be split any further */
        delay = retry_delay_s(config, failures, random);
        break;
    case FAULT_STOP:
        return FAULT_STOP_S > wait_s ? FAULT_STOP_S : min(wait_s, config->full_refresh_s);
    case FAULT_GIVE_UP:
        return config->full_refresh_s;
    }
    return delay > wait_s ? delay : min(wait_s, config->full_refresh_s);
}

bool account_is_held(const struct account *account, int64_t now_utc)
{
    return now_utc < account->held_until_utc;
}

bool account_lets(const struct account *account, int64_t now_utc, int in_flight)
{
    return !account_is_held(account, now_utc) && (account->proven || in_flight == 0);
}

void account_answered(struct account *account)
{
    *account = (struct account){.proven = true};
}

void account_failed(struct account *account, const struct config *config, const struct fault *fault,
                    size_t room, int64_t wait_s, int64_t now_utc, uint64_t random)
{
    if (account_is_held(account, now_utc))
        return;
    bool is_plain = fault->action == FAULT_STOP || wait_s >= 0;
    bool is_second = account->failures > 0 && account->last_room != room;

    account->proven = false;
    account->failures++;
    account->last_room = room;
    account->fault = fault;
    if (is_plain || is_second)
        account->held_until_utc =
            now_utc + patience_delay_s(config, fault, account->failures, wait_s, random);
}
