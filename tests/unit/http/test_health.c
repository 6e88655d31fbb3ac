/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fixture.h"
#include "http/health.h"

#define ODD_NAME "R\xC3\xA4um/\\\"2\\\"\\\\&+ x"

static void fresh_rooms_are_ok(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    after(12);
    assert_int_equal(ask(test, "/api/health", ""), 200);
    assert_string_equal(header(test, "Content-Type"), "application/json");
    assert_string_equal(header(test, "Cache-Control"), "no-store");
    assert_string_equal(
        body(test),
        "{\"status\":\"ok\",\"version\":\"" ROOMCAL_VERSION "\",\"now\":\"2026-11-23T09:00:12Z\","
        "\"account\":{\"held\":false,\"lanes\":4,\"login\":null},\"rooms\":["
        "{\"room\":\"R1\",\"state\":\"fresh\",\"age\":12,\"items\":2,"
        "\"fetched_at\":\"2026-11-23T09:00:00Z\",\"expires_at\":\"2026-11-23T09:05:00Z\"},"
        "{\"room\":\"" ODD_NAME "\",\"state\":\"fresh\",\"age\":12,\"items\":1,"
        "\"fetched_at\":\"2026-11-23T09:00:00Z\",\"expires_at\":\"2026-11-23T09:05:00Z\"},"
        "{\"room\":\"A3\",\"state\":\"fresh\",\"age\":12,\"items\":0,"
        "\"fetched_at\":\"2026-11-23T09:00:00Z\",\"expires_at\":\"2026-11-23T09:05:00Z\"}]}");
}

static void without_the_room_lists_it_is_unavailable_and_says_why(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    test->config.room_list_count = 1;
    assert_int_equal(ask(test, "/api/health", ""), 200);
    assert_non_null(strstr(body(test), "\"room_lists\":{\"fetched\":true},"));
    test->config.awaits_rooms = true;
    ledger_set(test->site.ledger, LEDGER_LIST_FAULT, 7);
    ledger_set(test->site.ledger, LEDGER_LIST_RETRY_AT, NOW + 60);
    assert_int_equal(ask(test, "/api/health", ""), 503);
    assert_non_null(strstr(body(test), "{\"status\":\"unavailable\""));
    assert_non_null(strstr(body(test), "\"room_lists\":{\"fetched\":false,"
                                       "\"retry_at\":\"2026-11-23T09:01:00Z\","
                                       "\"error\":{\"code\":\"http_503\","
                                       "\"message\":\"Exchange is \\\"busy\\\".\"}}"));
}

static void no_rooms_at_all_are_unavailable_and_say_why(void **state)
{
    struct test_site *test = *state;

    test->config.room_list_count = 1;
    test->config.room_count = 0;
    assert_int_equal(ask(test, "/api/health", ""), 503);
    assert_non_null(strstr(body(test),
                           "\"room_lists\":{\"fetched\":true,"
                           "\"error\":{\"code\":\"no_rooms\","
                           "\"message\":\"The room lists of Exchange have no rooms.\"}}"));
}

static void expired_rooms_are_still_ok(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    after(TTL + 1);
    assert_int_equal(ask(test, "/api/health", ""), 200);
    assert_non_null(strstr(body(test), "{\"status\":\"ok\""));
    assert_non_null(strstr(body(test), "\"state\":\"expired\",\"age\":301"));
}

static void a_failure_is_told_while_data_are_fresh(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    note_failure(test, ROOM_LAST, 60);
    assert_int_equal(ask(test, "/api/health", ""), 200);
    assert_non_null(strstr(body(test), "{\"status\":\"ok\""));
    assert_non_null(strstr(body(test), "\"failures\":1"));
}

static void a_stale_room_degrades_and_tells_its_failure(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    after(TTL + 1);
    note_failure(test, ROOM_PLAIN, 60);
    note_failure(test, ROOM_PLAIN, 90);
    assert_int_equal(ask(test, "/api/health", ""), 200);
    assert_non_null(strstr(body(test), "{\"status\":\"degraded\""));
    assert_non_null(
        strstr(body(test),
               "{\"room\":\"R1\",\"state\":\"stale\",\"age\":301,\"items\":2,"
               "\"fetched_at\":\"2026-11-23T09:00:00Z\",\"expires_at\":\"2026-11-23T09:05:00Z\","
               "\"failures\":2,\"retry_at\":\"2026-11-23T09:06:31Z\","
               "\"error\":{\"code\":\"http_503\",\"message\":\"Exchange is \\\"busy\\\".\"}}"));
}

static void a_room_that_cannot_be_shown_is_unavailable(void **state)
{
    struct test_site *test = *state;

    publish(test, ROOM_PLAIN, "0");
    publish(test, ROOM_ODD, "0");
    test->config.cold_wait_s = 3600; /* health never waits: this would run into the time limit */
    assert_int_equal(ask(test, "/api/health", ""), 503);
    assert_non_null(strstr(body(test), "{\"status\":\"unavailable\""));
    assert_non_null(strstr(body(test), "{\"room\":\"A3\",\"state\":\"cold\",\"age\":null,"
                                       "\"items\":null,\"fetched_at\":null,\"expires_at\":null}"));
    note_failure(test, ROOM_LAST, 60);
    assert_int_equal(ask(test, "/api/health", ""), 503);
    assert_non_null(strstr(body(test), "{\"room\":\"A3\",\"state\":\"lost\",\"age\":null"));
    assert_non_null(strstr(body(test), "\"retry_at\":\"2026-11-23T09:01:00Z\""));
}

static void a_held_account_says_until_when_and_why(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    hold_account(test, 900);
    ledger_set(test->site.ledger, LEDGER_LANES, 2);
    assert_int_equal(ask(test, "/api/health", ""), 200);
    assert_non_null(strstr(body(test),
                           "\"account\":{\"held\":true,\"held_until\":\"2026-11-23T09:15:00Z\","
                           "\"error\":{\"code\":\"http_503\",\"message\":\"Exchange is "
                           "\\\"busy\\\".\"},\"lanes\":2,\"login\":null}"));
    after(900);
    assert_int_equal(ask(test, "/api/health", ""), 200);
    assert_non_null(strstr(body(test), "\"account\":{\"held\":false,\"lanes\":2,\"login\":null}"));
}

static void nothing_private_is_told(void **state)
{
    static const char *const private[] = {"example.org", "secret-user", "EWS", "@"};
    struct test_site *test = *state;

    publish_all(test);
    note_failure(test, ROOM_PLAIN, 60);
    hold_account(test, 900);
    assert_int_equal(ask(test, "/api/health", ""), 200);
    for (size_t i = 0; i < sizeof private / sizeof private[0]; i++)
        assert_null(strstr(buf_text(&test->sent), private[i]));
}

#define SITE_TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(fresh_rooms_are_ok),
        SITE_TEST(without_the_room_lists_it_is_unavailable_and_says_why),
        SITE_TEST(no_rooms_at_all_are_unavailable_and_say_why),
        SITE_TEST(expired_rooms_are_still_ok),
        SITE_TEST(a_failure_is_told_while_data_are_fresh),
        SITE_TEST(a_stale_room_degrades_and_tells_its_failure),
        SITE_TEST(a_room_that_cannot_be_shown_is_unavailable),
        SITE_TEST(a_held_account_says_until_when_and_why),
        SITE_TEST(nothing_private_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
