/* SPDX-License-Identifier: MIT */
#include "refresh/asker.h"

/* `result` is the client's. */
static int leave(const struct asker *asker, const struct account_pass *pass, int result,
                 const struct ews_answer *answer)
{
    bool again = account_leave(asker->account, pass, result ? NULL : answer);

    return result ? result : again ? ASKER_AGAIN : 0;
}

int asker_find_items(const struct asker *asker, struct asker_room room, struct window window,
                     response_item *on_item, void *context, struct ews_answer *ret)
{
    struct account_pass pass;

    if (!account_enter(asker->account, room.room, &pass, ret))
        return 0;
    int result = ews_find_items(asker->client, room.mailbox, window, on_item, context, ret);
    return leave(asker, &pass, result, ret);
}

int asker_get_items(const struct asker *asker, struct asker_room room, const struct slice *ids,
                    size_t count, ews_take_details *on_details, void *context,
                    struct ews_answer *ret)
{
    struct account_pass pass;

    if (!account_enter(asker->account, room.room, &pass, ret))
        return 0;
    int result = ews_get_items(asker->client, room.mailbox, ids, count, on_details, context, ret);
    return leave(asker, &pass, result, ret);
}

int asker_check_folders(const struct asker *asker, size_t first, const char *const *mailboxes,
                        size_t count, ews_take_folder *on_folder, void *context,
                        struct ews_answer *ret)
{
    struct account_pass pass;

    if (!account_enter(asker->account, first, &pass, ret))
        return 0;
    int result = ews_check_folders(asker->client, mailboxes, count, on_folder, context, ret);
    /* Without this question the rooms can still be fetched, so it must not be held against the account. */
    bool is_answer = !result && ret->fault && fault_is_misunderstanding(ret->fault);
    const struct ews_answer answered = {.wait_s = -1};
    return leave(asker, &pass, result, is_answer ? &answered : ret);
}

int asker_get_folder(const struct asker *asker, struct asker_room room, struct ews_answer *ret)
{
    struct account_pass pass;

    if (!account_enter(asker->account, room.room, &pass, ret))
        return 0;
    int result = ews_get_folder(asker->client, room.mailbox, ret);
    return leave(asker, &pass, result, ret);
}

int asker_get_room_lists(const struct asker *asker, ews_take_address *on_list, void *context,
                         struct ews_answer *ret)
{
    struct account_pass pass;

    if (!account_enter(asker->account, ASKER_NO_ROOM, &pass, ret))
        return 0;
    int result = ews_get_room_lists(asker->client, on_list, context, ret);
    return leave(asker, &pass, result, ret);
}

int asker_get_rooms(const struct asker *asker, const char *list, ews_take_address *on_room,
                    void *context, struct ews_answer *ret)
{
    struct account_pass pass;

    if (!account_enter(asker->account, ASKER_NO_ROOM, &pass, ret))
        return 0;
    int result = ews_get_rooms(asker->client, list, on_room, context, ret);
    return leave(asker, &pass, result, ret);
}
