/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fixture.h"
#include "http/metrics.h"

#define ODD_LABEL "room=\"R\xC3\xA4um/\\\"2\\\"\\\\&+ x\""

/* The body has this line. */
static bool has_line(const struct test_site *test, const char *line)
{
    char framed[512];

    (void)snprintf(framed, sizeof framed, "\n%s\n", line);
    return strstr(body(test), framed) != NULL;
}

static void assert_lines(struct test_site *test, const char *const lines[], size_t count)
{
    assert_int_equal(ask(test, "/api/metrics", ""), 200);
    for (size_t i = 0; i < count; i++) {
        if (!has_line(test, lines[i]))
            fail_msg("no line \"%s\" in\n%s", lines[i], body(test));
    }
}

#define ASSERT_LINES(test, ...)                                                                    \
    assert_lines(test, (const char *const[]){__VA_ARGS__},                                         \
                 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* How many lines begin so. */
static size_t count_lines(const struct test_site *test, const char *start)
{
    size_t count = 0;

    for (const char *line = body(test); line[0]; line = strchr(line, '\n') + 1)
        count += strncmp(line, start, strlen(start)) == 0;
    return count;
}

static void it_is_prometheus_text_that_no_cache_keeps(void **state)
{
    struct test_site *test = *state;

    assert_int_equal(ask(test, "/api/metrics", ""), 200);
    assert_string_equal(header(test, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_string_equal(header(test, "Cache-Control"), "no-store");
    ASSERT_LINES(test, "# TYPE roomcal_build_info gauge",
                 "roomcal_build_info{version=\"" ROOMCAL_VERSION "\"} 1");
}

static void a_room_tells_its_age_items_failures_and_next_try(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    note_failure(test, ROOM_LAST, 900);
    after(12);
    ASSERT_LINES(test, "# TYPE roomcal_room_items gauge",
                 "roomcal_room_age_seconds{room=\"R1\"} 12", "roomcal_room_items{room=\"R1\"} 2",
                 "roomcal_room_items{room=\"A3\"} 0",
                 "roomcal_room_consecutive_failures{room=\"R1\"} 0",
                 "roomcal_room_consecutive_failures{room=\"A3\"} 1",
                 "roomcal_room_next_try_timestamp_seconds{room=\"R1\"} 1795424700",
                 "roomcal_room_next_try_timestamp_seconds{room=\"A3\"} 1795425300");
}

static void a_room_is_in_one_of_all_states(void **state)
{
    struct test_site *test = *state;

    publish(test, ROOM_PLAIN, "0");
    ASSERT_LINES(test, "roomcal_room_state{room=\"R1\",state=\"fresh\"} 1",
                 "roomcal_room_state{room=\"R1\",state=\"stale\"} 0",
                 "roomcal_room_state{room=\"A3\",state=\"cold\"} 1",
                 "roomcal_room_state{room=\"A3\",state=\"fresh\"} 0");
    assert_int_equal(count_lines(test, "roomcal_room_state{room=\"R1\","), 5);
}

/* A room without data must not look as if it had some. */
static void a_cold_room_has_neither_age_nor_items(void **state)
{
    struct test_site *test = *state;

    assert_int_equal(ask(test, "/api/metrics", ""), 200);
    assert_int_equal(count_lines(test, "roomcal_room_age_seconds{"), 0);
    assert_int_equal(count_lines(test, "roomcal_room_items{"), 0);
    assert_int_equal(count_lines(test, "roomcal_room_state{"), 5 * ROOM_COUNT);
}

static void a_room_has_no_more_series_than_promised(void **state)
{
    struct test_site *test = *state;
    size_t series = 0;

    publish_all(test);
    assert_int_equal(ask(test, "/api/metrics", ""), 200);
    for (const char *at = body(test); (at = strstr(at, "{room=\"R1\"")); at++)
        series++;
    assert_int_equal(series, METRICS_ROOM_SERIES);
}

static void labels_are_escaped(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    ASSERT_LINES(test, "roomcal_room_items{" ODD_LABEL "} 1");
    test->rooms[ROOM_LAST].name[0] = '\n';
    ASSERT_LINES(test, "roomcal_room_items{room=\"\\n3\"} 0");
}

static void the_account_tells_until_when_it_is_held_and_why(void **state)
{
    struct test_site *test = *state;

    ASSERT_LINES(test, "roomcal_account_held 0", "roomcal_account_lanes 4");
    assert_int_equal(count_lines(test, "roomcal_account_held_until_timestamp_seconds"), 0);
    hold_account(test, 900);
    ledger_set(test->site.ledger, LEDGER_LANES, 2);
    ledger_set(test->site.ledger, LEDGER_REFRESHED_AT, NOW - 7);
    ASSERT_LINES(test, "roomcal_account_held 1",
                 "roomcal_account_held_until_timestamp_seconds{reason=\"http_503\"} 1795425300",
                 "roomcal_account_lanes 2", "roomcal_last_round_timestamp_seconds 1795424393");
}

/* Each counter has its own value, so none can be shown in the place of another. */
static void every_counter_of_the_ledger_is_there(void **state)
{
    struct test_site *test = *state;
    char line[64];

    for (enum ledger_counter counter = 0; counter < LEDGER_COUNTERS; counter++)
        ledger_count(test->site.ledger, counter, 7000 + counter);
    assert_int_equal(ask(test, "/api/metrics", ""), 200);
    for (enum ledger_counter counter = 0; counter < LEDGER_COUNTERS; counter++) {
        (void)snprintf(line, sizeof line, "_total %d\n", 7000 + (int)counter);
        assert_non_null(strstr(body(test), line));
    }
    ASSERT_LINES(test, "# TYPE roomcal_rounds_total counter", "roomcal_rounds_total 7000",
                 "roomcal_ews_received_bytes_total 7002");
}

static void nothing_private_is_told(void **state)
{
    static const char *const private[] = {"example.org", "secret-user", "EWS", "@"};
    struct test_site *test = *state;

    publish_all(test);
    hold_account(test, 900);
    assert_int_equal(ask(test, "/api/metrics", ""), 200);
    for (size_t i = 0; i < sizeof private / sizeof private[0]; i++)
        assert_null(strstr(buf_text(&test->sent), private[i]));
}

#define SITE_TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(it_is_prometheus_text_that_no_cache_keeps),
        SITE_TEST(a_room_tells_its_age_items_failures_and_next_try),
        SITE_TEST(a_room_is_in_one_of_all_states),
        SITE_TEST(a_cold_room_has_neither_age_nor_items),
        SITE_TEST(a_room_has_no_more_series_than_promised),
        SITE_TEST(labels_are_escaped),
        SITE_TEST(the_account_tells_until_when_it_is_held_and_why),
        SITE_TEST(every_counter_of_the_ledger_is_there),
        SITE_TEST(nothing_private_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
