/* SPDX-License-Identifier: MIT */
#include "refresh/patience.h"
#include "unit.h"

static const struct config config = {.cache_ttl_s = 300, .full_refresh_s = 21600};
static const struct fault retried = {1, "a", FAULT_OF_ACCOUNT, FAULT_RETRY, ""};
static const struct fault refused = {2, "b", FAULT_OF_ACCOUNT, FAULT_STOP, ""};
static const struct fault hopeless = {3, "c", FAULT_OF_ROOM, FAULT_GIVE_UP, ""};

#define MIDDLE UINT64_C(0) /* some random number: the tests do not depend on its jitter */

static void a_retry_waits_longer_each_time_up_to_the_life_of_the_data(void **state)
{
    (void)state;
    assert_in_range(patience_delay_s(&config, &retried, 1, -1, MIDDLE), 1, 7);
    assert_in_range(patience_delay_s(&config, &retried, 3, -1, MIDDLE), 15, 25);
    assert_in_range(patience_delay_s(&config, &retried, 50, -1, MIDDLE), 225, 375);
}

static void a_short_cache_ttl_asks_for_short_pauses(void **state)
{
    struct config quick = {.cache_ttl_s = 2, .full_refresh_s = 21600};

    (void)state;
    assert_in_range(patience_delay_s(&quick, &retried, 50, -1, MIDDLE), 1, 3);
}

static void what_the_server_asks_for_is_given_but_not_without_end(void **state)
{
    (void)state;
    assert_int_equal(patience_delay_s(&config, &retried, 1, 600, MIDDLE), 600);
    assert_int_equal(patience_delay_s(&config, &retried, 1, INT64_MAX, MIDDLE), 21600);
}

static void a_server_cannot_shorten_our_own_pause(void **state)
{
    struct config impatient = {.cache_ttl_s = 300, .full_refresh_s = 60};

    (void)state;
    assert_int_equal(patience_delay_s(&impatient, &refused, 1, 901, MIDDLE), FAULT_STOP_S);
}

static void a_hopeless_room_rests_until_full_refresh(void **state)
{
    (void)state;
    assert_int_equal(patience_delay_s(&config, &hopeless, 1, -1, MIDDLE), 21600);
}

static void no_delay_is_longer_than_the_greatest(void **state)
{
    struct config impatient = {.cache_ttl_s = 300, .full_refresh_s = 60};

    (void)state;
    assert_int_equal(patience_max_s(&config), 21600);
    assert_int_equal(patience_max_s(&impatient), FAULT_STOP_S);
}

static const struct fault throttled = {4, "d", FAULT_OF_ACCOUNT, FAULT_REST, ""};

static void who_is_throttled_waits_as_told_or_a_minute_and_more_each_time(void **state)
{
    (void)state;
    assert_int_equal(patience_delay_s(&config, &throttled, 1, 7, MIDDLE), 7);
    assert_in_range(patience_delay_s(&config, &throttled, 1, -1, MIDDLE), 45, 75);
    assert_in_range(patience_delay_s(&config, &throttled, 2, -1, MIDDLE), 90, 150);
    assert_in_range(patience_delay_s(&config, &throttled, 9, -1, MIDDLE), 225, 375);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_retry_waits_longer_each_time_up_to_the_life_of_the_data),
        cmocka_unit_test(a_short_cache_ttl_asks_for_short_pauses),
        cmocka_unit_test(what_the_server_asks_for_is_given_but_not_without_end),
        cmocka_unit_test(a_server_cannot_shorten_our_own_pause),
        cmocka_unit_test(a_hopeless_room_rests_until_full_refresh),
        cmocka_unit_test(no_delay_is_longer_than_the_greatest),
        cmocka_unit_test(who_is_throttled_waits_as_told_or_a_minute_and_more_each_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
