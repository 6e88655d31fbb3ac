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

static void the_span_of_a_day_begins_at_its_midnight(void **state)
{
    struct config config = settings(true, NULL, 30, 1);
    struct window window = window_of(&config, at("2026-11-22T00:00:00Z"));

    (void)state;
    assert_int_equal(window.start_utc, at("2026-10-23T00:00:00Z"));
    assert_int_equal(window.end_utc, at("2026-11-24T00:00:00Z"));
}

static void within_a_day_the_span_does_not_move(void **state)
{
    struct config config = settings(true, NULL, 30, 365);
    struct window early = window_of(&config, at("2026-11-22T00:00:00Z"));
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
    window_walk_begin(&walk, span, 0);
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
    window_walk_begin(&walk, (struct window){1000, 1000 + DAY_S}, 0);
    assert_true(window_walk_next(&walk, &whole));
    assert_true(window_walk_halve(&walk));
    assert_true(window_walk_next(&walk, &half));
    assert_int_equal(half.start_utc, whole.start_utc);
    assert_int_equal(half.end_utc - half.start_utc, DAY_S / 2);
}

static int64_t next_length(const struct window_walk *walk)
{
    struct window window;

    assert_true(window_walk_next(walk, &window));
    return window.end_utc - window.start_utc;
}

static void where_the_longer_window_is_likely_to_fit_the_step_grows(void **state)
{
    struct window_walk walk;

    (void)state;
    window_walk_begin(&walk, (struct window){0, 1000 * DAY_S}, 10 * DAY_S);
    window_walk_done(&walk, WINDOW_ITEMS_MAX / 3 + 1);
    assert_int_equal(next_length(&walk), 10 * DAY_S);
    window_walk_done(&walk, WINDOW_ITEMS_MAX / 3);
    assert_int_equal(next_length(&walk), 20 * DAY_S);
    window_walk_done(&walk, 0);
    assert_int_equal(next_length(&walk), 40 * DAY_S);
}

static void a_step_that_was_cut_grows_only_behind_what_was_too_full(void **state)
{
    struct window_walk walk;

    (void)state;
    window_walk_begin(&walk, (struct window){0, 1000 * DAY_S}, 40 * DAY_S);
    assert_true(window_walk_halve(&walk)); /* 40 days hold too many */
    assert_true(window_walk_halve(&walk)); /* and so do the first 20 */
    window_walk_done(&walk, 3);
    assert_int_equal(next_length(&walk), 10 * DAY_S); /* so there are many in the next 10 */
    window_walk_done(&walk, WINDOW_ITEMS_MAX / 3);
    assert_int_equal(next_length(&walk), 20 * DAY_S);
}

static void no_step_is_longer_than_a_year(void **state)
{
    struct window_walk walk;

    (void)state;
    window_walk_begin(&walk, (struct window){0, 10 * WINDOW_STEP_MAX_S}, 300 * DAY_S);
    window_walk_done(&walk, 0);
    assert_int_equal(next_length(&walk), WINDOW_STEP_MAX_S);
    window_walk_done(&walk, 0);
    assert_int_equal(next_length(&walk), WINDOW_STEP_MAX_S);
}

static void a_remembered_step_is_taken_within_the_limits(void **state)
{
    static const struct {
        int64_t step_s, length_s;
    } rows[] = {
        {0, WINDOW_STEP_MAX_S},  {30 * DAY_S, 30 * DAY_S},       {1, WINDOW_STEP_MIN_S},
        {-5, WINDOW_STEP_MIN_S}, {INT64_MIN, WINDOW_STEP_MIN_S}, {INT64_MAX, WINDOW_STEP_MAX_S},
    };
    struct window_walk walk;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        window_walk_begin(&walk, (struct window){0, 10 * WINDOW_STEP_MAX_S}, rows[i].step_s);
        assert_int_equal(next_length(&walk), rows[i].length_s);
        assert_int_equal(walk.step_s, rows[i].length_s);
    }
}

/* Walks a calendar of `per_day` items a day up to `busy_days` and none after, and counts the questions. */
static int questions(int64_t *step_s, int64_t per_day, int64_t busy_days)
{
    struct window_walk walk;
    struct window window;
    int asked = 0;

    window_walk_begin(&walk, (struct window){0, 4 * WINDOW_STEP_MAX_S}, *step_s);
    while (window_walk_next(&walk, &window)) {
        int64_t busy_end = busy_days * DAY_S < window.end_utc ? busy_days * DAY_S : window.end_utc;
        int64_t busy_s = busy_end > window.start_utc ? busy_end - window.start_utc : 0;
        int64_t items = per_day * busy_s / DAY_S;
        asked++;
        if (items <= WINDOW_ITEMS_MAX)
            window_walk_done(&walk, (size_t)items);
        else
            assert_true(window_walk_halve(&walk));
    }
    *step_s = walk.step_s;
    return asked;
}

static void a_walk_that_remembers_asks_no_question_in_vain(void **state)
{
    int64_t step_s = 0;

    (void)state;
    /* 365 days hold 3650, a quarter of them 912 */
    assert_int_equal(questions(&step_s, 10, 3 * 365), 2 + 12 + 3);
    assert_int_equal(step_s, WINDOW_STEP_MAX_S / 4);
    assert_int_equal(questions(&step_s, 10, 3 * 365), 12 + 3);
    assert_int_equal(step_s, WINDOW_STEP_MAX_S / 4);
}

static void a_calendar_that_got_thin_is_soon_asked_in_long_steps_again(void **state)
{
    int64_t step_s = WINDOW_STEP_MIN_S;

    (void)state;
    for (int refresh = 0; step_s < WINDOW_STEP_MAX_S; refresh++) {
        (void)questions(&step_s, 0, 0);
        assert_true(refresh < 16);
    }
    assert_int_equal(questions(&step_s, 0, 0), 4);
}

static void a_quarter_of_an_hour_is_not_halved(void **state)
{
    struct window_walk walk;
    int halvings = 0;

    (void)state;
    window_walk_begin(&walk, (struct window){0, WINDOW_STEP_MIN_S * 8}, 0);
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
    window_walk_begin(&walk, (struct window){0, 5 * WINDOW_STEP_MAX_S}, 0);
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
        cmocka_unit_test(the_span_of_a_day_begins_at_its_midnight),
        cmocka_unit_test(within_a_day_the_span_does_not_move),
        cmocka_unit_test(a_start_that_lies_ahead_still_leaves_a_day),
        cmocka_unit_test(the_walk_covers_the_span_without_gap_in_steps_of_a_year),
        cmocka_unit_test(a_halved_window_begins_at_the_same_moment),
        cmocka_unit_test(where_the_longer_window_is_likely_to_fit_the_step_grows),
        cmocka_unit_test(a_step_that_was_cut_grows_only_behind_what_was_too_full),
        cmocka_unit_test(no_step_is_longer_than_a_year),
        cmocka_unit_test(a_remembered_step_is_taken_within_the_limits),
        cmocka_unit_test(a_walk_that_remembers_asks_no_question_in_vain),
        cmocka_unit_test(a_calendar_that_got_thin_is_soon_asked_in_long_steps_again),
        cmocka_unit_test(a_quarter_of_an_hour_is_not_halved),
        cmocka_unit_test(a_server_that_refuses_everything_is_not_asked_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
