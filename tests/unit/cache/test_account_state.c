/* SPDX-License-Identifier: MIT */
#include "cache/account_state.h"
#include "room_dir.h"

#define NOW INT64_C(1800000000)
#define DAY INT64_C(86400)

static const struct config config = {.lanes = 4, .full_refresh_s = 21600};
static struct ledger *ledger;

static int begin(void **state)
{
    static struct room_dir dir;
    struct err err = {""};

    room_dir_begin(&dir);
    assert_int_equal(ledger_open(dir.fd, &(struct hash){{0}}, &ledger, &err), 0);
    *state = &dir;
    return 0;
}

static int end(void **state)
{
    ledger_close(ledger);
    room_dir_end(*state);
    return 0;
}

static void an_empty_ledger_holds_nobody(void **state)
{
    struct account_state account = account_state(ledger, &config, NOW);

    (void)state;
    assert_false(account.is_held);
    assert_int_equal(account.held_until_utc, 0);
    assert_int_equal(account.fault, 0);
    assert_int_equal(account.lanes, 4);
    assert_int_equal(account.refreshed_at, 0);
}

static void a_hold_has_an_end_and_a_reason_and_is_over_then(void **state)
{
    (void)state;
    ledger_set(ledger, LEDGER_HELD_FAULT, 503);
    ledger_set(ledger, LEDGER_HELD_UNTIL, NOW + 60);
    struct account_state account = account_state(ledger, &config, NOW);
    assert_true(account.is_held);
    assert_int_equal(account.held_until_utc, NOW + 60);
    assert_int_equal(account.fault, 503);
    assert_false(account_state(ledger, &config, NOW + 60).is_held);
}

static void a_hold_of_more_than_a_day_is_not_believed(void **state)
{
    (void)state;
    ledger_set(ledger, LEDGER_HELD_UNTIL, NOW + DAY);
    assert_true(account_state(ledger, &config, NOW).is_held);
    assert_false(account_state(ledger, &config, NOW - 1).is_held);
    ledger_set(ledger, LEDGER_HELD_UNTIL, INT64_MAX);
    assert_false(account_state(ledger, &config, NOW).is_held);
    ledger_set(ledger, LEDGER_HELD_UNTIL, INT64_MIN);
    assert_false(account_state(ledger, &config, NOW).is_held);
}

static void a_longer_full_refresh_makes_longer_holds_believable(void **state)
{
    const struct config patient = {.lanes = 4, .full_refresh_s = 3 * DAY};

    (void)state;
    ledger_set(ledger, LEDGER_HELD_UNTIL, NOW + 3 * DAY);
    assert_true(account_state(ledger, &patient, NOW).is_held);
    assert_false(account_state(ledger, &patient, NOW - 1).is_held);
}

static void lanes_are_never_more_than_set(void **state)
{
    static const int64_t rows[][2] = {{0, 4}, {1, 1},  {3, 3},        {4, 4},
                                      {5, 4}, {-1, 4}, {INT64_MAX, 4}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ledger_set(ledger, LEDGER_LANES, rows[i][0]);
        assert_int_equal(account_state(ledger, &config, NOW).lanes, rows[i][1]);
    }
}

static void a_round_that_will_end_in_the_future_did_not_end(void **state)
{
    (void)state;
    ledger_set(ledger, LEDGER_REFRESHED_AT, NOW);
    assert_int_equal(account_state(ledger, &config, NOW).refreshed_at, NOW);
    assert_int_equal(account_state(ledger, &config, NOW - 1).refreshed_at, 0);
}

#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(an_empty_ledger_holds_nobody),
        LEDGER_TEST(a_hold_has_an_end_and_a_reason_and_is_over_then),
        LEDGER_TEST(a_hold_of_more_than_a_day_is_not_believed),
        LEDGER_TEST(a_longer_full_refresh_makes_longer_holds_believable),
        LEDGER_TEST(lanes_are_never_more_than_set),
        LEDGER_TEST(a_round_that_will_end_in_the_future_did_not_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
