/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_ROOM_FILE_H
#define ROOMCAL_CACHE_ROOM_FILE_H

/*
 * room_file — one room's items as a mapped file
 *
 *     0     struct room_header   constant: what this file is, for whom, and where its parts are
 *     2048  struct room_clock    the only bytes that ever change
 *     4096  struct room_entry[]  by start, then end, then id; with the greatest end so far
 *     …     JSON heap            the items' objects in the same order, joined by ','
 *     …     iCalendar heap       their VEVENTs in the same order, joined by nothing
 *     …     memo                 what the fetcher wants to know again; opaque here
 *     end-8 ROOM_TRAILER
 *
 * The four parts behind the clock follow one another without holes, and the header has the SHA-256
 * of each: that of a heap alone tells whether what is shown is what was shown before.
 *
 * Integers are the host's own: a file of another byte order or format is ignored, it is only a
 * cache. Built by cache/room_build beside its place and renamed over the old one; never truncated,
 * never written in place but for the clock. Every offset is checked when it is mapped, and nothing
 * outside the file is derived from its bytes.
 *
 * A file that was cut short while it is mapped shows zeros behind its new end, or nothing at all (SIGBUS, base/guard).
 * Either way its trailer, which has no zeros, is gone: so one look there, after bytes were copied, tells whether they
 * were the file's (room_file_is_whole).
 *
 * A mapping stays valid after the file was replaced; `superseded` in its clock then is not 0, and who
 * keeps mappings looks there. A room that was never answered has a file too, with fetched_at 0 and
 * no items: it remembers failures.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"
#include "cache/freshness.h"

#define ROOM_FORMAT       3u
#define ROOM_BYTE_ORDER   0x01020304u
#define ROOM_CLOCK_AT     2048u
#define ROOM_CONTENT_AT   4096u
#define ROOM_NAME_SIZE    256u /* longest file name, NUL included */
#define ROOM_ITEMS_MAX    200000u
#define ROOM_VERSION_SIZE 16u
#define ROOM_MEMO_MAX     (32u << 20)
#define ROOM_MOMENT_MAX   INT64_C(253402300799) /* the end of the year 9999 */
#define ROOM_TRAILER      "roomcal\n"
#define ROOM_TRAILER_SIZE 8u

/* Of 10 000 items with a body of 100 KB each the JSON has 1 GB, and more for what it escapes: quotes
 * and line ends of HTML. */
#define ROOM_FILE_SIZE_MAX (UINT64_C(2) << 30)

/* The two forms in which items are kept. */
enum room_form { ROOM_JSON, ROOM_ICAL, ROOM_FORMS };

/* Part of a file, in the order in which they lie there; the heaps in the order of their forms. */
enum room_part {
    ROOM_PART_ENTRIES,
    ROOM_PART_HEAPS,
    ROOM_PART_MEMO = ROOM_PART_HEAPS + ROOM_FORMS,
    ROOM_PARTS
};

struct room_extent {
    uint64_t at;
    uint64_t length;
};

struct room_header {
    char magic[8];       /* "roomcal" and a NUL */
    uint32_t format;     /* ROOM_FORMAT */
    uint32_t byte_order; /* ROOM_BYTE_ORDER */
    uint64_t file_size;
    uint64_t item_count;
    struct room_extent parts[ROOM_PARTS]; /* from the file's begin */
    struct hash hashes[ROOM_PARTS];       /* SHA-256 of each */
    struct hash fingerprint;              /* of the settings and the room it was made with */
    struct hash
        check; /* SHA-256 of this header with `check` zero, so of the whole file but the clock */
};

struct room_clock {
    _Atomic int64_t fetched_at;
    _Atomic int64_t changed_at;
    _Atomic int64_t expires_at;
    _Atomic int64_t retry_at;
    _Atomic int64_t failures;
    _Atomic int64_t fault;
    _Atomic int64_t change_mark[2]; /* these and the next four: see struct room_basis */
    _Atomic int64_t superseded;
    _Atomic int64_t asked_at;
    _Atomic int64_t window_start_utc;
    _Atomic int64_t window_end_utc;
    _Atomic int64_t step_s;
    _Atomic int64_t failed_at;
};

/* What `superseded` says. */
enum room_standing {
    ROOM_CURRENT,
    ROOM_SUPERSEDED, /* a newer file has its name; until that is open, this one can be shown */
    ROOM_CONDEMNED,  /* its content was found damaged: not to be shown any more */
};

/* To what question the content is the answer, so that it can be known whether it would be the same today. Opaque
 * here; all zero: not known. */
struct room_basis {
    int64_t asked_at; /* UTC seconds: when all of it was asked for */
    int64_t change_mark[2];
    int64_t window_start_utc, window_end_utc;
    int64_t step_s; /* the span of time that fitted into one request */
};

/* Which state of which item an entry shows, in sixteen bytes. All zero: not known. */
struct room_version {
    unsigned char bytes[ROOM_VERSION_SIZE];
};

struct room_entry {
    int64_t start_utc;
    int64_t end_utc;
    int64_t greatest_end_utc; /* of this and all entries before */
    struct room_extent
        forms[ROOM_FORMS]; /* from the heap's begin; a length may be 0 for iCalendar */
    struct room_version version;
};

/* A mapped and checked file. */
struct room_file {
    const void *map;
    size_t size;
    const struct room_header *header;
    struct room_clock *clock; /* writable only in the refresher's mapping: see `writable` */
    const struct room_entry *entries;
    size_t item_count;
    dev_t device; /* which file it is, to notice that its name leads elsewhere */
    ino_t inode;
    uint64_t guarded_since; /* base/guard's hits when it was mapped */
};

/* Where a room's file is, and for whom it is made. */
struct room_place {
    int cache_dirfd;
    const char *file_name;
    const struct hash *fingerprint;
};

/* The file's name for a room: the room's name with everything but [A-Za-z0-9_-] written as %XX, and
 * ".room"; a name that would be too long becomes its hash. */
void room_file_name(const char *room, char ret[static ROOM_NAME_SIZE]);

/* The fingerprint that a room's file has to carry: the settings' and the room's name and mailbox. 0
 * or -ENOMEM. */
int room_file_fingerprint(const struct hash *settings, const char *room, const char *mailbox,
                          struct hash *ret);

/* Maps the file if it can be trusted. `writable`: the clock may be written (the rest never). 0; 1: there is none, or it
 * is not ours to use (length, owner, mode, a damaged header, no regular file) — `err` says why, after the file's name, ""
 * for absence; ROOM_FILE_DAMAGED: all that is right, but not its content, and *ret says no more than device and inode (see
 * room_condemn, cache/room_clock.h); ROOM_FILE_FOREIGN: nothing is wrong with it, but it was made with other settings, by
 * another version or on another machine; < 0: it cannot be read. Close with room_file_close; the slices below die with
 * it. */
#define ROOM_FILE_DAMAGED 2
#define ROOM_FILE_FOREIGN 3
int room_file_open(int cache_dirfd, const char *file_name, const struct hash *fingerprint,
                   bool writable, struct room_file *ret, struct err *err);

/* Maps header and clock alone, to write the clock: costs the same however large the file is. Its content is not looked
 * at, and of *ret only times, basis and standing may be asked. 0, 1 or < 0 as above. */
int room_file_open_clock(const struct room_place *place, struct room_file *ret, struct err *err);

void room_file_close(struct room_file *file);

/* What `check` of a header has to be. 0 or -ENOMEM. For room_build. */
int room_header_check(const struct room_header *header, struct hash *ret);

/* One look at the clock. Times that no clock of ours can have said are 0. */
struct room_times room_file_times(const struct room_file *file);
struct room_basis room_file_basis(const struct room_file *file);
bool room_file_superseded(const struct room_file *file);

/* True if that is the file that is mapped. */
bool room_file_is_same(const struct room_file *file, dev_t device, ino_t inode);

/* True if all that was read of the mapping until now were the file's bytes. Costs no system call. */
bool room_file_is_whole(const struct room_file *file);

/* False if it is known to be damaged: it is not whole, or was condemned. */
bool room_file_can_show(const struct room_file *file);

/* The whole heap of one form: what room_file_select gives of it in pieces. */
struct slice room_file_heap(const struct room_file *file, enum room_form form);

/* One entry's object or VEVENT. */
struct slice room_file_shown(const struct room_file *file, const struct room_entry *entry,
                             enum room_form form);

/* What room_build_memo was given; empty when it was not called. */
struct slice room_file_memo(const struct room_file *file);

/* The SHA-256 of one form's heap: two files with the same one show the same, whatever else differs. */
const struct hash *room_file_heap_hash(const struct room_file *file, enum room_form form);

/* The items that overlap [from, to): start < to and end > from; an item without length is inside
 * when from <= start < to. Calls `run` with pieces of that form's heap in order: each is one or more
 * objects joined by ',', or one or more VEVENTs. Stops early and returns what `run` returns if that
 * is not 0. INT64_MIN and INT64_MAX leave a side open. */
typedef int room_file_run(void *context, struct slice shown, size_t items);
int room_file_select(const struct room_file *file, enum room_form form, int64_t from_utc,
                     int64_t to_utc, room_file_run *run, void *context);

#endif
