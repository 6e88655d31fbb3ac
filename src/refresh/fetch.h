/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_FETCH_H
#define ROOMCAL_REFRESH_FETCH_H

/*
 * fetch — one room, from question to room file
 *
 * Reads top to bottom: walk the windows, ask each, hide what is private, ask again for what was not
 * told (refresh/details.h), render, publish. An item whose details are needed but that the room's
 * file shows already, with the same ChangeKey and made with the same settings, is taken from there. A
 * list that is not known to be complete is never published. Belongs to one lane.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cache/room_build.h"
#include "cache/room_versions.h"
#include "calendar/field.h"
#include "calendar/timezone.h"
#include "config/config.h"
#include "refresh/asker.h"
#include "refresh/details.h"
#include "refresh/organizers.h"

enum fetch_result {
    FETCH_CHANGED, /* a new room file is in place */
    FETCH_SAME,    /* Exchange answered what we had: only the clock moved */
    FETCH_FAILED,  /* `fault` says why; nothing was touched. The account may be held meanwhile */
    FETCH_STOPPED, /* the process is ending */
};

struct fetch_report {
    enum fetch_result result;
    const struct fault *fault;
    int64_t wait_s; /* what the server asked for; -1: nothing */
    size_t items;
    uint64_t requests;
    uint64_t bytes;
    char detail[320]; /* for the log */
};

/* Makes it the report of a failure: of our own (< 0), or one that an answer tells of. */
void fetch_fail(struct fetch_report *report, int error);
void fetch_refused(struct fetch_report *report, const struct ews_answer *answer);

struct fetch {
    const struct config *config;
    const struct field_plan *plan;
    struct asker asker;
    struct timezones *zones;

    struct room_file old; /* what the room's file shows while it is fetched anew */
    struct room_versions known;
    struct organizers organizers;
    struct details details;
    struct room_build build; /* of the room that is being fetched */

    struct item addressed; /* an item with its organizer's address */
    struct item masked;    /* what may be shown of a private item */
    struct buf json;       /* one item's object */
    struct buf ical;       /* one item's VEVENT */
};

/* `config`, `plan`, `account` and `stop` must outlive it. 0 or < 0. */
int fetch_init(struct fetch *fetch, const struct config *config, const struct field_plan *plan,
               struct account *account, const atomic_bool *stop, struct err *err);
void fetch_finish(struct fetch *fetch);

/* Which room, and what is remembered with it. */
struct fetch_order {
    size_t room; /* its place in ROOMS */
    struct room_place place;
    int64_t mark[2]; /* of the change check that came before (refresh/check.h); zero: not known */
    int64_t ttl_s;   /* the life of what is fetched */
};

/* Asks for the room's whole span and publishes it. Troubles of our own (disk full, no memory) are reported as faults
 * too: the room keeps what it has. */
void fetch_room(struct fetch *fetch, const struct fetch_order *order, int64_t now_utc,
                struct fetch_report *ret);

#endif
