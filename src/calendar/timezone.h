/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_TIMEZONE_H
#define ROOMCAL_CALENDAR_TIMEZONE_H

/*
 * timezone — zones by name, and what the clock on their walls shows. The home of ICU.
 *
 * ICU knows the names, the system's tzdata the rules (calendar/tzdata.h); ICU's own rules count only for a zone that the
 * system does not have.
 * Names come from Exchange (Windows ids, "tzone://Microsoft/Utc", IANA names, display names,
 * nothing) and from the setting TIMEZONE (IANA or Windows ids). Opening a zone is slow, asking it is
 * fast; a zone belongs to one thread, so a lane keeps those it has met: `timezones`.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/datetime.h"
#include "base/text.h"

struct timezone;

/* Opens a zone by IANA name, Windows id or "tzone://Microsoft/Utc". 0 and *ret; 1: there is none of
 * that name; -ENOMEM. */
int timezone_open(struct slice name, struct timezone **ret);
void timezone_close(struct timezone *timezone);

/* Seconds east of UTC at that moment. */
int32_t timezone_offset(const struct timezone *timezone, int64_t utc);

/* The moment at which the zone's clocks show this wall time (seconds since 1970 as if it were UTC).
 * Of a wall time that comes twice the first; of one that is skipped, the moment of the jump. */
int64_t timezone_utc_of(const struct timezone *timezone, int64_t wall);

/* The name of the zone database: of a Windows id the one that stands for it in CLDR, else the name
 * it was opened by. Valid as long as the zone. */
const char *timezone_name(const struct timezone *timezone);

/* datetime_iso() with the zone's offset: "2026-11-23T10:00:00+01:00". */
size_t timezone_iso(const struct timezone *timezone, int64_t utc, int micros,
                    char ret[static DATETIME_TEXT_SIZE]);

/* ---- the zones of a lane ---- */

/* Names that are remembered, unknown ones too; past them all are forgotten and opened anew. */
#define TIMEZONES_MAX 256

struct timezones;

/* `local` is the setting TIMEZONE. 0 and *ret; 1: there is no such zone; -ENOMEM. */
int timezones_create(const char *local, struct timezones **ret);
void timezones_destroy(struct timezones *zones);

/* TIMEZONE's zone, valid as long as the zones. */
const struct timezone *timezones_local(const struct timezones *zones);

/* As timezone_open, but opens each once. *ret is valid until the next call. */
int timezones_find(struct timezones *zones, struct slice name, const struct timezone **ret);

#endif
