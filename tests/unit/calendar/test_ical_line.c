/* SPDX-License-Identifier: MIT */
#include "calendar/ical_line.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static void texts_are_escaped_and_lose_their_control_characters(void **state)
{
    static const char *const rows[][2] = {
        {"", "X:\r\n"},
        {"a\\b;c,d", "X:a\\\\b\\;c\\,d\r\n"},
        {"one\ntwo\r\nthree\rfour\r", "X:one\\ntwo\\nthree\\nfour\\n\r\n"},
        {"a\x01\x1F\x7F\tb", "X:a\tb\r\n"},
        {"say \"x\": y", "X:say \"x\": y\r\n"},
        {"\xC3\xA9\xE2\x80\xA8\xF0\x9F\x98\x80", "X:\xC3\xA9\xE2\x80\xA8\xF0\x9F\x98\x80\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = BUF_INIT(4096);
        ical_put_text(&out, "X:", slice_of(rows[i][0]));
        assert_string_equal(buf_text(&out), rows[i][1]);
        buf_finish(&out);
    }
}

static void a_parameter_cannot_leave_its_quotes(void **state)
{
    struct buf out = BUF_INIT(4096);
    struct ical_line line = ical_line_begin(&out, "X;CN=");

    (void)state;
    ical_line_quoted(&line, slice_of("Ann \"the;Boss\":,\r\nX-A:1\t\xC3\xA9"));
    ical_line_plain(&line, ":y");
    ical_line_end(&line);
    assert_string_equal(buf_text(&out), "X;CN=\"Ann 'the;Boss':, X-A:1\t\xC3\xA9\":y\r\n");
    buf_finish(&out);
}

static void an_address_is_encoded_where_a_uri_needs_it(void **state)
{
    static const char *const rows[][2] = {
        {"ann+x@example.org", "X:ann+x@example.org\r\n"},
        {"o'hara@example.org", "X:o'hara@example.org\r\n"},
        {"a b?c&d%\r\n@example.org", "X:a%20b%3Fc%26d%25%0D%0A@example.org\r\n"},
        {"\xC3\xA9@example.org", "X:%C3%A9@example.org\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = BUF_INIT(4096);
        struct ical_line line = ical_line_begin(&out, "X:");
        ical_line_address(&line, slice_of(rows[i][0]));
        ical_line_end(&line);
        assert_string_equal(buf_text(&out), rows[i][1]);
        buf_finish(&out);
    }
}

/* ---- folding -------------------------------------------------------------------------------- */

/* Each line of `text` has at most 75 octets and whole characters. Returns the text unfolded, without
 * its last line break; the caller frees it. */
static char *unfold(const char *text)
{
    struct buf unfolded = BUF_INIT(1 << 16);

    while (*text) {
        const char *end = strstr(text, "\r\n");
        assert_non_null(end);
        size_t length = (size_t)(end - text);
        assert_true(length <= 75);
        assert_int_equal(utf8_valid_prefix(text, length), length);
        assert_int_not_equal(text[length - 1], '\\'); /* nor half an escape sequence */
        buf_append(&unfolded, text, length);
        text = end + 2;
        assert_true(*text == ' ' || *text == '\0');
        if (*text)
            text++;
    }
    return unfolded.bytes;
}

/* `shift` letters and 255 of the character, whose escape has `escaped` in front. */
static void assert_folds(const char *character, const char *escaped, int shift)
{
    struct buf text = BUF_INIT(4096);
    struct buf expected = BUF_INIT(4096);
    struct buf out = BUF_INIT(8192);

    buf_printf(&text, "%.*s", shift, "xxxxx");
    buf_printf(&expected, "SUMMARY:%.*s", shift, "xxxxx");
    for (int i = 0; i < 255; i++) {
        buf_append_text(&text, character);
        buf_printf(&expected, "%s%s", escaped, character);
    }
    ical_put_text(&out, "SUMMARY:", (struct slice){text.bytes, text.length});
    char *unfolded = unfold(buf_text(&out));
    assert_string_equal(unfolded, buf_text(&expected));
    free(unfolded);
    buf_finish(&text);
    buf_finish(&expected);
    buf_finish(&out);
}

static void long_lines_are_folded_between_characters(void **state)
{
    (void)state;
    for (int shift = 0; shift < 5; shift++) {
        assert_folds("a", "", shift);
        assert_folds("\xC3\xA9", "", shift);
        assert_folds("\xE2\x82\xAC", "", shift);
        assert_folds("\xF0\x9F\x98\x80", "", shift);
        assert_folds(";", "\\", shift);
    }
}

static void a_line_of_75_octets_is_not_folded(void **state)
{
    char value[76] = "";
    struct buf out = BUF_INIT(4096);

    (void)state;
    memset(value, 'x', 73);
    ical_put_plain(&out, "X:", value);
    assert_int_equal(out.length, 77);
    buf_clear(&out);
    memset(value, 'x', 74);
    ical_put_plain(&out, "X:", value);
    assert_string_equal(buf_text(&out) + 75, "\r\n x\r\n");
    buf_finish(&out);
}

static void bytes_that_are_no_utf8_are_folded_too(void **state)
{
    char value[256];
    struct buf out = BUF_INIT(4096);

    (void)state;
    memset(value, 0x80, sizeof value);
    ical_put_text(&out, "X:", (struct slice){value, sizeof value});
    for (const char *at = buf_text(&out); *at; at = strstr(at, "\r\n") + 2)
        assert_true(strstr(at, "\r\n") - at <= 75);
    assert_int_equal(out.length, 2 + 256 + 3 * 3 + 2);
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_escaped_and_lose_their_control_characters),
        cmocka_unit_test(a_parameter_cannot_leave_its_quotes),
        cmocka_unit_test(an_address_is_encoded_where_a_uri_needs_it),
        cmocka_unit_test(long_lines_are_folded_between_characters),
        cmocka_unit_test(a_line_of_75_octets_is_not_folded),
        cmocka_unit_test(bytes_that_are_no_utf8_are_folded_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
