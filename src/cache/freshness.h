/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_FRESHNESS_H
#define ROOMCAL_CACHE_FRESHNESS_H

/*
 * freshness — what the times of a room file mean. Arithmetic only; whoever calls passes `now`.
 *
 *     fetched_at    expires_at           + grace                  expires_at + STALE_MAX
 *         |── FRESH ────|── EXPIRED ──────────|── STALE ───────────────────|── COLD ──
 *                       |── after a failure: STALE ────────────────────────|── LOST ──
 *
 *   COLD     never fetched, or too old to show, and nobody has failed yet: worth waiting for
 *   FRESH    show it
 *   EXPIRED  show it; a refresh is due and nothing is known to be wrong
 *   STALE    show it and say since when it is stale
 *   LOST     nothing to show; say why
 *
 * An ordinary refresh comes within the grace, which is the data's own life and at least a minute. Who finds data that
 * expired longer ago finds that nobody refreshes: the refresher is dead, the cache cannot be written, the machine slept.
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
    int64_t retry_at;  /* not to be asked before; 0: no matter */
    int64_t failures;  /* since the last good answer */
    int64_t failed_at; /* the last of them; 0: not known */
    int64_t fault;     /* the last failure's number (ews/fault.h), kept while failures > 0 */
};

enum freshness freshness_of(const struct room_times *times, int64_t now_utc, int64_t stale_max_s);

/* True for FRESH, EXPIRED and STALE: there are items to show. */
bool freshness_can_show(enum freshness freshness);

/* Why it is not fresh, as a fault's number: the last failure's; FRESHNESS_NOT_REFRESHED for STALE without one; else
 * 0. */
#define FRESHNESS_NOT_REFRESHED 10 /* "not_refreshed" of ews/fault_table.h */
int64_t freshness_fault(const struct room_times *times, enum freshness freshness);

/* When to ask Exchange again: expires_at, but not before retry_at; at once (`now`) if never fetched or
 * when the clock was set back behind fetched_at. A retry_at is ignored that was noted before the clock was set back, so
 * by a failure that lies ahead, or that is more than retry_max_s ahead: none of ours is. */
int64_t freshness_due_at(const struct room_times *times, int64_t now_utc, int64_t retry_max_s);

/* The first life of a room's data: CACHE_TTL less up to a half of it, by `spread` (any number, the
 * room's own), so that rooms which were fetched together do not fall due together ever after. Later lives are CACHE_TTL,
 * which keeps them apart. At least 1. */
int64_t freshness_ttl(int64_t cache_ttl_s, uint64_t spread);

const char *freshness_name(enum freshness freshness); /* "cold", "fresh", … */

#endif
