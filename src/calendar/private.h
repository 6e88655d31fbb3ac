/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_PRIVATE_H
#define ROOMCAL_CALENDAR_PRIVATE_H

/*
 * private — what of a private item may be shown
 *
 * Under PRIVATE_ITEMS=mask a private item keeps its time, its duration, whether it is all-day and
 * its free/busy status; its subject is "Private"; every other leaf is gone before anything is
 * rendered, so that neither JSON nor iCalendar, nor the room file, can tell it. Its id, changekey and
 * UID would lead back to the item, so they are hashes of the id; they stay the same over refreshes.
 */

#include <stdbool.h>

#include "calendar/field.h"
#include "calendar/item.h"

/* Its Sensitivity is there and not Normal: Personal, Private, Confidential, or a word that a newer
 * Exchange may have. */
bool private_is(const struct item *item);

/* It is private, and PRIVATE_ITEMS says that such an item is not to be shown as it is. */
bool private_is_hidden(const struct field_plan *plan, const struct item *item);

/* Fills `ret`, an initialised item, with what may be shown of `item`; what it had is forgotten. 0,
 * -ENOMEM, -EOVERFLOW. */
int private_mask(const struct item *item, struct item *ret);

#endif
