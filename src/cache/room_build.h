/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_ROOM_BUILD_H
#define ROOMCAL_CACHE_ROOM_BUILD_H

/*
 * room_build — makes room files
 *
 * Only the holder of the lease calls this. Items are collected, then sorted, freed of duplicates and
 * written to a temporary file (".tmp-…", space reserved first, so a full disk is an error and not a
 * SIGBUS), which takes the old file's place by rename(2). When the content is what it was, no file
 * is touched but the old clock.
 *
 * In memory are the items' times, versions, ids and places, and at most ROOM_BUILD_MEMORY of their
 * texts: the rest waits in an unnamed file in CACHE_DIR. So a room takes thrice its size there while
 * it is written: the old file, the texts, the new file.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"
#include "cache/room_file.h"
#include "cache/spool.h"

#define ROOM_BUILD_MEMORY  (4u << 20)
#define ROOM_BUILD_IDS_MAX (128u << 20) /* 671 bytes for each of ROOM_ITEMS_MAX */

/* An item to add; all is copied. */
struct room_build_entry {
    int64_t start_utc, end_utc;
    struct slice id;             /* tells items apart; not kept in the file */
    struct room_version version; /* cache/room_versions.h makes it */
    struct slice json;           /* one object */
    struct slice ical;           /* one VEVENT with its last CRLF */
};

struct room_build_item {
    int64_t start_utc, end_utc;
    struct room_extent id;                /* place in `ids` */
    struct room_extent forms[ROOM_FORMS]; /* places in `texts` */
    struct room_version version;
    size_t arrival; /* the how manieth item it was: of two with one id the later one counts */
};

struct room_build {
    struct room_build_item *items;
    size_t count;
    size_t room;
    struct buf ids;
    struct spool texts; /* JSON and VEVENTs, in the order of arrival */
    struct buf memo;
    struct room_basis basis;
};

/* `cache_dirfd` is where texts wait that are too long for the memory; it has to stay open. */
void room_build_init(struct room_build *build, int cache_dirfd);
/* Frees all; the build is empty and usable again. */
void room_build_finish(struct room_build *build);
/* Forgets items, memo and basis. */
void room_build_clear(struct room_build *build);

/* Adds an item. An id that was added before is replaced by the later one: Exchange returns an item
 * over a window's seam twice. 0, -ENOMEM, -EOVERFLOW past ROOM_ITEMS_MAX, ROOM_BUILD_IDS_MAX or
 * ROOM_FILE_SIZE_MAX, or what the disk said: -ENOSPC, -EIO, … */
int room_build_add(struct room_build *build, const struct room_build_entry *entry);

/* Sets the memo, in place of one set before; copied. 0, -ENOMEM, -EOVERFLOW past ROOM_MEMO_MAX. */
int room_build_memo(struct room_build *build, struct slice memo);

/* Says to what question the items are the answer; all zero (nothing is known) if it is not called. */
void room_build_basis(struct room_build *build, const struct room_basis *basis);

enum room_publish { ROOM_UNCHANGED = 0, ROOM_REPLACED = 1 };

/* Makes items and memo the room's content: fetched_at = now, expires_at = now + ttl_s, no failures.
 * Last-Modified needs changed_at to grow with each change: it is max(now, the old one + 1). When
 * only versions or the memo differ, nothing that is shown has changed: the file is replaced, but
 * changed_at stays.
 * ROOM_UNCHANGED, ROOM_REPLACED or < 0, the old file then is as it was. */
int room_build_publish(struct room_build *build, const struct room_place *place, int64_t now_utc,
                       int64_t ttl_s, struct err *err);

/* Notes a failure in the room's clock: one more, that it was now (clock_utc), retry_at, fault. Makes an empty file where
 * there is none. 0 or < 0. */
int room_note_failure(const struct room_place *place, int64_t fault, int64_t retry_at,
                      struct err *err);

/* Removes temporary files that a killed process left: only the lease's holder may call it. */
void room_sweep(int cache_dirfd);

#endif
