/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

/* Under AddressSanitizer too, memory that cannot be had is NULL and not the end of the test. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void a_new_buffer_is_an_empty_text(void **state)
{
    struct buf buf = BUF_INIT(10);

    (void)state;
    assert_string_equal(buf_text(&buf), "");
    assert_int_equal(buf.length, 0);
    assert_int_equal(buf_error(&buf), 0);
    buf_finish(&buf);
}

static void appends_follow_one_another(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 1000);
    buf_append(&buf, "a\0b", 3);
    buf_append_text(&buf, "-text-");
    buf_append_char(&buf, '!');
    buf_printf(&buf, "%d%s", 42, "x");
    assert_int_equal(buf.length, 13);
    assert_memory_equal(buf_text(&buf), "a\0b-text-!42x", 14); /* the NUL behind it included */
    buf_finish(&buf);
}

static void appending_nothing_changes_nothing(void **state)
{
    struct buf buf = BUF_INIT(0);

    (void)state;
    buf_append(&buf, NULL, 0);
    buf_append_text(&buf, NULL);
    buf_append_text(&buf, "");
    buf_printf(&buf, "%s", "");
    assert_int_equal(buf_error(&buf), 0);
    assert_string_equal(buf_text(&buf), "");
    buf_finish(&buf);
}

static void a_buffer_grows_as_far_as_its_limit(void **state)
{
    struct buf buf = BUF_INIT(100000);

    (void)state;
    for (int i = 0; i < 100000; i++)
        buf_append_char(&buf, (char)('a' + i % 26));
    assert_int_equal(buf_error(&buf), 0);
    assert_int_equal(buf.length, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf.bytes[i], 'a' + i % 26);
    buf_append_char(&buf, 'x');
    assert_int_equal(buf_error(&buf), -EOVERFLOW);
    assert_int_equal(buf.length, 100000);
    buf_finish(&buf);
}

static void each_append_respects_the_limit(void **state)
{
    static const char *const ways[] = {"append", "text", "char", "printf", "reserve"};

    (void)state;
    for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
        struct buf buf = BUF_INIT(4);
        buf_append_text(&buf, "1234");
        assert_int_equal(buf_error(&buf), 0);
        switch (way) {
        case 0:
            buf_append(&buf, "5", 1);
            break;
        case 1:
            buf_append_text(&buf, "5");
            break;
        case 2:
            buf_append_char(&buf, '5');
            break;
        case 3:
            buf_printf(&buf, "%d", 5);
            break;
        default:
            assert_null(buf_reserve(&buf, 1));
        }
        if (buf_error(&buf) != -EOVERFLOW || strcmp(buf_text(&buf), "1234") != 0)
            fail_msg("%s went over the limit", ways[way]);
        buf_finish(&buf);
    }
}

static void the_first_failure_stays_and_what_was_there_too(void **state)
{
    struct buf buf = BUF_INIT(5);

    (void)state;
    buf_append_text(&buf, "abc");
    buf_append_text(&buf, "too long");
    buf_append_text(&buf, "de"); /* would fit */
    assert_int_equal(buf_error(&buf), -EOVERFLOW);
    assert_string_equal(buf_text(&buf), "abc");
    buf_finish(&buf);
}

static void clear_forgets_content_and_error(void **state)
{
    struct buf buf = BUF_INIT(3);

    (void)state;
    buf_append_text(&buf, "abc");
    buf_append_char(&buf, 'd');
    buf_clear(&buf);
    assert_int_equal(buf_error(&buf), 0);
    assert_string_equal(buf_text(&buf), "");
    buf_append_text(&buf, "xyz");
    assert_string_equal(buf_text(&buf), "xyz");
    buf_finish(&buf);
}

static void a_finished_buffer_is_usable_again_with_its_limit(void **state)
{
    struct buf buf = BUF_INIT(3);

    (void)state;
    buf_append_text(&buf, "abcd");
    buf_finish(&buf);
    buf_finish(&buf);
    buf_finish(NULL);
    assert_int_equal(buf_error(&buf), 0);
    buf_append_text(&buf, "abc");
    assert_string_equal(buf_text(&buf), "abc");
    buf_append_char(&buf, 'd');
    assert_int_equal(buf_error(&buf), -EOVERFLOW);
    buf_finish(&buf);
}

static void reserved_room_takes_what_was_written_of_it(void **state)
{
    struct buf buf = BUF_INIT(100);

    (void)state;
    buf_append_text(&buf, "a");
    char *to = buf_reserve(&buf, 50);
    assert_non_null(to);
    memcpy(to, "bcd", 3);
    buf_grown(&buf, 3);
    assert_string_equal(buf_text(&buf), "abcd");
    assert_int_equal(buf.length, 4);
    buf_finish(&buf);
}

static void reserved_room_that_nobody_used_is_no_text(void **state)
{
    struct buf buf = BUF_INIT(100);

    (void)state;
    assert_non_null(buf_reserve(&buf, 50));
    assert_string_equal(buf_text(&buf), "");
    buf_finish(&buf);
}

static void memory_that_cannot_be_had_is_remembered(void **state)
{
    static const size_t sizes[] = {SIZE_MAX / 4, SIZE_MAX - 2, SIZE_MAX - 1};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct buf buf = BUF_INIT(SIZE_MAX);
        buf_append_char(&buf, 'a');
        assert_null(buf_reserve(&buf, sizes[i]));
        assert_true(buf_error(&buf) == -ENOMEM || buf_error(&buf) == -EOVERFLOW);
        assert_string_equal(buf_text(&buf), "a");
        buf_finish(&buf);
    }
}

static void a_format_that_cannot_be_printed_is_a_failure(void **state)
{
    struct buf buf = BUF_INIT(100);

    (void)state;
    /* U+FFFFFF is no character: printf cannot convert it. */
    buf_printf(&buf, "%ls", (const wchar_t[]){0xFFFFFF, 0});
    assert_int_equal(buf_error(&buf), -EINVAL);
    buf_finish(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_buffer_is_an_empty_text),
        cmocka_unit_test(appends_follow_one_another),
        cmocka_unit_test(appending_nothing_changes_nothing),
        cmocka_unit_test(a_buffer_grows_as_far_as_its_limit),
        cmocka_unit_test(each_append_respects_the_limit),
        cmocka_unit_test(the_first_failure_stays_and_what_was_there_too),
        cmocka_unit_test(clear_forgets_content_and_error),
        cmocka_unit_test(a_finished_buffer_is_usable_again_with_its_limit),
        cmocka_unit_test(reserved_room_takes_what_was_written_of_it),
        cmocka_unit_test(reserved_room_that_nobody_used_is_no_text),
        cmocka_unit_test(memory_that_cannot_be_had_is_remembered),
        cmocka_unit_test(a_format_that_cannot_be_printed_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
