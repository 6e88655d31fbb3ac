/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <time.h>

#include "base/datetime.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
#define NOVEMBER    INT64_C(1795424400) /* 2026-11-23T09:00:00Z, a Monday */

static void days_count_from_1970(void **state)
{
    static const struct {
        int year, month, day;
        int64_t days;
    } rows[] = {
        {1970, 1, 1, 0},      {1969, 12, 31, -1},      {1970, 3, 1, 59},
        {2000, 2, 29, 11016}, {2000, 3, 1, 11017},     {1900, 3, 1, -25508},
        {1, 1, 1, -719162},   {9999, 12, 31, 2932896}, {2026, 11, 23, 20780},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(datetime_days(rows[i].year, rows[i].month, rows[i].day), rows[i].days);
}

static void every_day_of_the_calendar_comes_back(void **state)
{
    (void)state;
    for (int64_t utc = DATETIME_MIN; utc <= DATETIME_MAX; utc += DAY_S) {
        char text[DATETIME_TEXT_SIZE];
        int64_t back = 0;
        size_t length = date_iso(utc, text);
        if (!date_parse((struct slice){text, length}, &back) || back != utc)
            fail_msg("%s does not come back", text);
    }
}

static void the_c_library_agrees_on_dates(void **state)
{
    (void)state;
    /* A step that is no whole number of days, so that all hours occur. */
    for (int64_t utc = DATETIME_MIN; utc <= DATETIME_MAX; utc += 1000003) {
        char ours[DATETIME_TEXT_SIZE];
        char theirs[64];
        time_t moment = (time_t)utc;
        struct tm tm;
        (void)datetime_http(utc, ours);
        assert_non_null(gmtime_r(&moment, &tm));
        /* glibc's %Y does not pad years below 1000. */
        if (tm.tm_year < 1000 - 1900)
            continue;
        assert_int_not_equal(strftime(theirs, sizeof theirs, "%a, %d %b %Y %H:%M:%S GMT", &tm), 0);
        assert_string_equal(ours, theirs);
    }
}

static void date_times_are_read(void **state)
{
    static const struct {
        const char *text;
        bool zone_optional;
        int64_t utc;
        int micros;
    } rows[] = {
        {"2026-11-23T09:00:00Z", false, NOVEMBER, 0},
        {"2026-11-23t09:00:00z", false, NOVEMBER, 0},
        {"2026-11-23T09:00:00+00:00", false, NOVEMBER, 0},
        {"2026-11-23T09:00:00-00:00", false, NOVEMBER, 0},
        {"2026-11-23T10:00:00+01:00", false, NOVEMBER, 0},
        {"2026-11-23T22:45:00+13:45", false, NOVEMBER, 0},
        {"2026-11-22T23:00:00-10:00", false, NOVEMBER, 0},
        {"2026-11-23T09:00:00", true, NOVEMBER, 0},
        {"2026-11-23T09:00:00.5", true, NOVEMBER, 500000},
        {"2026-11-23T09:00:00Z", true, NOVEMBER, 0},
        {"2026-11-23T09:00:00.25Z", false, NOVEMBER, 250000},
        {"2026-11-23T09:00:00.000001Z", false, NOVEMBER, 1},
        {"2026-11-23T09:00:00.1234567891234Z", false, NOVEMBER, 123456},
        {"2016-12-31T23:59:60Z", false, 1483228800, 0}, /* a leap second: 2017-01-01T00:00:00Z */
        {"2024-02-29T00:00:00Z", false, 1709164800, 0},
        {"0001-01-01T00:00:00Z", false, DATETIME_MIN, 0},
        {"9999-12-31T23:59:59Z", false, DATETIME_MAX, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t utc = 0;
        int micros = -1;
        if (!datetime_parse(slice_of(rows[i].text), rows[i].zone_optional, &utc, &micros))
            fail_msg("%s was refused", rows[i].text);
        assert_int_equal(utc, rows[i].utc);
        assert_int_equal(micros, rows[i].micros);
        assert_true(datetime_parse(slice_of(rows[i].text), rows[i].zone_optional, &utc, NULL));
    }
}

static void what_is_no_date_time_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "2026-11-23",
        "2026-11-23T09:00:00", /* no zone */
        "2026-11-23T09:00:00.5",
        "2026-11-23 09:00:00Z",
        "2026-11-23T09:00Z",
        "2026-11-23T9:00:00Z",
        "2026-11-23T09:00:00.Z",
        "2026-11-23T09:00:00,5Z",
        "2026-11-23T09:00:00Zx",
        "2026-11-23T09:00:00 Z",
        " 2026-11-23T09:00:00Z",
        "2026-11-23T09:00:00+0100",
        "2026-11-23T09:00:00+01",
        "2026-11-23T09:00:00+24:00",
        "2026-11-23T09:00:00+01:60",
        "2026-11-23T24:00:00Z",
        "2026-11-23T09:60:00Z",
        "2026-11-23T09:00:61Z",
        "2026-00-23T09:00:00Z",
        "2026-13-23T09:00:00Z",
        "2026-11-00T09:00:00Z",
        "2026-11-31T09:00:00Z",
        "2025-02-29T09:00:00Z",
        "1900-02-29T09:00:00Z",
        "0000-01-01T00:00:00Z",
        "-2026-11-23T09:00:00Z",
        "+2026-11-23T09:00:00Z",
        "12026-11-23T09:00:00Z",
        "26-11-23T09:00:00Z",
        "2026-1-23T09:00:00Z",
        "2026/11/23T09:00:00Z",
        "\331\242026-11-23T09:00:00Z", /* an Arabic two */
        "tomorrow",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t utc = 99;
        int micros = 99;
        if (datetime_parse(slice_of(rows[i]), false, &utc, &micros))
            fail_msg("\"%s\" was taken", rows[i]);
        assert_int_equal(utc, 99);
        assert_int_equal(micros, 99);
    }
}

static void a_nul_inside_is_no_separator(void **state)
{
    int64_t utc;

    (void)state;
    assert_false(datetime_parse((struct slice){"2026-11-23\00009:00:00Z", 20}, false, &utc, NULL));
}

static void an_optional_zone_is_missing_or_right(void **state)
{
    int64_t utc;

    (void)state;
    assert_false(datetime_parse(slice_of("2026-11-23T09:00:00x"), true, &utc, NULL));
    assert_false(datetime_parse(slice_of("2026-11-23T09:00:00+1"), true, &utc, NULL));
}

static void dates_are_their_midnight(void **state)
{
    int64_t utc = 99;

    (void)state;
    assert_true(date_parse(slice_of("2026-11-23"), &utc));
    assert_int_equal(utc, NOVEMBER - INT64_C(9) * 3600);
    assert_false(date_parse(slice_of("2026-11-23 "), &utc));
    assert_false(date_parse(slice_of("2026-11-2"), &utc));
    assert_false(date_parse(slice_of("2026-02-30"), &utc));
    assert_false(date_parse(slice_of("2026-11-23T09:00:00Z"), &utc));
    assert_false(date_parse(slice_of(""), &utc));
    assert_int_equal(utc, NOVEMBER - INT64_C(9) * 3600);
}

static void moments_are_written_in_each_form(void **state)
{
    char text[DATETIME_TEXT_SIZE];

    (void)state;
    assert_int_equal(datetime_iso(NOVEMBER, 0, text), 25);
    assert_string_equal(text, "2026-11-23T09:00:00+00:00");
    assert_int_equal(datetime_iso(NOVEMBER, 250000, text), 32);
    assert_string_equal(text, "2026-11-23T09:00:00.250000+00:00");
    assert_int_equal(datetime_zulu(NOVEMBER, text), 20);
    assert_string_equal(text, "2026-11-23T09:00:00Z");
    assert_int_equal(date_iso(NOVEMBER, text), 10);
    assert_string_equal(text, "2026-11-23");
    assert_int_equal(datetime_http(NOVEMBER, text), 29);
    assert_string_equal(text, "Mon, 23 Nov 2026 09:00:00 GMT");
    datetime_zulu(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59Z");
}

static void moments_outside_of_the_calendar_are_clamped(void **state)
{
    static const struct {
        int64_t utc;
        const char *zulu, *date, *http;
    } rows[] = {
        {INT64_MIN, "0001-01-01T00:00:00Z", "0001-01-01", "Mon, 01 Jan 0001 00:00:00 GMT"},
        {DATETIME_MIN - 1, "0001-01-01T00:00:00Z", "0001-01-01", "Mon, 01 Jan 0001 00:00:00 GMT"},
        {DATETIME_MAX + 1, "9999-12-31T23:59:59Z", "9999-12-31", "Fri, 31 Dec 9999 23:59:59 GMT"},
        {INT64_MAX, "9999-12-31T23:59:59Z", "9999-12-31", "Fri, 31 Dec 9999 23:59:59 GMT"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[DATETIME_TEXT_SIZE];
        datetime_zulu(rows[i].utc, text);
        assert_string_equal(text, rows[i].zulu);
        date_iso(rows[i].utc, text);
        assert_string_equal(text, rows[i].date);
        datetime_http(rows[i].utc, text);
        assert_string_equal(text, rows[i].http);
        datetime_iso(rows[i].utc, 999999, text);
        assert_int_equal(text[4], '-');
    }
}

static void http_dates_come_back(void **state)
{
    static const int64_t rows[] = {0, NOVEMBER, 951782400 /* 2000-02-29 */, DATETIME_MIN,
                                   DATETIME_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[DATETIME_TEXT_SIZE];
        int64_t utc = 99;
        size_t length = datetime_http(rows[i], text);
        assert_true(datetime_http_parse((struct slice){text, length}, &utc));
        assert_int_equal(utc, rows[i]);
    }
}

static void what_is_no_fixed_http_date_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "Mon, 23 Nov 2026 09:00:00",
        "Mon, 23 Nov 2026 09:00:00 UTC",
        "Mon, 23 Nov 2026 09:00:00 GMT ",
        "Mon, 23 nov 2026 09:00:00 GMT",
        "Mon, 31 Nov 2026 09:00:00 GMT",
        "Mon, 00 Nov 2026 09:00:00 GMT",
        "Mon, 23 Nov 0000 09:00:00 GMT",
        "Mon, 23 Nov 2026 24:00:00 GMT",
        "Mon; 23 Nov 2026 09:00:00 GMT",
        "Mon,-23 Nov 2026 09:00:00 GMT",
        "Mon, 23-Nov-2026 09:00:00 GMT",
        "Monday, 23-Nov-26 09:00:00 GMT", /* RFC 850 */
        "Mon Nov 23 09:00:00 2026",       /* asctime */
        "2026-11-23T09:00:00Z",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t utc = 99;
        if (datetime_http_parse(slice_of(rows[i]), &utc))
            fail_msg("\"%s\" was taken", rows[i]);
        assert_int_equal(utc, 99);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_count_from_1970),
        cmocka_unit_test(every_day_of_the_calendar_comes_back),
        cmocka_unit_test(the_c_library_agrees_on_dates),
        cmocka_unit_test(date_times_are_read),
        cmocka_unit_test(what_is_no_date_time_is_refused),
        cmocka_unit_test(a_nul_inside_is_no_separator),
        cmocka_unit_test(an_optional_zone_is_missing_or_right),
        cmocka_unit_test(dates_are_their_midnight),
        cmocka_unit_test(moments_are_written_in_each_form),
        cmocka_unit_test(moments_outside_of_the_calendar_are_clamped),
        cmocka_unit_test(http_dates_come_back),
        cmocka_unit_test(what_is_no_fixed_http_date_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
