/* SPDX-License-Identifier: MIT */
#include "calendar/all_day.h"

#include "base/datetime.h"
#include "calendar/field.h"
#include "calendar/zones.h"
#include "unit.h"

struct row {
    const char *start, *end;           /* as Exchange tells them, in UTC */
    const char *start_zone, *end_zone; /* their ids; NULL: not told */
    const char *first, *last;
};

static const struct leaf *no_rules(void)
{
    static const struct leaf none[] = {{NULL, NULL}};

    return none;
}

static void add_zone(struct item *item, size_t element, const char *id, const struct leaf *rules)
{
    if (id) {
        add_leaf(item, element, "@Name", "");
        add_leaf(item, element, "@Id", id);
    }
    add_leaves(item, element, rules);
}

static void assert_days(const struct row *row, const char *local, const struct leaf *rules)
{
    struct timezones *zones;
    struct item item;
    struct item_span span;
    struct item_days days;
    char first[DATETIME_TEXT_SIZE];
    char last[DATETIME_TEXT_SIZE];

    assert_int_equal(timezones_create(local, &zones), 0);
    item_init(&item);
    add_leaf(&item, PLAN_START, "", row->start);
    add_leaf(&item, PLAN_END, "", row->end);
    add_leaf(&item, PLAN_IS_ALL_DAY, "", "true");
    add_zone(&item, PLAN_START_TIMEZONE, row->start_zone, rules);
    add_zone(&item, PLAN_END_TIMEZONE, row->end_zone, rules);
    assert_true(item_span(&item, &span));
    assert_int_equal(all_day_read(&item, &span, zones, &days), 0);
    (void)date_iso(days.first_utc, first);
    (void)date_iso(days.last_utc, last);
    assert_string_equal(first, row->first);
    assert_string_equal(last, row->last);
    item_finish(&item);
    timezones_destroy(zones);
}

#define ASSERT_ROWS(rows, local, rules)                                                            \
    do {                                                                                           \
        for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++)                              \
            assert_days(&(rows)[i], local, rules);                                                 \
    } while (0)

#define BERLIN "W. Europe Standard Time"

static void days_are_those_of_the_item_s_own_zone(void **state)
{
    static const struct row rows[] = {
        {"2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z", BERLIN, BERLIN, "2026-11-23",
         "2026-11-23"},
        {"2026-11-22T23:00:00Z", "2026-11-25T23:00:00Z", "Europe/Berlin", "Europe/Berlin",
         "2026-11-23", "2026-11-25"},
        {"2026-11-22T10:15:00Z", "2026-11-23T10:15:00Z", "Chatham Islands Standard Time",
         "Chatham Islands Standard Time", "2026-11-23", "2026-11-23"},
        {"2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z", "Dateline Standard Time",
         "Dateline Standard Time", "2026-11-23", "2026-11-23"},
        {"2026-11-22T10:00:00Z", "2026-11-23T10:00:00Z", "Line Islands Standard Time",
         "Line Islands Standard Time", "2026-11-23", "2026-11-23"},
        {"2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z", "tzone://Microsoft/Utc",
         "tzone://Microsoft/Utc", "2026-11-23", "2026-11-23"},
    };

    (void)state;
    ASSERT_ROWS(rows, "America/Los_Angeles", no_rules());
}

static void days_of_23_and_25_hours_are_days(void **state)
{
    static const struct row rows[] = {
        {"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", BERLIN, BERLIN, "2026-03-29",
         "2026-03-29"},
        {"2026-03-27T23:00:00Z", "2026-03-29T22:00:00Z", BERLIN, BERLIN, "2026-03-28",
         "2026-03-29"},
        {"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", BERLIN, BERLIN, "2026-10-25",
         "2026-10-25"},
    };

    (void)state;
    ASSERT_ROWS(rows, "UTC", no_rules());
}

/* As where the rules of that name have changed since: Cairo, Mexico City, Almaty. */
static void an_end_shortly_before_midnight_is_that_midnight(void **state)
{
    static const struct row rows[] = {
        {"2026-11-22T22:00:00Z", "2026-11-23T22:00:00Z", BERLIN, BERLIN, "2026-11-23",
         "2026-11-23"},
        {"2026-11-22T21:00:00Z", "2026-11-24T21:00:00Z", BERLIN, BERLIN, "2026-11-23",
         "2026-11-24"},
    };

    (void)state;
    ASSERT_ROWS(rows, "UTC", no_rules());
}

static void each_end_is_read_in_its_own_zone(void **state)
{
    static const struct row rows[] = {
        {"2026-11-22T23:00:00Z", "2026-11-25T05:00:00Z", BERLIN, "Eastern Standard Time",
         "2026-11-23", "2026-11-24"},
        {"2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z", BERLIN, NULL, "2026-11-23", "2026-11-23"},
    };

    (void)state;
    ASSERT_ROWS(rows, "UTC", no_rules());
}

static void an_unknown_zone_is_read_by_the_rules_that_come_with_it(void **state)
{
    static const struct row rows[] = {
        {"2026-07-31T22:00:00Z", "2026-08-01T22:00:00Z", "Customized Time Zone",
         "Customized Time Zone", "2026-08-01", "2026-08-01"},
        {"2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z", "Mitteleurop\xC3\xA4ische Zeit",
         "tzone://Microsoft/Custom", "2026-11-23", "2026-11-23"},
        {"2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z", "", "", "2026-11-23", "2026-11-23"},
    };

    (void)state;
    ASSERT_ROWS(rows, "Asia/Tokyo", rules_of_berlin);
}

static void without_rules_a_midnight_of_ours_is_one(void **state)
{
    static const struct row rows[] = {
        {"2026-11-22T11:00:00Z", "2026-11-23T11:00:00Z", "", "", "2026-11-23", "2026-11-23"},
        {"2026-11-22T11:00:00Z", "2026-11-24T11:00:00Z", NULL, NULL, "2026-11-23", "2026-11-24"},
    };

    (void)state;
    ASSERT_ROWS(rows, "Pacific/Auckland", no_rules()); /* +13 then: too far for the nearest one */
}

static void without_anything_the_nearest_midnight_is_meant(void **state)
{
    static const struct row rows[] = {
        {"2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z", NULL, NULL, "2026-11-23", "2026-11-23"},
        {"2026-11-23T08:00:00Z", "2026-11-25T08:00:00Z", "Nirgendwo", "Nirgendwo", "2026-11-23",
         "2026-11-24"},
    };

    (void)state;
    ASSERT_ROWS(rows, "UTC", no_rules());
}

static void an_end_within_a_day_counts_that_day(void **state)
{
    static const struct row rows[] = {
        {"2026-11-22T23:00:00Z", "2026-11-24T11:00:00Z", BERLIN, BERLIN, "2026-11-23",
         "2026-11-24"},
    };

    (void)state;
    ASSERT_ROWS(rows, "UTC", no_rules());
}

static void the_last_day_is_never_before_the_first(void **state)
{
    static const struct row rows[] = {
        {"2026-11-22T23:00:00Z", "2026-11-22T23:00:00Z", BERLIN, BERLIN, "2026-11-23",
         "2026-11-23"},
        {"2026-11-22T23:00:00Z", "2026-11-23T05:00:00Z", BERLIN, "Eastern Standard Time",
         "2026-11-23", "2026-11-23"},
        {"1969-12-30T23:00:00Z", "1969-12-31T23:00:00Z", BERLIN, BERLIN, "1969-12-31",
         "1969-12-31"},
    };

    (void)state;
    ASSERT_ROWS(rows, "UTC", no_rules());
}

static void an_item_that_is_not_all_day_has_no_days(void **state)
{
    const struct item_span span = {DAY_S, 2 * DAY_S, false};
    struct item_days days = {1, 2};
    struct timezones *zones;
    struct item item;

    (void)state;
    assert_int_equal(timezones_create("UTC", &zones), 0);
    item_init(&item);
    assert_int_equal(all_day_read(&item, &span, zones, &days), 0);
    assert_int_equal(days.first_utc, 0);
    assert_int_equal(days.last_utc, 0);
    item_finish(&item);
    timezones_destroy(zones);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_those_of_the_item_s_own_zone),
        cmocka_unit_test(days_of_23_and_25_hours_are_days),
        cmocka_unit_test(an_end_shortly_before_midnight_is_that_midnight),
        cmocka_unit_test(each_end_is_read_in_its_own_zone),
        cmocka_unit_test(an_unknown_zone_is_read_by_the_rules_that_come_with_it),
        cmocka_unit_test(without_rules_a_midnight_of_ours_is_one),
        cmocka_unit_test(without_anything_the_nearest_midnight_is_meant),
        cmocka_unit_test(an_end_within_a_day_counts_that_day),
        cmocka_unit_test(the_last_day_is_never_before_the_first),
        cmocka_unit_test(an_item_that_is_not_all_day_has_no_days),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
