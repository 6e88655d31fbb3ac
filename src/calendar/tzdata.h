/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_TZDATA_H
#define ROOMCAL_CALENDAR_TZDATA_H

/*
 * tzdata — the rules of the system's own time zone database. The home of GLib.
 *
 * Governments change their clocks at a few weeks' notice. Debian brings such a change as an update of the package
 * tzdata, whose files (/usr/share/zoneinfo, or the directory TZDIR; RFC 9636) are read here; ICU's rules stay as old as
 * ICU is.
 */

#include <stdint.h>

struct tzdata_zone; /* never changes, so any thread may ask it */

/* Opens a zone by its IANA name, which the caller knows for one: a name from outside could lead to other files. NULL:
 * the system has no rules of that name. Free with tzdata_close(). */
struct tzdata_zone *tzdata_open(const char *name);
void tzdata_close(struct tzdata_zone *zone); /* NULL is allowed */

/* Seconds east of UTC at that moment (seconds since 1970), however far away it is. */
int32_t tzdata_offset(struct tzdata_zone *zone, int64_t utc);

#endif
