/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_ACCOUNT_H
#define ROOMCAL_REFRESH_ACCOUNT_H

/*
 * account — who may ask Exchange now
 *
 * Exchange throttles and locks accounts, not connections; so all lanes share one of these, and each request passes it:
 *
 *     account_enter   waits for a place, or says that nobody may ask now
 *     the question
 *     account_leave   tells how it went
 *
 * *Held.* A fault of the account (server away, login refused, throttled) makes every room wait. It takes two different
 * rooms in a row that meet such a fault, because a server can be down for one mailbox only; but what is said about the
 * account itself (a refused login, throttling) holds at once. A refusal right after a success is taken for throttling
 * once (Exchange does that) and rests for a minute.
 *
 * *Proven.* After such a fault, at the very start, and when nobody has asked for ACCOUNT_PROOF_S, one request goes first
 * and alone; only an answer lets the others follow. So a wrong password costs one failed login, not one per lane, and a
 * server that comes back is not met by all rooms at once.
 *
 * *Lanes.* At most LANES requests are under way; fewer, after Exchange said that they were too many, and one more
 * after each quiet ACCOUNT_QUIET_S.
 *
 * The hold and the failed logins are in the ledger, so that other processes and later ones obey too. Here a hold is
 * counted on the monotonic clock: setting the wall clock neither ends nor prolongs it.
 *
 * Thread-safe.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/ledger.h"
#include "config/config.h"
#include "ews/client.h"
#include "ews/fault.h"

#define ACCOUNT_PROOF_S 30
#define ACCOUNT_QUIET_S 60

struct account;

enum account_entry {
    ACCOUNT_MAY_ASK,
    ACCOUNT_IS_HELD,
    ACCOUNT_STOPPED, /* the process is ending */
};

/* A request's place among those under way. */
struct account_pass {
    size_t room; /* the one that is asked for, or the first of several */
    size_t rooms;
    uint64_t epoch; /* of the limit that it was let in under */
    bool beside;    /* others were under way at the same time */
};

/* `config`, `ledger` and `stop` must outlive it. Takes over a hold that the ledger knows. 0 or -ENOMEM. */
int account_create(const struct config *config, struct ledger *ledger, const atomic_bool *stop,
                   struct account **ret);
void account_destroy(struct account *account);

/* Waits until there is a place. *ret only with ACCOUNT_MAY_ASK, which has to be followed by account_leave. */
enum account_entry account_enter(struct account *account, size_t room, size_t rooms,
                                 struct account_pass *ret);

/* How the request went: `answer` of the client; NULL: it was never sent. True: too many requests were under way, there are
 * fewer places now, and the same may be asked again. */
bool account_leave(struct account *account, struct account_pass *pass,
                   const struct ews_answer *answer);

/* Seconds until somebody may ask again; 0: now. *ret_fault: why not (untouched for 0). */
int64_t account_held_s(struct account *account, const struct fault **ret_fault);

/* Requests under way at once, at most; for the log. */
int account_lanes(struct account *account);

/* Wakes all who wait in account_enter, after `stop` was set. */
void account_wake(struct account *account);

#endif
