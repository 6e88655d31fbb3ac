/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "calendar/field.h"
#include "calendar/item.h"
#include "unit.h"

static void add(struct item *item, size_t element, const char *path, const char *text)
{
    item_add(item, element, slice_of(path), slice_of(text));
}

static void leaves_are_found_by_element_and_path(void **state)
{
    struct item item;
    struct slice text;

    (void)state;
    item_init(&item);
    add(&item, PLAN_ID, "@Id", "one");
    add(&item, 7, "Mailbox/Name", "Ann");
    assert_true(item_get(&item, 7, "Mailbox/Name", &text));
    assert_true(slice_is(text, "Ann"));
    assert_false(item_get(&item, 7, "Mailbox", &text));
    assert_false(item_get(&item, 8, "Mailbox/Name", &text));
    item_finish(&item);
}

static void repeated_leaves_come_in_the_document_s_order(void **state)
{
    struct item item;

    (void)state;
    item_init(&item);
    add(&item, 5, "String", "a");
    add(&item, 6, "String", "other");
    add(&item, 5, "String", "b");
    size_t first = item_next(&item, 0, 5, "String");
    size_t second = item_next(&item, first + 1, 5, "String");
    assert_true(slice_is(item_leaf_text(&item, first), "a"));
    assert_true(slice_is(item_leaf_text(&item, second), "b"));
    assert_true(item_next(&item, second + 1, 5, "String") == SIZE_MAX);
    item_finish(&item);
}

static void an_item_over_its_limit_of_text_remembers_that(void **state)
{
    struct item item;
    char *text = calloc(1, ITEM_TEXT_MAX);

    (void)state;
    item_init(&item);
    item_add(&item, 1, slice_of("a"), (struct slice){text, ITEM_TEXT_MAX});
    assert_int_equal(item.error, -EOVERFLOW);
    assert_int_equal(item.leaf_count, 0);
    item_clear(&item);
    assert_int_equal(item.error, 0);
    free(text);
    item_finish(&item);
}

static void an_item_over_its_limit_of_leaves_remembers_that(void **state)
{
    struct item item;

    (void)state;
    item_init(&item);
    for (size_t i = 0; i < ITEM_LEAVES_MAX; i++)
        add(&item, 1, "", "");
    assert_int_equal(item.error, 0);
    add(&item, 1, "", "");
    assert_int_equal(item.error, -EOVERFLOW);
    item_finish(&item);
}

static bool span_of(const char *start, const char *end, const char *all_day, struct item_span *ret)
{
    struct item item;

    item_init(&item);
    if (start)
        add(&item, PLAN_START, "", start);
    if (end)
        add(&item, PLAN_END, "", end);
    if (all_day)
        add(&item, PLAN_IS_ALL_DAY, "", all_day);
    bool good = item_span(&item, ret);
    item_finish(&item);
    return good;
}

static void the_span_reads_any_offset(void **state)
{
    struct item_span span;

    (void)state;
    assert_true(span_of("1970-01-01T02:00:00+01:00", "1970-01-02T00:00:00Z", "true", &span));
    assert_int_equal(span.start_utc, 3600);
    assert_int_equal(span.end_utc, 86400);
    assert_true(span.all_day);
}

static void an_end_before_its_start_is_taken_as_the_start(void **state)
{
    struct item_span span;

    (void)state;
    assert_true(span_of("1970-01-01T02:00:00Z", "1970-01-01T01:00:00Z", "false", &span));
    assert_int_equal(span.end_utc, span.start_utc);
    assert_false(span.all_day);
}

static void without_a_start_or_an_end_there_is_no_span(void **state)
{
    struct item_span span;

    (void)state;
    assert_false(span_of(NULL, "1970-01-01T01:00:00Z", NULL, &span));
    assert_false(span_of("1970-01-01T01:00:00Z", NULL, NULL, &span));
    assert_false(span_of("yesterday", "1970-01-01T01:00:00Z", NULL, &span));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_are_found_by_element_and_path),
        cmocka_unit_test(repeated_leaves_come_in_the_document_s_order),
        cmocka_unit_test(an_item_over_its_limit_of_text_remembers_that),
        cmocka_unit_test(an_item_over_its_limit_of_leaves_remembers_that),
        cmocka_unit_test(the_span_reads_any_offset),
        cmocka_unit_test(an_end_before_its_start_is_taken_as_the_start),
        cmocka_unit_test(without_a_start_or_an_end_there_is_no_span),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
