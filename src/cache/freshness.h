/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_FRESHNESS_H
#define ROOMCAL_CACHE_FRESHNESS_H

/*
 * freshness — what the times of a room file mean. Arithmetic only; whoever calls passes `now`.
 *
 *     fetched_at    expires_at                            expires_at + STALE_MAX
 *         |─ FRESH ─────|─ EXPIRED (after a failure STALE) ──|─ COLD (after a failure LOST) ──
 *
 *   COLD     never fetched, or too old to show, and nobody has failed yet: worth waiting for
 *   FRESH    show it
 *   EXPIRED  show it; a refresh is due and nothing is known to be wrong
 *   STALE    show it and say since when it is stale
 *   LOST     nothing to show; say why
 *
 * A clock that was set back must not keep old data fresh: data from the future count as expired.
 */

#include <stdbool.h>
#include <stdint.h>

enum freshness {
    FRESHNESS_COLD,
    FRESHNESS_FRESH,
    FRESHNESS_EXPIRED,
    FRESHNESS_STALE,
    FRESHNESS_LOST
};

/* A copy of a room file's clock. All moments are UTC seconds, 0 for "never". */
struct room_times {
    int64_t fetched_at; /* the last good answer of Exchange; 0: there was none */
    int64_t changed_at; /* when the content became what it is */
    int64_t expires_at;
    int64_t retry_at; /* not to be asked before; 0: no matter */
    int64_t failures; /* since the last good answer */
    int64_t fault;    /* the last failure's number (ews/fault.h), kept while failures > 0 */
};

enum freshness freshness_of(const struct room_times *times, int64_t now_utc, int64_t stale_max_s);

/* True for FRESH, EXPIRED and STALE: there are items to show. */
bool freshness_can_show(enum freshness freshness);

/* When to ask Exchange again: expires_at, but not before retry_at; at once (`now`) if never fetched or
 * when the clock was set back behind fetched_at. A retry_at more than retry_max_s ahead is none of ours: it was written
 * before the clock was set back, and is ignored. */
int64_t freshness_due_at(const struct room_times *times, int64_t now_utc, int64_t retry_max_s);

/* The life of data fetched now: CACHE_TTL less up to a tenth of it, by `spread` (any number, the
 * room's own), so that rooms which were fetched together do not fall due together. At least 1. */
int64_t freshness_ttl(int64_t cache_ttl_s, uint64_t spread);

const char *freshness_name(enum freshness freshness); /* "cold", "fresh", … */

#endif
