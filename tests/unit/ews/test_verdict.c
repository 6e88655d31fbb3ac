/* SPDX-License-Identifier: MIT */
#include "ews/verdict.h"

#include <string.h>

#include "unit.h"

static void take_value(struct verdict *verdict, const char *name, const char *text)
{
    verdict_open_value(verdict, name);
    verdict_close_value(verdict, slice_of(text));
}

static void class_and_code_decide_together(void **state)
{
    static const struct {
        const char *response_class, *code;
        bool is_refusal;
    } rows[] = {
        {"Success", "NoError", false}, {"Warning", "NoError", false},
        {"Success", "", false},        {"Success", "ErrorItemNotFound", true},
        {"Error", "NoError", true},    {"Error", "", true},
        {"", "NoError", false},
    };
    struct verdict verdict;
    (void)state;

    verdict_init(&verdict);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        verdict_begin(&verdict, rows[i].response_class);
        verdict_take_code(&verdict, slice_of(rows[i].code));
        assert_int_equal(verdict_is_refusal(&verdict), rows[i].is_refusal);
    }
}

static void the_inner_code_decides_behind_an_internal_error_only(void **state)
{
    struct verdict verdict;
    (void)state;

    verdict_init(&verdict);
    verdict_take_code(&verdict, slice_of(" ErrorInternalServerError\n"));
    take_value(&verdict, "Unheard", "ErrorItemNotFound");
    assert_string_equal(verdict_fault(&verdict)->code, "ErrorInternalServerError");
    take_value(&verdict, "InnerErrorResponseCode", "ErrorServerBusy");
    assert_string_equal(verdict_fault(&verdict)->code, "ErrorServerBusy");
    verdict_take_code(&verdict, slice_of("ErrorFolderNotFound"));
    assert_string_equal(verdict_fault(&verdict)->code, "ErrorFolderNotFound");
}

static void another_message_begins_with_nothing_but_the_wait(void **state)
{
    char told[VERDICT_TEXT_SIZE];
    struct verdict verdict;
    (void)state;

    verdict_init(&verdict);
    assert_int_equal(verdict.back_off_ms, -1);
    verdict_take_code(&verdict, slice_of("ErrorInternalServerError"));
    verdict_take_text(&verdict, slice_of("Busy."));
    take_value(&verdict, "InnerErrorResponseCode", "ErrorServerBusy");
    take_value(&verdict, "BackOffMilliseconds", " 5000 ");
    verdict_begin(&verdict, "Success");
    assert_int_equal(verdict.back_off_ms, 5000);
    assert_false(verdict_is_refusal(&verdict));
    verdict_tell(&verdict, told);
    assert_string_equal(told, ": ");
    take_value(&verdict, "BackOffMilliseconds", "soon");
    assert_int_equal(verdict.back_off_ms, 5000);
}

static void a_fault_code_is_what_stands_behind_the_prefix(void **state)
{
    static const struct {
        const char *text, *code;
    } rows[] = {{"a:ErrorServerBusy", "ErrorServerBusy"},
                {" ErrorServerBusy ", "ErrorServerBusy"},
                {"a:b:c", "c"},
                {"a:", ""},
                {"", ""}};
    struct verdict verdict;
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        verdict_init(&verdict);
        verdict_take_fault_code(&verdict, slice_of(rows[i].text));
        assert_string_equal(verdict.code, rows[i].code);
    }
}

static void long_texts_are_cut_at_a_character(void **state)
{
    char text[VERDICT_TEXT_SIZE * 2 + 1] = "x";
    char told[VERDICT_TEXT_SIZE];
    struct verdict verdict;
    (void)state;

    for (size_t i = 1; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\xE2\x82\xAC", 3);
    verdict_init(&verdict);
    verdict_take_code(&verdict, slice_of(text));
    verdict_take_text(&verdict, slice_of(text));
    verdict_tell(&verdict, told);
    assert_true(strlen(verdict.code) > VERDICT_CODE_SIZE - 4);
    assert_int_equal(utf8_valid_prefix(verdict.code, strlen(verdict.code)), strlen(verdict.code));
    assert_true(strlen(told) > VERDICT_TEXT_SIZE - 4);
    assert_int_equal(utf8_valid_prefix(told, strlen(told)), strlen(told));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(class_and_code_decide_together),
        cmocka_unit_test(the_inner_code_decides_behind_an_internal_error_only),
        cmocka_unit_test(another_message_begins_with_nothing_but_the_wait),
        cmocka_unit_test(a_fault_code_is_what_stands_behind_the_prefix),
        cmocka_unit_test(long_texts_are_cut_at_a_character),
    };

    return cmocka_run_group_tests_name("ews/verdict", tests, NULL, NULL);
}
