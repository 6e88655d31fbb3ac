/* SPDX-License-Identifier: MIT */
#include "calendar/timezone.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

#define HOUR 3600

static struct timezone *opened(const char *name)
{
    struct timezone *timezone = NULL;

    if (timezone_open(slice_of(name), &timezone))
        fail_msg("there is no zone \"%s\"", name);
    return timezone;
}

static int64_t at(const char *text)
{
    int64_t utc = 0;

    assert_true(datetime_parse(slice_of(text), true, &utc, NULL));
    return utc;
}

static void a_zone_goes_by_the_name_of_the_database(void **state)
{
    static const struct {
        const char *name;
        const char *expected;
    } rows[] = {
        {"Europe/Berlin", "Europe/Berlin"},
        {"W. Europe Standard Time", "Europe/Berlin"},
        {"India Standard Time", "Asia/Calcutta"},
        {"FLE Standard Time", "Europe/Kyiv"},
        {"UTC", "Etc/UTC"},
        {"tzone://Microsoft/Utc", "UTC"},
        {"  Eastern Standard Time\n", "America/New_York"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct timezone *timezone = opened(rows[i].name);
        assert_string_equal(timezone_name(timezone), rows[i].expected);
        timezone_close(timezone);
    }
}

static void what_is_no_zone_is_told_so(void **state)
{
    static const char *const names[] = {
        "",
        " ",
        "Customized Time Zone",
        "tzone://Microsoft/Custom",
        "Mitteleurop\xC3\xA4ische Zeit",
        "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
        "Europe/Berln",
        "GMT+3",
        "Etc/Unknown",
        "\xFF\xFE",
    };
    char endless[1000];
    struct timezone *timezone;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (timezone_open(slice_of(names[i]), &timezone) != 1)
            fail_msg("there is a zone \"%s\"", names[i]);
    memset(endless, 'x', sizeof endless);
    assert_int_equal(timezone_open((struct slice){endless, sizeof endless}, &timezone), 1);
    assert_int_equal(timezone_open((struct slice){"UTC\0x", 5}, &timezone), 1);
}

static void the_offset_follows_the_clocks(void **state)
{
    struct timezone *timezone = opened("Europe/Berlin");

    (void)state;
    assert_int_equal(timezone_offset(timezone, at("2026-03-29T00:59:59Z")), HOUR);
    assert_int_equal(timezone_offset(timezone, at("2026-03-29T01:00:00Z")), 2 * HOUR);
    assert_int_equal(timezone_offset(timezone, at("2026-10-25T00:59:59Z")), 2 * HOUR);
    assert_int_equal(timezone_offset(timezone, at("2026-10-25T01:00:00Z")), HOUR);
    timezone_close(timezone);
}

/* Of the system's database: ICU 72 has an hour more for each. */
static void the_offset_is_as_governments_changed_it_since(void **state)
{
    static const struct {
        const char *zone;
        int32_t hours;
    } rows[] = {
        {"America/Mexico_City", -6}, {"Central Standard Time (Mexico)", -6}, {"Asia/Almaty", 5}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct timezone *timezone = opened(rows[i].zone);
        assert_int_equal(timezone_offset(timezone, at("2026-07-01T12:00:00Z")),
                         rows[i].hours * HOUR);
        timezone_close(timezone);
    }
}

static void a_zone_that_the_system_lacks_goes_by_icu_s_rules(void **state)
{
    struct timezone *timezone = opened("PST");

    (void)state;
    assert_int_equal(timezone_offset(timezone, at("2026-01-01T12:00:00Z")), -8 * HOUR);
    assert_int_equal(timezone_offset(timezone, at("2026-07-01T12:00:00Z")), -7 * HOUR);
    timezone_close(timezone);
}

static void the_rules_go_on_after_the_last_year_that_is_listed(void **state)
{
    struct timezone *timezone = opened("Europe/Berlin");

    (void)state;
    assert_int_equal(timezone_offset(timezone, at("2051-01-01T12:00:00Z")), HOUR);
    assert_int_equal(timezone_offset(timezone, at("2051-07-01T12:00:00Z")), 2 * HOUR);
    timezone_close(timezone);
}

static void a_wall_time_is_one_moment(void **state)
{
    static const struct {
        const char *zone;
        const char *wall; /* written as if it were UTC */
        const char *utc;
    } rows[] = {
        {"Europe/Berlin", "2026-07-01T12:00:00Z", "2026-07-01T10:00:00Z"},
        {"Europe/Berlin", "2026-03-29T02:30:00Z", "2026-03-29T01:00:00Z"}, /* skipped */
        {"Europe/Berlin", "2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z"}, /* comes twice */
        {"Europe/Berlin", "2026-10-26T00:00:00Z", "2026-10-25T23:00:00Z"}, /* after 25 hours */
        {"Asia/Beirut", "2026-03-29T00:00:00Z", "2026-03-28T22:00:00Z"},   /* midnight is skipped */
        {"Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T10:00:00Z"},  /* the whole day is */
        {"Pacific/Chatham", "2026-06-01T00:00:00Z", "2026-05-31T11:15:00Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct timezone *timezone = opened(rows[i].zone);
        assert_int_equal(timezone_utc_of(timezone, at(rows[i].wall)), at(rows[i].utc));
        timezone_close(timezone);
    }
}

static void assert_iso(const char *zone, int64_t utc, int micros, const char *expected)
{
    char text[DATETIME_TEXT_SIZE];
    struct timezone *timezone = opened(zone);

    assert_int_equal(timezone_iso(timezone, utc, micros, text), strlen(expected));
    assert_string_equal(text, expected);
    timezone_close(timezone);
}

static void moments_are_written_with_the_zone_s_offset(void **state)
{
    (void)state;
    assert_iso("UTC", at("2026-11-23T09:00:00Z"), 0, "2026-11-23T09:00:00+00:00");
    assert_iso("Europe/Berlin", at("2026-11-23T09:00:00Z"), 0, "2026-11-23T10:00:00+01:00");
    assert_iso("Europe/Berlin", at("2026-07-23T09:00:00Z"), 5, "2026-07-23T11:00:00.000005+02:00");
    assert_iso("America/St_Johns", at("2026-01-01T00:00:00Z"), 0, "2025-12-31T20:30:00-03:30");
    assert_iso("Europe/Berlin", at("1880-01-01T00:00:00Z"), 0, "1880-01-01T00:53:28+00:53:28");
}

static void a_lane_opens_each_zone_once(void **state)
{
    struct timezones *zones;
    const struct timezone *first;
    const struct timezone *again;

    (void)state;
    assert_int_equal(timezones_create("Europe/Berlin", &zones), 0);
    assert_string_equal(timezone_name(timezones_local(zones)), "Europe/Berlin");
    assert_int_equal(timezones_find(zones, slice_of("Asia/Tokyo"), &first), 0);
    assert_int_equal(timezones_find(zones, slice_of("nowhere"), &again), 1);
    assert_int_equal(timezones_find(zones, slice_of("nowhere"), &again), 1);
    assert_int_equal(timezones_find(zones, slice_of("Asia/Tokyo"), &again), 0);
    assert_ptr_equal(first, again);
    timezones_destroy(zones);
}

static void any_number_of_strange_names_leaves_the_zones_usable(void **state)
{
    struct timezones *zones;
    const struct timezone *timezone;
    char name[32];

    (void)state;
    assert_int_equal(timezones_create("UTC", &zones), 0);
    for (int i = 0; i < 3 * TIMEZONES_MAX; i++) {
        (void)snprintf(name, sizeof name, "zone %d", i);
        assert_int_equal(timezones_find(zones, slice_of(name), &timezone), 1);
    }
    assert_int_equal(timezones_find(zones, slice_of("Asia/Tokyo"), &timezone), 0);
    assert_int_equal(timezone_offset(timezone, 0), 9 * HOUR);
    timezones_destroy(zones);
}

static void without_a_local_zone_there_are_no_zones(void **state)
{
    struct timezones *zones = NULL;

    (void)state;
    assert_int_equal(timezones_create("nowhere", &zones), 1);
    assert_null(zones);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone_goes_by_the_name_of_the_database),
        cmocka_unit_test(what_is_no_zone_is_told_so),
        cmocka_unit_test(the_offset_follows_the_clocks),
        cmocka_unit_test(the_offset_is_as_governments_changed_it_since),
        cmocka_unit_test(a_zone_that_the_system_lacks_goes_by_icu_s_rules),
        cmocka_unit_test(the_rules_go_on_after_the_last_year_that_is_listed),
        cmocka_unit_test(a_wall_time_is_one_moment),
        cmocka_unit_test(moments_are_written_with_the_zone_s_offset),
        cmocka_unit_test(a_lane_opens_each_zone_once),
        cmocka_unit_test(any_number_of_strange_names_leaves_the_zones_usable),
        cmocka_unit_test(without_a_local_zone_there_are_no_zones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
