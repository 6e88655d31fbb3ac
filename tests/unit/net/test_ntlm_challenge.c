/* SPDX-License-Identifier: MIT */
#include "net/ntlm_challenge.h"

#include <string.h>

#include "unit.h"

#define HEAD "NTLMSSP\0\2\0\0\0"

static const char no_name[] = HEAD "\0\0\0\0\x38\0\0\0\x35\x82\x8A\xE2"
                                   "12345678";
static const char named[] = HEAD "\x8\0\x8\0\x38\0\0\0\x35\x82\x8A\xE2"
                                 "12345678";
static const char no_unicode[] = HEAD "\0\0\0\0\x38\0\0\0\x36\x82\x8A\xE2"
                                      "12345678";

static bool is_fatal(const char *bytes, size_t length)
{
    return ntlm_challenge_is_fatal((struct slice){bytes, length});
}

static void a_unicode_message_needs_a_name(void **state)
{
    (void)state;
    assert_true(is_fatal(no_name, sizeof no_name - 1));
    assert_false(is_fatal(named, sizeof named - 1));
    assert_false(is_fatal(no_unicode, sizeof no_unicode - 1));
}

static void a_message_within_another_is_found_even_behind_a_good_one(void **state)
{
    char token[2 * sizeof named + sizeof no_name] = "\xA1\x30";
    size_t behind = 2 + sizeof named;

    (void)state;
    memcpy(token + 2, named, sizeof named);
    assert_false(is_fatal(token, behind));
    memcpy(token + behind, no_name, sizeof no_name);
    assert_true(is_fatal(token, behind + sizeof no_name));
}

static void what_ends_before_its_flags_is_left_to_the_library(void **state)
{
    (void)state;
    for (size_t length = 0; length < 24; length++)
        assert_false(is_fatal(no_name, length));
    assert_false(ntlm_challenge_is_fatal((struct slice){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unicode_message_needs_a_name),
        cmocka_unit_test(a_message_within_another_is_found_even_behind_a_good_one),
        cmocka_unit_test(what_ends_before_its_flags_is_left_to_the_library),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
