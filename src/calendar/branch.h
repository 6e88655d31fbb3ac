/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_BRANCH_H
#define ROOMCAL_CALENDAR_BRANCH_H

/*
 * branch — an element of an item with what is below it
 *
 * The leaves of an item are a flat list (calendar/item.h). Where an element holds a list of
 * structures, a branch is one of them: the leaves that belong to it.
 *
 *     RequiredAttendees   ""                        branch_of
 *                         "Attendee"                  first branch_next
 *                         "Attendee/Mailbox"          :
 *                         "Attendee/Mailbox/Name"     :  branch_text(…, "Mailbox/Name", …)
 *                         "Attendee"                  second branch_next
 *                         "Attendee/Mailbox"          :
 *
 * A branch borrows the item and is valid until its next item_add or item_clear.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "calendar/item.h"

struct branch {
    const struct item *item;
    size_t begin, end;  /* places of its leaves: [begin, end) */
    size_t path_length; /* of its own path; 0 for the element that was asked for */
    struct slice name;  /* of its element; empty for the one that was asked for */
};

/* All leaves of a wanted element. false: the item does not have it. */
bool branch_of(const struct item *item, size_t element, struct branch *ret);

/* The child behind `child`, in the document's order; the first one if *child is all zero. false:
 * there is no more. */
bool branch_next(const struct branch *parent, struct branch *child);

/* The first child of that name. false: there is none. */
bool branch_child(const struct branch *parent, const char *name, struct branch *ret);

/* The text at a path below the branch, "" for its own. false: there is no such leaf, or its text is
 * empty, which exchangelib takes as missing too. */
bool branch_text(const struct branch *branch, const char *path, struct slice *ret);

#endif
