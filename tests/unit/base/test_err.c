/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

static void a_sentence_is_kept_and_the_code_returned(void **state)
{
    struct err err = {"old"};

    (void)state;
    assert_int_equal(err_set(&err, -EIO, "room %s: %d", "R1", 7), -EIO);
    assert_string_equal(err.text, "room R1: 7");
    assert_int_equal(err_set(&err, 3, "three"), 3);
    assert_string_equal(err.text, "three");
}

static void the_systems_reason_stands_behind_the_sentence(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(err_errno(&err, ENOENT, "cannot open %s", "x"), -ENOENT);
    assert_string_equal(err.text, "cannot open x: No such file or directory");
}

static void nobody_need_ask_for_the_sentence(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, -EIO, "%s", "x"), -EIO);
    assert_int_equal(err_errno(NULL, EIO, "%s", "x"), -EIO);
}

static void a_sentence_that_is_too_long_is_cut(void **state)
{
    struct err err;
    char text[2000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    err_set(&err, -1, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    err_errno(&err, EIO, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void a_sentence_may_be_put_into_a_larger_one(void **state)
{
    struct err err;

    (void)state;
    err_set(&err, -1, "the disk is full");
    err_set(&err, -1, "room R1: %s; nothing was changed", err.text);
    assert_string_equal(err.text, "room R1: the disk is full; nothing was changed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sentence_is_kept_and_the_code_returned),
        cmocka_unit_test(the_systems_reason_stands_behind_the_sentence),
        cmocka_unit_test(nobody_need_ask_for_the_sentence),
        cmocka_unit_test(a_sentence_that_is_too_long_is_cut),
        cmocka_unit_test(a_sentence_may_be_put_into_a_larger_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
