/* SPDX-License-Identifier: MIT */
#include "calendar/private.h"

#include <string.h>

#include "calendar/field.h"
#include "calendar/leaves.h"
#include "unit.h"

static bool is_private(const char *sensitivity)
{
    struct item item;

    item_init(&item);
    if (sensitivity)
        add_leaf(&item, PLAN_SENSITIVITY, "", sensitivity);
    bool is = private_is(&item);
    item_finish(&item);
    return is;
}

static void all_but_normal_items_are_private(void **state)
{
    (void)state;
    assert_true(is_private("Private"));
    assert_true(is_private("Confidential"));
    assert_true(is_private("Personal"));
    assert_true(is_private("TopSecret"));
    assert_false(is_private("Normal"));
    assert_false(is_private(" Normal\n"));
    assert_false(is_private(""));
    assert_false(is_private(NULL));
}

/* Every fixed element, and one that was chosen, with a secret in each. */
static void fill(struct item *item, const char *id)
{
    item_init(item);
    for (size_t element = 0; element <= PLAN_FIXED; element++) {
        add_leaf(item, element, "", "SECRET");
        add_leaf(item, element, "@Attribute", "SECRET");
        add_leaf(item, element, "Mailbox/Name", "SECRET");
    }
    item_drop(item, PLAN_ID);
    add_leaf(item, PLAN_ID, "@Id", id);
    add_leaf(item, PLAN_ID, "@ChangeKey", "SECRET");
    static const size_t shown[] = {PLAN_START, PLAN_END, PLAN_IS_ALL_DAY, PLAN_FREE_BUSY,
                                   PLAN_DURATION};
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        item_drop(item, shown[i]);
        add_leaf(item, shown[i], "@Attribute", "SECRET");
        add_leaf(item, shown[i], "", "shown");
    }
}

static void assert_leaf(const struct item *item, size_t element, const char *path, const char *text)
{
    struct slice found;

    assert_true(item_get(item, element, path, &found));
    assert_true(slice_is(found, text));
}

static void a_masked_item_keeps_its_time_and_nothing_else(void **state)
{
    struct item item;
    struct item masked;

    (void)state;
    fill(&item, "SECRET-id");
    item_init(&masked);
    assert_int_equal(private_mask(&item, &masked), 0);
    assert_leaf(&masked, PLAN_START, "", "shown");
    assert_leaf(&masked, PLAN_END, "", "shown");
    assert_leaf(&masked, PLAN_IS_ALL_DAY, "", "shown");
    assert_leaf(&masked, PLAN_FREE_BUSY, "", "shown");
    assert_leaf(&masked, PLAN_DURATION, "", "shown");
    assert_leaf(&masked, PLAN_SUBJECT, "", "Private");
    assert_null(memmem(masked.bytes.bytes, masked.bytes.length, "SECRET", 6));
    assert_int_equal(masked.leaf_count, 9); /* those six, and id, changekey, UID */
    item_finish(&item);
    item_finish(&masked);
}

/* Whether two items with these ids are masked to the same one. */
static bool become_the_same(const char *left, const char *right)
{
    struct item items[2];
    struct item masked[2];
    struct slice ids[2];

    fill(&items[0], left);
    fill(&items[1], right);
    for (int i = 0; i < 2; i++) {
        item_init(&masked[i]);
        assert_int_equal(private_mask(&items[i], &masked[i]), 0);
        assert_true(item_get(&masked[i], PLAN_ID, "@Id", &ids[i]));
    }
    bool same = slice_equal(ids[0], ids[1]);
    for (int i = 0; i < 2; i++) {
        item_finish(&items[i]);
        item_finish(&masked[i]);
    }
    return same;
}

static void a_masked_item_s_id_is_stable_and_its_own(void **state)
{
    (void)state;
    assert_true(become_the_same("one", "one"));
    assert_false(become_the_same("one", "two"));
}

static void what_the_masked_item_held_before_is_forgotten(void **state)
{
    struct item item;
    struct item masked;
    struct slice text;

    (void)state;
    fill(&item, "id");
    item_init(&masked);
    add_leaf(&masked, PLAN_LOCATION, "", "left over");
    assert_int_equal(private_mask(&item, &masked), 0);
    assert_false(item_get(&masked, PLAN_LOCATION, "", &text));
    item_finish(&item);
    item_finish(&masked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_but_normal_items_are_private),
        cmocka_unit_test(a_masked_item_keeps_its_time_and_nothing_else),
        cmocka_unit_test(a_masked_item_s_id_is_stable_and_its_own),
        cmocka_unit_test(what_the_masked_item_held_before_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
