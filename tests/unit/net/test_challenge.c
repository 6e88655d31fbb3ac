/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/challenge.h"

/* What is offered, as "Basic NTLM:token …", in the order of the enum. */
static const char *summary(struct challenge *challenge)
{
    static char text[1000];
    struct buf all = BUF_INIT(sizeof text - 1);

    for (int i = 0; i < CHALLENGE_SCHEMES; i++) {
        if (challenge->offered[i])
            buf_printf(&all, "%s%s%s%s", all.length ? " " : "", challenge_scheme_name(i),
                       challenge->token[i].length ? ":" : "", buf_text(&challenge->token[i]));
        else
            assert_int_equal(challenge->token[i].length, 0);
    }
    assert_int_equal(buf_error(&all), 0);
    strcpy(text, buf_text(&all));
    buf_finish(&all);
    return text;
}

static void assert_reads(const char *value, const char *expected)
{
    struct challenge challenge;
    size_t length = strlen(value);
    char *copy = malloc(length + 1); /* so that AddressSanitizer sees a byte read behind it */

    assert_non_null(copy);
    memcpy(copy, value, length);
    copy = realloc(copy, length ? length : 1);
    challenge_init(&challenge);
    challenge_take(&challenge, (struct slice){copy, length});
    assert_string_equal(summary(&challenge), expected);
    challenge_finish(&challenge);
    free(copy);
}

static void a_scheme_stands_alone(void **state)
{
    (void)state;
    assert_reads("NTLM", "NTLM");
    assert_reads("Negotiate", "Negotiate");
    assert_reads("  Basic\t", "Basic");
}

static void the_case_of_a_scheme_does_not_matter(void **state)
{
    (void)state;
    assert_reads("ntlm TlRM", "NTLM:TlRM");
    assert_reads("NEGOTIATE", "Negotiate");
}

static void a_token_is_kept_as_it_came(void **state)
{
    (void)state;
    assert_reads("NTLM TlRMTVNTUAAC+/AA==", "NTLM:TlRMTVNTUAAC+/AA==");
    assert_reads("Negotiate \t oYG2MIGz=", "Negotiate:oYG2MIGz=");
}

static void parameters_are_no_token(void **state)
{
    (void)state;
    assert_reads("Basic realm=\"mail\"", "Basic");
    assert_reads("Basic realm=mail", "Basic");
    assert_reads("Basic realm = \"mail\"", "Basic");
    assert_reads("NTLM not a token", "NTLM");
}

static void a_field_may_have_several_challenges(void **state)
{
    (void)state;
    assert_reads("Negotiate, NTLM, Basic realm=\"x\"", "Basic NTLM Negotiate");
    assert_reads("Negotiate,NTLM,Basic", "Basic NTLM Negotiate");
    assert_reads("NTLM TlRM=, Negotiate oYG2", "NTLM:TlRM= Negotiate:oYG2");
    assert_reads(",, NTLM ,\t,Basic,", "Basic NTLM");
}

static void parameters_belong_to_the_challenge_before_them(void **state)
{
    (void)state;
    assert_reads("Digest qop=auth, ntlm=\"1\", basic = 2, NTLM", "NTLM");
    assert_reads(
        "Bearer error=\"invalid_token\", error_description=\"Basic, NTLM\", Basic realm=\"y\"",
        "Basic Bearer");
}

static void commas_and_quotes_in_a_quoted_string_part_nothing(void **state)
{
    (void)state;
    assert_reads("Basic realm=\"a, NTLM, b\"", "Basic");
    assert_reads("Basic realm=\"a\\\", NTLM\", Negotiate", "Basic Negotiate");
    assert_reads("Basic realm=\"a\\\\\", NTLM", "Basic NTLM");
}

static void a_string_without_an_end_goes_on_to_the_end(void **state)
{
    (void)state;
    assert_reads("Basic realm=\"a, NTLM", "Basic");
    assert_reads("Basic realm=\"a, NTLM\\", "Basic");
}

static void strangers_and_rubbish_are_read_over(void **state)
{
    (void)state;
    assert_reads("", "");
    assert_reads(" ", "");
    assert_reads(",", "");
    assert_reads("=", "");
    assert_reads("\"", "");
    assert_reads("Kerberos, Hoba result=\"x\", NTLM", "NTLM");
    assert_reads("NTLMv2", "");
    assert_reads("Basi", "");
    assert_reads("NTLM\x01", "");
    assert_reads("\xff\xfe, NTLM", "NTLM");
}

static void fields_add_up(void **state)
{
    struct challenge challenge;

    (void)state;
    challenge_init(&challenge);
    challenge_take(&challenge, slice_of("Negotiate"));
    challenge_take(&challenge, slice_of("NTLM TlRM"));
    challenge_take(&challenge, slice_of("Basic realm=\"x\""));
    assert_string_equal(summary(&challenge), "Basic NTLM:TlRM Negotiate");
    challenge_finish(&challenge);
}

static void the_first_token_of_a_scheme_counts(void **state)
{
    struct challenge challenge;

    (void)state;
    challenge_init(&challenge);
    challenge_take(&challenge, slice_of("NTLM"));
    challenge_take(&challenge, slice_of("NTLM first"));
    challenge_take(&challenge, slice_of("NTLM second"));
    assert_string_equal(summary(&challenge), "NTLM:first");
    challenge_finish(&challenge);
}

static void the_next_reply_starts_empty(void **state)
{
    struct challenge challenge;

    (void)state;
    challenge_init(&challenge);
    challenge_take(&challenge, slice_of("NTLM TlRM, Basic"));
    challenge_clear(&challenge);
    assert_string_equal(summary(&challenge), "");
    challenge_take(&challenge, slice_of("NTLM more"));
    assert_string_equal(summary(&challenge), "NTLM:more");
    challenge_finish(&challenge);
}

static void a_token_has_a_limit(void **state)
{
    struct challenge challenge;
    size_t length = CHALLENGE_TOKEN_MAX + 5; /* with its scheme */
    char *value = malloc(length + 1);

    (void)state;
    assert_non_null(value);
    memset(value, 'A', length + 1);
    memcpy(value, "NTLM ", 5);
    challenge_init(&challenge);
    challenge_take(&challenge, (struct slice){value, length});
    assert_int_equal(challenge.token[CHALLENGE_NTLM].length, CHALLENGE_TOKEN_MAX);
    challenge_clear(&challenge);
    challenge_take(&challenge, (struct slice){value, length + 1});
    assert_true(challenge.offered[CHALLENGE_NTLM]);
    assert_int_equal(challenge.token[CHALLENGE_NTLM].length, 0);
    assert_int_equal(buf_error(&challenge.token[CHALLENGE_NTLM]), -EOVERFLOW);
    challenge_finish(&challenge);
    free(value);
}

/* A NUL is a byte like others, and no end of the set of bytes that a token may have. */
static void a_nul_ends_no_token(void **state)
{
    struct challenge challenge;

    (void)state;
    challenge_init(&challenge);
    challenge_take(&challenge, (struct slice){"NTLM\0, Basic", 12});
    assert_string_equal(summary(&challenge), "Basic");
    challenge_finish(&challenge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scheme_stands_alone),
        cmocka_unit_test(the_case_of_a_scheme_does_not_matter),
        cmocka_unit_test(a_token_is_kept_as_it_came),
        cmocka_unit_test(parameters_are_no_token),
        cmocka_unit_test(a_field_may_have_several_challenges),
        cmocka_unit_test(parameters_belong_to_the_challenge_before_them),
        cmocka_unit_test(commas_and_quotes_in_a_quoted_string_part_nothing),
        cmocka_unit_test(a_string_without_an_end_goes_on_to_the_end),
        cmocka_unit_test(strangers_and_rubbish_are_read_over),
        cmocka_unit_test(fields_add_up),
        cmocka_unit_test(the_first_token_of_a_scheme_counts),
        cmocka_unit_test(the_next_reply_starts_empty),
        cmocka_unit_test(a_token_has_a_limit),
        cmocka_unit_test(a_nul_ends_no_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
