/* SPDX-License-Identifier: MIT */
#include "calendar/timezone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "calendar/tzdata.h"

#define NAME_MAX_LENGTH 128 /* UTF-16 units; the longest Windows id has 31 */

struct timezone {
    char *name;
    struct tzdata_zone *rules; /* NULL: the system has none of that name, so ICU has to know */
    UCalendar *calendar;       /* only without rules: a clock that can be set to any moment */
};

/* ---- names ----------------------------------------------------------------------------------- */

/* A name as ICU wants it. */
struct wide {
    UChar units[NAME_MAX_LENGTH];
    int32_t length;
};

/* Names that ICU does not know, or knows by a name that the zone database gave up. */
static const struct {
    const char *name;  /* as Exchange says it */
    const char *opens; /* what ICU calls it */
    const char *shown;
} special[] = {
    {"tzone://Microsoft/Utc", "UTC", "UTC"},
    {"FLE Standard Time", "Europe/Kiev", "Europe/Kyiv"}, /* renamed in 2022 */
};

/* false: too long, not UTF-8, or with a NUL, behind which ICU would not look: no zone has it. */
static bool widen(struct slice name, struct wide *ret)
{
    UErrorCode status = U_ZERO_ERROR;

    if (name.length == 0 || name.length >= NAME_MAX_LENGTH || memchr(name.at, 0, name.length))
        return false;
    u_strFromUTF8(ret->units, NAME_MAX_LENGTH, &ret->length, name.at, (int32_t)name.length,
                  &status);
    return U_SUCCESS(status);
}

static bool narrow(const struct wide *name, char ret[static NAME_MAX_LENGTH])
{
    UErrorCode status = U_ZERO_ERROR;

    u_strToUTF8(ret, NAME_MAX_LENGTH, NULL, name->units, name->length, &status);
    return U_SUCCESS(status) && status != U_STRING_NOT_TERMINATED_WARNING;
}

/* The zone that CLDR takes for a Windows id without a country. false: it is no Windows id. */
static bool from_windows(struct wide *name)
{
    UErrorCode status = U_ZERO_ERROR;
    struct wide found;

    found.length = ucal_getTimeZoneIDForWindowsID(name->units, name->length, NULL, found.units,
                                                  NAME_MAX_LENGTH, &status);
    if (U_FAILURE(status) || found.length == 0)
        return false;
    *name = found;
    return true;
}

/* ICU opens any name at all, as GMT if it has no better idea: so it is asked before. */
static bool is_known(const struct wide *name)
{
    UErrorCode status = U_ZERO_ERROR;
    UBool is_of_the_system = false;
    UChar canonical[NAME_MAX_LENGTH];

    (void)ucal_getCanonicalTimeZoneID(name->units, name->length, canonical, NAME_MAX_LENGTH,
                                      &is_of_the_system, &status);
    return U_SUCCESS(status) && is_of_the_system;
}

/* What ICU calls the zone, and what we do. false: there is none. */
static bool resolve(struct slice name, struct wide *ret, char ret_shown[static NAME_MAX_LENGTH])
{
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        if (slice_is(name, special[i].name)) {
            (void)snprintf(ret_shown, NAME_MAX_LENGTH, "%s", special[i].shown);
            return widen(slice_of(special[i].opens), ret);
        }
    }
    return widen(name, ret) && (from_windows(ret) || is_known(ret)) && narrow(ret, ret_shown);
}

/* ---- a zone ---------------------------------------------------------------------------------- */

int timezone_open(struct slice name, struct timezone **ret)
{
    struct wide id;
    char shown[NAME_MAX_LENGTH];
    UErrorCode status = U_ZERO_ERROR;

    if (!resolve(slice_trim(name), &id, shown))
        return 1;
    struct timezone *timezone = calloc(1, sizeof *timezone);
    if (!timezone)
        return -ENOMEM;
    timezone->name = strdup(shown);
    timezone->rules = tzdata_open(shown);
    if (!timezone->rules)
        timezone->calendar = ucal_open(id.units, id.length, "C", UCAL_GREGORIAN, &status);
    if (!timezone->name || U_FAILURE(status)) {
        timezone_close(timezone);
        return -ENOMEM; /* ICU has no other reason to refuse a zone that it knows */
    }
    *ret = timezone;
    return 0;
}

void timezone_close(struct timezone *timezone)
{
    if (!timezone)
        return;
    if (timezone->calendar)
        ucal_close(timezone->calendar);
    tzdata_close(timezone->rules);
    free(timezone->name);
    free(timezone);
}

static int32_t offset_by_icu(UCalendar *calendar, int64_t utc)
{
    UErrorCode status = U_ZERO_ERROR;

    ucal_setMillis(calendar, (UDate)utc * 1000, &status);
    int32_t milliseconds = ucal_get(calendar, UCAL_ZONE_OFFSET, &status) +
                           ucal_get(calendar, UCAL_DST_OFFSET, &status);
    return U_SUCCESS(status) ? milliseconds / 1000 : 0;
}

int32_t timezone_offset(const struct timezone *timezone, int64_t utc)
{
    return timezone->rules ? tzdata_offset(timezone->rules, utc)
                           : offset_by_icu(timezone->calendar, utc);
}

/* The first moment behind `low` at which the offset is no longer `offset`; at `high` it is not. */
static int64_t jump(const struct timezone *timezone, int32_t offset, int64_t low, int64_t high)
{
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (timezone_offset(timezone, middle) == offset)
            low = middle;
        else
            high = middle;
    }
    return high;
}

int64_t timezone_utc_of(const struct timezone *timezone, int64_t wall)
{
    /* No zone is a day away from UTC, and none changes its clocks twice in two days. */
    int32_t offset_before = timezone_offset(timezone, wall - DAY_S);
    int32_t offset_after = timezone_offset(timezone, wall + DAY_S);
    int64_t early = wall - offset_before;
    int64_t late = wall - offset_after;

    if (timezone_offset(timezone, early) == offset_before)
        return early;
    if (timezone_offset(timezone, late) == offset_after)
        return late;
    return jump(timezone, offset_before, late, early);
}

const char *timezone_name(const struct timezone *timezone)
{
    return timezone->name;
}

size_t timezone_iso(const struct timezone *timezone, int64_t utc, int micros,
                    char ret[static DATETIME_TEXT_SIZE])
{
    int32_t offset = timezone_offset(timezone, utc);
    int32_t distance = abs(offset);
    size_t length = datetime_iso(utc + offset, micros, ret) - strlen("+00:00");
    size_t room = DATETIME_TEXT_SIZE - length;
    int seconds = distance % 60; /* before clocks were set by zones */
    int tail = snprintf(ret + length, room, "%c%02d:%02d", offset < 0 ? '-' : '+', distance / 3600,
                        distance / 60 % 60);

    length += (size_t)tail;
    if (seconds)
        length += (size_t)snprintf(ret + length, room - (size_t)tail, ":%02d", seconds);
    return length;
}

/* ---- the zones of a lane --------------------------------------------------------------------- */

struct met {
    char *name;
    struct timezone *timezone; /* NULL: there is none of that name */
};

struct timezones {
    struct timezone *local;
    struct met met[TIMEZONES_MAX];
    size_t count;
};

int timezones_create(const char *local, struct timezones **ret)
{
    struct timezones *zones = calloc(1, sizeof *zones);
    int result = zones ? timezone_open(slice_of(local), &zones->local) : -ENOMEM;

    if (result) {
        timezones_destroy(zones);
        return result;
    }
    *ret = zones;
    return 0;
}

static void forget(struct timezones *zones)
{
    for (size_t i = 0; i < zones->count; i++) {
        free(zones->met[i].name);
        timezone_close(zones->met[i].timezone);
    }
    zones->count = 0;
}

void timezones_destroy(struct timezones *zones)
{
    if (!zones)
        return;
    forget(zones);
    timezone_close(zones->local);
    free(zones);
}

const struct timezone *timezones_local(const struct timezones *zones)
{
    return zones->local;
}

static const struct met *recall(const struct timezones *zones, struct slice name)
{
    for (size_t i = 0; i < zones->count; i++) {
        if (slice_is(name, zones->met[i].name))
            return &zones->met[i];
    }
    return NULL;
}

/* 0 also for a name that there is no zone of: that is remembered too. */
static int meet(struct timezones *zones, struct slice name, const struct met **ret)
{
    struct met met = {.name = slice_copy(name)};
    int result = met.name ? timezone_open(name, &met.timezone) : -ENOMEM;

    if (result < 0) {
        free(met.name);
        return result;
    }
    if (zones->count == TIMEZONES_MAX)
        forget(zones);
    zones->met[zones->count] = met;
    *ret = &zones->met[zones->count++];
    return 0;
}

int timezones_find(struct timezones *zones, struct slice name, const struct timezone **ret)
{
    const struct met *met = recall(zones, name);
    int error = met ? 0 : meet(zones, name, &met);

    if (error)
        return error;
    if (!met->timezone)
        return 1;
    *ret = met->timezone;
    return 0;
}
