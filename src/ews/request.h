/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_REQUEST_H
#define ROOMCAL_EWS_REQUEST_H

/*
 * request — writes SOAP envelopes, valid against Microsoft's messages.xsd
 */

#include "base/buf.h"
#include "calendar/field.h"
#include "calendar/window.h"

#define REQUEST_SIZE_MAX (1u << 20)

/* FindItem with CalendarView over the calendar of `mailbox`, for the plan's elements (but ItemId,
 * which always comes), MaxEntriesReturned WINDOW_ITEMS_MAX. Appends the envelope. 0, -ENOMEM,
 * -EOVERFLOW. Source:
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation */
int request_find_item(const struct field_plan *plan, const char *mailbox, struct window window,
                      struct buf *out);

/* GetFolder of the calendar of `mailbox`, IdOnly: the cheapest question that shows that server,
 * login and right are in order. */
int request_get_folder(const char *mailbox, struct buf *out);

#endif
