/* SPDX-License-Identifier: MIT */
#include "calendar/zone_rules.h"

#include "base/datetime.h"
#include "calendar/zones.h"
#include "unit.h"

#define ELEMENT 4
#define HOUR    3600
#define NONE    INT32_MIN /* the rules say nothing */

static int64_t at(const char *text)
{
    int64_t utc = 0;

    assert_true(datetime_parse(slice_of(text), true, &utc, NULL));
    return utc;
}

static int32_t offset_of(const struct leaf *leaves, const char *when)
{
    struct item item;
    int32_t offset = NONE;

    item_init(&item);
    add_leaves(&item, ELEMENT, leaves);
    if (!zone_rules_offset(&item, ELEMENT, at(when), &offset))
        offset = NONE;
    item_finish(&item);
    return offset;
}

static void clocks_change_where_the_rules_say(void **state)
{
    static const struct {
        const char *when;
        int32_t offset;
    } rows[] = {
        {"2026-01-01T00:00:00Z", HOUR},     {"2026-03-29T00:59:59Z", HOUR},
        {"2026-03-29T01:00:00Z", 2 * HOUR}, {"2026-10-25T00:59:59Z", 2 * HOUR},
        {"2026-10-25T01:00:00Z", HOUR},     {"2026-12-31T23:59:59Z", HOUR},
        {"1969-07-01T00:00:00Z", 2 * HOUR},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(offset_of(rules_of_berlin, rows[i].when), rows[i].offset);
}

static void in_the_south_summer_goes_over_the_new_year(void **state)
{
    static const struct leaf leaves[] = {
        {"", ""},
        {"Periods", ""},
        PERIOD("std", "-PT10H"),
        PERIOD("dst", "-P0DT11H0M0.0S"),
        {"TransitionsGroups", ""},
        {"TransitionsGroups/TransitionsGroup/@Id", "0"},
        {"TransitionsGroups/TransitionsGroup", ""},
        RECURRING_DAY("dst", "PT2H", "10", "Sunday", "1"),
        RECURRING_DAY("std", "PT3H", "4", "Sunday", "1"),
        ALWAYS_GROUP("0"),
        {NULL, NULL},
    };

    (void)state;
    assert_int_equal(offset_of(leaves, "2026-01-01T00:00:00Z"), 11 * HOUR);
    assert_int_equal(offset_of(leaves, "2026-04-04T15:59:59Z"), 11 * HOUR);
    assert_int_equal(offset_of(leaves, "2026-04-04T16:00:00Z"), 10 * HOUR);
    assert_int_equal(offset_of(leaves, "2026-10-03T16:00:00Z"), 11 * HOUR);
}

#define GROUP_TO "TransitionsGroups/TransitionsGroup/Transition/To"

static const struct leaf fixed[] = {
    {"", ""},
    {"Periods", ""},
    PERIOD("only", "PT3H30M"),
    {"TransitionsGroups", ""},
    {"TransitionsGroups/TransitionsGroup/@Id", "0"},
    {"TransitionsGroups/TransitionsGroup", ""},
    {"TransitionsGroups/TransitionsGroup/Transition", ""},
    {GROUP_TO "/@Kind", "Period"},
    {GROUP_TO, "only"},
    ALWAYS_GROUP("0"),
    {NULL, NULL},
};

static void a_group_without_changes_has_one_offset(void **state)
{
    (void)state;
    assert_int_equal(offset_of(fixed, "2026-07-01T00:00:00Z"), -(3 * HOUR + HOUR / 2));
}

static void the_transition_of_the_moment_counts(void **state)
{
    static const struct leaf leaves[] = {
        {"", ""},
        {"Periods", ""},
        PERIOD("old", "-PT3H"),
        PERIOD("new", "-PT4H"),
        {"Transitions", ""},
        {"Transitions/Transition", ""},
        {"Transitions/Transition/To/@Kind", "Period"},
        {"Transitions/Transition/To", "old"},
        {"Transitions/AbsoluteDateTransition", ""},
        {"Transitions/AbsoluteDateTransition/To/@Kind", "Period"},
        {"Transitions/AbsoluteDateTransition/To", "new"},
        {"Transitions/AbsoluteDateTransition/DateTime", "2020-01-01T00:00:00Z"},
        {NULL, NULL},
    };

    (void)state;
    assert_int_equal(offset_of(leaves, "2019-12-31T23:59:59Z"), 3 * HOUR);
    assert_int_equal(offset_of(leaves, "2020-01-01T00:00:00Z"), 4 * HOUR);
}

static void a_change_may_be_on_a_date(void **state)
{
#define DATE "TransitionsGroups/TransitionsGroup/RecurringDateTransition"
    static const struct leaf leaves[] = {
        {"", ""},
        {"Periods", ""},
        PERIOD("std", "-PT3H30M"),
        PERIOD("dst", "-PT4H30M"),
        {"TransitionsGroups", ""},
        {"TransitionsGroups/TransitionsGroup/@Id", "0"},
        {"TransitionsGroups/TransitionsGroup", ""},
        {DATE, ""},
        {DATE "/To", "dst"},
        {DATE "/TimeOffset", "PT0H"},
        {DATE "/Month", "3"},
        {DATE "/Day", "22"},
        {DATE, ""},
        {DATE "/To", "std"},
        {DATE "/TimeOffset", "PT24H"},
        {DATE "/Month", "9"},
        {DATE "/Day", "21"},
        ALWAYS_GROUP("0"),
        {NULL, NULL},
    };
#undef DATE

    (void)state;
    assert_int_equal(offset_of(leaves, "2026-03-21T20:29:59Z"), 3 * HOUR + HOUR / 2);
    assert_int_equal(offset_of(leaves, "2026-03-21T20:30:00Z"), 4 * HOUR + HOUR / 2);
    assert_int_equal(offset_of(leaves, "2026-09-21T19:30:00Z"), 3 * HOUR + HOUR / 2);
}

/* One leaf of `fixed` or of Berlin's rules is another text: nothing is known then, and nothing breaks. */
static void rules_that_make_no_sense_are_none(void **state)
{
    static const struct {
        const struct leaf *leaves;
        const char *path;
        const char *text;
    } rows[] = {
        {fixed, "Periods/Period/@Bias", "an hour"},
        {fixed, "Periods/Period/@Bias", "PT"},
        {fixed, "Periods/Period/@Bias", "P1Y"},
        {fixed, "Periods/Period/@Bias", "PT999999999999999H"},
        {fixed, "Periods/Period/@Bias", "PT25H"},
        {fixed, "Periods/Period/@Id", "another"},
        {fixed, "TransitionsGroups/TransitionsGroup/@Id", "7"},
        {fixed, "Transitions/Transition/To", "7"},
        {fixed, GROUP_TO, ""},
        {rules_of_berlin, RECURRING "/Month", "13"},
        {rules_of_berlin, RECURRING "/DayOfWeek", "Day"},
        {rules_of_berlin, RECURRING "/Occurrence", "0"},
        {rules_of_berlin, RECURRING "/TimeOffset", "noon"},
        {rules_of_berlin, RECURRING "/To", "nothing"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct leaf changed[64] = {{NULL, NULL}};
        for (size_t leaf = 0; rows[i].leaves[leaf].path; leaf++) {
            bool is_it = slice_is(slice_of(rows[i].path), rows[i].leaves[leaf].path);
            changed[leaf] = rows[i].leaves[leaf];
            changed[leaf].text = is_it ? rows[i].text : changed[leaf].text;
        }
        assert_int_equal(offset_of(changed, "2026-07-01T00:00:00Z"), NONE);
    }
}

static void a_zone_with_nothing_but_a_name_has_no_rules(void **state)
{
    static const struct leaf leaves[] = {{"@Id", "Customized Time Zone"}, {NULL, NULL}};

    (void)state;
    assert_int_equal(offset_of(leaves, "2026-07-01T00:00:00Z"), NONE);
}

static void more_changes_than_a_year_can_have_are_not_all_looked_at(void **state)
{
    struct item item;
    int32_t offset;

    (void)state;
    item_init(&item);
    add_leaves(&item, ELEMENT,
               (const struct leaf[]){{"", ""}, PERIOD("std", "PT0M"), {NULL, NULL}});
    add_leaf(&item, ELEMENT, "TransitionsGroups/TransitionsGroup/@Id", "0");
    add_leaf(&item, ELEMENT, "TransitionsGroups/TransitionsGroup", "");
    for (int i = 0; i < 1000; i++)
        add_leaves(
            &item, ELEMENT,
            (const struct leaf[]){RECURRING_DAY("std", "PT2H", "3", "Sunday", "-1"), {NULL, NULL}});
    add_leaves(&item, ELEMENT, (const struct leaf[]){ALWAYS_GROUP("0"), {NULL, NULL}});
    assert_true(zone_rules_offset(&item, ELEMENT, 0, &offset));
    assert_int_equal(offset, 0);
    item_finish(&item);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_change_where_the_rules_say),
        cmocka_unit_test(in_the_south_summer_goes_over_the_new_year),
        cmocka_unit_test(a_group_without_changes_has_one_offset),
        cmocka_unit_test(the_transition_of_the_moment_counts),
        cmocka_unit_test(a_change_may_be_on_a_date),
        cmocka_unit_test(rules_that_make_no_sense_are_none),
        cmocka_unit_test(a_zone_with_nothing_but_a_name_has_no_rules),
        cmocka_unit_test(more_changes_than_a_year_can_have_are_not_all_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
