/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_ROOM_VERSIONS_H
#define ROOMCAL_CACHE_ROOM_VERSIONS_H

/*
 * room_versions — which items a room file knows already
 *
 * An item's version stands for its id and its ChangeKey, which Exchange changes with every change of
 * the item. What an old file holds of the same version, made with the same settings (the fingerprint
 * says so), need not be asked for and rendered again.
 */

#include <stddef.h>
#include <stdint.h>

#include "cache/room_file.h"

/* The version of an item: the first bytes of a SHA-256 over both. 0 or -ENOMEM. */
int room_version_of(struct slice id, struct slice changekey, struct room_version *ret);

/* The places of a file's entries, by version. Borrows from the file. */
struct room_versions {
    const struct room_file *file;
    uint32_t *places;
};

/* 0 and *ret, or -ENOMEM. Finish it before the file is closed. */
int room_versions_make(const struct room_file *file, struct room_versions *ret);
void room_versions_finish(struct room_versions *versions);

/* The entry of that version; NULL: there is none, or `versions` is all zero (there was no file to
 * make them of), or the version is the unknown one. What it shows: room_file_shown. */
const struct room_entry *room_versions_find(const struct room_versions *versions,
                                            const struct room_version *version);

#endif
