/* SPDX-License-Identifier: MIT */
#include "refresh/address_book.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (ADDRESS_BOOK_ROOMS_MAX * 2 * (ROOM_LIST_TEXT_MAX + 1))

static void begin(struct address_book *book, size_t limit)
{
    *book = (struct address_book){.text = BUF_INIT(TEXT_MAX), .limit = limit};
}

void address_book_init(struct address_book *book)
{
    begin(book, ADDRESS_BOOK_ROOMS_MAX);
}

void address_book_finish(struct address_book *book)
{
    buf_finish(&book->text);
}

/* ---- what is told ---------------------------------------------------------------------------- */

static void append_text(struct buf *text, struct slice part)
{
    size_t length = part.length < ROOM_LIST_TEXT_MAX ? part.length : ROOM_LIST_TEXT_MAX;

    buf_append(text, part.at, length);
    buf_append_char(text, '\0');
}

/* ews_take_address. What has no address cannot be asked for. */
static int take_address(void *context, const struct ews_address *address)
{
    struct address_book *book = context;

    if (book->count == book->limit || !address->mailbox.length)
        return 0;
    append_text(&book->text, address->name);
    append_text(&book->text, address->mailbox);
    book->count++;
    return buf_error(&book->text);
}

/* The next address behind *at, which begins at the text's begin. */
static struct found_room next_address(const char **at)
{
    struct found_room room = {.name = *at};

    room.mailbox = room.name + strlen(room.name) + 1;
    *at = room.mailbox + strlen(room.mailbox) + 1;
    return room;
}

struct found_room *address_book_rooms(const struct address_book *book)
{
    struct found_room *rooms = calloc(book->count + 1, sizeof *rooms);
    const char *at = buf_text(&book->text);

    for (size_t i = 0; rooms && i < book->count; i++)
        rooms[i] = next_address(&at);
    return rooms;
}

/* ---- asking: what is asked twice is told twice, which is no harm ----------------------------- */

static int ask_for_rooms(struct address_book *book, const struct asker *asker, const char *list,
                         struct ews_answer *ret)
{
    int result;

    do
        result = asker_get_rooms(asker, list, take_address, book, ret);
    while (result == ASKER_AGAIN);
    return result;
}

static int ask_for_lists(struct address_book *lists, const struct asker *asker,
                         struct ews_answer *ret)
{
    int result;

    do
        result = asker_get_room_lists(asker, take_address, lists, ret);
    while (result == ASKER_AGAIN);
    return result;
}

/* May the next list be asked for? */
static bool goes_on(int error, const struct ews_answer *answer)
{
    return !error && !answer->fault && !answer->stopped;
}

static int ask_for_all(struct address_book *book, const struct asker *asker, struct ews_answer *ret)
{
    struct address_book lists;

    begin(&lists, ADDRESS_BOOK_LISTS_MAX);
    int error = ask_for_lists(&lists, asker, ret);
    const char *at = buf_text(&lists.text);
    for (size_t i = 0; i < lists.count && goes_on(error, ret); i++)
        error = ask_for_rooms(book, asker, next_address(&at).mailbox, ret);
    address_book_finish(&lists);
    return error;
}

int address_book_ask(struct address_book *book, const struct config *config,
                     const struct asker *asker, struct ews_answer *ret)
{
    int error = 0;

    *ret = (struct ews_answer){0};
    if (strcmp(config->room_lists[0], "*") == 0)
        return ask_for_all(book, asker, ret);
    for (size_t i = 0; i < config->room_list_count && goes_on(error, ret); i++)
        error = ask_for_rooms(book, asker, config->room_lists[i], ret);
    return error;
}
