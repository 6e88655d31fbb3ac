/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include "unit.h"

static void a_sentence_says_where(void **state)
{
    struct mistakes mistakes = {0};

    (void)state;
    mistakes_add(&mistakes, "a/.env", 3, "%s is %d", "KEY", 7);
    mistakes_add(&mistakes, "a/.env", 0, "KEY");
    mistakes_add(&mistakes, NULL, 0, "KEY");
    assert_int_equal(mistakes.count, 3);
    assert_string_equal(mistakes.sentences[0], "a/.env line 3: KEY is 7");
    assert_string_equal(mistakes.sentences[1], "a/.env: KEY");
    assert_string_equal(mistakes.sentences[2], "the environment: KEY");
    assert_int_equal(mistakes.error, 0);
    mistakes_finish(&mistakes);
    assert_int_equal(mistakes.count, 0);
}

static void the_list_ends_with_a_sentence_of_its_own(void **state)
{
    struct mistakes mistakes = {0};

    (void)state;
    for (int i = 0; i < MISTAKES_MAX; i++)
        mistakes_add(&mistakes, NULL, 0, "one");
    assert_int_equal(mistakes.count, MISTAKES_MAX);
    for (int i = 0; i < 3; i++)
        mistakes_add(&mistakes, NULL, 0, "too many");
    assert_int_equal(mistakes.count, MISTAKES_MAX + 1);
    assert_string_equal(mistakes.sentences[MISTAKES_MAX - 1], "the environment: one");
    assert_string_equal(mistakes.sentences[MISTAKES_MAX],
                        "There are more mistakes than these; mend them first.");
    mistakes_finish(&mistakes);
}

static void a_sentence_is_one_line_of_whole_characters(void **state)
{
    struct mistakes mistakes = {0};

    (void)state;
    mistakes_add(&mistakes, NULL, 0, "\"%.4s\" is none", "abc\xC3\xA4");
    mistakes_add(&mistakes, NULL, 0, "\"%s\" is none", "a\n\x1B[m\x7F\xC3\xA4");
    assert_string_equal(mistakes.sentences[0], "the environment: \"abc?\" is none");
    assert_string_equal(mistakes.sentences[1], "the environment: \"a??[m?\xC3\xA4\" is none");
    mistakes_finish(&mistakes);
}

static void finishing_nothing_is_allowed(void **state)
{
    (void)state;
    mistakes_finish(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sentence_says_where),
        cmocka_unit_test(the_list_ends_with_a_sentence_of_its_own),
        cmocka_unit_test(a_sentence_is_one_line_of_whole_characters),
        cmocka_unit_test(finishing_nothing_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
