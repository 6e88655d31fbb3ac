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
    {100, 400, 0, 700, FRESHNESS_EXPIRED}, /* the last moment of the grace, the data's own life */
    {100, 400, 0, 701, FRESHNESS_STALE},   /* nobody refreshes */
    {100, 110, 0, 170, FRESHNESS_EXPIRED}, /* the grace is a minute at least */
    {100, 110, 0, 171, FRESHNESS_STALE},
    {100, 100, 0, 160, FRESHNESS_EXPIRED}, /* told to forget its times */
    {100, 400, 0, 1401, FRESHNESS_COLD},   /* after a long rest of the machine */
    {100, 2000, 0, 3001, FRESHNESS_COLD},  /* STALE_MAX is less than the grace */
    {100, 400, 0, 99, FRESHNESS_EXPIRED},  /* the clock was set back */
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

#define HOURS INT64_C(3600)

/* Whatever the wall clock does, a room is asked for at once and then not again before its life or rest is over. */
static void a_room_is_due_once_after_the_wall_clock_moved(void **state)
{
    const int64_t noon = 100 * HOURS;
    const int64_t moves[] = {-50 * HOURS, -2 * HOURS, 2 * HOURS, 50 * HOURS};
    const struct room_times before = {.fetched_at = noon - 10, .expires_at = noon + 290};

    (void)state;
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        int64_t now = noon + moves[i];
        struct room_times after = {.fetched_at = now, .expires_at = now + 300};
        struct room_times failed = before;
        failed.failures = 1;
        failed.failed_at = now;
        failed.retry_at = now + 60;
        assert_true(freshness_due_at(&before, now, RETRY_MAX) <= now);
        assert_int_equal(freshness_due_at(&after, now, RETRY_MAX), now + 300);
        assert_int_equal(freshness_due_at(&failed, now, RETRY_MAX), now + 60);
    }
}

static void a_rest_from_before_the_wall_clock_moved_is_over(void **state)
{
    const int64_t noon = 100 * HOURS;
    const int64_t moves[] = {-50 * HOURS, -2 * HOURS, -60, 2 * HOURS, 50 * HOURS};
    const struct room_times resting = {.fetched_at = noon - 400,
                                       .expires_at = noon - 100,
                                       .failures = 3,
                                       .failed_at = noon - 10,
                                       .retry_at = noon + 800};

    (void)state;
    assert_int_equal(freshness_due_at(&resting, noon, RETRY_MAX), noon + 800);
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++)
        assert_true(freshness_due_at(&resting, noon + moves[i], RETRY_MAX) <= noon + moves[i]);
}

static void a_machine_that_slept_finds_its_rooms_due_and_says_that_they_are_stale(void **state)
{
    const struct room_times times = {.fetched_at = 100, .expires_at = 400};

    (void)state;
    assert_true(freshness_due_at(&times, 8 * HOURS, RETRY_MAX) <= 8 * HOURS);
    assert_int_equal(freshness_of(&times, 8 * HOURS, 24 * HOURS), FRESHNESS_STALE);
}

static void what_is_not_fresh_has_a_fault(void **state)
{
    const struct room_times failed = {.failures = 1, .fault = 42};
    const struct room_times good = {.fetched_at = 100};

    (void)state;
    assert_int_equal(freshness_fault(&failed, FRESHNESS_STALE), 42);
    assert_int_equal(freshness_fault(&failed, FRESHNESS_FRESH), 42);
    assert_int_equal(freshness_fault(&good, FRESHNESS_STALE), FRESHNESS_NOT_REFRESHED);
    assert_int_equal(freshness_fault(&good, FRESHNESS_EXPIRED), 0);
    assert_int_equal(freshness_fault(&good, FRESHNESS_COLD), 0);
}

static void first_lives_are_spread_over_half_of_cache_ttl(void **state)
{
    int64_t shortest = INT64_MAX;
    int64_t longest = 0;

    (void)state;
    for (uint64_t spread = 0; spread < 1000; spread++) {
        int64_t ttl = freshness_ttl(300, spread);
        shortest = ttl < shortest ? ttl : shortest;
        longest = ttl > longest ? ttl : longest;
    }
    assert_int_equal(shortest, 150);
    assert_int_equal(longest, 300);
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
        cmocka_unit_test(a_room_is_due_once_after_the_wall_clock_moved),
        cmocka_unit_test(a_rest_from_before_the_wall_clock_moved_is_over),
        cmocka_unit_test(a_machine_that_slept_finds_its_rooms_due_and_says_that_they_are_stale),
        cmocka_unit_test(what_is_not_fresh_has_a_fault),
        cmocka_unit_test(first_lives_are_spread_over_half_of_cache_ttl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
