/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_LEDGER_H
#define ROOMCAL_CACHE_LEDGER_H

/*
 * ledger — what all processes on one CACHE_DIR know together, and what outlives them
 *
 *     0     struct ledger_header   constant: what this file is, and of which account
 *     256   _Atomic int64_t[]      values: the account's state, of which the last word counts
 *     1024  _Atomic int64_t[]      the moments of the last failed logins, a ring
 *     2048  _Atomic uint64_t[]     counters, which only grow
 *
 * CACHE_DIR/ledger is one mapped page of 4096 bytes. Each number is read and written by itself, by anybody,
 * without a lock; so values that belong together are written in an order in which each state between is
 * harmless. The file is never truncated, replaced or removed while it can be used: one of another format, byte order,
 * length, owner or mode, one that is no regular file, is replaced by an empty one, as a room file would be. It has no
 * hash, because it changes all the time: whoever reads a value checks that it makes sense. A new number is added at
 * the end of its list, where older files have 0; any other change of the lists is another format.
 *
 * Values and logins belong to an account (endpoint and username): with another one they begin anew, in a new file that
 * takes over the counters; who still has the old file mapped goes on with it.
 *
 * Where the file cannot be made (disk full, read-only) the ledger is this process's own memory, and is forgotten with
 * it, or until ledger_mend can make the file: a trouble of the disk must not stop the service. Thread-safe, but for
 * opening and closing.
 */

#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

#define LEDGER_FORMAT      1u
#define LEDGER_BYTE_ORDER  0x01020304u
#define LEDGER_SIZE        4096
#define LEDGER_VALUES_AT   256
#define LEDGER_LOGINS_AT   1024
#define LEDGER_COUNTERS_AT 2048

struct ledger_header {
    char magic[8];       /* "rc-book" and a NUL */
    uint32_t format;     /* LEDGER_FORMAT */
    uint32_t byte_order; /* LEDGER_BYTE_ORDER */
    struct hash account; /* whose values they are */
};

enum ledger_value {
    LEDGER_HELD_UNTIL, /* UTC seconds: nobody asks Exchange before; 0: not held */
    LEDGER_HELD_SINCE, /* UTC seconds */
    LEDGER_HELD_FAULT, /* why: a fault's number (ews/fault.h) */
    LEDGER_HOLDS,      /* holds in a row, for the back-off */
    LEDGER_GROUP_SIZE, /* folders that Exchange takes in one change check; 0: not known to be limited */
    LEDGER_GROUP_AT,     /* UTC seconds: when that was learned */
    LEDGER_LANES,        /* lanes that were allowed last; 0: all */
    LEDGER_REFRESHED_AT, /* UTC seconds: when the last round ended */
    LEDGER_LIST_FAULT, /* why the room lists could not be fetched: a fault's number; 0: they could */
    LEDGER_LIST_FAILURES, /* of fetching them, in a row */
    LEDGER_LIST_RETRY_AT, /* UTC seconds: they are not asked for again before */
    LEDGER_LIST_EMPTY_AT, /* UTC seconds: since when they come without any room; 0: they have some */
    LEDGER_LIST_SOURCE,   /* the first bytes of whose lists these are (cache/room_list.h) */
    LEDGER_LOGIN,         /* how we sign in, and why: login_note in net/login.h; 0: not known */
    LEDGER_VALUES
};

enum ledger_counter {
    LEDGER_ROUNDS,
    LEDGER_EWS_REQUESTS,
    LEDGER_EWS_BYTES,       /* received */
    LEDGER_ROOMS_CONFIRMED, /* unchanged, as the change check said */
    LEDGER_ROOMS_FETCHED,   /* asked for whole */
    LEDGER_ROOMS_CHANGED,   /* of these: what is shown was replaced */
    LEDGER_ROOM_FAILURES,
    LEDGER_HOLDS_BEGUN,
    LEDGER_LOGINS_REFUSED,
    LEDGER_LANES_NARROWED,
    LEDGER_CACHE_ERRORS, /* of writing to CACHE_DIR */
    LEDGER_HTTP_REQUESTS,
    LEDGER_HTTP_NOT_MODIFIED,  /* replies with 304 */
    LEDGER_HTTP_CLIENT_ERRORS, /* 4xx */
    LEDGER_HTTP_SERVER_ERRORS, /* 5xx */
    LEDGER_HTTP_BYTES,         /* of bodies */
    LEDGER_COLD_WAITS,         /* visitors who waited for a cold room */
    LEDGER_COLD_REFUSALS,      /* visitors who would have been one too many */
    LEDGER_COUNTERS
};

/* Failed logins that are remembered: Exchange locks accounts, so no more are tried in LEDGER_LOGINS_SPAN_S. */
#define LEDGER_LOGINS        4
#define LEDGER_LOGINS_SPAN_S 3600

struct ledger;

/* Opens or makes CACHE_DIR/ledger. `account` names whose values they are. 0 and *ret; 1 and *ret: it cannot be kept in
 * a file, `err` says why, so it is in memory; -ENOMEM. The directory may be closed afterwards. */
int ledger_open(int cache_dirfd, const struct hash *account, struct ledger **ret, struct err *err);

/* Looks whether the file is still there and whole, as shelf_mend does for the directory. 0: it is, or it is another
 * account's by now, and is left alone. 1: it was opened or made anew, with all that this process knows unless another
 * one was there before; the ledger stays usable all the while. < 0: it cannot be made; the ledger is memory, for now.
 * One thread at a time. */
int ledger_mend(struct ledger *ledger, int cache_dirfd, struct err *err);

void ledger_close(struct ledger *ledger); /* NULL is allowed */

int64_t ledger_get(const struct ledger *ledger, enum ledger_value value);
/* A value that is a moment, in UTC seconds. 0 for one that nobody can have noted: before 1970, or behind DATETIME_MAX. So it
 * can be added to and subtracted. */
int64_t ledger_moment(const struct ledger *ledger, enum ledger_value value);
void ledger_set(struct ledger *ledger, enum ledger_value value, int64_t to);

/* Notes a failed login. */
void ledger_note_login(struct ledger *ledger, int64_t now_utc);

/* When the next login may be tried: now_utc, or later, so that there are never more than LEDGER_LOGINS failed ones in
 * LEDGER_LOGINS_SPAN_S. Moments that lie ahead of `now_utc` were noted before the clock was set back, and become
 * now. */
int64_t ledger_login_at(struct ledger *ledger, int64_t now_utc);

void ledger_count(struct ledger *ledger, enum ledger_counter counter, uint64_t by);
uint64_t ledger_counted(const struct ledger *ledger, enum ledger_counter counter);

#endif
