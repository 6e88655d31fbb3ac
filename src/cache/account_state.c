/* SPDX-License-Identifier: MIT */
#include "cache/account_state.h"

#include "base/extremes.h"

#define DAY_S 86400

int64_t account_longest_pause_s(const struct config *config)
{
    return max_of(config->full_refresh_s, DAY_S);
}

static int64_t lanes_of(const struct ledger *ledger, const struct config *config)
{
    int64_t lanes = ledger_get(ledger, LEDGER_LANES);

    return lanes >= 1 && lanes < config->lanes ? lanes : config->lanes;
}

struct account_state account_state(const struct ledger *ledger, const struct config *config,
                                   int64_t now_utc)
{
    struct account_state state = {.lanes = lanes_of(ledger, config),
                                  .login = ledger_get(ledger, LEDGER_LOGIN)};
    int64_t until_utc = ledger_moment(ledger, LEDGER_HELD_UNTIL);
    int64_t refreshed_at = ledger_moment(ledger, LEDGER_REFRESHED_AT);

    if (refreshed_at > 0 && refreshed_at <= now_utc)
        state.refreshed_at = refreshed_at;
    state.is_held = until_utc > now_utc && until_utc - now_utc <= account_longest_pause_s(config);
    if (state.is_held) {
        state.held_until_utc = until_utc;
        state.fault = ledger_get(ledger, LEDGER_HELD_FAULT);
    }
    return state;
}
