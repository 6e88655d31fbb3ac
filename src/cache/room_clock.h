/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_ROOM_CLOCK_H
#define ROOMCAL_CACHE_ROOM_CLOCK_H

/*
 * room_clock — moves the clocks of room files
 *
 * The clock is the only part of a room file that ever changes. To move it costs the same however large the file is: its
 * content is not read, so damage there is not noticed; readers do that, and condemn the file. Only the holder of the
 * lease calls this, but for room_forget_times and room_condemn.
 */

#include <stdint.h>

#include "base/err.h"
#include "cache/room_file.h"

/* Writes times or basis into a mapped clock, in an order in which every mixture that a reader can see is harmless. */
void room_clock_set_times(struct room_clock *clock, const struct room_times *times);
void room_clock_set_basis(struct room_clock *clock, const struct room_basis *basis);

/* The content is known to be still what Exchange has: fetched_at = now, expires_at = now + ttl_s, no failures. Touches
 * nothing but the clock. `mark` is the one that was compared with Exchange's: the file may have been replaced since.
 * 0; 1: there is no usable file, it has another mark, or has never had an answer; < 0. */
int room_confirm(const struct room_place *place, const int64_t mark[2], int64_t now_utc,
                 int64_t ttl_s, struct err *err);

/* Adds `failure`: its failures, failed_at, retry_at and fault. 0; 1: there is no usable file (room_note_failure,
 * cache/room_build.h, makes one); < 0. */
int room_clock_fail(const struct room_place *place, const struct room_times *failure,
                    struct err *err);

/* Makes the room due now, whatever its clock says, and forgets its change mark, so that all of it is asked for again
 * (`roomcal refresh`); its items are shown on meanwhile. 0; 1: there is no usable file, so it is due anyway; < 0. The one function here that
 * needs no lease. */
int room_forget_times(const struct room_place *place, int64_t now_utc, struct err *err);

/* Takes a file with damaged content out of the way, so that the room is fetched anew; else its clock would be moved for
 * ever. `damaged` is what room_file_open left (ROOM_FILE_DAMAGED). Who has the file mapped shows it no longer. A newer
 * file that has the name by now is left alone; the moment in which it could come between costs one more fetch. What
 * cannot be done, on a read-only disk for one, is left undone. */
void room_condemn(const struct room_place *place, const struct room_file *damaged);

#endif
