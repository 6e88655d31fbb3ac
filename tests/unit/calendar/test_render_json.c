/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "calendar/render_json.h"
#include "unit.h"

#define LEAVES 4

/* One attribute, the leaves of its element, and what it becomes. */
struct row {
    const char *attribute;
    const char *leaves[LEAVES][2]; /* path, text */
    const char *json;
};

static const struct row rows[] = {
    {"subject", {{"", "Budget"}}, "\"Budget\""},
    {"subject", {{NULL}}, "null"},
    {"subject", {{"", ""}}, "null"},
    {"subject",
     {{"", "a\"b\\c\x01/\xC3\xA9\xF0\x9F\x98\x80"}},
     "\"a\\\"b\\\\c\\u0001/\xC3\xA9\xF0\x9F\x98\x80\""},
    {"location", {{NULL}}, "\"\""},
    {"location", {{"", "R022"}}, "\"R022\""},
    {"organizer_name", {{"Mailbox/Name", "Ann"}}, "\"Ann\""},
    {"organizer_name", {{NULL}}, "\"\""},
    {"organizer", {{"Mailbox/Name", "Ann"}}, "{\"name\":\"Ann\",\"email_address\":null}"},
    {"organizer",
     {{"Mailbox/Name", "Ann"}, {"Mailbox/EmailAddress", "a@b.c"}},
     "{\"name\":\"Ann\",\"email_address\":\"a@b.c\"}"},
    {"organizer", {{NULL}}, "null"},
    {"is_cancelled", {{"", "true"}}, "true"},
    {"is_cancelled", {{"", " 0\n"}}, "false"},
    {"is_cancelled", {{"", "maybe"}}, "null"},
    {"is_cancelled", {{NULL}}, "null"},
    {"size", {{"", "4711"}}, "4711"},
    {"size", {{"", "-2147483648"}}, "-2147483648"},
    {"size", {{"", "4711 bytes"}}, "null"},
    {"datetime_created", {{"", "2026-11-23T10:00:00+01:00"}}, "\"2026-11-23T09:00:00+00:00\""},
    {"datetime_created", {{"", "2026-11-23T09:00:00.25Z"}}, "\"2026-11-23T09:00:00.250000+00:00\""},
    {"datetime_created", {{"", "soon"}}, "null"},
    {"legacy_free_busy_status", {{"", "WorkingElsewhere"}}, "\"WorkingElsewhere\""},
    {"categories", {{"String", "red"}, {"String", "blue"}}, "[\"red\",\"blue\"]"},
    {"categories", {{NULL}}, "null"},
    {"id", {{"@Id", "AAMk"}, {"@ChangeKey", "Dw"}}, "\"AAMk\""},
    {"changekey", {{"@Id", "AAMk"}, {"@ChangeKey", "Dw"}}, "\"Dw\""},
    {"parent_folder_id", {{"@Id", "F"}, {"@ChangeKey", "C"}}, "{\"id\":\"F\",\"changekey\":\"C\"}"},
    {"conversation_id", {{"@Id", "F"}}, "{\"id\":\"F\",\"changekey\":null}"},
    {"appointment_state", {{"", "3"}}, "[\"Meeting\",\"Received\"]"},
    {"appointment_state", {{"", "0"}}, "[]"},
    {"appointment_state", {{NULL}}, "null"},
    {"start", {{"", "2026-11-23T09:00:00Z"}}, "\"2026-11-23T09:00:00+00:00\""},
};

/* Renders one item with one attribute under the key "k". */
static void render_one(const char *attribute, const char *const leaves[][2],
                       const struct item_span *span, struct buf *out)
{
    struct config_item chosen = {(char[]){"k"}, (char *)(uintptr_t)attribute};
    struct config config = {.items = &chosen, .item_count = 1};
    struct mistakes mistakes = {0};
    struct field_plan plan;
    struct item item;

    assert_int_equal(field_plan_make(&config, &plan, &mistakes), 0);
    item_init(&item);
    for (size_t i = 0; i < LEAVES && leaves[i][0]; i++)
        item_add(&item, plan.choices[0].element, slice_of(leaves[i][0]), slice_of(leaves[i][1]));
    assert_int_equal(render_json_item(&plan, &item, span, out), 0);
    item_finish(&item);
    field_plan_finish(&plan);
}

static void each_kind_is_written_as_the_replaced_service_wrote_it(void **state)
{
    const struct item_span span = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out = BUF_INIT(4096);
        struct buf expected = BUF_INIT(4096);
        render_one(rows[i].attribute, rows[i].leaves, &span, &out);
        buf_printf(&expected, "{\"k\":%s}", rows[i].json);
        assert_string_equal(buf_text(&out), buf_text(&expected));
        buf_finish(&out);
        buf_finish(&expected);
    }
}

static void assert_dates(int64_t start_utc, int64_t end_utc, const char *first, const char *last)
{
    const struct item_span span = {start_utc, end_utc, true};
    const char *const nothing[LEAVES][2] = {{NULL}};
    struct buf out = BUF_INIT(4096);

    render_one("start", nothing, &span, &out);
    assert_string_equal(buf_text(&out), first);
    buf_clear(&out);
    render_one("end", nothing, &span, &out);
    assert_string_equal(buf_text(&out), last);
    buf_finish(&out);
}

/* 2026-11-23T00:00:00Z */
#define MONDAY INT64_C(1795392000)
#define HOUR   INT64_C(3600)

static void all_day_items_are_dates_with_the_last_day_included(void **state)
{
    (void)state;
    assert_dates(MONDAY, MONDAY + 24 * HOUR, "{\"k\":\"2026-11-23\"}", "{\"k\":\"2026-11-23\"}");
    assert_dates(MONDAY, MONDAY + 72 * HOUR, "{\"k\":\"2026-11-23\"}", "{\"k\":\"2026-11-25\"}");
}

static void all_day_items_made_in_another_zone_keep_their_day(void **state)
{
    (void)state;
    assert_dates(MONDAY - HOUR, MONDAY + 23 * HOUR, "{\"k\":\"2026-11-23\"}",
                 "{\"k\":\"2026-11-23\"}");
    assert_dates(MONDAY + 8 * HOUR, MONDAY + 32 * HOUR, "{\"k\":\"2026-11-23\"}",
                 "{\"k\":\"2026-11-23\"}");
}

static void an_all_day_item_without_a_whole_day_ends_on_its_first(void **state)
{
    (void)state;
    assert_dates(MONDAY, MONDAY, "{\"k\":\"2026-11-23\"}", "{\"k\":\"2026-11-23\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_written_as_the_replaced_service_wrote_it),
        cmocka_unit_test(all_day_items_are_dates_with_the_last_day_included),
        cmocka_unit_test(all_day_items_made_in_another_zone_keep_their_day),
        cmocka_unit_test(an_all_day_item_without_a_whole_day_ends_on_its_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
