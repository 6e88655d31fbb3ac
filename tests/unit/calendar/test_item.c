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

static void assert_leaf(const struct item *item, size_t element, const char *path,
                        const char *expected)
{
    struct slice text;

    assert_true(item_get(item, element, path, &text));
    assert_true(slice_is(text, expected));
}

static void details_take_the_place_of_what_they_complete(void **state)
{
    struct item item;
    struct item details;
    struct slice text;

    (void)state;
    item_init(&item);
    item_init(&details);
    add(&item, PLAN_ORGANIZER, "Mailbox/Name", "Ann");
    add(&item, PLAN_ORGANIZER, "Mailbox/Old", "x");
    add(&item, PLAN_LOCATION, "", "here");
    add(&details, PLAN_ORGANIZER, "Mailbox/Name", "Ann Miller");
    add(&details, PLAN_ORGANIZER, "Mailbox/EmailAddress", "ann@example.org");
    add(&details, 30, "", "a body");
    item_merge(&item, &details);
    assert_leaf(&item, PLAN_ORGANIZER, "Mailbox/Name", "Ann Miller");
    assert_leaf(&item, PLAN_ORGANIZER, "Mailbox/EmailAddress", "ann@example.org");
    assert_false(item_get(&item, PLAN_ORGANIZER, "Mailbox/Old", &text));
    assert_leaf(&item, PLAN_LOCATION, "", "here");
    assert_leaf(&item, 30, "", "a body");
    item_finish(&item);
    item_finish(&details);
}

static void an_element_that_comes_in_two_places_is_merged_whole(void **state)
{
    struct item item;
    struct item details;

    (void)state;
    item_init(&item);
    item_init(&details);
    add(&details, PLAN_ORGANIZER, "Mailbox/Name", "Ann");
    add(&details, PLAN_LOCATION, "", "here");
    add(&details, PLAN_ORGANIZER, "Mailbox/EmailAddress", "ann@example.org");
    item_merge(&item, &details);
    assert_leaf(&item, PLAN_ORGANIZER, "Mailbox/Name", "Ann");
    assert_leaf(&item, PLAN_ORGANIZER, "Mailbox/EmailAddress", "ann@example.org");
    item_finish(&item);
    item_finish(&details);
}

static void what_does_not_fit_when_merged_is_remembered(void **state)
{
    struct item item;
    struct item details;

    (void)state;
    item_init(&item);
    item_init(&details);
    for (size_t i = 0; i < ITEM_LEAVES_MAX; i++)
        add(&item, 1, "", "");
    add(&details, 2, "", "");
    item_merge(&item, &details);
    assert_int_equal(item.error, -EOVERFLOW);
    item_finish(&item);
    item_finish(&details);
}

/* A text of so many copies of one character. */
static void add_copies(struct item *item, size_t element, const char *character, size_t count)
{
    struct buf text = BUF_INIT(4096);

    for (size_t i = 0; i < count; i++)
        buf_append_text(&text, character);
    add(item, element, "", buf_text(&text));
    buf_finish(&text);
}

static void a_text_of_255_utf16_units_or_one_less_may_be_cut(void **state)
{
    static const struct {
        const char *character;
        size_t count;
        size_t element;
        bool is_cut;
    } rows[] = {
        {"a", 255, PLAN_SUBJECT, true},
        {"a", 254, PLAN_SUBJECT, true},
        {"a", 253, PLAN_SUBJECT, false},
        {"a", 256, PLAN_SUBJECT, false},
        {"\xC3\xA9", 255, PLAN_LOCATION, true},
        {"\xE2\x82\xAC", 255, PLAN_SUBJECT, true},
        {"\xF0\x9F\x98\x80", 127, PLAN_SUBJECT, true}, /* the 255th unit was half a character */
        {"\xF0\x9F\x98\x80", 126, PLAN_SUBJECT, false},
        {"a", 255, PLAN_ID, false},
    };
    struct field_plan plan = {0};
    const struct config nothing = {.item_count = 0};
    struct mistakes mistakes = {0};

    (void)state;
    assert_int_equal(field_plan_make(&nothing, &plan, &mistakes), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct item item;
        item_init(&item);
        add_copies(&item, rows[i].element, rows[i].character, rows[i].count);
        assert_int_equal(item_is_cut(&item, &plan), rows[i].is_cut);
        item_finish(&item);
    }
    field_plan_finish(&plan);
}

static void the_organizer_s_address_is_an_smtp_one_of_either_place(void **state)
{
    static const struct {
        const char *property;
        const char *organizer;
        const char *address; /* NULL: there is none */
    } rows[] = {
        {"ann@example.org", NULL, "ann@example.org"},
        {"/O=EXCHANGELABS/OU=X/CN=ann", "ann@example.org", "ann@example.org"},
        {NULL, " ann@example.org\n", "ann@example.org"},
        {"/O=A/CN=ann@example.org", NULL, NULL},
        {"@", "ann@", NULL},
        {"", "", NULL},
        {NULL, NULL, NULL},
    };
    const struct field_plan plan = {.address = PLAN_FIXED};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct item item;
        struct slice address = {0};
        item_init(&item);
        if (rows[i].property)
            add(&item, PLAN_FIXED, "Value", rows[i].property);
        if (rows[i].organizer)
            add(&item, PLAN_ORGANIZER, "Mailbox/EmailAddress", rows[i].organizer);
        assert_int_equal(item_organizer_address(&item, &plan, &address), rows[i].address != NULL);
        assert_true(slice_is(address, rows[i].address ? rows[i].address : ""));
        item_finish(&item);
    }
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
        cmocka_unit_test(details_take_the_place_of_what_they_complete),
        cmocka_unit_test(an_element_that_comes_in_two_places_is_merged_whole),
        cmocka_unit_test(what_does_not_fit_when_merged_is_remembered),
        cmocka_unit_test(a_text_of_255_utf16_units_or_one_less_may_be_cut),
        cmocka_unit_test(the_organizer_s_address_is_an_smtp_one_of_either_place),
        cmocka_unit_test(the_span_reads_any_offset),
        cmocka_unit_test(an_end_before_its_start_is_taken_as_the_start),
        cmocka_unit_test(without_a_start_or_an_end_there_is_no_span),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
