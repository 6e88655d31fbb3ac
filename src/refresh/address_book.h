/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_ADDRESS_BOOK_H
#define ROOMCAL_REFRESH_ADDRESS_BOOK_H

/*
 * address_book — the rooms of Exchange's room lists, as it tells them
 *
 * Nothing is checked, and a room that is in two lists comes twice: config_add_rooms and room_list_write see to that.
 * Belongs to one lane.
 */

#include <stddef.h>

#include "base/buf.h"
#include "cache/room_list.h"
#include "config/config.h"
#include "refresh/asker.h"

#define ADDRESS_BOOK_ROOMS_MAX ((size_t)4 * CONFIG_ROOMS_MAX) /* they may be in several lists */
#define ADDRESS_BOOK_LISTS_MAX ((size_t)1000) /* of ROOM_LIST=*; each is a request */

struct address_book {
    struct buf text; /* "name\0mailbox\0name\0…" */
    size_t count;
    size_t limit; /* what comes behind it is passed over */
};

void address_book_init(struct address_book *book);
void address_book_finish(struct address_book *book);

/* Asks for the rooms of the lists that ROOM_LIST names, or, if that is *, for all lists and their rooms. 0 and *ret; the
 * book is complete when there is no fault in it and it was not stopped. < 0: trouble of our own. */
int address_book_ask(struct address_book *book, const struct config *config,
                     const struct asker *asker, struct ews_answer *ret);

/* The rooms, in an array that the caller frees; they borrow from the book. NULL: no memory. */
struct found_room *address_book_rooms(const struct address_book *book);

#endif
