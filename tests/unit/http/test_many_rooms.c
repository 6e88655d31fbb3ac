/* SPDX-License-Identifier: MIT */
/*
 * As many rooms as ROOMS may have, with the longest names there can be, of bytes that every form has to escape.
 */
#include "unit.h"

#include "fixture.h"

#define NAME_LENGTH 200 /* of a room, at most: config/lists.c */

static char *longest_name(size_t number)
{
    char *name = malloc(NAME_LENGTH + 1);

    assert_non_null(name);
    memset(name, '"', NAME_LENGTH);
    (void)snprintf(name, 6, "%05zu", number);
    name[5] = '"';
    name[NAME_LENGTH] = '\0';
    return name;
}

/* Gives the site so many rooms in the place of its own; none has a file. */
static struct config_room *more_rooms(struct test_site *test)
{
    struct config_room *rooms = calloc(CONFIG_ROOMS_MAX, sizeof *rooms);
    struct err err = {""};

    assert_non_null(rooms);
    for (size_t i = 0; i < CONFIG_ROOMS_MAX; i++)
        rooms[i] = (struct config_room){longest_name(i), test->rooms[0].mailbox};
    http_reply_finish(&test->reply);
    shelf_destroy(test->site.shelf);
    test->config.rooms = rooms;
    test->config.room_count = CONFIG_ROOMS_MAX;
    assert_int_equal(config_index_rooms(&test->config), 0);
    assert_int_equal(shelf_create(&test->config, &test->site.shelf, &err), 0);
    http_reply_init(&test->reply, test->site.shelf);
    return rooms;
}

static void free_rooms(struct test_site *test, struct config_room *rooms)
{
    http_reply_finish(&test->reply); /* before the names, and with the shelf */
    for (size_t i = 0; i < CONFIG_ROOMS_MAX; i++)
        free(rooms[i].name);
    free(rooms);
}

/* Not with strstr: under a sanitizer each call of it measures all that follows, so megabytes for each room. */
static size_t count(const struct test_site *test, const char *what)
{
    const size_t length = strlen(what);
    size_t found = 0;

    for (const char *at = body(test); *at; at++)
        found += *at == *what && strncmp(at, what, length) == 0;
    return found;
}

static void all_of_them_are_shown_at_once(void **state)
{
    struct test_site *test = *state;
    struct config_room *rooms = more_rooms(test);

    for (size_t i = 0; i < CONFIG_ROOMS_MAX; i++)
        publish(test, i, "0");
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    assert_int_equal(count(test, "{\"room\":"), CONFIG_ROOMS_MAX);
    assert_int_equal(count(test, "{\"h\":0}"), CONFIG_ROOMS_MAX);
    assert_int_equal(ask(test, "/api/calendar.ics", ""), 200);
    assert_int_equal(count(test, "BEGIN:VEVENT"), CONFIG_ROOMS_MAX);
    assert_int_equal(ask(test, "/api/health", ""), 200);
    assert_int_equal(count(test, "\"state\":\"fresh\""), CONFIG_ROOMS_MAX);
    assert_int_equal(ask(test, "/api/metrics", ""), 200);
    assert_int_equal(count(test, "\nroomcal_room_items{"), CONFIG_ROOMS_MAX);
    free_rooms(test, rooms);
}

/* What has to be said of each is the longest then. */
static void all_but_one_of_them_may_be_missing(void **state)
{
    struct test_site *test = *state;
    struct config_room *rooms = more_rooms(test);

    publish(test, 0, "0");
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    assert_int_equal(count(test, "\"code\":\"not_fetched_yet\""), CONFIG_ROOMS_MAX - 1);
    assert_int_equal(ask(test, "/api/calendar.ics", ""), 200);
    assert_int_equal(ask(test, "/api/health", ""), 503);
    assert_int_equal(count(test, "\"state\":\"cold\""), CONFIG_ROOMS_MAX - 1);
    assert_int_equal(ask(test, "/api/metrics", ""), 200);
    free_rooms(test, rooms);
}

static void many_names_in_one_query_are_refused(void **state)
{
    struct test_site *test = *state;
    struct buf query = BUF_INIT(HTTP_QUERY_MAX);

    publish_all(test);
    while (query.length + strlen("room=R1&") <= HTTP_QUERY_MAX)
        buf_append_text(&query, "room=R1&");
    assert_int_equal(ask(test, "/api/calendar", buf_text(&query)), 400);
    assert_non_null(strstr(body(test), "1000"));
    buf_finish(&query);
}

#define SITE_TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(all_of_them_are_shown_at_once),
        SITE_TEST(all_but_one_of_them_may_be_missing),
        SITE_TEST(many_names_in_one_query_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
