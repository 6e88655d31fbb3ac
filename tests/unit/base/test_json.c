/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "memory.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static void a_value_is_written_in_order_without_blanks(void **state)
{
    struct buf out = BUF_INIT(1000);
    struct json json;

    (void)state;
    json_begin(&json);
    json_open_map(&json, NULL);
    json_put_text(&json, "room", slice_of("R022"));
    json_open_list(&json, "items");
    json_put_int(&json, NULL, INT64_MIN);
    json_put_int(&json, NULL, INT64_MAX);
    json_open_map(&json, NULL);
    json_close(&json);
    json_put_null(&json, NULL);
    json_close(&json);
    json_put_bool(&json, "b", true);
    json_put_bool(&json, "a", false);
    json_put_null(&json, "none");
    json_close(&json);
    assert_int_equal(json_finish(&json, &out), 0);
    assert_string_equal(buf_text(&out),
                        "{\"room\":\"R022\",\"items\":[-9223372036854775808,9223372036854775807,{},"
                        "null],\"b\":true,\"a\":false,\"none\":null}");
    buf_finish(&out);
}

static void a_scalar_alone_is_a_value(void **state)
{
    struct buf out = BUF_INIT(100);
    struct json json;

    (void)state;
    json_begin(&json);
    json_put_text(&json, NULL, slice_of("x"));
    assert_int_equal(json_finish(&json, &out), 0);
    json_begin(&json);
    json_put_null(&json, NULL);
    assert_int_equal(json_finish(&json, &out), 0);
    assert_string_equal(buf_text(&out), "\"x\"null"); /* appended to what was there */
    buf_finish(&out);
}

static void text_is_escaped_as_json_wants_it(void **state)
{
    static const struct {
        struct slice text;
        const char *json;
    } rows[] = {
        {{NULL, 0}, "\"\""},
        {{"a/b", 3}, "\"a/b\""},
        {{"\"\\", 2}, "\"\\\"\\\\\""},
        {{"\b\f\n\r\t", 5}, "\"\\b\\f\\n\\r\\t\""},
        {{"a\0b", 3}, "\"a\\u0000b\""},
        {{"\x01\x1F\x7F", 3}, "\"\\u0001\\u001f\x7F\""},
        {{"R\xC3\xA4um \xF0\x9F\x98\x80", 10}, "\"R\xC3\xA4um \xF0\x9F\x98\x80\""},
        {{"</script>", 9}, "\"</script>\""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = BUF_INIT(100);
        assert_int_equal(json_append_text(&out, rows[i].text), 0);
        assert_string_equal(buf_text(&out), rows[i].json);
        buf_finish(&out);
    }
}

static void bytes_that_are_no_utf8_are_replaced(void **state)
{
    static const struct {
        const char *text;
        const char *json;
    } rows[] = {
        {"\xFF", "\"\xEF\xBF\xBD\""},
        {"a\xFFz", "\"a\xEF\xBF\xBDz\""},
        {"\xC3", "\"\xEF\xBF\xBD\""},
        {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xC3\xA4\xC3", "\"\xC3\xA4\xEF\xBF\xBD\""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = BUF_INIT(100);
        assert_int_equal(json_append_text(&out, slice_of(rows[i].text)), 0);
        assert_string_equal(buf_text(&out), rows[i].json);
        buf_finish(&out);
    }
}

static void containers_nest_to_the_depth_and_no_deeper(void **state)
{
    (void)state;
    for (int depth = JSON_DEPTH; depth <= JSON_DEPTH + 1; depth++) {
        struct buf out = BUF_INIT(100);
        struct json json;
        json_begin(&json);
        for (int i = 0; i < depth; i++)
            json_open_list(&json, NULL);
        json_put_text(&json, NULL, slice_of("x")); /* not leaked either */
        for (int i = 0; i < depth; i++)
            json_close(&json);
        assert_int_equal(json_finish(&json, &out), depth > JSON_DEPTH ? -EINVAL : 0);
        assert_string_equal(buf_text(&out), depth > JSON_DEPTH ? "" : "[[[[[[[[\"x\"]]]]]]]]");
        buf_finish(&out);
    }
}

static void mistakes_of_the_caller_are_reported_at_the_end(void **state)
{
    (void)state;
    for (int mistake = 0; mistake < 5; mistake++) {
        struct buf out = BUF_INIT(100);
        struct json json;
        json_begin(&json);
        json_open_map(&json, NULL);
        if (mistake == 0)
            json_put_int(&json, NULL, 1); /* a map's value without a key */
        if (mistake == 1)
            json_open_list(&json, "left open");
        json_close(&json);
        if (mistake == 2)
            json_close(&json); /* one too many */
        if (mistake == 3)
            json_open_map(&json, NULL); /* a second value */
        if (mistake == 4)
            json_put_null(&json, NULL);
        assert_int_equal(json_finish(&json, &out), -EINVAL);
        assert_string_equal(buf_text(&out), "");
        buf_finish(&out);
    }
}

static void a_value_that_was_never_put_is_a_mistake(void **state)
{
    struct buf out = BUF_INIT(100);
    struct json json;

    (void)state;
    json_begin(&json);
    assert_int_equal(json_finish(&json, &out), -EINVAL);
    buf_finish(&out);
}

static void the_buffers_limit_is_reported(void **state)
{
    struct buf out = BUF_INIT(4);
    struct json json;

    (void)state;
    assert_int_equal(json_append_text(&out, slice_of("ab")), 0);
    assert_int_equal(json_append_text(&out, slice_of("")), -EOVERFLOW);
    json_begin(&json);
    json_open_list(&json, NULL);
    json_close(&json);
    assert_int_equal(json_finish(&json, &out), -EOVERFLOW);
    buf_finish(&out);
}

static void a_key_put_twice_keeps_the_later_value(void **state)
{
    struct buf out = BUF_INIT(100);
    struct json json;

    (void)state;
    json_begin(&json);
    json_open_map(&json, NULL);
    json_put_int(&json, "a", 1);
    json_put_text(&json, "a", slice_of("x"));
    json_close(&json);
    assert_int_equal(json_finish(&json, &out), 0);
    assert_string_equal(buf_text(&out), "{\"a\":\"x\"}");
    buf_finish(&out);
}

/* ---- reading ---- */

static void a_map_is_read(void **state)
{
    struct json_map map;
    struct slice text = {0};
    int64_t number = 0;
    (void)state;

    assert_int_equal(
        json_map_read(
            slice_of(" {\"a\": \"x\\u00e4\", \"n\": -7, \"in\": {\"n\": 8}, \"e\": \"\"}\n"), &map),
        0);
    assert_true(json_map_text(&map, "a", &text));
    assert_true(slice_is(text, "xä"));
    assert_true(json_map_text(&map, "e", &text));
    assert_int_equal(text.length, 0);
    assert_true(json_map_int(&map, "n", &number));
    assert_int_equal(number, -7);
    json_map_finish(&map);
    json_map_finish(&map);
    json_map_finish(NULL);
}

static void what_is_missing_or_of_another_type_is_not_there(void **state)
{
    static const char *const keys[] = {"none", "null", "bool", "list", "map", "float"};
    struct json_map map;
    struct slice text = {"-", 1};
    int64_t number = 5;
    (void)state;

    assert_int_equal(json_map_read(slice_of("{\"null\":null,\"bool\":true,\"list\":[1],\"map\":{},"
                                            "\"float\":1.5,\"text\":\"1\",\"int\":1}"),
                                   &map),
                     0);
    for (size_t i = 0; i < COUNT(keys); i++) {
        assert_false(json_map_text(&map, keys[i], &text));
        assert_false(json_map_int(&map, keys[i], &number));
    }
    assert_false(json_map_text(&map, "int", &text));
    assert_false(json_map_int(&map, "text", &number));
    assert_true(slice_is(text, "-"));
    assert_int_equal(number, 5);
    json_map_finish(&map);
}

static void what_is_no_map_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "   ",
        "[]",
        "\"a\"",
        "1",
        "null",
        "{",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1} x",
        "{\"a\":1}{}",
        "<html>",

        "{a:1}",
        "{\"a\":\"\xff\"}",
        "{\"a\":[[[[[[[[[1]]]]]]]]]}", /* deeper than JSON_DEPTH */
    };
    struct json_map map;
    (void)state;

    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(json_map_read(slice_of(texts[i]), &map), -EINVAL);
}

static void what_a_nul_hides_is_something_behind_the_map(void **state)
{
    static const char text[] = "{}\0{}";
    struct json_map map;
    (void)state;

    assert_int_equal(json_map_read((struct slice){text, sizeof text - 1}, &map), -EINVAL);
    assert_int_equal(json_map_read((struct slice){text, 3}, &map), -EINVAL);
    assert_int_equal(json_map_read((struct slice){" {} \n", 5}, &map), 0);
    json_map_finish(&map);
}

/* A token server's answer is one, and the token comes last. */
static void the_texts_of_a_map_that_was_read_are_nowhere_afterwards(void **state)
{
    static const char masked[] = "`!rdbsdu!ng!uvdoux,dhfiu!cxudr"; /* tests/unit/memory.h */
    char text[128] = "{\"token\":\"malloc writes into the first bytes of what is freed, ";
    struct json_map map;

    (void)state;
    size_t front = strlen(text);
    memory_unmask(masked, text + front);
    memcpy(text + front + sizeof masked - 1, "\"}", sizeof "\"}");
    assert_int_equal(json_map_read(slice_of(text), &map), 0);
    explicit_bzero(text, sizeof text);
    assert_memory_holds(masked, 1);
    json_map_finish(&map);
    assert_memory_holds(masked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_written_in_order_without_blanks),
        cmocka_unit_test(a_scalar_alone_is_a_value),
        cmocka_unit_test(text_is_escaped_as_json_wants_it),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(containers_nest_to_the_depth_and_no_deeper),
        cmocka_unit_test(mistakes_of_the_caller_are_reported_at_the_end),
        cmocka_unit_test(a_value_that_was_never_put_is_a_mistake),
        cmocka_unit_test(the_buffers_limit_is_reported),
        cmocka_unit_test(a_key_put_twice_keeps_the_later_value),
        cmocka_unit_test(a_map_is_read),
        cmocka_unit_test(what_is_missing_or_of_another_type_is_not_there),
        cmocka_unit_test(what_is_no_map_is_refused),
        cmocka_unit_test(what_a_nul_hides_is_something_behind_the_map),
        cmocka_unit_test(the_texts_of_a_map_that_was_read_are_nowhere_afterwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
