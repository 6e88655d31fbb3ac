/* SPDX-License-Identifier: MIT */
#include "net/login.h"

#include <string.h>

#include "unit.h"

static char secret[] = "p";
static const atomic_bool never_stop;
static char keytab[] = "/nonexistent/roomcal.keytab";

static struct config config_with(enum config_auth auth)
{
    return (struct config){.auth = auth, .password = secret};
}

static struct login_choice choose(struct config config, const char *offer, struct err *err)
{
    struct challenge challenge;
    struct login *login;

    challenge_init(&challenge);
    challenge_take(&challenge, slice_of(offer));
    assert_int_equal(login_create(&config, &never_stop, &login), 0);
    struct login_choice choice = login_choose(login, &challenge, err);
    assert_int_equal(login_choice(login).scheme, choice.scheme);
    login_destroy(login);
    challenge_finish(&challenge);
    return choice;
}

static void auth_names_the_scheme_by_itself(void **state)
{
    static const struct {
        enum config_auth auth;
        enum login_scheme scheme;
    } rows[] = {
        {CONFIG_AUTH_AUTO, LOGIN_UNKNOWN},       {CONFIG_AUTH_BASIC, LOGIN_BASIC},
        {CONFIG_AUTH_NTLM, LOGIN_NTLM},          {CONFIG_AUTH_BEARER, LOGIN_BEARER},
        {CONFIG_AUTH_NEGOTIATE, LOGIN_KERBEROS},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config config = config_with(rows[i].auth);
        struct login *login;
        assert_int_equal(login_create(&config, &never_stop, &login), 0);
        assert_int_equal(login_choice(login).scheme, rows[i].scheme);
        assert_int_equal(login_choice(login).reason, LOGIN_AS_SET);
        login_destroy(login);
    }
}

static void the_strongest_scheme_on_offer_is_chosen(void **state)
{
    static const struct {
        const char *offer;
        enum login_scheme scheme;
        enum login_reason reason;
    } rows[] = {
        {"Negotiate, NTLM, Basic realm=\"x\"", LOGIN_NTLM, LOGIN_NO_TICKET},
        {"NTLM", LOGIN_NTLM, LOGIN_NO_TICKET},
        {"Negotiate, Basic realm=\"x\"", LOGIN_NEGOTIATE_NTLM, LOGIN_ONLY_NEGOTIATE},
        {"Basic realm=\"x\", Bearer", LOGIN_BASIC, LOGIN_ONLY_BASIC},
    };
    struct err err = {""};
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct login_choice choice = choose(config_with(CONFIG_AUTH_AUTO), rows[i].offer, &err);
        assert_int_equal(choice.scheme, rows[i].scheme);
        assert_int_equal(choice.reason, rows[i].reason);
    }
}

static void without_a_password_a_keytab_means_kerberos_where_negotiate_is_offered(void **state)
{
    struct config config = config_with(CONFIG_AUTH_AUTO);
    struct err err = {""};
    (void)state;

    config.krb5_client_ktname = keytab;
    config.password = NULL;
    assert_int_equal(choose(config, "Negotiate, NTLM", &err).scheme, LOGIN_KERBEROS);
    assert_int_equal(choose(config, "NTLM", &err).scheme, LOGIN_UNKNOWN);
}

static void a_keytab_that_is_no_use_is_passed_over_for_the_password(void **state)
{
    struct config config = config_with(CONFIG_AUTH_AUTO);
    struct err err = {""};
    (void)state;

    config.krb5_client_ktname = keytab;
    assert_int_equal(choose(config, "Negotiate, NTLM", &err).scheme, LOGIN_NTLM);
}

static void what_cannot_be_bound_is_not_chosen_where_that_is_required(void **state)
{
    struct config config = config_with(CONFIG_AUTH_AUTO);
    struct err err = {""};
    (void)state;

    config.channel_binding = CONFIG_BINDING_REQUIRED;
    assert_int_equal(choose(config, "Basic realm=\"x\"", &err).scheme, LOGIN_UNKNOWN);
    assert_int_equal(choose(config, "Basic realm=\"x\", NTLM", &err).scheme, LOGIN_NTLM);
}

static void nothing_in_common_names_the_offer(void **state)
{
    struct err err = {""};
    (void)state;

    assert_int_equal(
        choose(config_with(CONFIG_AUTH_AUTO), "Bearer, Digest realm=\"x\"", &err).scheme,
        LOGIN_UNKNOWN);
    assert_non_null(strstr(err.text, "the server offers Bearer; "));
    assert_int_equal(choose(config_with(CONFIG_AUTH_AUTO), "Digest realm=\"x\"", &err).scheme,
                     LOGIN_UNKNOWN);
    assert_non_null(strstr(err.text, "no scheme that roomcal knows"));
}

static void only_what_auto_chose_is_forgotten(void **state)
{
    struct config set = config_with(CONFIG_AUTH_NTLM);
    struct config automatic = config_with(CONFIG_AUTH_AUTO);
    struct login *login;
    (void)state;

    assert_int_equal(login_create(&set, &never_stop, &login), 0);
    login_forget(login);
    assert_int_equal(login_choice(login).scheme, LOGIN_NTLM);
    login_destroy(login);

    assert_int_equal(login_create(&automatic, &never_stop, &login), 0);
    login_remember(login, (struct login_choice){LOGIN_NTLM, LOGIN_NO_TICKET});
    assert_int_equal(login_choice(login).scheme, LOGIN_NTLM);
    login_forget(login);
    assert_int_equal(login_choice(login).scheme, LOGIN_UNKNOWN);
    login_destroy(login);
}

static void what_an_earlier_process_chose_does_not_overrule_auth(void **state)
{
    struct config set = config_with(CONFIG_AUTH_NTLM);
    struct login *login;
    (void)state;

    assert_int_equal(login_create(&set, &never_stop, &login), 0);
    login_remember(login, (struct login_choice){LOGIN_BASIC, LOGIN_ONLY_BASIC});
    assert_int_equal(login_choice(login).scheme, LOGIN_NTLM);
    login_destroy(login);
}

static void what_these_settings_do_not_allow_is_not_taken_from_an_earlier_process(void **state)
{
    struct config rows[] = {
        {.auth = CONFIG_AUTH_AUTO},
        {.auth = CONFIG_AUTH_AUTO, .password = secret, .channel_binding = CONFIG_BINDING_REQUIRED},
    };
    static const enum login_scheme schemes[][3] = {
        {LOGIN_BASIC, LOGIN_NTLM, LOGIN_NEGOTIATE_NTLM},
        {LOGIN_BASIC, LOGIN_KERBEROS, LOGIN_BEARER},
    };
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 3; j++) {
            struct login *login;
            assert_int_equal(login_create(&rows[i], &never_stop, &login), 0);
            login_remember(login, (struct login_choice){schemes[i][j], LOGIN_NO_TICKET});
            assert_int_equal(login_choice(login).scheme, LOGIN_UNKNOWN);
            login_destroy(login);
        }
    }
}

static void each_choice_survives_the_ledger(void **state)
{
    (void)state;

    for (int scheme = 1; scheme < LOGIN_SCHEMES; scheme++) {
        for (int reason = 0; reason < LOGIN_REASONS; reason++) {
            struct login_choice choice = {(enum login_scheme)scheme, (enum login_reason)reason};
            assert_int_equal(login_unpack(login_pack(choice)).scheme, scheme);
            assert_int_equal(login_unpack(login_pack(choice)).reason, reason);
            assert_true(strlen(login_scheme_name(choice.scheme)) > 0);
            assert_true(strlen(login_reason_text(choice.reason)) > 0);
        }
    }
}

static void a_choice_that_was_forgotten_can_be_told_and_is_not_taken(void **state)
{
    const struct login_choice ntlm = {LOGIN_NTLM, LOGIN_NO_TICKET};
    const struct config config = {.auth = CONFIG_AUTH_AUTO, .password = secret};
    const atomic_bool stop = false;
    struct login *login;
    (void)state;

    assert_int_equal(login_create(&config, &stop, &login), 0);
    assert_int_equal(login_note(login), 0);
    login_remember(login, ntlm);
    assert_int_equal(login_note(login), login_pack(ntlm));
    login_forget(login);
    assert_int_equal(login_unpack(login_note(login)).scheme, LOGIN_UNKNOWN);
    assert_int_equal(login_noted(login_note(login)).scheme, LOGIN_NTLM);
    assert_int_equal(login_noted(login_note(login)).reason, LOGIN_NO_TICKET);
    login_destroy(login);
}

static void nonsense_in_the_ledger_is_no_choice(void **state)
{
    static const int64_t rows[] = {
        0, -1, -17, INT64_MIN, INT64_MAX, 16 * LOGIN_SCHEMES, 16 + LOGIN_REASONS};
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(login_unpack(rows[i]).scheme, LOGIN_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auth_names_the_scheme_by_itself),
        cmocka_unit_test(the_strongest_scheme_on_offer_is_chosen),
        cmocka_unit_test(without_a_password_a_keytab_means_kerberos_where_negotiate_is_offered),
        cmocka_unit_test(a_keytab_that_is_no_use_is_passed_over_for_the_password),
        cmocka_unit_test(what_cannot_be_bound_is_not_chosen_where_that_is_required),
        cmocka_unit_test(nothing_in_common_names_the_offer),
        cmocka_unit_test(only_what_auto_chose_is_forgotten),
        cmocka_unit_test(what_an_earlier_process_chose_does_not_overrule_auth),
        cmocka_unit_test(what_these_settings_do_not_allow_is_not_taken_from_an_earlier_process),
        cmocka_unit_test(each_choice_survives_the_ledger),
        cmocka_unit_test(a_choice_that_was_forgotten_can_be_told_and_is_not_taken),
        cmocka_unit_test(nonsense_in_the_ledger_is_no_choice),
    };

    return cmocka_run_group_tests_name("net/login", tests, NULL, NULL);
}
