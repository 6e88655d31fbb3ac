/* SPDX-License-Identifier: MIT */
#include "cache/freshness.h"
#include "unit.h"

#define STALE_MAX 1000
#define RETRY_MAX 900

struct row {
    int64_t fetched_at, expires_at, failures, now;
    enum freshness expected;
};

static const struct row rows[] = {
    {0, 0, 0, 5000, FRESHNESS_COLD}, /* never fetched */
    {0, 0, 1, 5000, FRESHNESS_LOST}, /* never fetched, and it failed */
    {100, 400, 0, 100, FRESHNESS_FRESH},
    {100, 400, 3, 399, FRESHNESS_FRESH}, /* failing, but nobody needs to know yet */
    {100, 400, 0, 400, FRESHNESS_EXPIRED},
    {100, 400, 1, 400, FRESHNESS_STALE},
    {100, 400, 1, 1400, FRESHNESS_STALE}, /* the last moment of STALE_MAX */
    {100, 400, 1, 1401, FRESHNESS_LOST},
    {100, 400, 0, 1401, FRESHNESS_COLD},  /* after a long rest of the machine */
    {100, 400, 0, 99, FRESHNESS_EXPIRED}, /* the clock was set back */
    {100, 400, 2, 99, FRESHNESS_STALE},
};

static void the_times_of_a_room_say_how_fresh_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct room_times times = {.fetched_at = rows[i].fetched_at,
                                   .expires_at = rows[i].expires_at,
                                   .failures = rows[i].failures};
        assert_string_equal(freshness_name(freshness_of(&times, rows[i].now, STALE_MAX)),
                            freshness_name(rows[i].expected));
    }
}

static void only_what_was_fetched_can_be_shown(void **state)
{
    (void)state;
    assert_false(freshness_can_show(FRESHNESS_COLD));
    assert_true(freshness_can_show(FRESHNESS_FRESH));
    assert_true(freshness_can_show(FRESHNESS_EXPIRED));
    assert_true(freshness_can_show(FRESHNESS_STALE));
    assert_false(freshness_can_show(FRESHNESS_LOST));
}

static void a_room_is_due_when_it_expires_but_not_before_its_retry(void **state)
{
    (void)state;
    assert_int_equal(freshness_due_at(&(struct room_times){0}, 50, RETRY_MAX), 50);
    assert_int_equal(freshness_due_at(&(struct room_times){.retry_at = 70}, 50, RETRY_MAX), 70);
    assert_int_equal(
        freshness_due_at(&(struct room_times){.fetched_at = 10, .expires_at = 60}, 50, RETRY_MAX),
        60);
    assert_int_equal(
        freshness_due_at(&(struct room_times){.fetched_at = 10, .expires_at = 60, .retry_at = 90},
                         50, RETRY_MAX),
        90);
}

static void a_clock_set_back_makes_a_room_due_at_once(void **state)
{
    (void)state;
    assert_int_equal(
        freshness_due_at(&(struct room_times){.fetched_at = 100, .expires_at = 400}, 50, RETRY_MAX),
        50);
}

static void a_retry_from_before_the_clock_was_set_back_is_ignored(void **state)
{
    struct room_times times = {.fetched_at = 10, .expires_at = 60, .retry_at = 100 + RETRY_MAX};

    (void)state;
    assert_int_equal(freshness_due_at(&times, 100, RETRY_MAX), 100 + RETRY_MAX);
    assert_int_equal(freshness_due_at(&times, 99, RETRY_MAX), 60);
}

static void rooms_live_for_cache_ttl_less_at_most_a_tenth(void **state)
{
    (void)state;
    for (uint64_t spread = 0; spread < 1000; spread++) {
        int64_t ttl = freshness_ttl(300, spread);
        assert_true(ttl >= 270 && ttl <= 300);
    }
    assert_int_not_equal(freshness_ttl(300, 1), freshness_ttl(300, 2));
    assert_int_equal(freshness_ttl(1, UINT64_MAX), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_times_of_a_room_say_how_fresh_it_is),
        cmocka_unit_test(only_what_was_fetched_can_be_shown),
        cmocka_unit_test(a_room_is_due_when_it_expires_but_not_before_its_retry),
        cmocka_unit_test(a_clock_set_back_makes_a_room_due_at_once),
        cmocka_unit_test(a_retry_from_before_the_clock_was_set_back_is_ignored),
        cmocka_unit_test(rooms_live_for_cache_ttl_less_at_most_a_tenth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
