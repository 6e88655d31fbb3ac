/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "ews/leaves.h"
#include "unit.h"

#define ELEMENT 7

static void assert_leaves(const struct leaves *leaves, const char *const expected[][2],
                          size_t count)
{
    assert_int_equal(leaves->item.error, 0);
    assert_int_equal(leaves->item.leaf_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(item_next(&leaves->item, i, ELEMENT, expected[i][0]), i);
        assert_true(slice_is(item_leaf_text(&leaves->item, i), expected[i][1]));
    }
}

static void an_element_without_children_is_a_leaf(void **state)
{
    struct leaves leaves;

    (void)state;
    leaves_init(&leaves, 100);
    leaves_open(&leaves, ELEMENT);
    leaves_close(&leaves, slice_of("text"));
    assert_leaves(&leaves, (const char *const[][2]){{"", "text"}}, 1);
    leaves_finish(&leaves);
}

static void an_empty_element_with_attributes_is_its_attributes(void **state)
{
    struct leaves leaves;

    (void)state;
    leaves_init(&leaves, 100);
    leaves_open(&leaves, ELEMENT);
    leaves_attribute(&leaves, slice_of("Id"), slice_of("AAMk"));
    leaves_attribute(&leaves, slice_of("ChangeKey"), slice_of("Dw"));
    leaves_close(&leaves, slice_of(""));
    assert_leaves(&leaves, (const char *const[][2]){{"@Id", "AAMk"}, {"@ChangeKey", "Dw"}}, 2);
    leaves_finish(&leaves);
}

static void an_element_with_children_is_marked_before_them(void **state)
{
    struct leaves leaves;

    (void)state;
    leaves_init(&leaves, 100);
    leaves_open(&leaves, ELEMENT);
    for (int i = 0; i < 2; i++) {
        leaves_descend(&leaves, slice_of("Attendee"));
        leaves_descend(&leaves, slice_of("Name"));
        leaves_ascend(&leaves, slice_of(i ? "Bob" : "Ann"));
        leaves_ascend(&leaves, slice_of("\n"));
    }
    leaves_close(&leaves, slice_of("\n"));
    assert_leaves(&leaves,
                  (const char *const[][2]){{"", ""},
                                           {"Attendee", ""},
                                           {"Attendee/Name", "Ann"},
                                           {"Attendee", ""},
                                           {"Attendee/Name", "Bob"}},
                  5);
    leaves_finish(&leaves);
}

static void a_path_over_its_limit_is_remembered_until_the_next_item(void **state)
{
    struct leaves leaves;

    (void)state;
    leaves_init(&leaves, 8);
    leaves_open(&leaves, ELEMENT);
    leaves_descend(&leaves, slice_of("ninechars"));
    assert_int_equal(buf_error(&leaves.path), -EOVERFLOW);
    leaves_ascend(&leaves, slice_of("x"));
    leaves_begin(&leaves);
    assert_int_equal(buf_error(&leaves.path), 0);
    assert_int_equal(leaves.item.leaf_count, 0);
    leaves_finish(&leaves);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_element_without_children_is_a_leaf),
        cmocka_unit_test(an_empty_element_with_attributes_is_its_attributes),
        cmocka_unit_test(an_element_with_children_is_marked_before_them),
        cmocka_unit_test(a_path_over_its_limit_is_remembered_until_the_next_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
