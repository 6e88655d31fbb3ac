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

static const char *first_mistake(const struct setup *setup)
{
    return setup->mistakes.count ? setup->mistakes.sentences[0] : "";
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
        if (rows[i].source != FIELD_PROPERTY)
            assert_string_equal(strchr(rows[i].uri, ':') + 1, rows[i].element);
    }
}

static void the_fixed_elements_are_asked_for_whatever_is_chosen(void **state)
{
    struct setup setup = {0};

    (void)state;
    assert_int_equal(make(&setup, 1, (const char *const[][2]){{"w", "when"}}), 0);
    assert_string_equal(setup.plan.elements[PLAN_ID].uri, "item:ItemId");
    assert_string_equal(setup.plan.elements[PLAN_START].uri, "calendar:Start");
    assert_string_equal(setup.plan.elements[PLAN_END].uri, "calendar:End");
    assert_string_equal(setup.plan.elements[PLAN_IS_ALL_DAY].uri, "calendar:IsAllDayEvent");
    for (size_t i = 0; i < PLAN_FIXED; i++)
        assert_int_equal(setup.plan.elements[i].source, FIELD_FIND);
    assert_int_equal(setup.plan.element_count, PLAN_FIXED + 1);
    field_plan_finish(&setup.plan);
}

static void an_element_that_two_attributes_read_is_asked_for_once(void **state)
{
    struct setup setup = {0};

    (void)state;
    assert_int_equal(
        make(&setup, 3,
             (const char *const[][2]){{"a", "text_body"}, {"b", "text_body"}, {"start", "start"}}),
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
    assert_non_null(strstr(first_mistake(&setup), "did you mean location?"));
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

static void what_is_nowhere_near_is_answered_with_where_to_look(void **state)
{
    struct setup setup = {0};

    (void)state;
    assert_int_equal(make(&setup, 1, (const char *const[][2]){{"x", "colour_of_the_door"}}), 1);
    assert_non_null(strstr(first_mistake(&setup), "docs/fields.md lists them"));
    mistakes_finish(&setup.mistakes);
}

static void only_attributes_that_find_item_lacks_need_get_item(void **state)
{
    static const struct {
        const char *name;
        bool needs_get_item;
    } rows[] = {{"subject", false},
                {"organizer_name", false},
                {"organizer_email", false},
                {"organizer", true},
                {"body", true},
                {"start_timezone", false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct setup setup = {0};
        assert_int_equal(make(&setup, 1, (const char *const[][2]){{"k", rows[i].name}}), 0);
        assert_int_equal(setup.plan.needs_get_item, rows[i].needs_get_item);
        field_plan_finish(&setup.plan);
    }
}

static void an_element_knows_who_gives_it(void **state)
{
    struct setup setup = {0};

    (void)state;
    assert_int_equal(
        make(&setup, 3,
             (const char *const[][2]){{"b", "body"}, {"o", "organizer"}, {"e", "organizer_email"}}),
        0);
    assert_int_equal(setup.plan.elements[setup.plan.choices[0].element].source, FIELD_GET);
    /* The name is FindItem's, and every item needs it. */
    assert_int_equal(setup.plan.choices[1].element, PLAN_ORGANIZER);
    assert_int_equal(setup.plan.elements[PLAN_ORGANIZER].source, FIELD_FIND);
    assert_int_equal(setup.plan.address, setup.plan.choices[2].element);
    assert_string_equal(setup.plan.elements[setup.plan.address].uri, "0x5D02");
    field_plan_finish(&setup.plan);
}

static void without_the_organizer_s_address_there_is_no_place_for_it(void **state)
{
    struct setup setup = {0};

    (void)state;
    assert_int_equal(make(&setup, 1, (const char *const[][2]){{"s", "subject"}}), 0);
    assert_int_equal(setup.plan.address, -1);
    field_plan_finish(&setup.plan);
}

static void what_is_read_as_a_text_may_be_cut(void **state)
{
    struct setup setup = {0};

    (void)state;
    assert_int_equal(
        make(&setup, 4,
             (const char *const[][2]){
                 {"w", "when"}, {"k", "changekey"}, {"t", "type"}, {"b", "text_body"}}),
        0);
    assert_true(setup.plan.elements[setup.plan.choices[0].element].is_text);
    assert_false(setup.plan.elements[PLAN_ID].is_text);                       /* an attribute */
    assert_false(setup.plan.elements[setup.plan.choices[2].element].is_text); /* a word */
    assert_false(setup.plan.elements[setup.plan.choices[3].element].is_text); /* whole */
    assert_true(setup.plan.elements[PLAN_SUBJECT].is_text); /* iCalendar reads it */
    field_plan_finish(&setup.plan);
}

static void two_attributes_with_one_key_are_refused(void **state)
{
    struct setup setup = {0};

    (void)state;
    assert_int_equal(
        make(&setup, 2, (const char *const[][2]){{"title", "title"}, {"title", "location"}}), 1);
    assert_non_null(strstr(first_mistake(&setup), "\"title\""));
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
        cmocka_unit_test(what_is_nowhere_near_is_answered_with_where_to_look),
        cmocka_unit_test(only_attributes_that_find_item_lacks_need_get_item),
        cmocka_unit_test(an_element_knows_who_gives_it),
        cmocka_unit_test(without_the_organizer_s_address_there_is_no_place_for_it),
        cmocka_unit_test(what_is_read_as_a_text_may_be_cut),
        cmocka_unit_test(two_attributes_with_one_key_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
