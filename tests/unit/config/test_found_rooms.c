/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct config *config_of(const struct found_room *own, size_t count)
{
    struct config *config = calloc(1, sizeof *config);

    assert_non_null(config);
    config->rooms = calloc(count + 1, sizeof *config->rooms);
    assert_non_null(config->rooms);
    for (size_t i = 0; i < count; i++)
        config->rooms[i] = (struct config_room){strdup(own[i].name), strdup(own[i].mailbox)};
    config->room_count = count;
    assert_int_equal(config_index_rooms(config), 0);
    config->awaits_rooms = true;
    return config;
}

/* Adds `found` to the rooms of ROOMS; what there is then, in order, and how many were left out. */
static void assert_rooms(const struct found_room *own, size_t own_count,
                         const struct found_room *found, size_t found_count, size_t left_out,
                         const char *expected)
{
    struct config *config = config_of(own, own_count);
    struct buf rooms = BUF_INIT(4096);
    size_t out = 0;

    assert_int_equal(config_add_rooms(config, found, found_count, 0, &out), 0);
    for (size_t i = 0; i < config->room_count; i++)
        buf_printf(&rooms, "%s=%s\n", config->rooms[i].name, config->rooms[i].mailbox);
    assert_string_equal(buf_text(&rooms), expected);
    assert_int_equal(out, left_out);
    assert_false(config->awaits_rooms);
    buf_finish(&rooms);
    config_destroy(config);
}

#define ROOMS_ARE(own, found, left_out, expected)                                                  \
    assert_rooms(own, COUNT(own), found, COUNT(found), left_out, expected)
#define FOUND_ARE(found, left_out, expected)                                                       \
    assert_rooms(NULL, 0, found, COUNT(found), left_out, expected)

static void rooms_that_were_found_come_behind_those_of_rooms_by_name(void **state)
{
    const struct found_room own[] = {{"Z", "z@x"}, {"Y", "y@x"}};
    const struct found_room found[] = {{"C", "1@x"}, {"A", "3@x"}, {"B", "2@x"}};

    (void)state;
    ROOMS_ARE(own, found, 0, "Z=z@x\nY=y@x\nA=3@x\nB=2@x\nC=1@x\n");
    FOUND_ARE(found, 0, "A=3@x\nB=2@x\nC=1@x\n");
    assert_rooms(own, COUNT(own), NULL, 0, 0, "Z=z@x\nY=y@x\n");
    assert_rooms(NULL, 0, NULL, 0, 0, "");
}

static void room_emails_gives_a_found_room_another_name(void **state)
{
    const struct found_room own[] = {{"Mine", "LAB@example.org"}};
    const struct found_room found[] = {{"Lab", "lab@EXAMPLE.org"}, {"Hall", "hall@example.org"}};

    (void)state;
    ROOMS_ARE(own, found, 0, "Mine=LAB@example.org\nHall=hall@example.org\n");
}

static void rooms_that_were_found_can_be_looked_up_beside_those_of_rooms(void **state)
{
    const struct found_room own[] = {{"Z", "z@x"}, {"Y", "y@x"}};
    const struct found_room found[] = {{"Lab", "b@x"}, {"Y", "3@x"}, {"Lab", "a@x"}};
    static const char *const names[] = {"Z", "Y", "Lab (a)", "Lab (b)", "Y (3)"};

    (void)state;
    struct config *config = config_of(own, COUNT(own));
    size_t out = 0;
    assert_int_equal(config_add_rooms(config, found, COUNT(found), 0, &out), 0);
    assert_int_equal(config->room_count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_int_equal(config_room_index(config, names[i], strlen(names[i])), i);
    assert_int_equal(config_room_index(config, "Lab", 3), -1);
    config_destroy(config);
}

static void a_room_of_two_lists_is_taken_once(void **state)
{
    const struct found_room found[] = {{"Lab", "lab@x"}, {"Hall", "hall@x"}, {"Lab", "Lab@x"}};

    (void)state;
    struct config *config = config_of(NULL, 0);
    size_t out = 1;
    assert_int_equal(config_add_rooms(config, found, COUNT(found), 0, &out), 0);
    assert_int_equal(config->room_count, 2);
    assert_string_equal(config->rooms[0].name, "Hall");
    assert_string_equal(config->rooms[1].name, "Lab");
    assert_int_equal(out, 0);
    config_destroy(config);
}

static void rooms_with_one_name_are_told_apart_whoever_comes_first(void **state)
{
    const struct found_room found[] = {{"Lab", "b@x"}, {"Lab", "a@x"}, {"Hall", "h@x"}};
    const struct found_room own[] = {{"Hall", "other@x"}};

    (void)state;
    FOUND_ARE(found, 0, "Hall=h@x\nLab (a)=a@x\nLab (b)=b@x\n");
    ROOMS_ARE(own, found, 0, "Hall=other@x\nHall (h)=h@x\nLab (a)=a@x\nLab (b)=b@x\n");
}

static void rooms_that_cannot_be_told_apart_are_left_out(void **state)
{
    const struct found_room found[] = {{"Lab", "a@x"}, {"Lab", "a@y"}, {"Hall", "h@x"}};
    const struct found_room taken[] = {{"Lab (a)", "1@x"}, {"Lab", "a@x"}, {"Lab", "b@x"}};

    (void)state;
    FOUND_ARE(found, 2, "Hall=h@x\n");
    FOUND_ARE(taken, 2, "Lab (b)=b@x\n");
}

static void a_name_that_rooms_could_not_have_becomes_the_mailboxs(void **state)
{
    char longest[201];
    char longer[202];
    char expected[600];

    (void)state;
    memset(longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    memset(longer, 'n', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    const struct found_room found[] = {{"", "a@x"},        {" \t", "b@x"},   {"\x01", "c@x"},
                                       {"\xFF", "d@x"},    {longer, "e@x"},  {longest, "f@x"},
                                       {"  Lab  ", "g@x"}, {"A,B/C", "h@x"}, {NULL, "i@x"}};
    (void)snprintf(expected, sizeof expected,
                   "A,B/C=h@x\nLab=g@x\na=a@x\nb=b@x\nc=c@x\nd=d@x\ne=e@x\ni=i@x\n%s=f@x\n",
                   longest);
    FOUND_ARE(found, 0, expected);
}

static void what_room_emails_could_not_have_is_left_out(void **state)
{
    const struct found_room found[] = {{"A", ""},      {"B", "nobody"}, {"C", "c@"},
                                       {"D", "@d"},    {"E", "e@@x"},   {"F", "<f@x>"},
                                       {"G", "g x@x"}, {"H", "h@x\n"},  {"Good", "good@x"}};

    (void)state;
    FOUND_ARE(found, 8, "Good=good@x\n");
}

static void there_are_no_more_rooms_than_rooms_could_have(void **state)
{
    static struct found_room found[CONFIG_ROOMS_MAX + 7];
    static char mailboxes[COUNT(found)][16];
    const struct found_room own[] = {{"Mine", "mine@x"}};
    size_t out = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(found); i++) {
        (void)snprintf(mailboxes[i], sizeof mailboxes[i], "%05zu@x", i);
        found[i] = (struct found_room){"", mailboxes[i]};
    }
    struct config *config = config_of(own, 1);
    assert_int_equal(config_add_rooms(config, found, COUNT(found), 0, &out), 0);
    assert_int_equal(config->room_count, CONFIG_ROOMS_MAX);
    assert_string_equal(config->rooms[CONFIG_ROOMS_MAX - 1].name, "09998");
    assert_int_equal(out, 8);
    config_destroy(config);
}

static void the_rooms_have_changed_when_the_settings_or_the_lists_did(void **state)
{
    const struct found_room found[] = {{"A", "a@x"}};
    size_t out;

    (void)state;
    struct config *config = config_of(NULL, 0);
    config->changed_at = 100;
    assert_int_equal(config_add_rooms(config, found, 1, 99, &out), 0);
    assert_int_equal(config->changed_at, 100);
    assert_int_equal(config_add_rooms(config, found, 1, 101, &out), 0);
    assert_int_equal(config->changed_at, 101);
    config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rooms_that_were_found_come_behind_those_of_rooms_by_name),
        cmocka_unit_test(room_emails_gives_a_found_room_another_name),
        cmocka_unit_test(rooms_that_were_found_can_be_looked_up_beside_those_of_rooms),
        cmocka_unit_test(a_room_of_two_lists_is_taken_once),
        cmocka_unit_test(rooms_with_one_name_are_told_apart_whoever_comes_first),
        cmocka_unit_test(rooms_that_cannot_be_told_apart_are_left_out),
        cmocka_unit_test(a_name_that_rooms_could_not_have_becomes_the_mailboxs),
        cmocka_unit_test(what_room_emails_could_not_have_is_left_out),
        cmocka_unit_test(there_are_no_more_rooms_than_rooms_could_have),
        cmocka_unit_test(the_rooms_have_changed_when_the_settings_or_the_lists_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
