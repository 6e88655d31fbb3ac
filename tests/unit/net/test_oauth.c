/* SPDX-License-Identifier: MIT */
#include "net/oauth.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "net/connection.h"
#include "net/server.h"
#include "unit.h"

#define NOW    INT64_C(1795000000)
#define SECRET "s3cret/+ &="
#define HEAD   "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

/* ---- a token server, and who asks it ---- */

struct bench {
    struct server *server;
    struct config config;
    atomic_bool stop;
    char url[64];
    char client_id[16];
    char secret[16];
    char scope[64];

    struct oauth *oauth;
    struct buf token;
    struct oauth_grant grant;
    struct err err;
};

static void begin(struct bench *bench)
{
    *bench = (struct bench){
        .server = server_start(NULL),
        .client_id = "the client",
        .secret = SECRET,
        .scope = "https://outlook.office365.com/.default",
        .token = BUF_INIT(OAUTH_TOKEN_MAX),
    };
    (void)snprintf(bench->url, sizeof bench->url, "http://127.0.0.1:%d/tenant/oauth2/v2.0/token",
                   server_port(bench->server));
    bench->config = (struct config){
        .oauth_token_url = bench->url,
        .oauth_client_id = bench->client_id,
        .oauth_client_secret = bench->secret,
        .oauth_scope = bench->scope,
        .request_timeout_s = 60,
    };
    clock_set_utc(NOW);
    assert_int_equal(oauth_create(&bench->config, &bench->stop, &bench->oauth), 0);
}

static void finish(struct bench *bench)
{
    oauth_destroy(bench->oauth);
    server_stop(bench->server);
    buf_finish(&bench->token);
    clock_set_utc(-1);
}

static void will_answer(struct bench *bench, const char *head, const char *body)
{
    struct buf answer = BUF_INIT(1u << 20);

    buf_printf(&answer, "%sContent-Length: %zu\r\n\r\n", head, strlen(body));
    buf_append_text(&answer, body);
    server_answer_text(bench->server, buf_text(&answer), SERVER_KEEP);
    buf_finish(&answer);
}

static void will_give(struct bench *bench, const char *token, int expires_in)
{
    char body[128];

    (void)snprintf(body, sizeof body,
                   "{\"token_type\":\"Bearer\",\"expires_in\":%d,\"access_token\":\"%s\"}",
                   expires_in, token);
    will_answer(bench, HEAD, body);
}

/* Whatever happens, no sentence may hold the secret. */
static enum transport_result ask(struct bench *bench)
{
    buf_clear(&bench->token);
    bench->err = (struct err){""};
    enum transport_result result =
        oauth_append_token(bench->oauth, &bench->token, &bench->grant, &bench->err);
    assert_int_equal(bench->err.text[0] != '\0', result != TRANSPORT_OK);
    assert_int_equal(bench->token.length != 0, result == TRANSPORT_OK);
    assert_null(strstr(bench->err.text, SECRET));
    return result;
}

static void assert_token(struct bench *bench, const char *expected)
{
    assert_int_equal(ask(bench), TRANSPORT_OK);
    assert_string_equal(buf_text(&bench->token), expected);
}

/* ---- what is asked ---- */

#define FORM                                                                                       \
    "grant_type=client_credentials&client_id=the%20client"                                         \
    "&scope=https%3A%2F%2Foutlook.office365.com%2F.default&client_secret=s3cret%2F%2B%20%26%3D"

static void the_form_has_the_applications_id_secret_and_scope(void **state)
{
    static const char *const parts[] = {
        "POST /tenant/oauth2/v2.0/token HTTP/1.1\r\n",
        "\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        "\r\n\r\n" FORM,
    };
    struct bench bench;
    (void)state;

    begin(&bench);
    will_give(&bench, "abc", 3600);
    assert_token(&bench, "abc");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        assert_non_null(strstr(server_request(bench.server), parts[i]));
    assert_null(strstr(server_request(bench.server), "\r\nAuthorization:"));
    finish(&bench);
}

/* ---- how long it is kept ---- */

static void a_token_is_kept_until_shortly_before_it_expires(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    will_give(&bench, "first", 3600);
    assert_token(&bench, "first");
    will_give(&bench, "second", 3600);
    clock_set_utc(NOW + 3600 - OAUTH_MARGIN_S - 1);
    assert_token(&bench, "first");
    assert_int_equal(server_requests(bench.server), 1);
    clock_set_utc(NOW + 3600 - OAUTH_MARGIN_S);
    assert_token(&bench, "second");
    finish(&bench);
}

static void a_short_lived_token_is_kept_for_half_of_its_life(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    will_give(&bench, "first", 100);
    assert_token(&bench, "first");
    will_give(&bench, "second", 1);
    clock_set_utc(NOW + 49);
    assert_token(&bench, "first");
    clock_set_utc(NOW + 50);
    assert_token(&bench, "second");
    finish(&bench);
}

static void no_token_is_kept_longer_than_a_day(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    will_give(&bench, "first", 1000000);
    assert_token(&bench, "first");
    will_give(&bench, "second", 3600);
    clock_set_utc(NOW + OAUTH_LIFE_MAX_S - OAUTH_MARGIN_S);
    assert_token(&bench, "second");
    finish(&bench);
}

static void a_clock_that_was_set_back_ends_a_token(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    will_give(&bench, "first", 3600);
    assert_token(&bench, "first");
    will_give(&bench, "second", 3600);
    clock_set_utc(NOW - 1);
    assert_token(&bench, "second");
    finish(&bench);
}

static void a_refused_token_is_forgotten_but_not_its_successor(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    will_give(&bench, "first", 3600);
    assert_token(&bench, "first");
    struct oauth_grant first = bench.grant;
    oauth_forget(bench.oauth, first.number);
    will_give(&bench, "second", 3600);
    assert_token(&bench, "second");
    oauth_forget(bench.oauth, first.number); /* by another lane, which is late */
    assert_token(&bench, "second");
    assert_int_equal(server_requests(bench.server), 2);
    finish(&bench);
}

/* ---- what is answered ---- */

static void an_answer_without_a_usable_token_is_broken(void **state)
{
#define TYPE "\"token_type\":\"Bearer\""
    static const char *const bodies[] = {
        "",
        "<html>",
        "[]",
        "{}",
        "{" TYPE ",\"expires_in\":3600}",
        "{" TYPE ",\"access_token\":\"abc\"}",
        "{\"expires_in\":3600,\"access_token\":\"abc\"}",
        "{\"token_type\":\"mac\",\"expires_in\":3600,\"access_token\":\"abc\"}",
        "{" TYPE ",\"expires_in\":0,\"access_token\":\"abc\"}",
        "{" TYPE ",\"expires_in\":-1,\"access_token\":\"abc\"}",
        "{" TYPE ",\"expires_in\":\"soon\",\"access_token\":\"abc\"}",
        "{" TYPE ",\"expires_in\":null,\"access_token\":\"abc\"}",
        "{" TYPE ",\"expires_in\":3600,\"access_token\":\"\"}",
        "{" TYPE ",\"expires_in\":3600,\"access_token\":7}",
        "{" TYPE ",\"expires_in\":3600,\"access_token\":\"a b\"}",
        "{" TYPE ",\"expires_in\":3600,\"access_token\":\"a\\r\\nX: y\"}",
        "{" TYPE ",\"expires_in\":3600,\"access_token\":\"a\\u0000b\"}",
        "{" TYPE ",\"expires_in\":3600,\"access_token\":\"\\u00e4\"}",
    };
    struct bench bench;
    (void)state;

    begin(&bench);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        will_answer(&bench, HEAD, bodies[i]);
        assert_int_equal(ask(&bench), TRANSPORT_LOGIN_TOKEN_BROKEN);
    }
    finish(&bench);
}

static void other_spellings_of_a_good_answer_are_understood(void **state)
{
    static const char *const bodies[] = {
        "{\"token_type\":\"bearer\",\"expires_in\":\"3599\",\"access_token\":\"abc\"}",
        "{\"access_token\":\"abc\",\"expires_in\":99999999999999999999,\"token_type\":\"BEARER\"}",
    };
    (void)state;

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct bench bench;
        begin(&bench);
        will_answer(&bench, HEAD, bodies[i]);
        assert_token(&bench, "abc");
        finish(&bench);
    }
}

static void a_token_has_a_limit(void **state)
{
    struct buf body = BUF_INIT(1u << 20);
    struct bench bench;
    (void)state;

    for (size_t length = OAUTH_TOKEN_MAX; length <= OAUTH_TOKEN_MAX + 1; length++) {
        begin(&bench);
        buf_clear(&body);
        buf_append_text(&body,
                        "{\"token_type\":\"Bearer\",\"expires_in\":3600,\"access_token\":\"");
        for (size_t i = 0; i < length; i++)
            buf_append_char(&body, 'a');
        buf_append_text(&body, "\"}");
        will_answer(&bench, HEAD, buf_text(&body));
        assert_int_equal(ask(&bench),
                         length > OAUTH_TOKEN_MAX ? TRANSPORT_LOGIN_TOKEN_BROKEN : TRANSPORT_OK);
        finish(&bench);
    }
    buf_finish(&body);
}

static void an_answer_has_a_limit(void **state)
{
    static const char endless[] = HEAD "\r\n          ";
    struct bench bench;
    (void)state;

    begin(&bench);
    server_answer(bench.server,
                  (struct server_answer){endless, strlen(endless), 10, SERVER_REPEAT});
    assert_int_equal(ask(&bench), TRANSPORT_LOGIN_TOKEN_BROKEN);
    assert_non_null(strstr(bench.err.text, "over 65536 bytes"));
    finish(&bench);
}

/* ---- refusals and trouble ---- */

#define ERROR(error) "{\"error\":\"" error "\",\"error_description\":\"AADSTS7: Nein.\\r\\nTrace\"}"

static void status_and_error_tell_whose_trouble_it_is(void **state)
{
    static const struct {
        const char *status;
        const char *body;
        enum transport_result result;
    } rows[] = {
        {"401 Unauthorized", ERROR("invalid_client"), TRANSPORT_LOGIN_REFUSED},
        {"400 Bad Request", ERROR("unauthorized_client"), TRANSPORT_LOGIN_REFUSED},
        {"400 Bad Request", ERROR("invalid_grant"), TRANSPORT_LOGIN_REFUSED},
        {"400 Bad Request", ERROR("temporarily_unavailable"), TRANSPORT_LOGIN_TOKEN_UNREACHABLE},
        {"400 Bad Request", ERROR("server_error"), TRANSPORT_LOGIN_TOKEN_UNREACHABLE},
        {"500 Internal", ERROR("invalid_client"), TRANSPORT_LOGIN_TOKEN_UNREACHABLE},
        {"503 Unavailable", "<html>", TRANSPORT_LOGIN_TOKEN_UNREACHABLE},
        {"429 Too Many", ERROR("invalid_client"), TRANSPORT_LOGIN_TOKEN_BUSY},
        {"429 Too Many", "", TRANSPORT_LOGIN_TOKEN_BUSY},
        {"404 Not Found", "<html>", TRANSPORT_LOGIN_TOKEN_BROKEN},
        {"401 Unauthorized", "{}", TRANSPORT_LOGIN_TOKEN_BROKEN},
        {"302 Found\r\nLocation: http://127.0.0.1:1/", "", TRANSPORT_LOGIN_TOKEN_BROKEN},
    };
    struct bench bench;
    (void)state;

    begin(&bench);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char head[128];
        (void)snprintf(head, sizeof head, "HTTP/1.1 %s\r\n", rows[i].status);
        will_answer(&bench, head, rows[i].body);
        assert_int_equal(ask(&bench), rows[i].result);
    }
    assert_int_equal(server_requests(bench.server), sizeof rows / sizeof rows[0]);
    finish(&bench);
}

static void a_refusal_is_told_in_the_servers_words(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    will_answer(&bench, "HTTP/1.1 401 Unauthorized\r\n", ERROR("invalid_client"));
    assert_int_equal(ask(&bench), TRANSPORT_LOGIN_REFUSED);
    assert_string_equal(bench.err.text, "the token server answers with HTTP status 401: "
                                        "invalid_client: AADSTS7: Nein.??Trace");
    assert_int_equal(bench.grant.wait_s, -1);
    finish(&bench);
}

static void a_secret_that_is_repeated_in_an_error_is_not_told(void **state)
{
    static const char *const repeated[] = {SECRET " is wrong", "I got " FORM};
    char body[512];
    (void)state;

    for (size_t i = 0; i < sizeof repeated / sizeof repeated[0]; i++) {
        struct bench bench;

        begin(&bench);
        (void)snprintf(body, sizeof body,
                       "{\"error\":\"invalid_client\",\"error_description\":\"%s\"}", repeated[i]);
        will_answer(&bench, "HTTP/1.1 401 Unauthorized\r\n", body);
        assert_int_equal(ask(&bench), TRANSPORT_LOGIN_REFUSED);
        assert_non_null(strstr(bench.err.text, "invalid_client: (repeats the secret)"));
        finish(&bench);
    }
}

static void a_servers_words_have_a_limit(void **state)
{
    struct buf body = BUF_INIT(1u << 16);
    struct bench bench;
    (void)state;

    begin(&bench);
    buf_append_text(&body, "{\"error\":\"invalid_client\",\"error_description\":\"");
    for (int i = 0; i < 1000; i++)
        buf_append_text(&body, "words ");
    buf_append_text(&body, "\"}");
    will_answer(&bench, "HTTP/1.1 401 Unauthorized\r\n", buf_text(&body));
    assert_int_equal(ask(&bench), TRANSPORT_LOGIN_REFUSED);
    assert_true(strlen(bench.err.text) < 400);
    buf_finish(&body);
    finish(&bench);
}

static void how_long_to_wait_is_handed_on(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    will_answer(&bench, "HTTP/1.1 429 Too Many\r\nRetry-After: 77\r\n", "");
    assert_int_equal(ask(&bench), TRANSPORT_LOGIN_TOKEN_BUSY);
    assert_int_equal(bench.grant.wait_s, 77);
    finish(&bench);
}

static void a_server_that_does_not_answer_is_unreachable(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    server_answer_text(bench.server, "", SERVER_CLOSE);
    assert_int_equal(ask(&bench), TRANSPORT_LOGIN_TOKEN_UNREACHABLE);
    server_answer_text(bench.server, HEAD "Content-Length: 100\r\n\r\n{", SERVER_CLOSE);
    assert_int_equal(ask(&bench), TRANSPORT_LOGIN_TOKEN_UNREACHABLE);
    assert_non_null(strstr(bench.err.text, "no answer from the token server: "));
    will_give(&bench, "abc", 3600);
    assert_token(&bench, "abc");
    finish(&bench);
}

static void an_assertion_that_cannot_be_made_is_told_without_asking(void **state)
{
    static char missing[] = "/nonexistent/roomcal.pem";
    struct bench bench;
    (void)state;

    begin(&bench);
    bench.config.oauth_client_secret = NULL;
    bench.config.oauth_cert_file = missing;
    bench.config.oauth_key_file = missing;
    assert_int_equal(ask(&bench), TRANSPORT_LOGIN_TOKEN_UNSIGNED);
    assert_non_null(strstr(bench.err.text, "OAUTH_CERT_FILE"));
    assert_int_equal(server_requests(bench.server), 0);
    finish(&bench);
}

/* ---- many lanes ---- */

#define LANES 8

static void *ask_as_lane(void *data)
{
    struct bench *bench = data;
    struct buf token = BUF_INIT(OAUTH_TOKEN_MAX);
    struct oauth_grant grant;
    struct err err;
    enum transport_result result = oauth_append_token(bench->oauth, &token, &grant, &err);

    buf_finish(&token);
    return (void *)(uintptr_t)result;
}

/* What they all get. */
static enum transport_result join(pthread_t *lanes)
{
    void *results[LANES];

    for (size_t i = 0; i < LANES; i++) {
        assert_int_equal(pthread_join(lanes[i], &results[i]), 0);
        assert_ptr_equal(results[i], results[0]);
    }
    return (enum transport_result)(uintptr_t)results[0];
}

static void all_lanes_share_one_fetch(void **state)
{
    pthread_t lanes[LANES];
    struct bench bench;
    (void)state;

    begin(&bench);
    will_give(&bench, "abc", 3600);
    for (size_t i = 0; i < LANES; i++)
        assert_int_equal(pthread_create(&lanes[i], NULL, ask_as_lane, &bench), 0);
    assert_int_equal(join(lanes), TRANSPORT_OK);
    assert_int_equal(server_requests(bench.server), 1);
    finish(&bench);
}

/* Asks again and again, as a lane does that gets no token or whose token is refused. What the last question got. */
static void *ask_often(void *data)
{
    struct bench *bench = data;
    enum transport_result result = TRANSPORT_LOGIN_TOKEN_UNREACHABLE;
    struct oauth_grant grant;
    struct err err;

    for (int i = 0; i < 200 && result != TRANSPORT_STOPPED; i++) {
        struct buf token = BUF_INIT(OAUTH_TOKEN_MAX);
        result = oauth_append_token(bench->oauth, &token, &grant, &err);
        oauth_forget(bench->oauth, grant.number);
        buf_finish(&token);
    }
    return (void *)(uintptr_t)result;
}

static void assert_all_get(struct bench *bench, enum transport_result expected)
{
    pthread_t lanes[LANES];

    for (size_t i = 0; i < LANES; i++)
        assert_int_equal(pthread_create(&lanes[i], NULL, ask_often, bench), 0);
    assert_int_equal(join(lanes), expected);
}

static void who_waited_gets_what_came_of_it_though_others_fetch_again(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    will_answer(&bench, "HTTP/1.1 503 Busy\r\n", "{}");
    assert_all_get(&bench, TRANSPORT_LOGIN_TOKEN_UNREACHABLE);
    finish(&bench);
}

static void who_waited_gets_a_token_though_others_forget_it(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    will_give(&bench, "abc", 3600);
    assert_all_get(&bench, TRANSPORT_OK);
    finish(&bench);
}

static void stopping_ends_the_fetch_and_the_waiting_for_it(void **state)
{
    pthread_t lanes[LANES];
    struct bench bench;
    (void)state;

    begin(&bench);
    server_answer_text(bench.server, "", SERVER_STALL);
    for (size_t i = 0; i < LANES; i++)
        assert_int_equal(pthread_create(&lanes[i], NULL, ask_as_lane, &bench), 0);
    server_wait(bench.server, 1);
    atomic_store(&bench.stop, true);
    assert_int_equal(join(lanes), TRANSPORT_STOPPED);
    finish(&bench);
}

static int set_up(void **state)
{
    struct err err;
    (void)state;

    return connection_global_init(&err);
}

static int tear_down(void **state)
{
    (void)state;
    connection_global_finish();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_has_the_applications_id_secret_and_scope),
        cmocka_unit_test(a_token_is_kept_until_shortly_before_it_expires),
        cmocka_unit_test(a_short_lived_token_is_kept_for_half_of_its_life),
        cmocka_unit_test(no_token_is_kept_longer_than_a_day),
        cmocka_unit_test(a_clock_that_was_set_back_ends_a_token),
        cmocka_unit_test(a_refused_token_is_forgotten_but_not_its_successor),
        cmocka_unit_test(an_answer_without_a_usable_token_is_broken),
        cmocka_unit_test(other_spellings_of_a_good_answer_are_understood),
        cmocka_unit_test(a_token_has_a_limit),
        cmocka_unit_test(an_answer_has_a_limit),
        cmocka_unit_test(status_and_error_tell_whose_trouble_it_is),
        cmocka_unit_test(a_refusal_is_told_in_the_servers_words),
        cmocka_unit_test(a_secret_that_is_repeated_in_an_error_is_not_told),
        cmocka_unit_test(a_servers_words_have_a_limit),
        cmocka_unit_test(how_long_to_wait_is_handed_on),
        cmocka_unit_test(a_server_that_does_not_answer_is_unreachable),
        cmocka_unit_test(an_assertion_that_cannot_be_made_is_told_without_asking),
        cmocka_unit_test(all_lanes_share_one_fetch),
        cmocka_unit_test(who_waited_gets_what_came_of_it_though_others_fetch_again),
        cmocka_unit_test(who_waited_gets_a_token_though_others_forget_it),
        cmocka_unit_test(stopping_ends_the_fetch_and_the_waiting_for_it),
    };

    return cmocka_run_group_tests_name("net/oauth", tests, set_up, tear_down);
}
