/* SPDX-License-Identifier: MIT */
#include "refresh/standing.h"

#include <string.h>

#include "unit.h"

static const struct config config = {.cache_ttl_s = 300, .full_refresh_s = 21600};
static const struct fault retried = {1, "a", FAULT_OF_ACCOUNT, FAULT_RETRY, ""};
static const struct fault refused = {2, "b", FAULT_OF_ACCOUNT, FAULT_STOP, ""};
static const struct fault throttled = {3, "c", FAULT_OF_ACCOUNT, FAULT_REST, ""};

#define LANES   4
#define START   1000 /* ms: some moment */
#define STOP_MS (FAULT_STOP_S * 1000)
#define REST_MS (FAULT_REST_S * 1000)

static struct standing begin(void)
{
    static bool troubled[10];
    struct standing standing;

    memset(troubled, 0, sizeof troubled);
    standing_init(&standing, LANES, troubled);
    return standing;
}

static struct standing begin_proven(void)
{
    struct standing standing = begin();

    standing_answered(&standing, 9, START);
    return standing;
}

static void meets(struct standing *standing, const struct fault *fault, size_t room, int64_t now_ms)
{
    standing_failed(standing, &config, fault, room, -1, now_ms, 0);
}

/* How many requests are let in, one beside the other. */
static int let_in(struct standing *standing, int64_t now_ms)
{
    struct standing_pass pass;
    int count = 0;

    while (standing_lets(standing, now_ms)) {
        standing_enter(standing, &pass);
        count++;
    }
    return count;
}

/* ---- proof ---- */

static void at_the_start_one_request_goes_first_and_alone(void **state)
{
    struct standing standing = begin();

    (void)state;
    assert_int_equal(let_in(&standing, START), 1);
    standing_answered(&standing, 9, START);
    assert_int_equal(let_in(&standing, START), LANES - 1);
}

static void after_a_silence_one_request_goes_first_again(void **state)
{
    struct standing standing = begin_proven();

    (void)state;
    assert_int_equal(let_in(&standing, START + 1000 * STANDING_PROOF_S), 1);
}

/* ---- holds ---- */

static void a_refused_login_holds_the_account_at_once(void **state)
{
    struct standing standing = begin();

    (void)state;
    meets(&standing, &refused, 0, START);
    assert_true(standing_is_held(&standing, START + STOP_MS - 1));
    assert_false(standing_is_held(&standing, START + STOP_MS));
    assert_int_equal(let_in(&standing, START), 0);
    assert_int_equal(let_in(&standing, START + STOP_MS), 1);
}

static void a_refusal_right_after_a_success_is_throttling_once(void **state)
{
    struct standing standing = begin_proven();

    (void)state;
    meets(&standing, &refused, 0, START);
    assert_int_equal(standing.held_until_ms, START + REST_MS);
    meets(&standing, &refused, 0, START + REST_MS);
    assert_int_equal(standing.held_until_ms, START + REST_MS + STOP_MS);
}

static void
a_login_refused_again_for_one_room_while_others_are_answered_is_its_own_trouble(void **state)
{
    struct standing standing = begin_proven();
    int64_t later_ms = START + REST_MS;

    (void)state;
    meets(&standing, &refused, 0, START);
    standing_answered(&standing, 9, later_ms);
    meets(&standing, &refused, 0, later_ms);
    assert_int_equal(let_in(&standing, later_ms), LANES);
    meets(&standing, &refused, 1, later_ms);
    assert_true(standing_is_held(&standing, later_ms));
}

static void a_room_s_own_refusal_stays_its_own_after_a_silence(void **state)
{
    struct standing standing = begin_proven();
    int64_t later_ms = START + REST_MS;
    int64_t silent_ms = later_ms + STOP_MS;

    (void)state;
    meets(&standing, &refused, 0, START);
    standing_answered(&standing, 9, later_ms);
    meets(&standing, &refused, 0, silent_ms);
    assert_false(standing_is_held(&standing, silent_ms));
    meets(&standing, &refused, 0, silent_ms + STOP_MS);
    assert_false(standing_is_held(&standing, silent_ms + STOP_MS));
    meets(&standing, &refused, 1, silent_ms + STOP_MS);
    assert_true(standing_is_held(&standing, silent_ms + STOP_MS));
}

static void an_answered_room_may_be_refused_again_as_throttling(void **state)
{
    struct standing standing = begin_proven();
    int64_t later_ms = START + REST_MS;

    (void)state;
    meets(&standing, &refused, 0, START);
    standing_answered(&standing, 0, later_ms);
    meets(&standing, &refused, 0, later_ms);
    assert_int_equal(standing.held_until_ms, later_ms + REST_MS);
}

static void a_refusal_long_after_a_success_is_a_refusal(void **state)
{
    struct standing standing = begin_proven();

    (void)state;
    meets(&standing, &refused, 0, START + 1000 * STANDING_PROOF_S);
    assert_true(standing_is_held(&standing, START + 1000 * STANDING_PROOF_S + REST_MS));
}

static void throttling_holds_the_account_at_once_for_as_long_as_the_server_says(void **state)
{
    struct standing standing = begin_proven();

    (void)state;
    standing_failed(&standing, &config, &throttled, 0, 7, START, 0);
    assert_int_equal(standing.held_until_ms, START + 7000);
}

static void a_time_to_wait_for_holds_the_account_at_once(void **state)
{
    struct standing standing = begin_proven();

    (void)state;
    standing_failed(&standing, &config, &retried, 0, 120, START, 0);
    assert_int_equal(standing.held_until_ms, START + 120000);
}

static void one_room_s_trouble_does_not_hold_the_account_but_two_rooms_do(void **state)
{
    struct standing standing = begin();

    (void)state;
    meets(&standing, &retried, 3, START);
    assert_false(standing_is_held(&standing, START));
    meets(&standing, &retried, 3, START + 10);
    assert_false(standing_is_held(&standing, START + 10));
    meets(&standing, &retried, 4, START + 11);
    assert_true(standing_is_held(&standing, START + 11));
}

static void two_rooms_in_trouble_do_not_hold_the_others_for_ever(void **state)
{
    struct standing standing = begin();

    (void)state;
    meets(&standing, &retried, 1, START);
    meets(&standing, &retried, 2, START);
    int64_t later_ms = standing.held_until_ms;
    meets(&standing, &retried, 1, later_ms);
    assert_true(standing_lets(&standing, later_ms));
    standing_answered(&standing, 9, later_ms);
    assert_int_equal(let_in(&standing, later_ms), LANES);
}

static void an_answer_between_two_failures_shows_that_the_server_is_there(void **state)
{
    struct standing standing = begin();

    (void)state;
    meets(&standing, &retried, 3, START);
    standing_answered(&standing, 9, START);
    meets(&standing, &retried, 4, START + 1);
    assert_false(standing_is_held(&standing, START + 1));
}

static void what_comes_in_while_it_is_held_changes_nothing(void **state)
{
    struct standing standing = begin();

    (void)state;
    meets(&standing, &refused, 0, START);
    meets(&standing, &refused, 1, START + 1);
    standing_answered(&standing, 9, START + 2);
    assert_int_equal(standing.held_until_ms, START + STOP_MS);
    assert_int_equal(standing.failures, 1);
}

static void rooms_with_their_own_trouble_are_no_witnesses_against_the_account(void **state)
{
    struct standing standing = begin_proven();

    (void)state;
    meets(&standing, &retried, 1, START);
    standing_answered(&standing, 9, START);
    meets(&standing, &retried, 2, START);
    standing_answered(&standing, 9, START);
    meets(&standing, &retried, 1, START);
    meets(&standing, &retried, 2, START);
    assert_false(standing_is_held(&standing, START));
    assert_int_equal(let_in(&standing, START), LANES);
}

static void two_rooms_that_are_refused_do_not_take_turns_in_holding_the_account(void **state)
{
    struct standing standing = begin_proven();
    int64_t later_ms = START + REST_MS;

    (void)state;
    meets(&standing, &refused, 1, START);
    standing_answered(&standing, 9, later_ms);
    meets(&standing, &refused, 2, later_ms);
    later_ms += REST_MS;
    standing_answered(&standing, 9, later_ms);
    meets(&standing, &refused, 1, later_ms);
    meets(&standing, &refused, 2, later_ms);
    assert_false(standing_is_held(&standing, later_ms));
}

static void throttling_is_obeyed_whoever_meets_it(void **state)
{
    struct standing standing = begin_proven();

    (void)state;
    meets(&standing, &retried, 1, START);
    standing_answered(&standing, 9, START);
    standing_failed(&standing, &config, &retried, 1, 30, START, 0);
    assert_int_equal(standing.held_until_ms, START + 30000);
}

/* ---- places ---- */

static void no_more_requests_than_lanes_are_under_way(void **state)
{
    struct standing standing = begin_proven();

    (void)state;
    assert_int_equal(let_in(&standing, START), LANES);
    standing_leave(&standing);
    assert_int_equal(let_in(&standing, START), 1);
}

static void a_complaint_halves_the_places_once_for_all_who_were_let_in_before(void **state)
{
    struct standing standing = begin_proven();
    struct standing_pass first;
    struct standing_pass second;

    (void)state;
    standing_enter(&standing, &first);
    standing_enter(&standing, &second);
    standing_leave(&standing);
    assert_true(standing_narrow(&standing, &first, START));
    assert_int_equal(standing.limit, LANES / 2);
    standing_leave(&standing);
    assert_true(standing_narrow(&standing, &second, START));
    assert_int_equal(standing.limit, LANES / 2);
}

static void who_was_alone_has_no_others_to_blame(void **state)
{
    struct standing standing = begin_proven();
    struct standing_pass pass;

    (void)state;
    standing_enter(&standing, &pass);
    standing_leave(&standing);
    assert_false(standing_narrow(&standing, &pass, START));
    assert_int_equal(standing.limit, LANES);
}

static void one_place_more_comes_back_after_each_quiet_while(void **state)
{
    struct standing standing = begin_proven();
    struct standing_pass first;
    struct standing_pass second;
    int64_t quiet_ms = 1000 * STANDING_QUIET_S;

    (void)state;
    standing_enter(&standing, &first);
    standing_enter(&standing, &second);
    assert_true(standing_narrow(&standing, &second, START));
    standing_widen(&standing, START + quiet_ms - 1);
    assert_int_equal(standing.limit, 2);
    standing_widen(&standing, START + quiet_ms);
    standing_widen(&standing, START + quiet_ms + 1);
    assert_int_equal(standing.limit, 3);
    standing_widen(&standing, START + 2 * quiet_ms);
    standing_widen(&standing, START + 3 * quiet_ms);
    assert_int_equal(standing.limit, LANES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_the_start_one_request_goes_first_and_alone),
        cmocka_unit_test(after_a_silence_one_request_goes_first_again),
        cmocka_unit_test(a_refused_login_holds_the_account_at_once),
        cmocka_unit_test(a_refusal_right_after_a_success_is_throttling_once),
        cmocka_unit_test(
            a_login_refused_again_for_one_room_while_others_are_answered_is_its_own_trouble),
        cmocka_unit_test(a_room_s_own_refusal_stays_its_own_after_a_silence),
        cmocka_unit_test(an_answered_room_may_be_refused_again_as_throttling),
        cmocka_unit_test(a_refusal_long_after_a_success_is_a_refusal),
        cmocka_unit_test(throttling_holds_the_account_at_once_for_as_long_as_the_server_says),
        cmocka_unit_test(a_time_to_wait_for_holds_the_account_at_once),
        cmocka_unit_test(one_room_s_trouble_does_not_hold_the_account_but_two_rooms_do),
        cmocka_unit_test(two_rooms_in_trouble_do_not_hold_the_others_for_ever),
        cmocka_unit_test(an_answer_between_two_failures_shows_that_the_server_is_there),
        cmocka_unit_test(what_comes_in_while_it_is_held_changes_nothing),
        cmocka_unit_test(rooms_with_their_own_trouble_are_no_witnesses_against_the_account),
        cmocka_unit_test(two_rooms_that_are_refused_do_not_take_turns_in_holding_the_account),
        cmocka_unit_test(throttling_is_obeyed_whoever_meets_it),
        cmocka_unit_test(no_more_requests_than_lanes_are_under_way),
        cmocka_unit_test(a_complaint_halves_the_places_once_for_all_who_were_let_in_before),
        cmocka_unit_test(who_was_alone_has_no_others_to_blame),
        cmocka_unit_test(one_place_more_comes_back_after_each_quiet_while),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
