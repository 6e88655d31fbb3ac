/* SPDX-License-Identifier: MIT */
#include "cache/freshness.h"

enum freshness freshness_of(const struct room_times *times, int64_t now_utc, int64_t stale_max_s)
{
    bool was_answered = times->fetched_at > 0;
    bool clock_went_back = now_utc < times->fetched_at;
    bool failed = times->failures > 0;

    if (was_answered && !clock_went_back && now_utc < times->expires_at)
        return FRESHNESS_FRESH;
    /* After a jump back nobody knows how old the data are; they were good a moment ago. */
    if (was_answered && (clock_went_back || now_utc - times->expires_at <= stale_max_s))
        return failed ? FRESHNESS_STALE : FRESHNESS_EXPIRED;
    return failed ? FRESHNESS_LOST : FRESHNESS_COLD;
}

bool freshness_can_show(enum freshness freshness)
{
    return freshness == FRESHNESS_FRESH || freshness == FRESHNESS_EXPIRED ||
           freshness == FRESHNESS_STALE;
}

int64_t freshness_due_at(const struct room_times *times, int64_t now_utc, int64_t retry_max_s)
{
    bool believable = times->fetched_at > 0 && times->fetched_at <= now_utc;
    int64_t due = believable ? times->expires_at : now_utc;
    bool must_rest = times->retry_at > due && times->retry_at - now_utc <= retry_max_s;

    return must_rest ? times->retry_at : due;
}

int64_t freshness_ttl(int64_t cache_ttl_s, uint64_t spread)
{
    int64_t tenth = cache_ttl_s / 10;
    int64_t ttl = cache_ttl_s - (int64_t)(spread % (uint64_t)(tenth + 1));

    return ttl > 1 ? ttl : 1;
}

const char *freshness_name(enum freshness freshness)
{
    static const char *const names[] = {
        [FRESHNESS_COLD] = "cold",   [FRESHNESS_FRESH] = "fresh", [FRESHNESS_EXPIRED] = "expired",
        [FRESHNESS_STALE] = "stale", [FRESHNESS_LOST] = "lost",
    };

    return names[freshness];
}
