/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_ACCOUNT_H
#define ROOMCAL_REFRESH_ACCOUNT_H

/*
 * account — who may ask Exchange now
 *
 * Exchange throttles and locks accounts, not connections; so all lanes share one of these, and each request passes it:
 *
 *     account_enter   waits for a place, or says why nobody may ask now
 *     the question
 *     account_leave   tells how it went
 *
 * *Held.* A fault of the account (server away, login refused, throttled) makes every room wait. It takes two different
 * rooms in a row that meet such a fault, because a server can be down for one mailbox only; but what is said of the
 * account itself (a refused login, throttling, any answer with a time to wait for) holds at once. A refusal right after a success is taken for throttling
 * once, because Exchange throttles with a 401 too, and rests for a minute; if others are answered then and the same room
 * is refused again, that is the room's own trouble.
 *
 * *Proven.* After such a fault, at the very start, and when nobody was answered for half a minute, one request goes
 * first and alone; only an answer lets the others follow. So a wrong password costs one failed login, not one per lane,
 * and a server that comes back is not met by all rooms at once.
 *
 * *Lanes.* At most LANES requests are under way; half as many after Exchange said that they were too many, and one
 * more after each quiet minute.
 *
 * The hold and the failed logins are in the ledger, so that other processes and later ones obey too, and there are
 * never more than LEDGER_LOGINS failed logins in LEDGER_LOGINS_SPAN_S. A hold is counted on the monotonic clock here:
 * setting the wall clock neither ends nor prolongs it. A refused login is forgotten when the settings were changed
 * since; `roomcal refresh` forgets any hold.
 *
 * *Login.* How all lanes sign in (net/login.h). What AUTH=auto chose is in the ledger, too, and in the log.
 *
 * The numbers are reckoned in refresh/standing. Thread-safe.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/ledger.h"
#include "config/config.h"
#include "ews/client.h"
#include "ews/fault.h"
#include "net/login.h"
#include "refresh/standing.h"

struct account;

/* A request that was let in. */
struct account_pass {
    size_t room; /* the one that is asked for, or the first of several */
    struct standing_pass standing;
};

/* `config`, `ledger` and `stop` must outlive it. Takes over a hold that the ledger knows. 0 or -ENOMEM. */
int account_create(const struct config *config, struct ledger *ledger, const atomic_bool *stop,
                   struct account **ret);
void account_destroy(struct account *account); /* NULL is allowed */

/* The account's login, which lives as long as it does. */
struct login *account_login(struct account *account);

/* Waits until there is a place for a request about `room`. true and *ret_pass: ask, then call account_leave. false and
 * *ret_denied, an answer as if it had been asked: the process is ending (`stopped`), or the account is held (its
 * fault, and in wait_s how long). */
bool account_enter(struct account *account, size_t room, struct account_pass *ret_pass,
                   struct ews_answer *ret_denied);

/* How the request went; NULL: nothing is known. True: too many were under way, there are fewer places now, and the same
 * may be asked again. */
bool account_leave(struct account *account, const struct account_pass *pass,
                   const struct ews_answer *answer);

/* Seconds until somebody may ask again, and why not; 0: now, *ret_fault is untouched. */
int64_t account_held_s(struct account *account, const struct fault **ret_fault);

/* Has the room met a fault of the account, and was not answered since? Then it may be its own, so others go first. */
bool account_room_is_troubled(struct account *account, size_t room);

/* The room was answered, as one of several. */
void account_room_is_well(struct account *account, size_t room);

/* Wakes all who wait in account_enter, after `stop` was set. */
void account_wake(struct account *account);

/* Forgets a hold, in the ledger: the account that uses it sees that (`roomcal refresh`). Failed logins are not
 * forgotten. */
void account_forget_hold(struct ledger *ledger);

#endif
