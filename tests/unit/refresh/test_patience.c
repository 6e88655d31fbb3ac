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

static void a_hopeless_room_rests_until_full_refresh(void **state)
{
    (void)state;
    assert_int_equal(patience_delay_s(&config, &hopeless, 1, -1, MIDDLE), 21600);
}

static void at_the_start_one_room_goes_first_and_alone(void **state)
{
    struct account account = ACCOUNT_INIT;

    (void)state;
    assert_true(account_lets(&account, 1000, 0));
    assert_false(account_lets(&account, 1000, 1));
    account_answered(&account);
    assert_true(account_lets(&account, 1000, 3));
}

static void a_refused_login_holds_the_account_at_once(void **state)
{
    struct account account = ACCOUNT_INIT;

    (void)state;
    account_answered(&account);
    account_failed(&account, &config, &refused, 0, -1, 1000, MIDDLE);
    assert_true(account_is_held(&account, 1000 + FAULT_STOP_S - 1));
    assert_false(account_lets(&account, 1000 + FAULT_STOP_S - 1, 0));
    assert_true(account_lets(&account, 1000 + FAULT_STOP_S, 0));
    assert_false(account_lets(&account, 1000 + FAULT_STOP_S, 1));
}

static void a_time_that_the_server_named_holds_the_account_at_once(void **state)
{
    struct account account = ACCOUNT_INIT;

    (void)state;
    account_failed(&account, &config, &retried, 0, 60, 1000, MIDDLE);
    assert_int_equal(account.held_until_utc, 1060);
}

static void one_room_s_trouble_does_not_hold_the_account_but_two_rooms_do(void **state)
{
    struct account account = ACCOUNT_INIT;

    (void)state;
    account_failed(&account, &config, &retried, 3, -1, 1000, MIDDLE);
    assert_false(account_is_held(&account, 1000));
    account_failed(&account, &config, &retried, 3, -1, 1010, MIDDLE);
    assert_false(account_is_held(&account, 1010));
    account_failed(&account, &config, &retried, 4, -1, 1011, MIDDLE);
    assert_true(account_is_held(&account, 1011));
}

static void an_answer_between_two_failures_shows_that_the_server_is_there(void **state)
{
    struct account account = ACCOUNT_INIT;

    (void)state;
    account_failed(&account, &config, &retried, 3, -1, 1000, MIDDLE);
    account_answered(&account);
    account_failed(&account, &config, &retried, 4, -1, 1001, MIDDLE);
    assert_false(account_is_held(&account, 1001));
}

static void failures_while_it_is_held_change_nothing(void **state)
{
    struct account account = ACCOUNT_INIT;

    (void)state;
    account_failed(&account, &config, &refused, 0, -1, 1000, MIDDLE);
    account_failed(&account, &config, &refused, 1, -1, 1001, MIDDLE);
    assert_int_equal(account.held_until_utc, 1000 + FAULT_STOP_S);
    assert_int_equal(account.failures, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_retry_waits_longer_each_time_up_to_the_life_of_the_data),
        cmocka_unit_test(a_short_cache_ttl_asks_for_short_pauses),
        cmocka_unit_test(what_the_server_asks_for_is_given_but_not_without_end),
        cmocka_unit_test(a_hopeless_room_rests_until_full_refresh),
        cmocka_unit_test(at_the_start_one_room_goes_first_and_alone),
        cmocka_unit_test(a_refused_login_holds_the_account_at_once),
        cmocka_unit_test(a_time_that_the_server_named_holds_the_account_at_once),
        cmocka_unit_test(one_room_s_trouble_does_not_hold_the_account_but_two_rooms_do),
        cmocka_unit_test(an_answer_between_two_failures_shows_that_the_server_is_there),
        cmocka_unit_test(failures_while_it_is_held_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
