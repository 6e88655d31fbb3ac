/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_CALENDAR_ICAL_H
#define ROOMCAL_HTTP_CALENDAR_ICAL_H

/*
 * calendar_ical — rooms as one iCalendar object (RFC 5545)
 *
 *     all      every event with its room in RESOURCES and in front of its UID
 *     alone    the room's events as they are
 *
 * iCalendar has no place for "this room is not known now", and an event that is not there is a free
 * room. So trouble is told in X-WR-CALDESC, which programs show beside the calendar's name: "R023 as
 * of 2026-11-23T09:05:00Z", "R024 is missing: …". Who has to be sure reads JSON, or a room alone,
 * which is 503 when it is lost.
 */

#include "http/page.h"

void calendar_ical_all(struct page *page, const struct gather *gather);

/* The first room of `gather`. */
void calendar_ical_alone(struct page *page, const struct gather *gather);

#endif
