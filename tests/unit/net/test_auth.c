/* SPDX-License-Identifier: MIT */
#include "net/auth.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

/* What whole stacks show of signing in is in tests/e2e/test_login.py. Here are servers that do not want to be signed in
 * to. */

/* A server's second message: EXAMPLE is its domain, and that is all it says. */
#define TYPE_2                                                                                     \
    "TlRMTVNTUAACAAAADgAOADgAAAAFgomiAQEBAQEBAQEAAAAAAAAAABYAFgBGAAAACgBjRQAAAA9FAFgAQQBNAFAATABF" \
    "AAIADgBFAFgAQQBNAFAATABFAAAAAAA="

static char endpoint[] = "https://mail.example.org/EWS/Exchange.asmx";
static char username[] = "room";
static char password[] = "p";

/* A lane whose connection stays open. */
struct lane {
    struct config config;
    atomic_bool stop;
    struct login *login;
    struct auth *auth;
    struct auth_leg leg; /* the last one */
    enum transport_result result;
    struct err err;
};

static void begin(struct lane *lane, enum config_auth as)
{
    *lane = (struct lane){
        .config = {.endpoint = endpoint, .username = username, .password = password, .auth = as},
    };
    assert_int_equal(login_create(&lane->config, &lane->stop, &lane->login), 0);
    assert_int_equal(auth_create(&lane->config, lane->login, &lane->auth), 0);
    auth_begin(lane->auth);
}

static void finish(struct lane *lane)
{
    auth_destroy(lane->auth);
    login_destroy(lane->login);
}

/* The next leg's Authorization, up to the blank; "": none. */
static const char *next(struct lane *lane, char scheme[static 16])
{
    static const struct channel_binding none = {0};
    const struct auth_line line = {true, &none};

    assert_int_equal(auth_next(lane->auth, line, &lane->leg, &lane->err), TRANSPORT_OK);
    scheme[0] = '\0';
    if (lane->leg.authorization)
        (void)sscanf(lane->leg.authorization, "%15s", scheme);
    return scheme;
}

/* The server says 401 with this offer; `as` is what became of the reply as a whole. */
static enum auth_verdict refuse_as(struct lane *lane, const char *offer, enum transport_result as)
{
    const struct transport_reply reply = {.status = 401};
    struct challenge challenge;

    challenge_init(&challenge);
    challenge_take(&challenge, slice_of(offer));
    const struct auth_heard heard = {as, &reply, &challenge};
    lane->result = as;
    enum auth_verdict verdict = auth_heard(lane->auth, &heard, &lane->result, &lane->err);
    challenge_finish(&challenge);
    return verdict;
}

static enum auth_verdict refuse(struct lane *lane, const char *offer)
{
    return refuse_as(lane, offer, TRANSPORT_OK);
}

static void a_refused_password_is_known_whatever_became_of_the_page_with_it(void **state)
{
    static const enum transport_result rows[] = {
        TRANSPORT_OK,  TRANSPORT_STOPPED,   TRANSPORT_TIMEOUT,
        TRANSPORT_CUT, TRANSPORT_TOO_LARGE, TRANSPORT_UNREACHABLE,
    };
    char scheme[16];
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lane lane;

        begin(&lane, CONFIG_AUTH_BASIC);
        assert_string_equal(next(&lane, scheme), "Basic");
        lane.err = (struct err){"the page was cut"};
        assert_int_equal(refuse_as(&lane, "Basic realm=\"x\"", rows[i]), AUTH_ANSWERED);
        assert_int_equal(lane.result, TRANSPORT_OK);
        assert_string_equal(lane.err.text, "");
        finish(&lane);
    }
}

static void a_token_for_basic_is_no_leg_of_the_handshake_before(void **state)
{
    struct lane lane;
    char scheme[16];
    (void)state;

    begin(&lane, CONFIG_AUTH_AUTO);
    login_remember(lane.login, (struct login_choice){LOGIN_NTLM, LOGIN_NO_TICKET});
    assert_string_equal(next(&lane, scheme), "NTLM");
    assert_int_equal(refuse(&lane, "Basic realm=\"x\""), AUTH_GO_ON);
    assert_string_equal(next(&lane, scheme), "Basic");
    assert_int_equal(refuse(&lane, "Basic AAAA"), AUTH_ANSWERED);
    finish(&lane);
}

static void a_server_whose_offer_changes_each_time_gets_the_password_once(void **state)
{
    struct lane lane;
    char scheme[16];
    (void)state;

    begin(&lane, CONFIG_AUTH_AUTO);
    assert_string_equal(next(&lane, scheme), "");
    assert_int_equal(refuse(&lane, "Basic realm=\"x\""), AUTH_GO_ON);
    assert_string_equal(next(&lane, scheme), "Basic");
    assert_int_equal(refuse(&lane, "NTLM"), AUTH_FAILED);
    assert_int_equal(lane.result, TRANSPORT_LOGIN_NO_SCHEME);
    assert_non_null(strstr(lane.err.text, "a moment ago it offered something else"));
    finish(&lane);
}

static void after_a_handshake_that_was_refused_nothing_else_is_tried(void **state)
{
    struct lane lane;
    char scheme[16];
    (void)state;

    begin(&lane, CONFIG_AUTH_AUTO);
    login_remember(lane.login, (struct login_choice){LOGIN_NTLM, LOGIN_NO_TICKET});
    assert_string_equal(next(&lane, scheme), "NTLM");
    assert_int_equal(refuse(&lane, "NTLM " TYPE_2), AUTH_GO_ON);
    assert_string_equal(next(&lane, scheme), "NTLM");
    assert_true(lane.leg.has_question);
    assert_int_equal(refuse(&lane, "Basic realm=\"x\""), AUTH_FAILED);
    assert_int_equal(lane.result, TRANSPORT_LOGIN_UNBOUND_REFUSED);
    finish(&lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_password_is_known_whatever_became_of_the_page_with_it),
        cmocka_unit_test(a_token_for_basic_is_no_leg_of_the_handshake_before),
        cmocka_unit_test(a_server_whose_offer_changes_each_time_gets_the_password_once),
        cmocka_unit_test(after_a_handshake_that_was_refused_nothing_else_is_tried),
    };

    return cmocka_run_group_tests_name("net/auth", tests, NULL, NULL);
}
