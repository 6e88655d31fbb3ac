/* SPDX-License-Identifier: MIT */
#include "base/datetime.h"
#include "calendar/window.h"
#include "unit.h"

static int64_t at(const char *text)
{
    int64_t utc = 0;

    assert_true(datetime_parse(slice_of(text), false, &utc, NULL));
    return utc;
}

static struct config settings(bool relative, const char *start, int64_t days_back, int64_t ahead)
{
    return (struct config){
        .window_start = {relative, relative ? 0 : at(start), days_back},
        .window_days = ahead,
    };
}

static void the_span_ends_at_the_midnight_that_is_far_enough_ahead(void **state)
{
    struct config config = settings(false, "2023-01-01T00:00:00Z", 0, 365);
    struct window window = window_of(&config, at("2026-11-22T13:05:00Z"));

    (void)state;
    assert_int_equal(window.start_utc, at("2023-01-01T00:00:00Z"));
    assert_int_equal(window.end_utc, at("2027-11-23T00:00:00Z"));
}

static void at_midnight_itself_no_day_is_added(void **state)
{
    struct config config = settings(true, NULL, 30, 1);
    struct window window = window_of(&config, at("2026-11-22T00:00:00Z"));

    (void)state;
    assert_int_equal(window.start_utc, at("2026-10-23T00:00:00Z"));
    assert_int_equal(window.end_utc, at("2026-11-23T00:00:00Z"));
}

static void within_a_day_the_span_does_not_move(void **state)
{
    struct config config = settings(true, NULL, 30, 365);
    struct window early = window_of(&config, at("2026-11-22T00:00:01Z"));
    struct window late = window_of(&config, at("2026-11-22T23:59:59Z"));

    (void)state;
    assert_int_equal(early.start_utc, late.start_utc);
    assert_int_equal(early.end_utc, late.end_utc);
}

static void a_start_that_lies_ahead_still_leaves_a_day(void **state)
{
    struct config config = settings(false, "2030-01-01T00:00:00Z", 0, 365);
    struct window window = window_of(&config, at("2026-11-22T00:00:00Z"));

    (void)state;
    assert_int_equal(window.end_utc - window.start_utc, DAY_S);
}

static void the_walk_covers_the_span_without_gap_in_steps_of_a_year(void **state)
{
    struct window span = {0, 3 * WINDOW_STEP_MAX_S + 5};
    struct window_walk walk;
    struct window window;
    int64_t expected = 0;
    int steps = 0;

    (void)state;
    window_walk_begin(&walk, span);
    while (window_walk_next(&walk, &window)) {
        assert_int_equal(window.start_utc, expected);
        assert_true(window.end_utc - window.start_utc <= WINDOW_STEP_MAX_S);
        expected = window.end_utc;
        window_walk_done(&walk, WINDOW_ITEMS_MAX);
        steps++;
    }
    assert_int_equal(expected, span.end_utc);
    assert_int_equal(steps, 4);
}

static void a_halved_window_begins_at_the_same_moment(void **state)
{
    struct window_walk walk;
    struct window whole;
    struct window half;

    (void)state;
    window_walk_begin(&walk, (struct window){1000, 1000 + DAY_S});
    assert_true(window_walk_next(&walk, &whole));
    assert_true(window_walk_halve(&walk));
    assert_true(window_walk_next(&walk, &half));
    assert_int_equal(half.start_utc, whole.start_utc);
    assert_int_equal(half.end_utc - half.start_utc, DAY_S / 2);
}

static void after_a_thin_window_the_step_grows_again(void **state)
{
    struct window_walk walk;
    struct window window;

    (void)state;
    window_walk_begin(&walk, (struct window){0, 10 * DAY_S});
    assert_true(window_walk_halve(&walk));
    assert_true(window_walk_halve(&walk));
    window_walk_done(&walk, WINDOW_ITEMS_MAX); /* full: the step stays */
    assert_true(window_walk_next(&walk, &window));
    assert_int_equal(window.end_utc - window.start_utc, 10 * DAY_S / 4);
    window_walk_done(&walk, 3);
    assert_true(window_walk_next(&walk, &window));
    assert_int_equal(window.end_utc - window.start_utc, 10 * DAY_S / 2);
}

static void a_quarter_of_an_hour_is_not_halved(void **state)
{
    struct window_walk walk;
    int halvings = 0;

    (void)state;
    window_walk_begin(&walk, (struct window){0, WINDOW_STEP_MIN_S * 8});
    while (window_walk_halve(&walk))
        halvings++;
    assert_int_equal(halvings, 3);
}

static void a_server_that_refuses_everything_is_not_asked_without_end(void **state)
{
    struct window_walk walk;
    struct window window;
    int asked = 0;

    (void)state;
    window_walk_begin(&walk, (struct window){0, 5 * WINDOW_STEP_MAX_S});
    while (window_walk_next(&walk, &window)) {
        asked++;
        if (window_walk_halve(&walk))
            continue;
        if (window.end_utc - window.start_utc >= 2 * WINDOW_STEP_MIN_S)
            break; /* it could be halved, but that was enough */
        window_walk_done(&walk, 0);
    }
    assert_true(window_walk_next(&walk, &window));
    assert_true(asked <= 4 * WINDOW_HALVINGS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_span_ends_at_the_midnight_that_is_far_enough_ahead),
        cmocka_unit_test(at_midnight_itself_no_day_is_added),
        cmocka_unit_test(within_a_day_the_span_does_not_move),
        cmocka_unit_test(a_start_that_lies_ahead_still_leaves_a_day),
        cmocka_unit_test(the_walk_covers_the_span_without_gap_in_steps_of_a_year),
        cmocka_unit_test(a_halved_window_begins_at_the_same_moment),
        cmocka_unit_test(after_a_thin_window_the_step_grows_again),
        cmocka_unit_test(a_quarter_of_an_hour_is_not_halved),
        cmocka_unit_test(a_server_that_refuses_everything_is_not_asked_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
