/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_ALL_DAY_H
#define ROOMCAL_CALENDAR_ALL_DAY_H

/*
 * all_day — which days an all-day item is about
 *
 * Exchange has no dates: an all-day item is two midnights of the zone that it was made in, and
 * another zone's clock shows something else at them. So each end is read on the clock of its own
 * zone, which the item names (StartTimeZone, EndTimeZone). The zone is the first of these that there
 * is:
 *
 *     the id                     a Windows or IANA name that ICU knows, "tzone://Microsoft/Utc"
 *     the element's own rules    its Periods and Transitions: "Customized Time Zone", localised ids
 *     TIMEZONE                   if the item's moment is a midnight there
 *     none                       the nearest midnight of UTC
 *
 * The last day is the one before the end, if the clock shows midnight there, else the end's own: it
 * is the last day that the item touches, and never before the first. It is a step on the calendar:
 * exchangelib goes back by 24 hours instead and so is a day off where the last day has 23.
 */

#include <stdint.h>

#include "calendar/item.h"
#include "calendar/timezone.h"

/* Days are written as the midnights of UTC that begin them. */
struct item_days {
    int64_t first_utc;
    int64_t last_utc; /* included; not before first_utc */
};

/* `span` is item_span()'s. Read before the item is masked (calendar/private.h), which takes the
 * zones away. For an item that is not all-day, *ret is all zero. 0 or -ENOMEM. */
int all_day_read(const struct item *item, const struct item_span *span, struct timezones *zones,
                 struct item_days *ret);

#endif
