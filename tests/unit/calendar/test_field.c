/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "calendar/field.h"
#include "unit.h"

struct setup {
    struct config config;
    struct config_item items[4];
    struct mistakes mistakes;
    struct field_plan plan;
};

/* Makes a plan of "key=name" pairs. */
static int make(struct setup *setup, size_t count, const char *const pairs[][2])
{
    for (size_t i = 0; i < count; i++) {
        setup->items[i].key = (char *)(uintptr_t)pairs[i][0];
        setup->items[i].name = (char *)(uintptr_t)pairs[i][1];
    }
    setup->config.items = setup->items;
    setup->config.item_count = count;
    return field_plan_make(&setup->config, &setup->plan, &setup->mistakes);
}

static void every_attribute_has_a_name_of_its_own(void **state)
{
    size_t count;
    const struct field *rows = field_rows(&count);

    (void)state;
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(field_find(slice_of(rows[i].name)), &rows[i]);
}

static void the_field_uri_ends_in_the_element_s_name(void **state)
{
    size_t count;
    const struct field *rows = field_rows(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].in_find_item)
            assert_string_equal(strchr(rows[i].uri, ':') + 1, rows[i].element);
    }
}

static void the_fixed_elements_are_asked_for_whatever_is_chosen(void **state)
{
    struct setup setup = {0};

    (void)state;
    assert_int_equal(make(&setup, 1, (const char *const[][2]){{"s", "subject"}}), 0);
    assert_string_equal(setup.plan.elements[PLAN_ID].uri, "item:ItemId");
    assert_string_equal(setup.plan.elements[PLAN_START].uri, "calendar:Start");
    assert_string_equal(setup.plan.elements[PLAN_END].uri, "calendar:End");
    assert_string_equal(setup.plan.elements[PLAN_IS_ALL_DAY].uri, "calendar:IsAllDayEvent");
    assert_int_equal(setup.plan.element_count, PLAN_FIXED + 1);
    field_plan_finish(&setup.plan);
}

static void an_element_that_two_attributes_read_is_asked_for_once(void **state)
{
    struct setup setup = {0};

    (void)state;
    assert_int_equal(make(&setup, 3,
                          (const char *const[][2]){
                              {"title", "title"}, {"subject", "subject"}, {"start", "start"}}),
                     0);
    assert_int_equal(setup.plan.element_count, PLAN_FIXED + 1);
    assert_int_equal(setup.plan.choices[0].element, setup.plan.choices[1].element);
    assert_int_equal(setup.plan.choices[2].element, PLAN_START);
    field_plan_finish(&setup.plan);
}

static void a_mistyped_attribute_is_answered_with_the_nearest_one(void **state)
{
    struct setup setup = {0};

    (void)state;
    assert_int_equal(make(&setup, 1, (const char *const[][2]){{"x", "locaton"}}), 1);
    assert_int_equal(setup.mistakes.count, 1);
    assert_non_null(strstr(setup.mistakes.sentences[0], "did you mean location?"));
    mistakes_finish(&setup.mistakes);
}

static void a_name_that_is_like_no_other_gets_no_hint(void **state)
{
    struct setup setup = {0};

    (void)state;
    assert_int_equal(make(&setup, 1, (const char *const[][2]){{"x", "nope"}}), 1);
    assert_null(strstr(setup.mistakes.sentences[0], "did you mean"));
    mistakes_finish(&setup.mistakes);
}

/* config/ has complained of them; both mistakes are to be seen at once. */
static void elements_that_could_not_be_read_are_passed_over(void **state)
{
    struct setup setup = {0};

    (void)state;
    assert_int_equal(make(&setup, 2, (const char *const[][2]){{NULL, NULL}, {"x", "locaton"}}), 1);
    assert_int_equal(setup.mistakes.count, 1);
    mistakes_finish(&setup.mistakes);
}

static void an_attribute_that_only_a_later_version_gives_is_refused(void **state)
{
    struct setup setup = {0};

    (void)state;
    assert_int_equal(
        make(&setup, 2, (const char *const[][2]){{"body", "body"}, {"mail", "organizer_email"}}),
        1);
    assert_int_equal(setup.mistakes.count, 2);
    assert_non_null(strstr(setup.mistakes.sentences[1], "organizer_email"));
    assert_non_null(strstr(setup.mistakes.sentences[1], "not available in this version"));
    mistakes_finish(&setup.mistakes);
}

static void two_attributes_with_one_key_are_refused(void **state)
{
    struct setup setup = {0};

    (void)state;
    assert_int_equal(
        make(&setup, 2, (const char *const[][2]){{"title", "title"}, {"title", "location"}}), 1);
    assert_non_null(strstr(setup.mistakes.sentences[0], "\"title\""));
    mistakes_finish(&setup.mistakes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_attribute_has_a_name_of_its_own),
        cmocka_unit_test(the_field_uri_ends_in_the_element_s_name),
        cmocka_unit_test(the_fixed_elements_are_asked_for_whatever_is_chosen),
        cmocka_unit_test(an_element_that_two_attributes_read_is_asked_for_once),
        cmocka_unit_test(a_mistyped_attribute_is_answered_with_the_nearest_one),
        cmocka_unit_test(a_name_that_is_like_no_other_gets_no_hint),
        cmocka_unit_test(elements_that_could_not_be_read_are_passed_over),
        cmocka_unit_test(an_attribute_that_only_a_later_version_gives_is_refused),
        cmocka_unit_test(two_attributes_with_one_key_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
