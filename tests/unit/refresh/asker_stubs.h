/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_TESTS_ASKER_STUBS_H
#define ROOMCAL_TESTS_ASKER_STUBS_H

/*
 * asker_stubs — the questions that a test does not ask: it plays one of them itself, in the library's place, and so has to
 * have all. Each says which it has by defining ASKS_FOR_…
 */

#include "refresh/asker.h"
#include "unit.h"

#ifndef ASKS_FOR_ITEMS
int ews_get_items(struct ews_client *client, const char *mailbox, const struct slice *ids,
                  size_t count, ews_take_details *on_details, void *context, struct ews_answer *ret)
{
    (void)client, (void)mailbox, (void)ids, (void)count, (void)on_details, (void)context, (void)ret;
    fail();
    return 0;
}
#endif

#ifndef ASKS_FOR_FOLDERS
int ews_check_folders(struct ews_client *client, const char *const *mailboxes, size_t count,
                      ews_take_folder *on_folder, void *context, struct ews_answer *ret)
{
    (void)client, (void)mailboxes, (void)count, (void)on_folder, (void)context, (void)ret;
    fail();
    return 0;
}
#endif

#ifndef ASKS_FOR_ROOMS
int ews_get_room_lists(struct ews_client *client, ews_take_address *on_list, void *context,
                       struct ews_answer *ret)
{
    (void)client, (void)on_list, (void)context, (void)ret;
    fail();
    return 0;
}

int ews_get_rooms(struct ews_client *client, const char *list, ews_take_address *on_room,
                  void *context, struct ews_answer *ret)
{
    (void)client, (void)list, (void)on_room, (void)context, (void)ret;
    fail();
    return 0;
}
#endif

int ews_get_folder(struct ews_client *client, const char *mailbox, struct ews_answer *ret)
{
    (void)client, (void)mailbox, (void)ret;
    fail();
    return 0;
}

int ews_find_items(struct ews_client *client, const char *mailbox, struct window window,
                   response_item *on_item, void *context, struct ews_answer *ret)
{
    (void)client, (void)mailbox, (void)window, (void)on_item, (void)context, (void)ret;
    fail();
    return 0;
}

#endif
