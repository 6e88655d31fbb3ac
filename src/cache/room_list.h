/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_ROOM_LIST_H
#define ROOMCAL_CACHE_ROOM_LIST_H

/*
 * room_list — the rooms that were found, kept in CACHE_DIR/rooms
 *
 *     roomcal-rooms 1
 *     source <hexadecimal>       whose list it is: SHA-256 over server, account and ROOM_LIST
 *     changed_at <UTC seconds>   when it began to say what it says
 *     <mailbox><TAB><name>       one line a room, sorted by mailbox; the name as Exchange has it
 *     …
 *     check <hexadecimal>        SHA-256 of all bytes before this line
 *
 * When Exchange was asked last is the file's mtime: a list that is the same as before is not written again. Built beside
 * its place and renamed over the old one, so a reader sees one whole list or another. A file that is damaged, of another
 * source, of another owner, too large or no regular file counts as none: it is only a cache. Names and addresses are
 * kept as they came; config_add_rooms checks them as those of ROOMS and ROOM_EMAILS are checked.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"
#include "base/hash.h"
#include "config/config.h"

#define ROOM_LIST_FILE "rooms"

/* Names and addresses are cut to this many bytes: longer ones cannot be used anyway. */
#define ROOM_LIST_TEXT_MAX 512u

#define ROOM_LIST_SIZE_MAX (CONFIG_ROOMS_MAX * (2 * ROOM_LIST_TEXT_MAX + 2) + 512u)

struct room_list {
    struct found_room *rooms;
    size_t count;
    int64_t changed_at;
    int64_t asked_at; /* the file's mtime */
    struct hash check;
    char *text; /* where the rooms' texts lie */
};

/* What was seen of the file. At first `source`, and `check` of the list that is in use, if any. */
struct room_list_watch {
    struct hash source;
    struct hash check;       /* of the last list that could be used */
    bool exists;             /* there is one that can be used, … */
    int64_t asked_at;        /* … and this is its mtime */
    ino_t inode;             /* of the file that was looked at last … */
    struct timespec changed; /* … and its ctime, which a touch and a rename both change */
};

/* Whose list it would be: server, account, ROOM_LIST. 0 or -ENOMEM. */
int room_list_source(const struct config *config, struct hash *ret);

/* 0 and *ret, to be finished; 1: there is none that can be used; `err` says why, and "" when there simply is no such
 * file; -ENOMEM. */
int room_list_read(int cache_dirfd, const struct hash *source, struct room_list *ret,
                   struct err *err);
void room_list_finish(struct room_list *list);

/* Puts the rooms in place, as asked for at `now_utc`: each mailbox once, and the first CONFIG_ROOMS_MAX of them. 0; 1: they are what the file says
 * already, so only the moment was noted; < 0: the old list is still there, `err` says why. */
int room_list_write(int cache_dirfd, const struct hash *source, const struct found_room *rooms,
                    size_t count, int64_t now_utc, struct err *err);

/* Exchange was asked at `utc`, and the list stays as it is; 0: as if it never was. 0, also without a file; or < 0. */
int room_list_touch(int cache_dirfd, int64_t utc, struct err *err);

/* Looks at the file, with one system call while nothing happened. True: there is a list that can be used, and it says
 * something else than the last one. One that is gone or damaged changes nothing but `exists`: who uses the last one
 * goes on with it. */
bool room_list_look(int cache_dirfd, struct room_list_watch *watch);

#endif
