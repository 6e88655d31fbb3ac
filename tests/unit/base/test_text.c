/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static void a_slice_of_nothing_is_empty(void **state)
{
    struct slice none = slice_of(NULL);

    (void)state;
    assert_null(none.at);
    assert_int_equal(none.length, 0);
    assert_true(slice_is(none, ""));
    assert_true(slice_equal(none, slice_of("")));
}

static void slices_are_equal_byte_by_byte(void **state)
{
    (void)state;
    assert_true(slice_is(slice_of("abc"), "abc"));
    assert_false(slice_is(slice_of("abc"), "abd"));
    assert_false(slice_is(slice_of("abc"), "ab"));
    assert_false(slice_is(slice_of("ab"), "abc"));
    assert_false(slice_equal((struct slice){"a\0b", 3}, (struct slice){"a\0c", 3}));
}

static void trimming_takes_blanks_off_both_ends(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},          {"a", "a"},
        {"  a b ", "a b"}, {"\t\r\n a", "a"},
        {"a \t\r\n", "a"}, {" \t\r\n", ""},
        {"\v", "\v"},      {"\xC2\xA0", "\xC2\xA0"}, /* other blanks are text */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_true(slice_is(slice_trim(slice_of(rows[i][0])), rows[i][1]));
    assert_int_equal(slice_trim(slice_of(NULL)).length, 0);
}

static void a_list_comes_apart_at_its_separators(void **state)
{
    static const struct {
        const char *text;
        const char *parts[4];
        size_t count;
    } rows[] = {
        {NULL, {NULL}, 0},
        {"", {""}, 1},
        {"a", {"a"}, 1},
        {"a,b", {"a", "b"}, 2},
        {"a,,b", {"a", "", "b"}, 3},
        {",", {"", ""}, 2},
        {"a,", {"a", ""}, 2},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slice rest = slice_of(rows[i].text);
        struct slice part;
        size_t count = 0;
        while (slice_next(&rest, ',', &part)) {
            assert_true(count < rows[i].count);
            assert_true(slice_is(part, rows[i].parts[count++]));
        }
        assert_int_equal(count, rows[i].count);
    }
}

static void a_copy_is_a_text_of_its_own(void **state)
{
    char *copy = slice_copy((struct slice){"abcd", 3});
    char *none = slice_copy(slice_of(NULL));

    (void)state;
    assert_string_equal(copy, "abc");
    assert_string_equal(none, "");
    free(copy);
    free(none);
}

static void numbers_are_read_within_their_bounds(void **state)
{
    static const struct {
        const char *text;
        int64_t minimum, maximum, value;
    } rows[] = {
        {"0", 0, 0, 0},
        {"-0", 0, 0, 0},
        {"007", 0, 10, 7},
        {"-5", -5, 5, -5},
        {"5", -5, 5, 5},
        {"9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX},
        {"-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t value = -99;
        if (!slice_int(slice_of(rows[i].text), rows[i].minimum, rows[i].maximum, &value))
            fail_msg("%s was refused", rows[i].text);
        assert_int_equal(value, rows[i].value);
    }
}

static void what_is_no_number_or_out_of_bounds_is_refused(void **state)
{
    static const struct {
        const char *text;
        int64_t minimum, maximum;
    } rows[] = {
        {"", 0, 9},
        {"-", -9, 9},
        {"+1", 0, 9},
        {" 1", 0, 9},
        {"1 ", 0, 9},
        {"1.0", 0, 9},
        {"0x1", 0, 9},
        {"--1", -9, 9},
        {"1-", -9, 9},
        {"10", 0, 9},
        {"-1", 0, 9},
        {"9223372036854775808", INT64_MIN, INT64_MAX},
        {"-9223372036854775809", INT64_MIN, INT64_MAX},
        {"99999999999999999999999999", INT64_MIN, INT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t value = 99;
        if (slice_int(slice_of(rows[i].text), rows[i].minimum, rows[i].maximum, &value))
            fail_msg("\"%s\" was taken", rows[i].text);
        assert_int_equal(value, 99);
    }
}

static void well_formed_utf8_is_valid_to_its_end(void **state)
{
    static const char *const rows[] = {
        "",
        "abc",
        "\x7F",
        "\xC2\x80",
        "\xDF\xBF",
        "\xE0\xA0\x80",
        "\xED\x9F\xBF", /* the last before the surrogates */
        "\xEE\x80\x80", /* the first behind them */
        "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80",
        "\xF4\x8F\xBF\xBF", /* U+10FFFF */
        "R\xC3\xA4um \xE2\x82\xAC \xF0\x9F\x98\x80",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(utf8_valid_prefix(rows[i], strlen(rows[i])), strlen(rows[i]));
    assert_int_equal(utf8_valid_prefix(NULL, 0), 0);
    assert_int_equal(utf8_valid_prefix("a\0b", 3), 3);
}

static void ill_formed_utf8_ends_the_prefix(void **state)
{
    static const char *const rows[] = {
        "\x80", /* a continuation alone */
        "\xBF",
        "\xC0\xAF", /* overlong '/' */
        "\xC1\xBF",
        "\xC2", /* cut */
        "\xC2\x41",
        "\xE0\x9F\xBF", /* overlong */
        "\xE2\x82",
        "\xE2\x82\x41",
        "\xED\xA0\x80", /* a surrogate */
        "\xED\xBF\xBF",
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xF0\x9F\x98",
        "\xF0\x9F\x98\x41",
        "\xF4\x90\x80\x80", /* past U+10FFFF */
        "\xF5\x80\x80\x80",
        "\xFF",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[16] = "ok";
        size_t length = strlen(rows[i]);
        memcpy(text + 2, rows[i], length);
        if (utf8_valid_prefix(text, length + 2) != 2)
            fail_msg("row %zu was taken for UTF-8", i);
    }
}

static void a_sequence_cut_by_the_length_is_not_read_further(void **state)
{
    char *bytes = malloc(2); /* so that AddressSanitizer sees a third byte read */

    (void)state;
    memcpy(bytes, "\xE2\x82", 2);
    assert_int_equal(utf8_valid_prefix(bytes, 2), 0);
    free(bytes);
}

static void control_characters_are_those_of_c0_and_c1_and_del(void **state)
{
    static const struct {
        const char *text;
        size_t size;
    } rows[] = {
        {"\n", 1},
        {"\x1F", 1},
        {"\x7F", 1},
        {"\xC2\x80", 2},
        {"\xC2\x9B"
         "31m",
         2},
        {"\xC2\x9F", 2},
        {" ", 0},
        {"~", 0},
        {"\xC2\xA0", 0},
        {"\xC2", 0},
        {"\xC3\x80", 0},
        {"\x80", 0},
        {"", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(text_control_size(slice_of(rows[i].text)), rows[i].size);
}

static void what_cannot_be_shown_is_a_question_mark_a_byte(void **state)
{
    char text[] = "R\xC3\xA4um\n\x1B[31m \xC2\x9B"
                  "31m \xFF \xE2\x82\xAC \xE2\x82";

    (void)state;
    text_make_printable(text, strlen(text));
    assert_string_equal(text, "R\xC3\xA4um??[31m ??31m ? \xE2\x82\xAC ??");
    text_make_printable(text, 0);
}

static void distance_counts_the_changes(void **state)
{
    static const struct {
        const char *left, *right;
        size_t distance;
    } rows[] = {
        {"", "", 0},     {"abc", "abc", 0},        {"", "abc", 3},
        {"abc", "", 3},  {"subjct", "subject", 1}, {"kitten", "sitting", 3},
        {"ab", "ba", 2}, {"start", "end", 5},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(text_distance(rows[i].left, rows[i].right), rows[i].distance);
}

static void distance_of_long_names_is_not_computed(void **state)
{
    char longest[64];
    char longer[65];

    (void)state;
    memset(longest, 'x', sizeof longest);
    longest[63] = '\0';
    memset(longer, 'x', sizeof longer);
    longer[64] = '\0';
    assert_int_equal(text_distance(longest, longest), 0);
    assert_int_equal(text_distance(longest, ""), 63);
    assert_true(text_distance(longer, "x") == SIZE_MAX);
    assert_true(text_distance("x", longer) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slice_of_nothing_is_empty),
        cmocka_unit_test(slices_are_equal_byte_by_byte),
        cmocka_unit_test(trimming_takes_blanks_off_both_ends),
        cmocka_unit_test(a_list_comes_apart_at_its_separators),
        cmocka_unit_test(a_copy_is_a_text_of_its_own),
        cmocka_unit_test(numbers_are_read_within_their_bounds),
        cmocka_unit_test(what_is_no_number_or_out_of_bounds_is_refused),
        cmocka_unit_test(well_formed_utf8_is_valid_to_its_end),
        cmocka_unit_test(ill_formed_utf8_ends_the_prefix),
        cmocka_unit_test(a_sequence_cut_by_the_length_is_not_read_further),
        cmocka_unit_test(control_characters_are_those_of_c0_and_c1_and_del),
        cmocka_unit_test(what_cannot_be_shown_is_a_question_mark_a_byte),
        cmocka_unit_test(distance_counts_the_changes),
        cmocka_unit_test(distance_of_long_names_is_not_computed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
