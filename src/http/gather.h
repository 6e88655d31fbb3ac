/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_GATHER_H
#define ROOMCAL_HTTP_GATHER_H

/*
 * gather — the rooms of one request, looked at together
 *
 * Holds a view of each room's file and what its clock said at one moment. Belongs to one request.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/freshness.h"
#include "http/site.h"

struct gathered {
    const struct config_room *room;
    size_t place;                 /* in config->rooms */
    const struct room_file *view; /* NULL: there is no file */
    struct room_times times;      /* all 0 without a file */
    enum freshness freshness;     /* COLD without a file */
};

struct gather {
    const struct site *site;
    struct gathered *rooms; /* in the order of ROOMS */
    size_t count;
    int64_t now_utc;     /* of the last look */
    bool is_turned_away; /* there was no place to wait in */
};

/* Chooses and looks. `chosen` has a flag for each room; NULL: all. 0 or -ENOMEM. `site` must outlive it. */
int gather_rooms(const struct site *site, const bool *chosen, struct gather *ret);

/* The same for the room at that place of config->rooms alone. */
int gather_room(const struct site *site, size_t place, struct gather *ret);

/* Drops the views. */
void gather_finish(struct gather *gather);

/* Looks again until no room is cold: COLD_WAIT at most, counted from when the first visitor of this process found the
 * room cold, so that a queue of visitors waits once and not one after the other. Not at all when the process is about
 * to end, no longer than the site's attendant says that it is worth it, and not where site->waiting has no place left:
 * visitors who wait hold threads, and one has to be left for those who need not wait. Where there are places, the
 * ledger's LEDGER_COLD_WAITS or LEDGER_COLD_REFUSALS grows. */
void gather_wait(struct gather *gather);

/* How many rooms have something to show. */
size_t gather_shown(const struct gather *gather);

/* Why there is nothing to show, where the room lists were fetched and there is no room at all. */
#define GATHER_NO_ROOMS "The room lists of Exchange have no rooms."

/* Why a room has nothing to show, or, if it is stale, nothing new. */
struct fault_words gather_why(const struct gather *gather, const struct gathered *room);

#endif
