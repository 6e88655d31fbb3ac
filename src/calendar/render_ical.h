/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_RENDER_ICAL_H
#define ROOMCAL_CALENDAR_RENDER_ICAL_H

/*
 * render_ical — one item as a VEVENT (RFC 5545, 3.6.1), and what stands round a list of them
 *
 * Lines end in CRLF and are folded at 75 octets, never inside a character (3.1); texts are escaped (3.3.11). Times are in UTC,
 * all-day items are DATEs with an exclusive DTEND. The UID is the item's own and stays over refreshes; occurrences
 * of a series share it and differ in RECURRENCE-ID.
 */

#include "base/buf.h"
#include "calendar/all_day.h"
#include "calendar/field.h"
#include "calendar/item.h"

/* Appends one VEVENT, its last line's CRLF included. `days` are the item's first and last day (as dates in UTC
 * midnights, last inclusive) when span->all_day. 0, -ENOMEM, -EOVERFLOW. */
int render_ical_item(const struct field_plan *plan, const struct item *item,
                     const struct item_span *span, const struct item_days *days, struct buf *out);

/* Appends what stands before the VEVENTs: BEGIN:VCALENDAR, VERSION, PRODID, METHOD:PUBLISH, X-WR-CALNAME, REFRESH-INTERVAL. */
int render_ical_begin(const char *name, int64_t refresh_s, struct buf *out);

/* END:VCALENDAR. */
int render_ical_end(struct buf *out);

#endif
