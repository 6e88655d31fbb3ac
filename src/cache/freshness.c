/* SPDX-License-Identifier: MIT */
#include "cache/freshness.h"

#include "base/extremes.h"

#define GRACE_MIN_S 60

static int64_t grace_s(const struct room_times *times)
{
    int64_t life_s = times->expires_at - times->fetched_at;

    return max_of(life_s, GRACE_MIN_S);
}

static enum freshness after_expiry(const struct room_times *times, int64_t now_utc,
                                   int64_t stale_max_s)
{
    bool failed = times->failures > 0;
    int64_t for_s = now_utc - times->expires_at;

    if (for_s > stale_max_s)
        return failed ? FRESHNESS_LOST : FRESHNESS_COLD;
    return failed || for_s > grace_s(times) ? FRESHNESS_STALE : FRESHNESS_EXPIRED;
}

enum freshness freshness_of(const struct room_times *times, int64_t now_utc, int64_t stale_max_s)
{
    bool failed = times->failures > 0;

    if (times->fetched_at <= 0)
        return failed ? FRESHNESS_LOST : FRESHNESS_COLD;
    /* After a jump back nobody knows how old the data are; they were good a moment ago. */
    if (now_utc < times->fetched_at)
        return failed ? FRESHNESS_STALE : FRESHNESS_EXPIRED;
    if (now_utc < times->expires_at)
        return FRESHNESS_FRESH;
    return after_expiry(times, now_utc, stale_max_s);
}

bool freshness_can_show(enum freshness freshness)
{
    return freshness == FRESHNESS_FRESH || freshness == FRESHNESS_EXPIRED ||
           freshness == FRESHNESS_STALE;
}

int64_t freshness_fault(const struct room_times *times, enum freshness freshness)
{
    if (times->failures > 0)
        return times->fault;
    return freshness == FRESHNESS_STALE ? FRESHNESS_NOT_REFRESHED : 0;
}

int64_t freshness_due_at(const struct room_times *times, int64_t now_utc, int64_t retry_max_s)
{
    bool data_believable = times->fetched_at > 0 && times->fetched_at <= now_utc;
    bool retry_believable = times->failed_at <= now_utc && times->retry_at - now_utc <= retry_max_s;
    int64_t due = data_believable ? times->expires_at : now_utc;

    return retry_believable && times->retry_at > due ? times->retry_at : due;
}

int64_t freshness_ttl(int64_t cache_ttl_s, uint64_t spread)
{
    int64_t half = cache_ttl_s / 2;
    int64_t ttl = cache_ttl_s - (int64_t)(spread % (uint64_t)(half + 1));

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
