/* SPDX-License-Identifier: MIT */
#include "calendar/branch.h"

#include "calendar/leaves.h"
#include "unit.h"

#define ELEMENT 20

struct setup {
    struct item item;
    struct branch whole;
};

static void prepare(struct setup *setup, const struct leaf *leaves)
{
    item_init(&setup->item);
    add_leaf(&setup->item, ELEMENT - 1, "", "before");
    add_leaves(&setup->item, ELEMENT, leaves);
    add_leaf(&setup->item, ELEMENT + 1, "Attendee", "behind");
    assert_true(branch_of(&setup->item, ELEMENT, &setup->whole));
}

static void assert_text(const struct branch *branch, const char *path, const char *expected)
{
    struct slice text;

    assert_true(branch_text(branch, path, &text));
    assert_true(slice_is(text, expected));
}

static void each_structure_of_a_list_has_its_own_leaves(void **state)
{
    static const struct leaf leaves[] = {
        {"", ""},
        {"Attendee", ""},
        {"Attendee/Mailbox", ""},
        {"Attendee/Mailbox/Name", "Ann"},
        {"Attendee", ""},
        {"Attendee/Mailbox", ""},
        {"Attendee/Mailbox/Name", "Bob"},
        {"Attendee/ResponseType", "Accept"},
        {NULL, NULL},
    };
    struct setup setup;
    struct branch child = {0};
    struct slice text;

    (void)state;
    prepare(&setup, leaves);
    assert_true(branch_next(&setup.whole, &child));
    assert_text(&child, "Mailbox/Name", "Ann");
    assert_false(branch_text(&child, "ResponseType", &text));
    assert_true(branch_next(&setup.whole, &child));
    assert_text(&child, "Mailbox/Name", "Bob");
    assert_text(&child, "ResponseType", "Accept");
    assert_false(branch_next(&setup.whole, &child));
    item_finish(&setup.item);
}

/* As Period, which has attributes alone: no leaf of its own says where one begins. */
static void a_repeated_attribute_begins_the_next_structure(void **state)
{
    static const struct leaf leaves[] = {
        {"", ""},
        {"Period/@Id", "1"},
        {"Period/@Bias", "PT0M"},
        {"Period/@Id", "2"},
        {"Period/@Bias", "PT60M"},
        {NULL, NULL},
    };
    struct setup setup;
    struct branch child = {0};

    (void)state;
    prepare(&setup, leaves);
    assert_true(branch_next(&setup.whole, &child));
    assert_text(&child, "@Bias", "PT0M");
    assert_true(branch_next(&setup.whole, &child));
    assert_text(&child, "@Bias", "PT60M");
    assert_false(branch_next(&setup.whole, &child));
    item_finish(&setup.item);
}

static void attributes_belong_to_the_element_behind_them(void **state)
{
    static const struct leaf leaves[] = {
        {"", ""},          {"Group/@Id", "0"}, {"Group", ""}, {"Group/To/@Kind", "Period"},
        {"Group/To", "a"}, {"Group/@Id", "1"}, {"Group", ""}, {"Group/To/@Kind", "Period"},
        {"Group/To", "b"}, {NULL, NULL},
    };
    struct setup setup;
    struct branch child = {0};

    (void)state;
    prepare(&setup, leaves);
    assert_true(branch_next(&setup.whole, &child));
    assert_text(&child, "@Id", "0");
    assert_text(&child, "To", "a");
    assert_true(branch_next(&setup.whole, &child));
    assert_text(&child, "@Id", "1");
    assert_text(&child, "To", "b");
    assert_false(branch_next(&setup.whole, &child));
    item_finish(&setup.item);
}

static void children_of_other_names_are_passed_over_by_name(void **state)
{
    static const struct leaf leaves[] = {
        {"", ""},
        {"@Id", "zone"},
        {"Periods", ""},
        {"Transitions", ""},
        {"Transitions/To", "x"},
        {NULL, NULL},
    };
    struct setup setup;
    struct branch child;

    (void)state;
    prepare(&setup, leaves);
    assert_text(&setup.whole, "@Id", "zone");
    assert_true(branch_child(&setup.whole, "Transitions", &child));
    assert_text(&child, "To", "x");
    assert_false(branch_child(&setup.whole, "Zones", &child));
    item_finish(&setup.item);
}

static void an_element_that_is_not_there_has_no_branch(void **state)
{
    static const struct leaf leaves[] = {{"", "x"}, {NULL, NULL}};
    struct setup setup;
    struct branch branch;

    (void)state;
    prepare(&setup, leaves);
    assert_false(branch_of(&setup.item, ELEMENT + 2, &branch));
    item_finish(&setup.item);
}

static void an_empty_text_is_none(void **state)
{
    static const struct leaf leaves[] = {{"", ""}, {NULL, NULL}};
    struct setup setup;
    struct slice text;

    (void)state;
    prepare(&setup, leaves);
    assert_false(branch_text(&setup.whole, "", &text));
    item_finish(&setup.item);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_structure_of_a_list_has_its_own_leaves),
        cmocka_unit_test(a_repeated_attribute_begins_the_next_structure),
        cmocka_unit_test(attributes_belong_to_the_element_behind_them),
        cmocka_unit_test(children_of_other_names_are_passed_over_by_name),
        cmocka_unit_test(an_element_that_is_not_there_has_no_branch),
        cmocka_unit_test(an_empty_text_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
