/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "base/hash.h"

static void hash_text(const char *text, struct hash *ret)
{
    struct hasher hasher;

    assert_int_equal(hash_begin(&hasher), 0);
    hash_add(&hasher, text, strlen(text));
    assert_int_equal(hash_end(&hasher, ret), 0);
}

static void the_examples_of_fips_180_4_come_out(void **state)
{
    static const struct {
        const char *text;
        const char *hex;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hash hash;
        char hex[2 * HASH_SIZE + 1];
        hash_text(rows[i].text, &hash);
        hash_hex(&hash, HASH_SIZE, hex);
        assert_string_equal(hex, rows[i].hex);
    }
}

static void the_size_of_the_pieces_does_not_matter(void **state)
{
    struct hasher hasher;
    struct hash pieces;
    struct hash whole;

    (void)state;
    assert_int_equal(hash_begin(&hasher), 0);
    hash_add(&hasher, "a", 1);
    hash_add(&hasher, NULL, 0);
    hash_add(&hasher, "bc", 2);
    assert_int_equal(hash_end(&hasher, &pieces), 0);
    hash_text("abc", &whole);
    assert_memory_equal(&pieces, &whole, sizeof whole);
}

static void hash_pair(const char *first, const char *second, struct hash *ret)
{
    struct hasher hasher;

    assert_int_equal(hash_begin(&hasher), 0);
    hash_add_field(&hasher, first, strlen(first));
    hash_add_field(&hasher, second, strlen(second));
    assert_int_equal(hash_end(&hasher, ret), 0);
}

static void fields_do_not_run_into_one_another(void **state)
{
    struct hash left;
    struct hash right;
    struct hash again;

    (void)state;
    hash_pair("ab", "c", &left);
    hash_pair("a", "bc", &right);
    hash_pair("ab", "c", &again);
    assert_memory_not_equal(&left, &right, sizeof left);
    assert_memory_equal(&left, &again, sizeof left);
}

static void a_field_is_its_length_in_eight_bytes_and_itself(void **state)
{
    struct hasher hasher;
    struct hash field;
    struct hash bytes;

    (void)state;
    assert_int_equal(hash_begin(&hasher), 0);
    hash_add_field(&hasher, "abc", 3);
    assert_int_equal(hash_end(&hasher, &field), 0);
    assert_int_equal(hash_begin(&hasher), 0);
    hash_add(&hasher, "\0\0\0\0\0\0\0\3abc", 11);
    assert_int_equal(hash_end(&hasher, &bytes), 0);
    assert_memory_equal(&field, &bytes, sizeof field);
}

static void after_a_failure_the_end_frees_and_the_result_is_untouched(void **state)
{
    struct hasher hasher;
    struct hash hash = {{7}};

    (void)state;
    assert_int_equal(hash_begin(&hasher), 0);
    hasher.error = -5;
    hash_add(&hasher, "abc", 3);
    assert_int_equal(hash_end(&hasher, &hash), -5);
    assert_int_equal(hash.bytes[0], 7);
}

static void hex_is_as_long_as_asked(void **state)
{
    struct hash hash = {{0x00, 0x9F, 0xA0}};
    char hex[8];

    (void)state;
    hash_hex(&hash, 3, hex);
    assert_string_equal(hex, "009fa0");
    hash_hex(&hash, 0, hex);
    assert_string_equal(hex, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_fips_180_4_come_out),
        cmocka_unit_test(the_size_of_the_pieces_does_not_matter),
        cmocka_unit_test(fields_do_not_run_into_one_another),
        cmocka_unit_test(a_field_is_its_length_in_eight_bytes_and_itself),
        cmocka_unit_test(after_a_failure_the_end_frees_and_the_result_is_untouched),
        cmocka_unit_test(hex_is_as_long_as_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
