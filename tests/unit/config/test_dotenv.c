/* SPDX-License-Identifier: MIT */
/*
 * The grammar as a table; tests/e2e/test_dotenv.py compares it with python-dotenv itself.
 */
#include "config/dotenv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static const char *outside(const char *name)
{
    return strcmp(name, "OUTSIDE") == 0 ? "out" : NULL;
}

static struct dotenv parsed_bytes(const char *bytes, size_t length)
{
    struct dotenv dotenv = {0};

    assert_int_equal(dotenv_parse((struct slice){bytes, length}, outside, &dotenv), 0);
    return dotenv;
}

static struct dotenv parsed(const char *text)
{
    return parsed_bytes(text, strlen(text));
}

static void one_line_gives_one_value(void **state)
{
    static const struct {
        const char *text, *value;
    } rows[] = {
        {"A=1", "1"},
        {"A = two words  ", "two words"},
        {"export A=1", "1"},
        {"  'A'\t=\t1", "1"},
        {"A=", ""},
        {"A=1 # comment", "1"},
        {"A=1#none", "1#none"},
        {"A=#none", "#none"},
        {"A=\xC2\xA0x\xE2\x80\xA8", "x"},
        {"A='it\\'s \\n'", "it's \\n"},
        {"A=\"say \\\"hi\\\"\\t\\\\\\x\"", "say \"hi\"\t\\\\x"},
        {"A=\"\\a\\b\\f\\n\\r\\t\\v\"", "\a\b\f\n\r\t\v"},
        {"A='1'# comment", "1"},
        {"A='one\ntwo'", "one\ntwo"},
        {"A='one\r\ntwo\rthree'", "one\ntwo\nthree"},
        {"A='one\\'", "one\\"},
        {"A='${OUTSIDE}'", "out"},
        {"\xEF\xBB\xBF"
         "A=1",
         "1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dotenv dotenv = parsed(rows[i].text);
        assert_int_equal(dotenv.count, 1);
        assert_int_equal(dotenv.bad_count, 0);
        assert_string_equal(dotenv.entries[0].name, "A");
        assert_string_equal(dotenv.entries[0].value, rows[i].value);
        dotenv_finish(&dotenv);
    }
}

static void what_is_no_entry_is_reported_and_skipped(void **state)
{
    static const char *const rows[] = {"=1",      "B C=1",    "B: 1",      "B='1",
                                       "B=\"1",   "B='1' 2",  "''=1",      "'B=1",
                                       "export ", "export =", "B='1'\"2\""};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "\n%s\nA=1\n", rows[i]);
        struct dotenv dotenv = parsed(text);
        assert_int_equal(dotenv.bad_count, 1);
        assert_int_equal(dotenv.bad_lines[0], 2);
        assert_int_equal(dotenv.count, 1);
        assert_int_equal(dotenv.entries[0].line, 3);
        dotenv_finish(&dotenv);
    }
}

static void comments_and_blank_lines_are_nothing(void **state)
{
    static const char *const rows[] = {"", "\n", " \t\r\n\f", "# A=1", "  # A=1\n#", "export # x"};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dotenv dotenv = parsed(rows[i]);
        assert_int_equal(dotenv.count, 0);
        assert_int_equal(dotenv.bad_count, 0);
        dotenv_finish(&dotenv);
    }
}

static void a_name_without_a_sign_has_no_value(void **state)
{
    struct dotenv dotenv = parsed("A\nB # comment\n");

    (void)state;
    assert_int_equal(dotenv.count, 2);
    assert_null(dotenv.entries[0].value);
    assert_null(dotenv.entries[1].value);
    dotenv_finish(&dotenv);
}

static void lines_are_counted_over_all_kinds_of_line_ends(void **state)
{
    struct dotenv dotenv = parsed("A='1\r\n2'\r\n\rB=3\r\n\n  C=4\n=5");

    (void)state;
    assert_int_equal(dotenv.count, 3);
    assert_int_equal(dotenv.entries[0].line, 1);
    assert_int_equal(dotenv.entries[1].line, 4);
    assert_int_equal(dotenv.entries[2].line, 6);
    assert_int_equal(dotenv.bad_lines[0], 7);
    dotenv_finish(&dotenv);
}

static void of_two_entries_the_last_one_counts(void **state)
{
    struct dotenv dotenv = parsed("A=1\nB=${A}\nA=2\nC=${A}\n");

    (void)state;
    assert_int_equal(dotenv.count, 4);
    assert_string_equal(dotenv_find(&dotenv, "A")->value, "2");
    assert_string_equal(dotenv_find(&dotenv, "B")->value, "1");
    assert_string_equal(dotenv_find(&dotenv, "C")->value, "2");
    assert_null(dotenv_find(&dotenv, "D"));
    dotenv_finish(&dotenv);
}

static void the_file_hides_the_environment(void **state)
{
    struct dotenv dotenv = parsed("A=${OUTSIDE}\nOUTSIDE=in\nB=${OUTSIDE}\n");

    (void)state;
    assert_string_equal(dotenv_find(&dotenv, "A")->value, "out");
    assert_string_equal(dotenv_find(&dotenv, "B")->value, "in");
    dotenv_finish(&dotenv);
}

static void an_entry_with_a_nul_is_a_bad_line(void **state)
{
    static const char text[] = "A=1\0\nB\0=2\nC='\0'\n# \0\nD=4\n";
    struct dotenv dotenv = parsed_bytes(text, sizeof text - 1);

    (void)state;
    assert_int_equal(dotenv.bad_count, 3);
    assert_int_equal(dotenv.count, 1);
    assert_string_equal(dotenv.entries[0].name, "D");
    dotenv_finish(&dotenv);
}

static void a_text_over_the_limit_is_refused(void **state)
{
    char *text = malloc(DOTENV_TEXT_MAX + 1);
    struct dotenv dotenv = {.count = 7};

    (void)state;
    assert_non_null(text);
    memset(text, 'x', DOTENV_TEXT_MAX + 1);
    assert_int_equal(dotenv_parse((struct slice){text, DOTENV_TEXT_MAX + 1}, outside, &dotenv),
                     -EFBIG);
    assert_int_equal(dotenv.count, 7);
    assert_int_equal(dotenv_parse((struct slice){text, DOTENV_TEXT_MAX}, outside, &dotenv), 0);
    assert_int_equal(strlen(dotenv.entries[0].name), DOTENV_TEXT_MAX);
    dotenv_finish(&dotenv);
    free(text);
}

/* One value of an eighth of the limit, repeated until it is met exactly; then one byte more. */
static void values_over_their_limit_are_refused(void **state)
{
    enum { PART = DOTENV_VALUES_MAX / 8 };
    static const char head[] = "A=";
    static const char tail[] = "\nB=${A}${A}${A}${A}\nC=${A}${A}${A}\nD=1";
    static char text[PART + sizeof head + sizeof tail];
    size_t length = sizeof head - 1 + PART + sizeof tail - 1;
    struct dotenv dotenv = {0};

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, head, sizeof head - 1);
    memcpy(text + sizeof head - 1 + PART, tail, sizeof tail - 1);
    assert_int_equal(dotenv_parse((struct slice){text, length - 1}, outside, &dotenv), 0);
    assert_int_equal(strlen(dotenv_find(&dotenv, "B")->value), 4 * PART);
    dotenv_finish(&dotenv);
    dotenv.count = 7;
    assert_int_equal(dotenv_parse((struct slice){text, length}, outside, &dotenv), -EFBIG);
    assert_int_equal(dotenv.count, 7);
}

static void finishing_nothing_is_allowed(void **state)
{
    struct dotenv dotenv = {0};

    (void)state;
    dotenv_finish(NULL);
    dotenv_finish(&dotenv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_gives_one_value),
        cmocka_unit_test(what_is_no_entry_is_reported_and_skipped),
        cmocka_unit_test(comments_and_blank_lines_are_nothing),
        cmocka_unit_test(a_name_without_a_sign_has_no_value),
        cmocka_unit_test(lines_are_counted_over_all_kinds_of_line_ends),
        cmocka_unit_test(of_two_entries_the_last_one_counts),
        cmocka_unit_test(the_file_hides_the_environment),
        cmocka_unit_test(an_entry_with_a_nul_is_a_bad_line),
        cmocka_unit_test(a_text_over_the_limit_is_refused),
        cmocka_unit_test(values_over_their_limit_are_refused),
        cmocka_unit_test(finishing_nothing_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
