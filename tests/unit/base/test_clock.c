/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <time.h>

#include "base/clock.h"

static void a_set_clock_stands_still(void **state)
{
    (void)state;
    clock_set_utc(1000);
    assert_int_equal(clock_utc(), 1000);
    clock_set_utc(0);
    assert_int_equal(clock_utc(), 0);
    clock_set_utc(-1);
}

static void a_negative_time_gives_the_machines_clock_back(void **state)
{
    (void)state;
    clock_set_utc(1000);
    clock_set_utc(-1);
    int64_t before = time(NULL);
    int64_t utc = clock_utc();
    /* time() may lag behind clock_gettime() by a tick. */
    assert_in_range(utc, before, time(NULL) + 1);
}

static void monotonic_time_does_not_follow_the_set_clock(void **state)
{
    (void)state;
    int64_t first = clock_ms();
    clock_set_utc(0);
    assert_true(clock_ms() >= first);
    clock_set_utc(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_clock_stands_still),
        cmocka_unit_test(a_negative_time_gives_the_machines_clock_back),
        cmocka_unit_test(monotonic_time_does_not_follow_the_set_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
