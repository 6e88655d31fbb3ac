/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_ROOM_LIST_H
#define ROOMCAL_CACHE_ROOM_LIST_H

/*
 * room_list — the rooms that were found, kept in CACHE_DIR/rooms
 *
 *     roomcal-rooms 1
 *     source <hexadecimal>       whose list it is: SHA-256 over server, account and ROOM_LIST
 *     changed_at <UTC seconds>   when it began to say what it says
 *     <mailbox><TAB><name>       one line a room; the name as Exchange has it
 *     …
 *     check <hexadecimal>        SHA-256 of all bytes before this line
 *
 * When Exchange was asked last is the file's mtime: a list that is the same as before is not written again. Built beside
 * its place and renamed over the old one, so a reader sees one whole list or another. A file that is damaged, of another
 * source, of another owner, too large or no regular file counts as none: it is only a cache. What is read is checked like
 * ROOMS and ROOM_EMAILS (config_add_rooms), not trusted.
 */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <sys/types.h>

#include "base/err.h"
#include "base/hash.h"
#include "config/config.h"

#define ROOM_LIST_FILE "rooms"

/* CONFIG_ROOMS_MAX lines of the longest mailbox, tab, longest name and newline, and the other lines. */
#define ROOM_LIST_SIZE_MAX (CONFIG_ROOMS_MAX * 456u + 512u)

struct room_list {
    struct config_room *rooms; /* `name` may be empty */
    size_t count;
    int64_t changed_at;
    int64_t asked_at; /* the file's mtime */
    struct hash check;
};

/* What was seen of the file when it was last looked at. All zero: nothing yet. */
struct room_list_watch {
    struct hash source;
    ino_t inode;
    struct timespec changed; /* ctime: a touch and a rename both change it */
    bool exists;             /* and can be used */
    int64_t asked_at;
    struct hash check;
};

/* Whose list it would be: server, account, ROOM_LIST. 0 or -ENOMEM. */
int room_list_source(const struct config *config, struct hash *ret);

/* 0 and *ret, to be finished; 1: there is none that can be used, `err` says why unless it is simply not there; -ENOMEM. */
int room_list_read(int cache_dirfd, const struct hash *source, struct room_list *ret,
                   struct err *err);
void room_list_finish(struct room_list *list);

/* Puts the rooms in place, as asked for at `now_utc`. 0; 1: they are the same as before, so only the moment was noted;
 * < 0: what the system said. The rooms are sorted by mailbox. */
int room_list_write(int cache_dirfd, const struct hash *source, struct config_room *rooms,
                    size_t count, int64_t now_utc, struct err *err);

/* Exchange was asked at `utc`, and said nothing new; 0: as if it never was. 0 or < 0. */
int room_list_touch(int cache_dirfd, int64_t utc, struct err *err);

/* Looks, with one system call while nothing happened, whether the file says something else than when `watch` last
 * looked: true then. Whether it was asked for again is in `watch` too. */
bool room_list_look(int cache_dirfd, struct room_list_watch *watch);

#endif
