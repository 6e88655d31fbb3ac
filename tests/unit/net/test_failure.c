/* SPDX-License-Identifier: MIT */
/*
 * The numbers are written out, not taken from the libraries' headers: they are what libcurl and OpenSSL promise to keep.
 * That they come in these cases is tested with real servers (tests/e2e/test_tls.py, test_proxy.py).
 */
#include "net/failure.h"

#include "unit.h"

#define RESOLVE_PROXY 5
#define CONNECT       7
#define TIMED_OUT     28
#define SSL_CONNECT   35
#define SEND_ERROR    55
#define RECV_ERROR    56
#define CERT_PROBLEM  58
#define VERIFICATION  60
#define WEIRD_REPLY   8
#define CA_FILE       77

struct row {
    struct failure failure;
    enum transport_result result;
};

static void assert_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct failure failure = rows[i].failure;
        failure.reason = failure.reason ? failure.reason : "";
        if (failure_result(&failure) != rows[i].result)
            fail_msg("row %zu gives %d, not %d", i, (int)failure_result(&failure),
                     (int)rows[i].result);
    }
}

#define ASSERT_ROWS(rows) assert_rows(rows, sizeof(rows) / sizeof(rows)[0])

static void openssls_verdict_on_a_certificate_is_told_apart(void **state)
{
    static const struct row rows[] = {
        {{.code = VERIFICATION, .verdict = 10}, TRANSPORT_TLS_EXPIRED},
        {{.code = VERIFICATION, .verdict = 9}, TRANSPORT_TLS_NOT_YET_VALID},
        {{.code = VERIFICATION, .verdict = 0}, TRANSPORT_TLS_WRONG_HOST},
        {{.code = VERIFICATION, .verdict = 1}, TRANSPORT_TLS_WRONG_HOST},
        {{.code = VERIFICATION, .verdict = 18}, TRANSPORT_TLS_SELF_SIGNED},
        {{.code = VERIFICATION, .verdict = 19}, TRANSPORT_TLS_UNKNOWN_AUTHORITY},
        {{.code = VERIFICATION, .verdict = 20}, TRANSPORT_TLS_UNKNOWN_AUTHORITY},
        {{.code = VERIFICATION, .verdict = 66}, TRANSPORT_TLS_WEAK},
        {{.code = VERIFICATION, .verdict = 68}, TRANSPORT_TLS_WEAK},
        {{.code = VERIFICATION, .verdict = 999}, TRANSPORT_TLS},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void openssls_number_in_the_text_is_told_apart(void **state)
{
    static const struct row rows[] = {
        {{.code = SSL_CONNECT, .reason = "error:0A00010B:SSL routines::x"}, TRANSPORT_TLS_NONE},
        {{.code = SSL_CONNECT, .reason = "error:0A00042E:SSL routines::x"}, TRANSPORT_TLS_OLD},
        {{.code = SSL_CONNECT, .reason = "error:0A000410:SSL routines::x"}, TRANSPORT_TLS_OLD},
        {{.code = SSL_CONNECT, .reason = "TLS connect error: error:0A000102:"}, TRANSPORT_TLS_OLD},
        /* of another of OpenSSL's libraries */
        {{.code = SSL_CONNECT, .reason = "error:0300010B:digital envelope"}, TRANSPORT_TLS},
        {{.code = SSL_CONNECT, .reason = "OpenSSL SSL_connect: SSL_ERROR_SYSCALL"}, TRANSPORT_TLS},
        {{.code = SSL_CONNECT, .reason = "error:"}, TRANSPORT_TLS},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void an_alert_after_the_request_is_of_the_clients_certificate(void **state)
{
    static const char alert[] = "OpenSSL SSL_read: error:0A00045C:SSL routines::x";
    static const struct row rows[] = {
        {{.code = RECV_ERROR, .reason = alert, .connected = true}, TRANSPORT_TLS_CLIENT_WANTED},
        {{.code = SEND_ERROR, .reason = alert, .connected = true, .shows_certificate = true},
         TRANSPORT_TLS_CLIENT_REFUSED},
        {{.code = SSL_CONNECT, .reason = "error:0A000418:", .shows_certificate = true},
         TRANSPORT_TLS_CLIENT_REFUSED},
        {{.code = VERIFICATION,
          .verdict = 1,
          .reason = "SSL certificate verification failed",
          .shows_certificate = true},
         TRANSPORT_TLS_CLIENT_REFUSED},
        {{.code = VERIFICATION, .verdict = 1, .reason = "SSL certificate verification failed"},
         TRANSPORT_TLS_WRONG_HOST},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void a_handshake_that_fails_after_a_certificate_was_asked_for_is_for_want_of_it(void **state)
{
    static const char alert[] = "OpenSSL SSL_connect: error:0A000410:SSL routines::x";
    static const struct row rows[] = {
        {{.code = SSL_CONNECT, .reason = alert, .misses_certificate = true},
         TRANSPORT_TLS_CLIENT_WANTED},
        {{.code = SSL_CONNECT, .reason = alert}, TRANSPORT_TLS_OLD},
        {{.code = VERIFICATION, .verdict = 10, .misses_certificate = true}, TRANSPORT_TLS_EXPIRED},
        {{.code = SSL_CONNECT, .reason = "SSL_ERROR_SYSCALL", .misses_certificate = true},
         TRANSPORT_TLS},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void files_of_ours_have_results_of_their_own(void **state)
{
    static const struct row rows[] = {
        {{.code = CA_FILE}, TRANSPORT_TLS_CA_FILE},
        {{.code = CERT_PROBLEM}, TRANSPORT_TLS_CLIENT_FILES},
        {{.code = CA_FILE, .proxied = true}, TRANSPORT_TLS_CA_FILE},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void what_happens_before_the_tunnel_is_the_proxys(void **state)
{
    static const struct row rows[] = {
        {{.code = RESOLVE_PROXY, .proxied = true}, TRANSPORT_PROXY_UNREACHABLE},
        {{.code = CONNECT, .proxied = true}, TRANSPORT_PROXY_UNREACHABLE},
        {{.code = RECV_ERROR, .proxied = true}, TRANSPORT_PROXY_UNREACHABLE},
        {{.code = VERIFICATION, .verdict = 10, .proxied = true}, TRANSPORT_PROXY_TLS},
        {{.code = SSL_CONNECT, .proxied = true}, TRANSPORT_PROXY_TLS},
        {{.code = RECV_ERROR, .proxied = true, .proxy_status = 407}, TRANSPORT_PROXY_LOGIN},
        {{.code = RECV_ERROR, .proxied = true, .proxy_status = 403}, TRANSPORT_PROXY_REFUSED},
        {{.code = CONNECT, .proxied = true, .proxy_status = 403}, TRANSPORT_PROXY_REFUSED},
        {{.code = RECV_ERROR, .proxied = true, .proxy_status = 503}, TRANSPORT_PROXY_NO_WAY},
        {{.code = TIMED_OUT, .proxied = true}, TRANSPORT_TIMEOUT},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void what_happens_in_the_tunnel_is_exchanges(void **state)
{
    static const struct row rows[] = {
        {{.code = VERIFICATION, .verdict = 10, .proxied = true, .proxy_status = 200},
         TRANSPORT_TLS_EXPIRED},
        {{.code = RECV_ERROR, .proxied = true, .proxy_status = 200}, TRANSPORT_UNREACHABLE},
        /* over a connection that was there already */
        {{.code = RECV_ERROR, .proxied = true, .connected = true}, TRANSPORT_UNREACHABLE},
        {{.code = RECV_ERROR, .proxied = true, .connected = true, .has_status = true},
         TRANSPORT_CUT},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void without_a_reply_nobody_was_reached_and_half_of_one_was_cut(void **state)
{
    static const struct row rows[] = {
        {{.code = CONNECT}, TRANSPORT_UNREACHABLE},
        {{.code = RECV_ERROR, .connected = true}, TRANSPORT_UNREACHABLE},
        {{.code = RECV_ERROR, .connected = true, .has_status = true}, TRANSPORT_CUT},
        {{.code = WEIRD_REPLY, .connected = true}, TRANSPORT_CUT},
        {{.code = TIMED_OUT}, TRANSPORT_TIMEOUT},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openssls_verdict_on_a_certificate_is_told_apart),
        cmocka_unit_test(openssls_number_in_the_text_is_told_apart),
        cmocka_unit_test(an_alert_after_the_request_is_of_the_clients_certificate),
        cmocka_unit_test(
            a_handshake_that_fails_after_a_certificate_was_asked_for_is_for_want_of_it),
        cmocka_unit_test(files_of_ours_have_results_of_their_own),
        cmocka_unit_test(what_happens_before_the_tunnel_is_the_proxys),
        cmocka_unit_test(what_happens_in_the_tunnel_is_exchanges),
        cmocka_unit_test(without_a_reply_nobody_was_reached_and_half_of_one_was_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
