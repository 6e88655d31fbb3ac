/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_ASKER_H
#define ROOMCAL_REFRESH_ASKER_H

/*
 * asker — asks a question of Exchange when the account may ask
 *
 * Each of these is a question of ews/client.h inside account_enter and account_leave. They return what that does, and
 *
 *     0            *ret is the answer; also when the account is held or the process ends: nothing was sent then
 *     ASKER_AGAIN  Exchange had too many requests at a time; there are fewer now: ask the same again. What was handed
 *                  on of a list may come again
 *     < 0          trouble of our own
 */

#include "refresh/account.h"

#define ASKER_AGAIN 1

/* In place of a room, for questions that concern none. */
#define ASKER_NO_ROOM SIZE_MAX

struct asker {
    struct ews_client *client;
    struct account *account;
};

/* About a room: its place in ROOMS, and its mailbox. */
struct asker_room {
    size_t room;
    const char *mailbox;
};

int asker_find_items(const struct asker *asker, struct asker_room room, struct window window,
                     response_item *on_item, void *context, struct ews_answer *ret);

int asker_get_items(const struct asker *asker, struct asker_room room, const struct slice *ids,
                    size_t count, ews_take_details *on_details, void *context,
                    struct ews_answer *ret);

/* `first`: of the rooms whose mailboxes these are. */
int asker_check_folders(const struct asker *asker, size_t first, const char *const *mailboxes,
                        size_t count, ews_take_folder *on_folder, void *context,
                        struct ews_answer *ret);

int asker_get_folder(const struct asker *asker, struct asker_room room, struct ews_answer *ret);

int asker_get_room_lists(const struct asker *asker, ews_take_address *on_list, void *context,
                         struct ews_answer *ret);

int asker_get_rooms(const struct asker *asker, const char *list, ews_take_address *on_room,
                    void *context, struct ews_answer *ret);

#endif
