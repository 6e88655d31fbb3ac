/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_CLIENT_H
#define ROOMCAL_EWS_CLIENT_H

/*
 * client — asks Exchange one question and tells how it went
 *
 * Writes the request, and makes of what the reply tells what was asked for. Belongs to one lane (thread), as its dialog
 * does.
 *
 * With ACCESS=impersonation each question is asked in the name of the mailbox that it is about, and with its rights; so it
 * can be about one only.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "calendar/field.h"
#include "calendar/window.h"
#include "ews/dialog.h"
#include "ews/fault.h"
#include "ews/response.h"

struct ews_client;

/* All but `ret` and `err` must outlive the client. 0 or < 0. */
int ews_client_create(const struct config *config, struct login *login,
                      const struct field_plan *plan, const atomic_bool *stop,
                      struct ews_client **ret, struct err *err);
void ews_client_destroy(struct ews_client *client);

/* The items of `mailbox` that Exchange counts into the window. Those of a reply that turns out to
 * be truncated or broken have been handed on by then, so the caller collects and decides at the
 * end. A truncated reply and ErrorExceededFindCountLimit are faults with action FAULT_SPLIT. 0 and
 * *ret; < 0: what `on_item` returned to end it, -ENOMEM, or -EOVERFLOW for a request over
 * REQUEST_SIZE_MAX. */
int ews_find_items(struct ews_client *client, const char *mailbox, struct window window,
                   response_item *on_item, void *context, struct ews_answer *ret);

/* What became of one of the items that were asked for. */
struct ews_details {
    size_t place;              /* in the ids */
    const struct item *item;   /* valid during the call; NULL: refused */
    const struct fault *fault; /* why */
    const char *reason;        /* for the log: Exchange's text; "" with an item */
};

/* 0, or < 0 to end the question. */
typedef int ews_take_details(void *context, const struct ews_details *details);

/* The items with these ids, with what FindItem does not give or cuts (see request_get_item). Each is
 * told of in the order of the ids, as the reply streams in; one that Exchange refuses is no fault of
 * the question, unless that is throttling (FAULT_REST) and says for how long. "unexpected_reply" is: fewer
 * or more than were asked for, or another item than the one whose turn it is. `mailbox` only routes the
 * request, or is in whose name it is made. 0 and *ret; < 0 as above. */
int ews_get_items(struct ews_client *client, const char *mailbox, const struct slice *ids,
                  size_t count, ews_take_details *on_details, void *context,
                  struct ews_answer *ret);

/* Folders that are asked for in one change check, at most: servers open no more mailboxes for one request. */
#define EWS_FOLDERS_MAX 16

/* What the change check says of one calendar. Two equal pairs mean that nothing was changed between them, if the
 * commit was over by then (see refresh/check.h). */
struct ews_folder {
    size_t place;              /* in the mailboxes */
    const struct fault *fault; /* why it was refused; NULL: it is there and readable */
    struct slice
        committed; /* PR_LOCAL_COMMIT_TIME_MAX as the server writes it; empty: not answered. Valid during the call */
    struct slice deleted; /* PR_DELETED_COUNT_TOTAL, the same */
    const char *reason;   /* of a refusal, for the log */
};

/* 0, or < 0 to end the question. */
typedef int ews_take_folder(void *context, const struct ews_folder *folder);

/* Asks for the calendars of 1 to EWS_FOLDERS_MAX mailboxes (with ACCESS=impersonation: 1) in one GetFolder, with the two properties in which every
 * change of a folder's content shows. Told of in the order of the mailboxes; a refusal of one is no fault of the
 * question, unless that is throttling (FAULT_REST) and says for how long. Fewer than were asked for is
 * "unexpected_reply", after those that came; more is that too. An answer does not name its mailbox, so what was told
 * before an "unexpected_reply" may belong to another. The first mailbox routes the request. 0 and *ret; < 0 as above.
 * Sources:
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/getfolder-operation
 * https://learn.microsoft.com/office/client-developer/outlook/mapi/pidtaglocalcommittimemax-canonical-property
 * https://learn.microsoft.com/office/client-developer/outlook/mapi/pidtagdeletedcounttotal-canonical-property */
int ews_check_folders(struct ews_client *client, const char *const *mailboxes, size_t count,
                      ews_take_folder *on_folder, void *context, struct ews_answer *ret);

/* Is the calendar of `mailbox` there and readable? 0 and *ret; < 0 as above. */
int ews_get_folder(struct ews_client *client, const char *mailbox, struct ews_answer *ret);

/* A room, or a list of rooms, as Exchange's address book has it. Valid during the call. */
struct ews_address {
    struct slice name;    /* may be empty */
    struct slice mailbox; /* SMTP address */
};

/* 0, or < 0 to end the question. */
typedef int ews_take_address(void *context, const struct ews_address *address);

/* The lists of rooms that the organisation has (GetRoomLists). A server without any gives none. With ACCESS=impersonation it
 * is asked in the name of the first room of the settings, as is GetRooms. 0 and *ret; < 0 as
 * above. Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/getroomlists-operation */
int ews_get_room_lists(struct ews_client *client, ews_take_address *on_list, void *context,
                       struct ews_answer *ret);

/* The rooms of one list (GetRooms). 0 and *ret; < 0 as above. Source:
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/getrooms-operation */
int ews_get_rooms(struct ews_client *client, const char *list, ews_take_address *on_room,
                  void *context, struct ews_answer *ret);

struct ews_totals ews_client_totals(const struct ews_client *client);

#endif
