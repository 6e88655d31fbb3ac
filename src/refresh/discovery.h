/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_DISCOVERY_H
#define ROOMCAL_REFRESH_DISCOVERY_H

/*
 * discovery — takes the rooms from Exchange's room lists (ROOM_LIST)
 *
 * Asks once a day, and keeps what was told in CACHE_DIR (cache/room_list.h), from where each process takes it: so a
 * restart needs no Exchange, and all processes have the same rooms. What is shown meanwhile is what the process
 * started with; that the file says something else now is noticed by whoever looks (room_list_look), not here.
 *
 * Any failure keeps the list that there is, and is tried again as a room's would be (refresh/patience.h). When, and
 * why, stands in the ledger, for all processes and for later ones. A list that comes back without any room where it had
 * some is kept as well, until it is still empty DISCOVERY_PERIOD_S later.
 *
 * Logs: one line when the rooms have changed, one when asking begins to fail, one when it works again.
 */

#include <stdbool.h>
#include <stdint.h>

#include "cache/ledger.h"
#include "cache/room_list.h"
#include "cache/shelf.h"
#include "config/config.h"

#define DISCOVERY_PERIOD_S 86400

struct asker;      /* refresh/asker.h */
struct ews_answer; /* ews/dialog.h */

struct discovery {
    const struct config *config;
    struct shelf *shelf;
    struct ledger *ledger;
    struct room_list_watch watch; /* of the file, for discovery_due_at */
    bool is_failing;              /* and that stands in the log */
};

/* Is there a ROOM_LIST? Without one none of the others may be called. */
bool discovery_wanted(const struct config *config);

/* Adds the rooms of the list that is kept to the config, for a process that begins. *ret_watch is for room_list_look,
 * which then tells when there are others. 0; 1: there is no list that can be used, so config->awaits_rooms stays, and
 * `err` says why ("": there never was one); -ENOMEM. *ret_left_out: see config_add_rooms. */
int discovery_add_rooms(struct config *config, int cache_dirfd, struct room_list_watch *ret_watch,
                        size_t *ret_left_out, struct err *err);

/* All of them must outlive it. Nothing has to be finished. 0 or -ENOMEM. */
int discovery_init(struct discovery *discovery, const struct config *config, struct shelf *shelf,
                   struct ledger *ledger);

/* When the lists have to be asked for: UTC seconds; what is not later than `now_utc` is due. One look at the file.
 * For who holds the lease; not while discovery_run is under way. */
int64_t discovery_due_at(struct discovery *discovery, int64_t now_utc);

/* Asks Exchange, waits for its answers, and keeps what it said. Whatever came of it, discovery_due_at lies ahead
 * afterwards, and it was logged. For a lane, without a lock; one at a time, under the lease. */
void discovery_run(struct discovery *discovery, const struct asker *asker, int64_t now_utc);

#define DISCOVERY_REST_S 60

/* There was no more time (plain CGI): the lists are left alone for DISCOVERY_REST_S, or the next visitor would wait for them
 * as long. */
void discovery_give_up(struct ledger *ledger, int64_t now_utc);

/* Asks Exchange and adds the rooms to the config, for who keeps nothing (the operator's command). 0 and *ret, of which
 * the fault says why there are none; < 0. *ret_left_out: see config_add_rooms; untouched with a fault. */
int discovery_ask(struct config *config, const struct asker *asker, size_t *ret_left_out,
                  struct ews_answer *ret);

/* Makes the lists due now (`roomcal refresh`), and forgets failures. 0 or < 0. */
int discovery_forget(int cache_dirfd, struct ledger *ledger, struct err *err);

#endif
