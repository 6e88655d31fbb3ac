/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_BASE_DATETIME_H
#define ROOMCAL_BASE_DATETIME_H

/*
 * datetime — moments as text, and back
 *
 * Text forms: RFC 3339 (JSON, query parameters), xs:dateTime (EWS; the same but that the zone may
 * be missing), HTTP's IMF-fixdate (RFC 9110, 5.6.7). Seconds since 1970 in between. The proleptic
 * Gregorian calendar, years 0001 to 9999. Time zones with names are calendar/timezone's business.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define DATETIME_TEXT_SIZE 40 /* enough for every form below, NUL included */
#define DAY_S              INT64_C(86400)

/* 1 January 0001 and 31 December 9999, 23:59:59: what the text forms can hold. */
#define DATETIME_MIN INT64_C(-62135596800)
#define DATETIME_MAX INT64_C(253402300799)

/* Days since 1970-01-01 of a civil date (month 1–12, day 1–31, not checked). */
int64_t datetime_days(int year, int month, int day);

/* "2026-11-23T09:00:00Z", "…T09:00:00.25+01:00", lower-case t/z allowed. A missing zone is UTC if
 * `zone_optional` (Exchange 2007's habit), else an error. A leap second is taken as the next
 * second. Fractions are cut after microseconds; *ret_micros may be NULL. false: not such a text, or
 * no such day. */
bool datetime_parse(struct slice text, bool zone_optional, int64_t *ret_utc, int *ret_micros);

/* "2026-11-23" → its midnight in UTC. */
bool date_parse(struct slice text, int64_t *ret_utc);

/* "2026-11-23T09:00:00+00:00", with ".ffffff" where micros is not 0: Python's isoformat(), which is
 * what the service we replace sent. Returns the length. `utc` is clamped to DATETIME_MIN…MAX, here
 * and below. */
size_t datetime_iso(int64_t utc, int micros, char ret[static DATETIME_TEXT_SIZE]);

/* "2026-11-23T09:00:00Z", for EWS requests, logs and stale_since. */
size_t datetime_zulu(int64_t utc, char ret[static DATETIME_TEXT_SIZE]);

/* "2026-11-23" of the UTC day. */
size_t date_iso(int64_t utc, char ret[static DATETIME_TEXT_SIZE]);

/* "Mon, 23 Nov 2026 09:00:00 GMT". */
size_t datetime_http(int64_t utc, char ret[static DATETIME_TEXT_SIZE]);

/* HTTP-date in the form above. The two obsolete forms are refused: a precondition that we cannot
 * read is ignored, which costs one full reply and is never wrong. */
bool datetime_http_parse(struct slice text, int64_t *ret_utc);

#endif
