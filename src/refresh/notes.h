/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_NOTES_H
#define ROOMCAL_REFRESH_NOTES_H

/*
 * notes — what is written down of a room: in its clock, in its slot, in the ledger and in the log
 *
 * The log gets one line when a room begins to fail, and one when it is well again; none for a further try.
 */

#include <stdint.h>

#include "base/err.h"
#include "refresh/fetch.h"
#include "refresh/rounds.h"

/* One more failure; the room is left alone for delay_s. What cannot be noted in the room's file is kept in memory; what
 * can is not, or `roomcal refresh`, which mends the file, would not be heard. */
void notes_add_failure(struct rounds *rounds, size_t room, const struct fault *fault,
                       int64_t delay_s);

/* The room was asked for, and that failed: notes it, logs it, and the schedule is done with the room. */
void notes_room_failed(struct rounds *rounds, size_t room, const struct fetch_report *report);

/* The room's file is good, and could be written: the same. */
void notes_room_well(struct rounds *rounds, size_t room);

/* The life of what is fetched or confirmed now, in seconds. Who comes out of turn (for the first time, or after trouble)
 * gets a length of its own, so that not all are due together for ever. */
int64_t notes_life_s(const struct rounds *rounds, size_t room);

/* A number that is the room's own, for spreading. */
uint64_t notes_spread(const struct rounds *rounds, size_t room);

/* The cache cannot be written or read: logged once, until a round goes without. */
void notes_cache_trouble(struct rounds *rounds, const struct err *err);

#endif
