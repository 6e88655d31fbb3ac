/* SPDX-License-Identifier: MIT */
#include "refresh/address_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* Exchange is played by two questions of our own. Each list "n@x" has the room "room n". */

static struct {
    struct buf asked;    /* the lists whose rooms were asked for */
    size_t lists;        /* that there are */
    int too_many;        /* complaints of too many requests at a time */
    const char *refused; /* this list's rooms are not told */
} world;

static const struct fault refusal = {.number = 5, .code = "refused"};

static int tell(ews_take_address *on_address, void *context, const char *name, const char *mailbox)
{
    const struct ews_address address = {slice_of(name), slice_of(mailbox)};

    return on_address(context, &address);
}

int asker_get_room_lists(const struct asker *asker, ews_take_address *on_list, void *context,
                         struct ews_answer *ret)
{
    char mailbox[32];

    (void)asker;
    *ret = (struct ews_answer){0};
    for (size_t i = 1; i <= world.lists; i++) {
        (void)snprintf(mailbox, sizeof mailbox, "%zu@x", i);
        assert_int_equal(tell(on_list, context, "a list", mailbox), 0);
    }
    assert_int_equal(tell(on_list, context, "without address", ""), 0);
    return 0;
}

int asker_get_rooms(const struct asker *asker, const char *list, ews_take_address *on_room,
                    void *context, struct ews_answer *ret)
{
    char name[32];

    (void)asker;
    *ret = (struct ews_answer){0};
    buf_printf(&world.asked, "%s ", list);
    if (world.refused && strcmp(world.refused, list) == 0) {
        ret->fault = &refusal;
        return 0;
    }
    (void)snprintf(name, sizeof name, "room %c", list[0]);
    assert_int_equal(tell(on_room, context, name, "room@x"), 0);
    return world.too_many-- > 0 ? ASKER_AGAIN : 0;
}

static int begin(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    buf_init(&world.asked, 1u << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_finish(&world.asked);
    return 0;
}

/* Asks for these lists; the book is to be finished. */
static struct ews_answer ask(struct address_book *book, const char *one, const char *two)
{
    char first[16];
    char second[16] = "";
    char *lists[] = {first, second};
    struct config config = {.room_lists = lists, .room_list_count = two ? 2 : 1};
    const struct asker asker = {0};
    struct ews_answer answer;

    (void)snprintf(first, sizeof first, "%s", one);
    if (two)
        (void)snprintf(second, sizeof second, "%s", two);
    address_book_init(book);
    assert_int_equal(address_book_ask(book, &config, &asker, &answer), 0);
    return answer;
}

static void the_named_lists_are_asked_for_in_their_order(void **state)
{
    struct address_book book;

    (void)state;
    assert_null(ask(&book, "b@x", "a@x").fault);
    assert_string_equal(buf_text(&world.asked), "b@x a@x ");
    struct found_room *rooms = address_book_rooms(&book);
    assert_int_equal(book.count, 2);
    assert_string_equal(rooms[0].name, "room b");
    assert_string_equal(rooms[0].mailbox, "room@x");
    assert_string_equal(rooms[1].name, "room a");
    free(rooms);
    address_book_finish(&book);
}

static void a_star_asks_for_every_list_that_has_an_address(void **state)
{
    struct address_book book;

    (void)state;
    world.lists = 3;
    assert_null(ask(&book, "*", NULL).fault);
    assert_string_equal(buf_text(&world.asked), "1@x 2@x 3@x ");
    assert_int_equal(book.count, 3);
    address_book_finish(&book);
}

static void without_lists_there_are_no_rooms(void **state)
{
    struct address_book book;

    (void)state;
    assert_null(ask(&book, "*", NULL).fault);
    assert_int_equal(book.count, 0);
    address_book_finish(&book);
}

static void a_list_that_is_refused_ends_the_asking(void **state)
{
    struct address_book book;

    (void)state;
    world.refused = "2@x";
    world.lists = 3;
    assert_ptr_equal(ask(&book, "*", NULL).fault, &refusal);
    assert_string_equal(buf_text(&world.asked), "1@x 2@x ");
    address_book_finish(&book);
}

static void too_many_requests_at_a_time_are_asked_again(void **state)
{
    struct address_book book;

    (void)state;
    world.too_many = 2;
    assert_null(ask(&book, "a@x", NULL).fault);
    assert_string_equal(buf_text(&world.asked), "a@x a@x a@x ");
    address_book_finish(&book);
}

static void lists_beyond_the_limit_are_not_asked_for(void **state)
{
    struct address_book book;

    (void)state;
    world.lists = ADDRESS_BOOK_LISTS_MAX + 5;
    assert_null(ask(&book, "*", NULL).fault);
    assert_int_equal(book.count, ADDRESS_BOOK_LISTS_MAX);
    address_book_finish(&book);
}

#define BOOK_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOOK_TEST(the_named_lists_are_asked_for_in_their_order),
        BOOK_TEST(a_star_asks_for_every_list_that_has_an_address),
        BOOK_TEST(without_lists_there_are_no_rooms),
        BOOK_TEST(a_list_that_is_refused_ends_the_asking),
        BOOK_TEST(too_many_requests_at_a_time_are_asked_again),
        BOOK_TEST(lists_beyond_the_limit_are_not_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
