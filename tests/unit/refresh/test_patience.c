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

static void at_the_start_one_room_goes_first_and_alone(void **state)
{
    struct account account = ACCOUNT_INIT;

    (void)state;
    assert_true(account_lets(&account, 1000, 0));
    assert_false(account_lets(&account, 1000, 1));
    account_answered(&account, 1000);
    assert_true(account_lets(&account, 1000, 3));
}

static void meets(struct account *account, const struct fault *fault, size_t room, int64_t now_ms)
{
    account_failed(account, &config, fault, room, -1, now_ms, MIDDLE);
}

#define STOP_MS (FAULT_STOP_S * 1000)

static void a_login_that_is_refused_at_the_start_holds_the_account_at_once(void **state)
{
    struct account account = ACCOUNT_INIT;

    (void)state;
    meets(&account, &refused, 0, 1000);
    assert_true(account_is_held(&account, 1000 + STOP_MS - 1));
    assert_false(account_lets(&account, 1000 + STOP_MS - 1, 0));
    assert_true(account_lets(&account, 1000 + STOP_MS, 0));
    assert_false(account_lets(&account, 1000 + STOP_MS, 1));
    meets(&account, &refused, 1, 1000 + STOP_MS);
    assert_true(account_is_held(&account, 1000 + STOP_MS));
}

static void a_login_refused_for_one_room_only_is_that_room_s_trouble(void **state)
{
    struct account account = ACCOUNT_INIT;

    (void)state;
    account_answered(&account, 1000);
    meets(&account, &refused, 0, 1000);
    assert_false(account_is_held(&account, 1000));
    meets(&account, &refused, 1, 1001);
    assert_true(account_is_held(&account, 1001));
}

static void one_room_s_trouble_does_not_hold_the_account_but_two_rooms_do(void **state)
{
    struct account account = ACCOUNT_INIT;

    (void)state;
    meets(&account, &retried, 3, 1000);
    assert_false(account_is_held(&account, 1000));
    meets(&account, &retried, 3, 1010);
    assert_false(account_is_held(&account, 1010));
    meets(&account, &retried, 4, 1011);
    assert_true(account_is_held(&account, 1011));
}

static void two_rooms_in_trouble_do_not_hold_the_others_for_ever(void **state)
{
    struct account account = ACCOUNT_INIT;

    (void)state;
    meets(&account, &retried, 1, 1000);
    meets(&account, &retried, 2, 1000);
    int64_t later_ms = account.held_until_ms;
    meets(&account, &retried, 1, later_ms);
    assert_true(account_lets(&account, later_ms, 0));
    account_answered(&account, later_ms);
    assert_true(account_lets(&account, later_ms, 3));
}

static void an_answer_between_two_failures_shows_that_the_server_is_there(void **state)
{
    struct account account = ACCOUNT_INIT;

    (void)state;
    meets(&account, &retried, 3, 1000);
    account_answered(&account, 1000);
    meets(&account, &retried, 4, 1001);
    assert_false(account_is_held(&account, 1001));
}

static void what_comes_in_while_it_is_held_changes_nothing(void **state)
{
    struct account account = ACCOUNT_INIT;

    (void)state;
    meets(&account, &refused, 0, 1000);
    meets(&account, &refused, 1, 1001);
    account_answered(&account, 1002);
    assert_int_equal(account.held_until_ms, 1000 + STOP_MS);
    assert_int_equal(account.failures, 1);
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
        cmocka_unit_test(at_the_start_one_room_goes_first_and_alone),
        cmocka_unit_test(a_login_that_is_refused_at_the_start_holds_the_account_at_once),
        cmocka_unit_test(a_login_refused_for_one_room_only_is_that_room_s_trouble),
        cmocka_unit_test(one_room_s_trouble_does_not_hold_the_account_but_two_rooms_do),
        cmocka_unit_test(two_rooms_in_trouble_do_not_hold_the_others_for_ever),
        cmocka_unit_test(an_answer_between_two_failures_shows_that_the_server_is_there),
        cmocka_unit_test(what_comes_in_while_it_is_held_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
