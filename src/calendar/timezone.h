/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_TIMEZONE_H
#define ROOMCAL_CALENDAR_TIMEZONE_H

/*
 * timezone — zones by name, and what the clock on their walls shows. The home of ICU.
 *
 * Names come from Exchange (Windows ids, "tzone://Microsoft/Utc", IANA names, display names, nothing) and from the setting TIMEZONE
 * (IANA or Windows ids). Opening a zone is slow, asking it is fast; a zone belongs to one thread, so a lane keeps a
 * small cache of its own.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct timezone;

/* Opens a zone by IANA name or Windows id. 0 and *ret; 1: there is none of that name; -ENOMEM. */
int timezone_open(struct slice name, struct timezone **ret);
void timezone_close(struct timezone *timezone);

/* Seconds east of UTC at that moment. */
int32_t timezone_offset(const struct timezone *timezone, int64_t utc);

/* The moment at which the zone's clocks show this wall time (seconds since 1970 as if it were UTC). Of a wall time that
 * comes twice the first; of one that is skipped, the moment of the jump. */
int64_t timezone_utc_of(const struct timezone *timezone, int64_t wall);

/* The IANA name, valid as long as the zone. */
const char *timezone_name(const struct timezone *timezone);

#endif
