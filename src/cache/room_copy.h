/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_ROOM_COPY_H
#define ROOMCAL_CACHE_ROOM_COPY_H

/*
 * room_copy — puts a mapped room file into a directory that has lost it
 *
 * A mapping outlives its file: when CACHE_DIR was removed, what was in it is still there to be written down again.
 */

#include "base/err.h"
#include "cache/room_file.h"

/* Writes the file's header, clock and content into a file of that name. 0; 1: there is something of that name already,
 * which is left alone; < 0: it cannot be written, or the mapping is damaged (-EIO), and nothing was left behind. */
int room_copy(const struct room_file *file, const struct room_place *place, struct err *err);

#endif
