/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_ZONE_RULES_H
#define ROOMCAL_CALENDAR_ZONE_RULES_H

/*
 * zone_rules — a time zone that is not known by name, by the rules that come with it
 *
 * StartTimeZone and EndTimeZone bring more than an id where Exchange thinks that the id does not
 * tell all ("Customized Time Zone"), or always, in some versions:
 *
 *     Periods              offsets with an Id: Bias is what has to be added to get UTC
 *     TransitionsGroups    what happens in a year: recurring transitions to periods
 *     Transitions          which group (or period) there is from when on
 *
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/timezonedefinition
 *
 * Read anew for each question: only all-day items of unknown zones ask.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "calendar/item.h"

/* Transitions in a year that are looked at; there are two, or in a few zones four. */
#define ZONE_RULES_MAX 16

/* Seconds east of UTC at that moment, by the rules in that element of the item. false: there are
 * none, or none that make sense. */
bool zone_rules_offset(const struct item *item, size_t element, int64_t utc, int32_t *ret);

#endif
