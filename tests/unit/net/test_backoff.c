/* SPDX-License-Identifier: MIT */
#include "net/backoff.h"

#include "unit.h"

static void the_delay_doubles_up_to_the_most(void **state)
{
    static const struct {
        int64_t failures, expected_s;
    } rows[] = {{1, 8}, {2, 16}, {3, 32}, {4, 64}, {5, 100}, {6, 100}, {INT64_MAX, 100}};
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t quarter_s = rows[i].expected_s / 4;

        /* A random number of just a quarter means no spread. */
        assert_int_equal(backoff_delay_s(rows[i].failures, 8, 100, (uint64_t)quarter_s),
                         rows[i].expected_s);
    }
}

static void the_spread_is_a_quarter_each_way_and_is_used_whole(void **state)
{
    int64_t least_s = INT64_MAX;
    int64_t greatest_s = 0;
    (void)state;

    for (uint64_t random = 0; random < 1000; random++) {
        int64_t delay_s = backoff_delay_s(3, 10, 600, random);

        least_s = delay_s < least_s ? delay_s : least_s;
        greatest_s = delay_s > greatest_s ? delay_s : greatest_s;
    }
    assert_int_equal(least_s, 30);
    assert_int_equal(greatest_s, 50);
}

static void the_shortest_delay_is_a_second(void **state)
{
    (void)state;

    for (uint64_t random = 0; random < 10; random++)
        assert_int_equal(backoff_delay_s(1, 1, 1, random), 1);
    assert_true(backoff_delay_s(1, 2, 2, UINT64_MAX) >= 1);
}

static void the_greatest_numbers_do_not_overflow(void **state)
{
    (void)state;

    int64_t delay_s = backoff_delay_s(INT64_MAX, 1, INT64_MAX / 2, UINT64_MAX);
    assert_true(delay_s >= INT64_MAX / 2 - INT64_MAX / 8);
    assert_true(delay_s <= INT64_MAX / 2 + INT64_MAX / 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_delay_doubles_up_to_the_most),
        cmocka_unit_test(the_spread_is_a_quarter_each_way_and_is_used_whole),
        cmocka_unit_test(the_shortest_delay_is_a_second),
        cmocka_unit_test(the_greatest_numbers_do_not_overflow),
    };

    return cmocka_run_group_tests_name("net/backoff", tests, NULL, NULL);
}
