/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_RENDER_ICAL_H
#define ROOMCAL_CALENDAR_RENDER_ICAL_H

/*
 * render_ical — one item as a VEVENT (RFC 5545, 3.6.1), and what stands round a list of them
 *
 *     BEGIN:VEVENT
 *     UID:040000008200E00074C5B7101A82E008…      the item's; where it has none, a hash of its id
 *     RECURRENCE-ID:20261123T090000Z             of an occurrence or an exception
 *     DTSTAMP:20261102T081500Z                   DateTimeStamp, LastModifiedTime or the start: never
 *     LAST-MODIFIED:20261102T081500Z             the moment of a fetch, which would be a change
 *     SEQUENCE:2                                 when ITEM_FIELDS asks for appointment_sequence_number
 *     DTSTART:20261123T090000Z                   or ;VALUE=DATE:20261123
 *     DTEND:20261123T103000Z                     exclusive; left out where it is DTSTART (3.6.1)
 *     SUMMARY:Budget 2027
 *     LOCATION:R022
 *     CATEGORIES:Finance,Board
 *     STATUS:CONFIRMED                           or CANCELLED, TENTATIVE
 *     TRANSP:OPAQUE                              or TRANSPARENT while free
 *     X-MICROSOFT-CDO-BUSYSTATUS:BUSY
 *     CLASS:PUBLIC
 *     ORGANIZER;CN="Ann Miller":mailto:…         or :invalid:nomail, as Exchange writes it
 *     END:VEVENT
 *
 * Lines end in CRLF and are folded at 75 octets, never inside a character (3.1); texts are escaped
 * (3.3.11), control characters but the tab are dropped. Occurrences of a series share a UID and
 * differ in RECURRENCE-ID; each comes as an event of its own, no rule goes out.
 *
 * Whoever asks for iCalendar gets no more than for JSON: SUMMARY and CATEGORIES, LOCATION, and
 * ORGANIZER are left out where ITEM_FIELDS shows nothing of subject, location or organizer, and an
 * address goes out only for organizer_email.
 *
 * Ours and not libical's: that does not stream but makes a tree of every event, to print what is a
 * table of lines here.
 */

#include "base/buf.h"
#include "calendar/all_day.h"
#include "calendar/field.h"
#include "calendar/item.h"

/* How every VEVENT begins; these bytes are nowhere else in it. What follows is the UID's value. */
#define RENDER_ICAL_OPENING "BEGIN:VEVENT\r\nUID:"

/* Appends one VEVENT, its last line's CRLF included. `span` is the item's; `days` are its first and
 * last day, looked at when span->all_day. 0, -ENOMEM, -EOVERFLOW. */
int render_ical_item(const struct field_plan *plan, const struct item *item,
                     const struct item_span *span, const struct item_days *days, struct buf *out);

/* Appends what takes the place of RENDER_ICAL_OPENING where several rooms are one calendar: the
 * room as RESOURCES (3.8.1.10) and before the UID, because a meeting in two rooms has one UID, and
 * programs would show it once and the other room as free. 0, -ENOMEM, -EOVERFLOW. */
int render_ical_opening(const char *room, struct buf *out);

/* Appends what stands before the VEVENTs: VERSION, PRODID, METHOD:PUBLISH, how often to ask
 * (RFC 7986, 5.7), X-WR-CALNAME and, if it is not empty, X-WR-CALDESC. 0, -ENOMEM, -EOVERFLOW. */
int render_ical_begin(const char *name, struct slice description, int64_t refresh_s,
                      struct buf *out);

/* Appends END:VCALENDAR. 0, -ENOMEM, -EOVERFLOW. */
int render_ical_end(struct buf *out);

#endif
