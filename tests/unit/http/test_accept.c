/* SPDX-License-Identifier: MIT */
#include "http/accept.h"

#include "unit.h"

static const char *const offers[] = {"application/json", "text/calendar"};

enum { NONE = -1, JSON, ICAL };

struct row {
    const char *accept;
    int chosen;
};

#define assert_rows(rows) assert_each(rows, sizeof(rows) / sizeof(rows)[0])

static void assert_each(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ptrdiff_t chosen = accept_choose(slice_of(rows[i].accept), offers, 2);
        if (chosen != rows[i].chosen)
            fail_msg("\"%s\" gives %td", rows[i].accept, chosen);
    }
}

static void a_type_that_is_named_is_taken(void **state)
{
    static const struct row rows[] = {
        {"application/json", JSON},
        {"text/calendar", ICAL},
        {"Text/Calendar", ICAL},
        {"text/*", ICAL},
        {"application/*", JSON},
        {"text/html, text/calendar", ICAL},
        {"text/calendar; charset=utf-8", ICAL},
        {"text/calendar;component=\"a,b;q=0\"", ICAL},
        {"text/calendar;x=\"\\\",;q=0\"", ICAL},
    };

    (void)state;
    assert_rows(rows);
}

static void without_a_wish_it_is_the_first_offer(void **state)
{
    static const struct row rows[] = {
        {"", JSON},
        {"*/*", JSON},
        {"*", JSON},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON},
        {"application/json, text/plain, */*", JSON},
        {"text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", JSON},
        {"application/json, text/calendar", JSON},
        {"text/calendar, application/json", JSON},
    };

    (void)state;
    assert_rows(rows);
}

static void the_greater_weight_wins(void **state)
{
    static const struct row rows[] = {
        {"application/json;q=0.5, text/calendar;q=0.501", ICAL},
        {"application/json;q=0.5,text/calendar;q=0.499", JSON},
        {"application/json ; q=0.9 , text/calendar ; Q=1.000", ICAL},
        {"application/json;q=0.9, */*;q=0.8", JSON},
        {"application/json;q=0.7, */*;q=0.8", ICAL},
        {"application/json;q=0, */*;q=0.001", ICAL},
        {"text/*;q=0.3, text/calendar;q=0.7, */*;q=0.5", ICAL},
        {"text/calendar;q=0.3, text/*;q=0.7, */*;q=0.5", JSON},
        {"text/calendar;q=0.2, text/calendar;q=0.6, application/json;q=0.4", ICAL},
    };

    (void)state;
    assert_rows(rows);
}

static void of_equal_weights_the_more_precise_range_wins(void **state)
{
    static const struct row rows[] = {
        {"text/calendar, */*", ICAL},
        {"text/calendar;q=0.8, */*;q=0.8", ICAL},
        {"text/*, */*", ICAL},
        {"application/*, text/calendar", ICAL},
        {"application/json, text/*", JSON},
    };

    (void)state;
    assert_rows(rows);
}

static void what_is_refused_or_not_named_will_not_do(void **state)
{
    static const struct row rows[] = {
        {"text/html", NONE},
        {"image/*", NONE},
        {"application/json;q=0", NONE},
        {"*/*;q=0", NONE},
        {"*/*;q=0.0", NONE},
        {"text/calendar;q=0, application/json;q=0.000", NONE},
        {"application/json;q=0, text/*", ICAL},
        {"application/json-seq, text/calendars", NONE},
    };

    (void)state;
    assert_rows(rows);
}

static void what_cannot_be_read_is_passed_over(void **state)
{
    static const struct row rows[] = {
        {"json", JSON},
        {",,;,/,text/", JSON},
        {"json, text/calendar", ICAL},
        {"application/json;q=2, text/calendar;q=0.1", ICAL},
        {"application/json;q=0.0001, text/calendar;q=0.1", ICAL},
        {"application/json;q=high, text/calendar;q=0.1", ICAL},
        {"application/json;q=, text/calendar;q=0.1", ICAL},
        {"application/json;q=1.001, text/calendar;q=0.1", ICAL},
        {"application/json;q=-0.5, text/calendar;q=0.1", ICAL},
        {"text/calendar;x=\"open, application/json", ICAL},
        {"text/calendar;x=\"open\\", ICAL},
    };

    (void)state;
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_type_that_is_named_is_taken),
        cmocka_unit_test(without_a_wish_it_is_the_first_offer),
        cmocka_unit_test(the_greater_weight_wins),
        cmocka_unit_test(of_equal_weights_the_more_precise_range_wins),
        cmocka_unit_test(what_is_refused_or_not_named_will_not_do),
        cmocka_unit_test(what_cannot_be_read_is_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
