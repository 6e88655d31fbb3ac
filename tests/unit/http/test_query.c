/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "http/message.h"
#include "http/query.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
#define NOVEMBER    INT64_C(1795424400) /* 2026-11-23T09:00:00Z */
#define HOUR        INT64_C(3600)

static struct config_room rooms[] = {
    {(char[]){"R1"}, (char[]){"r1@example.org"}},
    {(char[]){"R\xC3\xA4um 2/+&="}, (char[]){"r2@example.org"}},
    {(char[]){"R3"}, (char[]){"r3@example.org"}},
};
static struct config config = {
    .rooms = rooms,
    .room_count = COUNT(rooms),
    .timezone = (char[]){"UTC"},
};

static int setup(void **state)
{
    (void)state;
    return config_index_rooms(&config);
}

static int teardown(void **state)
{
    (void)state;
    free(config.rooms_by_name);
    return 0;
}

static int parse(const char *text, struct query *ret, struct err *err)
{
    return query_parse(&config, slice_of(text), ret, err);
}

static void an_empty_query_asks_for_everything(void **state)
{
    static const char *const rows[] = {NULL, "", "&", "&&", "=", "_=1795424400", "x&y=z&=a"};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct query query = {.rooms = NULL};
        assert_int_equal(parse(rows[i], &query, NULL), 0);
        assert_true(query.from_utc == INT64_MIN && query.to_utc == INT64_MAX);
        assert_null(query.rooms);
        query_finish(&query);
    }
}

static void moments_and_days_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t from_utc, to_utc;
    } rows[] = {
        {"from=2026-11-23T09:00:00Z", NOVEMBER, INT64_MAX},
        {"to=2026-11-23T09:00:00Z", INT64_MIN, NOVEMBER},
        {"from=2026-11-23T09:00:00Z&to=2026-11-23T09:00:01Z", NOVEMBER, NOVEMBER + 1},
        {"to=2026-11-24&from=2026-11-23", NOVEMBER - 9 * HOUR, NOVEMBER + 15 * HOUR},
        {"from=2026-11-23T10:00:00%2B01:00", NOVEMBER, INT64_MAX},
        {"from=2026-11-23T10:00:00+01:00", NOVEMBER, INT64_MAX}, /* '+' that nobody escaped */
        {"from=2026-11-23T10:00:00%2b01%3A00", NOVEMBER, INT64_MAX},
        {"from=2026-11-23T10%3A00%3A00%2B01%3A00", NOVEMBER, INT64_MAX},
        {"from=2026-11-23T08:00:00-01:00", NOVEMBER, INT64_MAX},
        {"from=2026-11-23T09:00:00.999Z", NOVEMBER, INT64_MAX},
        {"%66rom=2026-11-23T09:00:00Z", NOVEMBER, INT64_MAX},
        {"FROM=x&from=2026-11-23T09:00:00Z&from2=y&%zz=1", NOVEMBER, INT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct query query;
        struct err err = {""};
        if (parse(rows[i].text, &query, &err) != 0)
            fail_msg("%s: %s", rows[i].text, err.text);
        assert_true(query.from_utc == rows[i].from_utc);
        assert_true(query.to_utc == rows[i].to_utc);
        query_finish(&query);
    }
}

static void a_day_begins_on_the_clocks_of_timezone(void **state)
{
    static const struct {
        const char *timezone, *text;
        int64_t from_utc;
    } rows[] = {
        {"Europe/Berlin", "from=2026-11-23", NOVEMBER - 10 * HOUR},
        {"W. Europe Standard Time", "from=2026-11-23", NOVEMBER - 10 * HOUR},
        {"America/New_York", "from=2026-11-23", NOVEMBER - 4 * HOUR},
        {"Europe/Berlin", "from=2026-11-23T09:00:00Z", NOVEMBER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct config abroad = config;
        struct query query;
        abroad.timezone = (char *)(uintptr_t)rows[i].timezone;
        assert_int_equal(query_parse(&abroad, slice_of(rows[i].text), &query, NULL), 0);
        assert_int_equal(query.from_utc, rows[i].from_utc);
        query_finish(&query);
    }
}

/* The last Sundays of March and October 2026. */
static void a_day_has_23_hours_or_25_when_clocks_change(void **state)
{
    struct config abroad = config;
    struct query query;

    (void)state;
    abroad.timezone = (char[]){"Europe/Berlin"};
    assert_int_equal(query_parse(&abroad, slice_of("from=2026-03-29&to=2026-03-30"), &query, NULL),
                     0);
    assert_int_equal(query.to_utc - query.from_utc, 23 * HOUR);
    query_finish(&query);
    assert_int_equal(query_parse(&abroad, slice_of("from=2026-10-25&to=2026-10-26"), &query, NULL),
                     0);
    assert_int_equal(query.to_utc - query.from_utc, 25 * HOUR);
    query_finish(&query);
}

static void rooms_are_flags_however_often_they_are_named(void **state)
{
    struct query query;

    (void)state;
    assert_int_equal(parse("room=R3&x=1&room=R\xC3\xA4um+2%2F%2B%26%3D&room=R3", &query, NULL), 0);
    assert_non_null(query.rooms);
    assert_false(query.rooms[0]);
    assert_true(query.rooms[1]);
    assert_true(query.rooms[2]);
    query_finish(&query);
    assert_null(query.rooms);
}

static void bad_values_say_what_would_be_good(void **state)
{
    static const struct {
        const char *text, *part_of_sentence;
    } rows[] = {
        {"from=", "from= is not understood"},
        {"from", "from= is not understood"},
        {"to=tomorrow", "to=tomorrow is not understood: write a moment such as 2026-11-23T"},
        {"from=2026-11-23T09:00:00", "write a moment"}, /* no zone */
        {"from=2026-11-23+09:00:00Z", "write a moment"},
        {"from=2026-02-30", "write a moment"},
        {"from=20261123", "write a moment"},
        {"from=1795424400", "write a moment"},
        {"from=2026-11-23T09:00:00.000000000000000000000000000Z", "write a moment"},
        {"from=%zz", "from has a % without two hexadecimal digits"},
        {"room=%4", "room has a %"},
        {"room=", "write a room's name"},
        {"room", "write a room's name"},
        {"from=2026-11-23&from=2026-11-23", "from was given twice"},
        {"to=2026-11-23&to=2026-11-24", "to was given twice"},
        {"from=2026-11-23&to=2026-11-23", "from has to be before to"},
        {"from=2026-11-24&to=2026-11-23", "from has to be before to"},
        {"x=1&room=R1&to=x", "to=x is not understood"}, /* and the flags are freed */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct query query = {.from_utc = 99};
        struct err err = {""};
        int result = parse(rows[i].text, &query, &err);
        if (result != QUERY_BAD_VALUE || !strstr(err.text, rows[i].part_of_sentence))
            fail_msg("%s: %d, %s", rows[i].text, result, err.text);
        assert_int_equal(query.from_utc, 99);
    }
}

static void a_long_bad_value_is_quoted_in_part(void **state)
{
    struct query query;
    struct err err;
    struct buf text = BUF_INIT(2000);

    (void)state;
    buf_append_text(&text, "from=");
    for (int i = 0; i < 1000; i++)
        buf_append_char(&text, 'x');
    assert_int_equal(parse(buf_text(&text), &query, &err), QUERY_BAD_VALUE);
    assert_non_null(strstr(err.text, "2026-11-23T09:00:00Z"));
    buf_finish(&text);
}

static void an_unknown_room_is_another_matter(void **state)
{
    static const char *const rows[] = {"room=X", "room=R1&room=r1", "room=R1%00", "room=R1+"};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct query query;
        struct err err = {""};
        assert_int_equal(parse(rows[i], &query, &err), QUERY_NO_ROOM);
        assert_non_null(strstr(err.text, "There is no room"));
    }
}

static void so_many_rooms_and_no_more(void **state)
{
    (void)state;
    for (int count = QUERY_ROOMS_MAX; count <= QUERY_ROOMS_MAX + 1; count++) {
        struct buf text = BUF_INIT(HTTP_QUERY_MAX);
        struct query query = {.rooms = NULL};
        struct err err = {""};
        for (int i = 0; i < count; i++)
            buf_append_text(&text, "room=R1&");
        assert_int_equal(parse(buf_text(&text), &query, &err),
                         count > QUERY_ROOMS_MAX ? QUERY_BAD_VALUE : 0);
        query_finish(&query);
        buf_finish(&text);
    }
}

static void the_longest_query_is_read(void **state)
{
    struct buf text = BUF_INIT(HTTP_QUERY_MAX);
    struct query query;

    (void)state;
    buf_append_text(&text, "from=2026-11-23&x=");
    while (text.length < HTTP_QUERY_MAX)
        buf_append_char(&text, 'x');
    assert_int_equal(parse(buf_text(&text), &query, NULL), 0);
    query_finish(&query);
    buf_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_query_asks_for_everything),
        cmocka_unit_test(moments_and_days_are_read),
        cmocka_unit_test(a_day_begins_on_the_clocks_of_timezone),
        cmocka_unit_test(a_day_has_23_hours_or_25_when_clocks_change),
        cmocka_unit_test(rooms_are_flags_however_often_they_are_named),
        cmocka_unit_test(bad_values_say_what_would_be_good),
        cmocka_unit_test(a_long_bad_value_is_quoted_in_part),
        cmocka_unit_test(an_unknown_room_is_another_matter),
        cmocka_unit_test(so_many_rooms_and_no_more),
        cmocka_unit_test(the_longest_query_is_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
