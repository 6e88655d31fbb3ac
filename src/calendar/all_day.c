/* SPDX-License-Identifier: MIT */
#include "calendar/all_day.h"

#include "base/datetime.h"
#include "calendar/branch.h"
#include "calendar/field.h"
#include "calendar/zone_rules.h"

static int64_t day_of(int64_t wall)
{
    int64_t into_day = wall % DAY_S;

    return wall - (into_day < 0 ? into_day + DAY_S : into_day);
}

/* false: the item names no zone there. */
static bool zone_name(const struct item *item, size_t element, struct slice *ret)
{
    struct branch zone;

    return branch_of(item, element, &zone) &&
           (branch_text(&zone, "@Id", ret) || branch_text(&zone, "@Name", ret));
}

/* 0 and what the clock of the item's zone shows; 1: its zone is not known; -ENOMEM. */
static int wall_by_name(const struct item *item, size_t element, int64_t utc,
                        struct timezones *zones, int64_t *ret)
{
    struct slice name;
    const struct timezone *timezone;
    int result = zone_name(item, element, &name) ? timezones_find(zones, name, &timezone) : 1;

    if (result == 0)
        *ret = utc + timezone_offset(timezone, utc);
    return result;
}

/* What the clock shows where nobody can say which clock it is. */
static int64_t wall_by_guess(int64_t utc, const struct timezone *local)
{
    int64_t wall = utc + timezone_offset(local, utc);

    return day_of(wall) == wall ? wall : day_of(utc + DAY_S / 2);
}

/*
 * Of an all-day item both ends are midnights in its zone. Where the zone of that name disagrees, its rules here may
 * be older than those the item was made with (governments change them, and updates wait for somebody): then the item's
 * own rules decide, and without any an end shortly before midnight is that midnight.
 */
#define RULES_DIFFER_BY_S (2 * INT64_C(3600))

static int64_t wall_by_doubt(const struct item *item, size_t element, int64_t utc, int64_t named)
{
    int32_t offset;

    if (zone_rules_offset(item, element, utc, &offset) && day_of(utc + offset) == utc + offset)
        return utc + offset;
    int64_t next = day_of(named + RULES_DIFFER_BY_S);
    return next > named ? next : named;
}

static int wall_of(const struct item *item, size_t element, int64_t utc, struct timezones *zones,
                   int64_t *ret)
{
    int32_t offset;
    int64_t named;
    int result = wall_by_name(item, element, utc, zones, &named);

    if (result < 0)
        return result;
    if (result == 0)
        *ret = day_of(named) == named ? named : wall_by_doubt(item, element, utc, named);
    else if (zone_rules_offset(item, element, utc, &offset))
        *ret = utc + offset;
    else
        *ret = wall_by_guess(utc, timezones_local(zones));
    return 0;
}

/* Only a newer Exchange tells the end's zone; an older one's items end where they started. */
static size_t zone_of_end(const struct item *item)
{
    struct branch zone;

    return branch_of(item, PLAN_END_TIMEZONE, &zone) ? PLAN_END_TIMEZONE : PLAN_START_TIMEZONE;
}

int all_day_read(const struct item *item, const struct item_span *span, struct timezones *zones,
                 struct item_days *ret)
{
    int64_t start = 0;
    int64_t end = 0;

    if (!span->all_day) {
        *ret = (struct item_days){0};
        return 0;
    }
    int error = wall_of(item, PLAN_START_TIMEZONE, span->start_utc, zones, &start);
    if (!error)
        error = wall_of(item, zone_of_end(item), span->end_utc, zones, &end);
    if (error)
        return error;
    int64_t first = day_of(start);
    int64_t last = day_of(end - 1); /* an end at midnight is that of the day before */
    *ret = (struct item_days){first, last < first ? first : last};
    return 0;
}
