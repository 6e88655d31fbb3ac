/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_REQUEST_H
#define ROOMCAL_EWS_REQUEST_H

/*
 * request — writes questions, valid against Microsoft's messages.xsd, and the SOAP envelope round them
 *
 * All functions append to `out`, and return 0, -ENOMEM or -EOVERFLOW.
 */

#include <stddef.h>

#include "base/buf.h"
#include "base/text.h"
#include "calendar/field.h"
#include "calendar/window.h"

#define REQUEST_SIZE_MAX     (1u << 20) /* of a question; an envelope has at most so much more: */
#define REQUEST_ENVELOPE_MAX 4096

/* Exchange's versions whose requests we know to speak, by number, the newest first: 2013 SP1, which is the last that
 * Microsoft documents, 2013, 2010 SP2. Source:
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/requestserverversion */
#define REQUEST_VERSIONS 3

/* The envelope that asks `question` in that version, with the rights of the mailbox `impersonated`, or with the account's
 * own if that is NULL. Source:
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/exchangeimpersonation */
int request_envelope(int version, const char *impersonated, struct slice question, struct buf *out);

/* FindItem with CalendarView over the calendar of `mailbox`, for those of the plan's elements that
 * FindItem gives (but ItemId, which always comes), MaxEntriesReturned WINDOW_ITEMS_MAX. Source:
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation */
int request_find_item(const struct field_plan *plan, const char *mailbox, struct window window,
                      struct buf *out);

/* GetItem of the items with these ids, for what FindItem does not give or may have cut: elements
 * whose source is FIELD_GET, texts, and the Organizer, which here has an address; and Sensitivity,
 * because a text may be younger than what FindItem said of it. Bodies are asked for in the type they
 * are stored in. Source:
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/getitem-operation */
int request_get_item(const struct field_plan *plan, const struct slice *ids, size_t count,
                     struct buf *out);

/* GetFolder of the calendar of `mailbox`, IdOnly: the cheapest question that shows that server,
 * login and right are in order. */
int request_get_folder(const char *mailbox, struct buf *out);

/* The same of several mailboxes, and for the two properties in which every change of a folder's
 * content shows: PR_LOCAL_COMMIT_TIME_MAX and PR_DELETED_COUNT_TOTAL. */
int request_check_folders(const char *const *mailboxes, size_t count, struct buf *out);

/* GetRoomLists. Source:
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/getroomlists-operation */
int request_get_room_lists(struct buf *out);

/* GetRooms of the list with that address. Source:
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/getrooms-operation */
int request_get_rooms(const char *list, struct buf *out);

#endif
