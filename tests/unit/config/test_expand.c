/* SPDX-License-Identifier: MIT */
#include "config/expand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* A is "1", EMPTY is "", BARE has no value; nothing else is known. */
static bool look_up(const void *context, struct slice name, const char **ret)
{
    (void)context;
    if (slice_is(name, "A"))
        *ret = "1";
    else if (slice_is(name, "EMPTY"))
        *ret = "";
    else
        *ret = NULL;
    return *ret || slice_is(name, "BARE");
}

static void variables_are_replaced_and_the_rest_stays(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"", ""},
        {"plain $A $ {A}", "plain $A $ {A}"},
        {"${A}", "1"},
        {"x${A}y${A}", "x1y1"},
        {"${NOPE}", ""},
        {"${NOPE:-d e}", "d e"},
        {"${NOPE:-}", ""},
        {"${A:-d}", "1"},
        {"${EMPTY:-d}", ""},
        {"${BARE:-d}", ""},
        {"${NOPE:-${A}}", "${A}"},
        {"${}", ""},
        {"${:-d}", "d"},
        {"${A", "${A"},
        {"${A:-d", "${A:-d"},
        {"${A:d}", "${A:d}"},
        {"${A:", "${A:"},
        {"${A:-", "${A:-"},
        {"${", "${"},
        {"${X:${A}", "${X:1"},
        {"${X ${A}", ""},
        {"$${A}}", "$1}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *result = NULL;
        assert_int_equal(expand(slice_of(rows[i].text), look_up, NULL, 100, &result), 0);
        assert_string_equal(result, rows[i].expected);
        free(result);
    }
}

static void the_limit_counts_the_expanded_text(void **state)
{
    char *result = NULL;

    (void)state;
    assert_int_equal(expand(slice_of("${NOPE:-12345}"), look_up, NULL, 5, &result), 0);
    assert_string_equal(result, "12345");
    free(result);
    result = NULL;
    assert_int_equal(expand(slice_of("${NOPE:-12345}"), look_up, NULL, 4, &result), -EFBIG);
    assert_null(result);
}

/* Half a million variables that are none: searched again from each, this would take hours. */
static void unclosed_variables_cost_one_pass(void **state)
{
    static char text[1 << 20];
    char *result = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? '{' : '$';
    assert_int_equal(expand((struct slice){text, sizeof text}, look_up, NULL, sizeof text, &result),
                     0);
    assert_int_equal(strlen(result), sizeof text);
    free(result);
    text[sizeof text - 2] = ':';
    assert_int_equal(expand((struct slice){text, sizeof text}, look_up, NULL, sizeof text, &result),
                     0);
    assert_memory_equal(result, text, sizeof text);
    free(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_are_replaced_and_the_rest_stays),
        cmocka_unit_test(the_limit_counts_the_expanded_text),
        cmocka_unit_test(unclosed_variables_cost_one_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
