/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"

/* RFC 4648, 10 */
static const struct {
    const char *bytes;
    const char *text;
} pairs[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void bytes_become_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct buf text = BUF_INIT(8); /* exactly enough for the longest */

        base64_encode(pairs[i].bytes, strlen(pairs[i].bytes), &text);
        assert_int_equal(buf_error(&text), 0);
        assert_string_equal(buf_text(&text), pairs[i].text);
        buf_finish(&text);
    }
}

static void bytes_become_text_for_urls(void **state)
{
    static const unsigned char bytes[] = {0xFB, 0xEF, 0xBE, 0xFF, 0xFF};
    struct buf text = BUF_INIT(20);
    (void)state;

    buf_append_text(&text, "+/=");
    base64_encode_url(bytes, sizeof bytes, &text);
    assert_string_equal(buf_text(&text), "+/=----__8");
    assert_int_equal(text.length, strlen("+/=----__8"));
    base64_encode_url(bytes, 0, &text);
    assert_int_equal(text.length, strlen("+/=----__8"));
    base64_encode_url(bytes, sizeof bytes, &text);
    base64_encode_url(bytes, sizeof bytes, &text);
    assert_int_equal(buf_error(&text), -EOVERFLOW);
    buf_finish(&text);
}

static void text_becomes_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct buf bytes = BUF_INIT(100);

        assert_int_equal(base64_decode(slice_of(pairs[i].text), &bytes), 0);
        assert_int_equal(bytes.length, strlen(pairs[i].bytes));
        assert_string_equal(buf_text(&bytes), pairs[i].bytes);
        buf_finish(&bytes);
    }
}

static void every_byte_comes_back(void **state)
{
    unsigned char all[256];
    struct buf text = BUF_INIT(1000);
    struct buf bytes = BUF_INIT(1000);

    (void)state;
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (unsigned char)i;
    base64_encode(all, sizeof all, &text);
    assert_int_equal(base64_decode((struct slice){text.bytes, text.length}, &bytes), 0);
    assert_int_equal(bytes.length, sizeof all);
    assert_memory_equal(bytes.bytes, all, sizeof all);
    buf_finish(&text);
    buf_finish(&bytes);
}

static void what_is_no_base64_is_refused_and_nothing_is_appended(void **state)
{
    static const char *const wrong[] = {
        "Z",     "Zg",    "Zg=",      "====", "Z===", "Zg==Zg==",   "Zm9v ",
        " Zm9v", "Zm\nv", "Zm9v====", "Zm-_", "Z=9v", "Zm9vYg==\n", "Zm9\xff"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct buf bytes = BUF_INIT(100);

        buf_append_text(&bytes, "before");
        assert_int_equal(base64_decode(slice_of(wrong[i]), &bytes), -EINVAL);
        assert_string_equal(buf_text(&bytes), "before");
        buf_finish(&bytes);
    }
}

static void a_nul_in_the_text_is_refused(void **state)
{
    struct buf bytes = BUF_INIT(100);

    (void)state;
    assert_int_equal(base64_decode((struct slice){"Zm\0v", 4}, &bytes), -EINVAL);
    buf_finish(&bytes);
}

static void what_is_too_large_is_refused(void **state)
{
    size_t length = BASE64_MAX + 4;
    char *text = malloc(length);
    struct buf ret = BUF_INIT(SIZE_MAX / 2);

    (void)state;
    assert_non_null(text);
    memset(text, 'A', length);
    assert_int_equal(base64_decode((struct slice){text, length}, &ret), -EINVAL);
    base64_encode(text, length, &ret);
    assert_int_equal(buf_error(&ret), -EOVERFLOW);
    buf_finish(&ret);
    free(text);
}

static void a_full_buffer_says_so(void **state)
{
    struct buf small = BUF_INIT(5);

    (void)state;
    assert_int_equal(base64_decode(slice_of("Zm9vYmFy"), &small), -EOVERFLOW);
    buf_clear(&small);
    base64_encode("foobar", 6, &small);
    assert_int_equal(buf_error(&small), -EOVERFLOW);
    buf_finish(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_become_text),
        cmocka_unit_test(bytes_become_text_for_urls),
        cmocka_unit_test(text_becomes_bytes),
        cmocka_unit_test(every_byte_comes_back),
        cmocka_unit_test(what_is_no_base64_is_refused_and_nothing_is_appended),
        cmocka_unit_test(a_nul_in_the_text_is_refused),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(a_full_buffer_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
