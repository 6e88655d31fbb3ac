/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_DETAILS_H
#define ROOMCAL_REFRESH_DETAILS_H

/*
 * details — what FindItem did not tell, asked for with GetItem
 *
 * An item is asked for again when ITEM_FIELDS names something that only GetItem gives, or when one
 * of its texts may have been cut (calendar/item.h), or when the organizer's address is wanted and
 * FindItem gave none. For the last one item of a series is enough (refresh/organizers.h). Whoever
 * knows an item already does not add it here.
 *
 * Items wait until FindItem's reply is through, because the connection is busy until then; so at most
 * one window of them is kept, as FindItem gave them. Then they are asked for in batches, and each is
 * handed on as its details arrive: what is long (bodies) is in memory for one item at a time.
 *
 * What is refused:
 *
 *     the item is gone          it is dropped: so Exchange says that a meeting was deleted meanwhile
 *     Exchange cannot read it   it is handed on as FindItem gave it, and asked for again next time
 *     we cannot hold it         (ews/response.h's limits) it is asked for alone, then handed on as
 *                               FindItem gave it
 *     the batch is too much     what is left of it is asked for in batches of half the size, which
 *                               grow again slowly; alone, it is the room's fault
 *     anything else             is the room's fault
 */

#include <stdbool.h>
#include <stddef.h>

#include "cache/room_file.h"
#include "calendar/field.h"
#include "calendar/item.h"
#include "calendar/window.h"
#include "refresh/asker.h"
#include "refresh/organizers.h"

#define DETAILS_MAX        WINDOW_ITEMS_MAX /* items that wait */
#define DETAILS_BATCH      50               /* items asked for at once */
#define DETAILS_BATCH_STEP 5 /* by so many a smaller batch grows when it was answered */

/* An item, and what stays with it on its way. */
struct details_item {
    const struct item *item; /* borrowed */
    struct item_span span;
    struct room_version version; /* cache/room_versions.h; all zero: not to be known next time */
};

struct details_waiting;

struct details {
    const struct field_plan *plan;
    struct organizers *organizers;
    struct details_waiting *waiting; /* the first `ready` of them are initialised */
    size_t count;
    size_t ready;
    struct item
        whole;    /* the one that is completed now; those that wait stay as small as they came */
    size_t batch; /* how many are asked for at once now */
};

/* Takes an item that is complete now. 0, or < 0 to end it all. */
typedef int details_take(void *context, const struct details_item *item);

/* `plan` and `organizers` must outlive it. */
void details_init(struct details *details, const struct field_plan *plan,
                  struct organizers *organizers);
void details_finish(struct details *details);

/* Forgets the items that wait. */
void details_clear(struct details *details);

/* The item itself is not all there: a chosen attribute is GetItem's, or a text may go on. It need not
 * be asked for when it is known with the same version. */
bool details_are_lacking(const struct details *details, const struct item *item);

/* The organizer's address is not wanted, or the item has it. */
bool details_have_address(const struct details *details, const struct item *item);

/* Gives the item the address that is known of its series ("" for none). 0; 1: none is known; < 0. */
int details_add_address(const struct details *details, struct item *item);

/* Lets a copy of the item, which has an id, wait to be asked for. 0, -ENOMEM, -EOVERFLOW past DETAILS_MAX. */
int details_add(struct details *details, const struct details_item *item);

/* Asks for all that wait, and hands them on, in no particular order. 0 and *ret, which says how it
 * went (its fault, stopped, wait_s and detail); < 0: what `take` returned, or as ews_get_items.
 * Nothing waits afterwards. */
int details_complete(struct details *details, const struct asker *asker, struct asker_room room,
                     details_take *take, void *context, struct ews_answer *ret);

#endif
