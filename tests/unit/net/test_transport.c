/* SPDX-License-Identifier: MIT */
#include "net/transport.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/server.h"
#include "unit.h"

#define SECRET "p:ss wörd"

/* ---- a request, and what became of it ---- */

struct call {
    struct server *server; /* NULL: nobody listens */
    struct config config;
    atomic_bool stop;
    char endpoint[128];
    char username[8];
    char password[16];

    struct login *login;
    struct transport *transport;
    struct transport_reply reply;
    struct err err;
    struct buf body; /* what the sink got */
    size_t sink_calls;
    int first_status; /* as the first call of the sink saw it */
    int sink_returns;
};

static int sink(void *context, const struct transport_reply *reply, const char *bytes,
                size_t length)
{
    struct call *call = context;

    if (call->sink_calls++ == 0)
        call->first_status = reply->status;
    buf_append(&call->body, bytes, length);
    return call->sink_returns;
}

static void init(struct call *call, struct server *server)
{
    *call = (struct call){
        .server = server,
        .username = "room",
        .password = SECRET,
        .body = BUF_INIT(1u << 20),
    };
    call->config = (struct config){
        .endpoint = call->endpoint,
        .username = call->username,
        .password = call->password,
        .auth = CONFIG_AUTH_BASIC,
        .request_timeout_s = 60,
    };
    if (server)
        (void)snprintf(call->endpoint, sizeof call->endpoint,
                       "http://127.0.0.1:%d/EWS/Exchange.asmx", server_port(server));
}

static void open_transport(struct call *call)
{
    assert_int_equal(login_create(&call->config, &call->stop, &call->login), 0);
    assert_int_equal(
        transport_create(&call->config, call->login, &call->stop, &call->transport, &call->err), 0);
}

static void begin(struct call *call)
{
    init(call, server_start(NULL));
    open_transport(call);
}

static void finish(struct call *call)
{
    transport_destroy(call->transport);
    login_destroy(call->login);
    if (call->server)
        server_stop(call->server);
    buf_finish(&call->body);
}

/* Whatever happens, no sentence may hold the password. */
static enum transport_result post(struct call *call)
{
    static const char body[] = "<soap/>";

    buf_clear(&call->body);
    call->sink_calls = 0;
    call->err = (struct err){""};
    enum transport_result result = transport_post(
        call->transport, slice_of(body), "r022@example.org", sink, call, &call->reply, &call->err);
    assert_int_equal(call->err.text[0] != '\0', result != TRANSPORT_OK);
    assert_null(strstr(call->err.text, SECRET));
    return result;
}

static enum transport_result post_for(struct call *call, const char *answer, enum server_then then)
{
    server_answer_text(call->server, answer, then);
    return post(call);
}

#define OK_HEAD  "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n"
#define OK_REPLY OK_HEAD "Content-Length: 4\r\n\r\n<a/>"
#define EMPTY    "Content-Length: 0\r\n\r\n"

/* ---- what goes out ---- */

static void a_server_that_goes_does_not_end_the_process(void **state)
{
    struct sigaction action;

    (void)state;
    assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
    assert_true(action.sa_handler == SIG_IGN);
}

static void the_request_is_what_exchange_expects(void **state)
{
    static const char *const parts[] = {
        "POST /EWS/Exchange.asmx HTTP/1.1\r\n",
        "\r\nAuthorization: Basic cm9vbTpwOnNzIHfDtnJk\r\n",
        "\r\nContent-Type: text/xml; charset=utf-8\r\n",
        "\r\nX-AnchorMailbox: r022@example.org\r\n",
        "\r\nAccept-Encoding: gzip\r\n",
        "\r\nUser-Agent: roomcal/" ROOMCAL_VERSION "\r\n",
        "\r\nContent-Length: 7\r\n",
        "\r\n\r\n<soap/>",
    };
    struct call call;
    (void)state;

    begin(&call);
    assert_int_equal(post_for(&call, OK_REPLY, SERVER_KEEP), TRANSPORT_OK);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        assert_non_null(strstr(server_request(call.server), parts[i]));
    finish(&call);
}

static void a_large_body_goes_out_without_asking_for_leave(void **state)
{
    struct buf body = BUF_INIT(4u << 20);
    struct call call;
    (void)state;

    begin(&call);
    server_answer_text(call.server, OK_REPLY, SERVER_KEEP);
    for (int i = 0; i < 200000; i++)
        buf_append_text(&body, "<soap/>");
    assert_int_equal(transport_post(call.transport, (struct slice){body.bytes, body.length}, "r",
                                    sink, &call, &call.reply, &call.err),
                     TRANSPORT_OK);
    assert_null(strstr(server_request(call.server), "Expect:"));
    finish(&call);
    buf_finish(&body);
}

static void without_a_mailbox_no_server_is_named(void **state)
{
    struct call call;
    (void)state;

    begin(&call);
    server_answer_text(call.server, OK_REPLY, SERVER_KEEP);
    assert_int_equal(transport_post(call.transport, slice_of("<soap/>"), NULL, sink, &call,
                                    &call.reply, &call.err),
                     TRANSPORT_OK);
    assert_null(strstr(server_request(call.server), "X-AnchorMailbox"));
    finish(&call);
}

static void one_connection_serves_many_requests_and_keeps_cookies(void **state)
{
    struct call call;
    (void)state;

    begin(&call);
    assert_int_equal(
        post_for(&call, OK_HEAD "Set-Cookie: exchangecookie=abc; path=/\r\n" EMPTY, SERVER_KEEP),
        TRANSPORT_OK);
    assert_null(strstr(server_request(call.server), "Cookie:"));
    assert_int_equal(post(&call), TRANSPORT_OK);
    assert_int_equal(post(&call), TRANSPORT_OK);
    assert_non_null(strstr(server_request(call.server), "\r\nCookie: exchangecookie=abc\r\n"));
    assert_int_equal(server_requests(call.server), 3);
    assert_int_equal(server_connections(call.server), 1);
    finish(&call);
}

static void a_proxy_of_the_environment_is_not_used(void **state)
{
    struct call call;
    (void)state;

    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    begin(&call);
    assert_int_equal(post_for(&call, OK_REPLY, SERVER_KEEP), TRANSPORT_OK);
    finish(&call);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
}

/* ---- what comes back ---- */

static void the_body_and_what_is_known_of_it_are_handed_on(void **state)
{
    struct call call;
    (void)state;

    begin(&call);
    assert_int_equal(post_for(&call, OK_REPLY, SERVER_KEEP), TRANSPORT_OK);
    assert_string_equal(buf_text(&call.body), "<a/>");
    assert_int_equal(call.first_status, 200);
    assert_int_equal(call.reply.status, 200);
    assert_true(call.reply.is_xml);
    assert_int_equal(call.reply.retry_after_s, -1);
    assert_int_equal(call.reply.body_bytes, 4);
    assert_int_equal(call.reply.received_bytes, strlen(OK_REPLY));
    finish(&call);
}

static void an_empty_body_never_reaches_the_sink(void **state)
{
    struct call call;
    (void)state;

    begin(&call);
    assert_int_equal(post_for(&call, "HTTP/1.1 503 Busy\r\n" EMPTY, SERVER_KEEP), TRANSPORT_OK);
    assert_int_equal(call.sink_calls, 0);
    assert_int_equal(call.reply.status, 503);
    finish(&call);
}

static void any_status_is_a_reply_and_none_is_followed(void **state)
{
    static const struct {
        const char *line;
        int status;
    } rows[] = {
        {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/ews/genericerrorpage.htm\r\n", 302},
        {"HTTP/1.1 307 Elsewhere\r\nLocation: /there\r\n", 307},
        {"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n", 401},
        {"HTTP/1.1 404 Not Found\r\n", 404},
        {"HTTP/1.1 500 Internal\r\n", 500},
    };
    struct call call;
    (void)state;

    begin(&call);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char answer[256];
        (void)snprintf(answer, sizeof answer, "%s" EMPTY, rows[i].line);
        assert_int_equal(post_for(&call, answer, SERVER_KEEP), TRANSPORT_OK);
        assert_int_equal(call.reply.status, rows[i].status);
        assert_int_equal(server_requests(call.server), i + 1);
    }
    finish(&call);
}

static void the_content_type_tells_xml(void **state)
{
    static const struct {
        const char *type;
        bool is_xml;
    } rows[] = {
        {"Content-Type: text/xml", true},
        {"content-type:TEXT/XML; charset=utf-8", true},
        {"Content-Type: application/xml ; x=y", true},
        {"Content-Type: application/soap+xml", true},
        {"Content-Type: text/html; note=text/xml", false},
        {"Content-Type: text/xmlish", false},
        {"Content-Type:", false},
        {"X-Content-Type: text/xml", false},
    };
    struct call call;
    (void)state;

    begin(&call);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char answer[256];
        (void)snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\n%s\r\n" EMPTY, rows[i].type);
        assert_int_equal(post_for(&call, answer, SERVER_KEEP), TRANSPORT_OK);
        assert_int_equal(call.reply.is_xml, rows[i].is_xml);
    }
    finish(&call);
}

static void retry_after_is_read_in_both_forms(void **state)
{
    static const struct {
        const char *value;
        int64_t wait_s;
    } rows[] = {
        {"120", 120},
        {" 0 ", 0},
        {"Mon, 23 Nov 2026 09:00:30 GMT", 30},
        {"Mon, 23 Nov 2026 08:00:00 GMT", 0},
        {"-5", -1},
        {"soon", -1},
        {"99999999999999999999", -1},
        {"", -1},
    };
    struct call call;
    (void)state;

    begin(&call);
    clock_set_utc(1795424400); /* 2026-11-23T09:00:00Z */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char answer[256];
        (void)snprintf(answer, sizeof answer, "HTTP/1.1 503 Busy\r\nRetry-After: %s\r\n" EMPTY,
                       rows[i].value);
        assert_int_equal(post_for(&call, answer, SERVER_KEEP), TRANSPORT_OK);
        assert_int_equal(call.reply.retry_after_s, rows[i].wait_s);
    }
    clock_set_utc(-1);
    finish(&call);
}

static void what_the_server_says_beside_the_status_is_kept_for_the_log(void **state)
{
    static const struct {
        const char *head, *remark;
        bool error_page;
    } rows[] = {
        {"404 No\r\nX-CasErrorCode: UserNotFound", "X-CasErrorCode: UserNotFound", false},
        {"403 No\r\nx-ms-diagnostics: 2000001;reason=\"expired\"\r\nX-CasErrorCode: a\x1B[b\xC3",
         "X-MS-Diagnostics: 2000001;reason=\"expired\"; X-CasErrorCode: a?[b?", false},
        {"302 Found\r\nLocation: https://x/login?secret=1", "Location: https://x/login", false},
        {"302 Found\r\nLocation: /ews/GenericErrorPage.htm?aspxerrorpath=/ews/exchange.asmx",
         "Location: /ews/GenericErrorPage.htm", true},
        {"503 Busy", "", false},
    };
    struct call call;
    (void)state;

    begin(&call);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char answer[256];
        (void)snprintf(answer, sizeof answer, "HTTP/1.1 %s\r\n" EMPTY, rows[i].head);
        assert_int_equal(post_for(&call, answer, SERVER_KEEP), TRANSPORT_OK);
        assert_string_equal(call.reply.remark, rows[i].remark);
        assert_int_equal(call.reply.error_page, rows[i].error_page);
    }
    finish(&call);
}

static void what_the_server_says_is_kept_up_to_a_limit(void **state)
{
    struct buf answer = BUF_INIT(4096);
    struct call call;
    (void)state;

    begin(&call);
    buf_append_text(&answer, "HTTP/1.1 500 Oh\r\nX-CasErrorCode: ");
    for (int i = 0; i < 1000; i++)
        buf_append_text(&answer, "x");
    buf_append_text(&answer, "\r\nLocation: /a\r\n" EMPTY);
    assert_int_equal(post_for(&call, buf_text(&answer), SERVER_KEEP), TRANSPORT_OK);
    assert_int_equal(strlen(call.reply.remark), TRANSPORT_REMARK_SIZE - 1);
    buf_finish(&answer);
    finish(&call);
}

static void a_date_to_retry_at_is_counted_from_the_servers_own_clock(void **state)
{
    static const char *const orders[] = {
        "HTTP/1.1 503 Busy\r\nDate: Thu, 01 Jan 2015 00:00:00 GMT\r\n"
        "Retry-After: Thu, 01 Jan 2015 00:00:45 GMT\r\n" EMPTY,
        "HTTP/1.1 503 Busy\r\nRetry-After: Thu, 01 Jan 2015 00:00:45 GMT\r\n"
        "Date: Thu, 01 Jan 2015 00:00:00 GMT\r\n" EMPTY,
    };
    struct call call;
    (void)state;

    begin(&call);
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        assert_int_equal(post_for(&call, orders[i], SERVER_KEEP), TRANSPORT_OK);
        assert_int_equal(call.reply.retry_after_s, 45);
    }
    finish(&call);
}

static void nobody_waits_longer_than_a_day(void **state)
{
    static const char *const values[] = {"86401", "9000000000000000000",
                                         "Fri, 31 Dec 9999 23:59:59 GMT"};
    struct call call;
    (void)state;

    begin(&call);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char answer[256];
        (void)snprintf(answer, sizeof answer, "HTTP/1.1 503 Busy\r\nRetry-After: %s\r\n" EMPTY,
                       values[i]);
        assert_int_equal(post_for(&call, answer, SERVER_KEEP), TRANSPORT_OK);
        assert_int_equal(call.reply.retry_after_s, TRANSPORT_WAIT_MAX_S);
    }
    finish(&call);
}

static void the_servers_own_time_is_read(void **state)
{
    static const struct {
        const char *line;
        int64_t server_utc;
    } rows[] = {
        {"Date: Mon, 23 Nov 2026 09:00:00 GMT\r\n", 1795424400},
        {"Date: yesterday\r\n", 0},
        {"Date:\r\n", 0},
        {"", 0}, /* and not the one of the reply before */
    };
    struct call call;
    (void)state;

    begin(&call);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char answer[256];
        (void)snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\n%s" EMPTY, rows[i].line);
        assert_int_equal(post_for(&call, answer, SERVER_KEEP), TRANSPORT_OK);
        assert_int_equal(call.reply.server_utc, rows[i].server_utc);
    }
    finish(&call);
}

static void a_refusal_is_told_from_a_scheme_that_is_not_offered(void **state)
{
    static const struct {
        const char *headers;
        enum transport_result result;
    } rows[] = {
        {"WWW-Authenticate: Basic realm=\"mail\"\r\n", TRANSPORT_OK},
        {"WWW-Authenticate: Negotiate\r\nwww-authenticate: basic\r\n", TRANSPORT_OK},
        {"WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n", TRANSPORT_LOGIN_NO_SCHEME},
        {"WWW-Authenticate: Basically realm=\"Basic\"\r\n", TRANSPORT_LOGIN_NO_SCHEME},
        {"", TRANSPORT_LOGIN_NO_SCHEME},
    };
    struct call call;
    (void)state;

    begin(&call);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char answer[256];
        (void)snprintf(answer, sizeof answer, "HTTP/1.1 401 No\r\n%s" EMPTY, rows[i].headers);
        assert_int_equal(post_for(&call, answer, SERVER_KEEP), rows[i].result);
        assert_int_equal(call.reply.status, 401);
    }
    finish(&call);
}

static void headers_of_an_interim_reply_do_not_count(void **state)
{
    struct call call;
    (void)state;

    begin(&call);
    assert_int_equal(
        post_for(&call,
                 "HTTP/1.1 103 Early\r\nRetry-After: Thu, 01 Jan 2015 00:00:45 GMT\r\n"
                 "Date: Thu, 01 Jan 2015 00:00:00 GMT\r\nContent-Type: text/xml\r\n\r\n"
                 "HTTP/1.1 200 OK\r\n" EMPTY,
                 SERVER_KEEP),
        TRANSPORT_OK);
    assert_int_equal(call.reply.retry_after_s, -1);
    assert_int_equal(call.reply.server_utc, 0);
    assert_false(call.reply.is_xml);
    finish(&call);
}

static void gzip_is_unpacked(void **state)
{
    /* printf '<gzipped/>' | gzip -n9 */
    static const char answer[] =
        OK_HEAD "Content-Encoding: gzip\r\nContent-Length: 30\r\n\r\n"
                "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xb3\x49\xaf\xca\x2c\x28\x48\x4d\xd1\xb7"
                "\x03\x00\xc6\xce\x52\xe8\x0a\x00\x00\x00";
    struct call call;
    (void)state;

    begin(&call);
    server_answer(call.server, (struct server_answer){answer, sizeof answer - 1, 0, SERVER_KEEP});
    assert_int_equal(post(&call), TRANSPORT_OK);
    assert_string_equal(buf_text(&call.body), "<gzipped/>");
    assert_int_equal(call.reply.body_bytes, 10);
    assert_int_equal(call.reply.received_bytes, sizeof answer - 1);
    finish(&call);
}

static void the_sink_can_end_the_transfer(void **state)
{
    struct call call;
    (void)state;

    begin(&call);
    call.sink_returns = 1;
    assert_int_equal(post_for(&call, OK_REPLY, SERVER_KEEP), TRANSPORT_STOPPED);
    assert_int_equal(call.sink_calls, 1);
    assert_int_equal(call.reply.status, 200);
    call.sink_returns = 0;
    assert_int_equal(post(&call), TRANSPORT_OK);
    finish(&call);
}

/* ---- what goes wrong ---- */

static void half_a_reply_is_cut(void **state)
{
    static const struct {
        const char *answer;
        enum server_then then;
    } rows[] = {
        {OK_HEAD "Content-Length: 100\r\n\r\n<half", SERVER_CLOSE},
        {OK_HEAD "Content-Length: 100\r\n\r\n<half", SERVER_RESET},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\n<half\r\n", SERVER_CLOSE},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n<half\r\n", SERVER_KEEP},
        {OK_HEAD "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n<a/>", SERVER_KEEP},
        {"I speak no HTTP\r\n\r\n", SERVER_CLOSE},
    };
    struct call call;
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(&call);
        assert_int_equal(post_for(&call, rows[i].answer, rows[i].then), TRANSPORT_CUT);
        finish(&call);
    }
}

static void no_reply_at_all_is_unreachable(void **state)
{
    static const enum server_then thens[] = {SERVER_CLOSE, SERVER_RESET};
    struct call call;
    (void)state;

    for (size_t i = 0; i < sizeof thens / sizeof thens[0]; i++) {
        begin(&call);
        assert_int_equal(post_for(&call, "", thens[i]), TRANSPORT_UNREACHABLE);
        assert_int_equal(call.reply.status, 0);
        finish(&call);
    }
}

static void a_port_where_nobody_listens_is_unreachable(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int taken = socket(AF_INET, SOCK_STREAM, 0);
    struct call call;
    (void)state;

    assert_int_equal(bind(taken, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(taken, (struct sockaddr *)&address, &length), 0);
    init(&call, NULL);
    (void)snprintf(call.endpoint, sizeof call.endpoint, "http://127.0.0.1:%d/",
                   ntohs(address.sin_port));
    open_transport(&call);
    assert_int_equal(post(&call), TRANSPORT_UNREACHABLE);
    assert_int_equal(call.reply.received_bytes, 0);
    finish(&call);
    (void)close(taken);
}

static void a_server_that_stalls_is_left_after_the_timeout(void **state)
{
    static const char *const answers[] = {"", OK_HEAD, OK_HEAD "Content-Length: 9\r\n\r\n<ha"};
    struct call call;
    (void)state;

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        init(&call, server_start(NULL));
        call.config.request_timeout_s = 1;
        open_transport(&call);
        assert_int_equal(post_for(&call, answers[i], SERVER_STALL), TRANSPORT_TIMEOUT);
        finish(&call);
    }
}

static void *stop_once_asked(void *data)
{
    struct call *call = data;

    server_wait(call->server, 1);
    atomic_store(&call->stop, true);
    return NULL;
}

static void the_stop_flag_ends_a_transfer_that_stalls(void **state)
{
    pthread_t thread;
    struct call call;
    (void)state;

    begin(&call);
    assert_int_equal(pthread_create(&thread, NULL, stop_once_asked, &call), 0);
    assert_int_equal(post_for(&call, "", SERVER_STALL), TRANSPORT_STOPPED);
    pthread_join(thread, NULL);
    finish(&call);
}

/* `headers` headers of 64 bytes each before an empty body. */
static enum transport_result post_for_headers(struct call *call, size_t headers)
{
    struct buf answer = BUF_INIT(1u << 20);

    buf_append_text(&answer, "HTTP/1.1 200 OK\r\n");
    for (size_t i = 0; i < headers; i++)
        buf_printf(&answer, "X-%04zu: %054d\r\n", i, 0);
    buf_append_text(&answer, EMPTY);
    enum transport_result result = post_for(call, buf_text(&answer), SERVER_KEEP);
    buf_finish(&answer);
    return result;
}

static void headers_have_a_limit(void **state)
{
    struct call call;
    (void)state;

    begin(&call);
    assert_int_equal(post_for_headers(&call, TRANSPORT_HEADER_MAX / 64 - 1), TRANSPORT_OK);
    assert_int_equal(post_for_headers(&call, TRANSPORT_HEADER_MAX / 64), TRANSPORT_TOO_LARGE);
    assert_int_equal(post_for_headers(&call, 1), TRANSPORT_OK);
    finish(&call);
}

static int count_only(void *context, const struct transport_reply *reply, const char *bytes,
                      size_t length)
{
    (void)reply;
    (void)bytes;
    *(int64_t *)context += (int64_t)length;
    return 0;
}

static void a_body_has_a_limit(void **state)
{
    static char answer[sizeof OK_HEAD + 2 + 65536] = OK_HEAD "\r\n";
    int64_t taken = 0;
    struct call call;
    (void)state;

    begin(&call);
    server_answer(call.server, (struct server_answer){answer, sizeof answer, 65536, SERVER_REPEAT});
    assert_int_equal(transport_post(call.transport, slice_of("<soap/>"), "r", count_only, &taken,
                                    &call.reply, &call.err),
                     TRANSPORT_TOO_LARGE);
    assert_true(taken <= TRANSPORT_REPLY_MAX);
    assert_true(call.reply.body_bytes > TRANSPORT_REPLY_MAX);
    finish(&call);
}

/* ---- TLS ---- */

static char directory[] = "/tmp/roomcal-transport-XXXXXX";
static char good_certificate[64];  /* for 127.0.0.1 */
static char other_certificate[64]; /* for other.example */

static void make_certificate(const char *name, const char *subject, char ret_path[64])
{
    char command[512];

    (void)snprintf(ret_path, 64, "%s/%s.pem", directory, name);
    (void)snprintf(command, sizeof command,
                   "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
                   "-days 2 -subj /CN=test -addext subjectAltName=%s -keyout %s -out %s.crt "
                   "2>%s.log && cat %s.crt >>%s",
                   subject, ret_path, ret_path, ret_path, ret_path, ret_path);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): fixed words */
}

static void begin_tls(struct call *call, const char *certificate, char *ca_file)
{
    init(call, server_start(certificate));
    call->config.ca_file = ca_file;
    (void)snprintf(call->endpoint, sizeof call->endpoint, "https://127.0.0.1:%d/",
                   server_port(call->server));
    open_transport(call);
}

static void a_certificate_from_ca_file_is_trusted(void **state)
{
    struct call call;
    (void)state;

    begin_tls(&call, good_certificate, good_certificate);
    assert_int_equal(post_for(&call, OK_REPLY, SERVER_KEEP), TRANSPORT_OK);
    assert_string_equal(buf_text(&call.body), "<a/>");
    finish(&call);
}

static void without_trust_nothing_is_sent(void **state)
{
    static char missing[] = "/nonexistent/ca.pem";
    const struct {
        const char *certificate;
        char *ca_file;
        enum transport_result result;
    } rows[] = {
        {good_certificate, NULL, TRANSPORT_TLS_SELF_SIGNED}, /* no authority of the system's */
        {good_certificate, other_certificate, TRANSPORT_TLS_SELF_SIGNED}, /* not in CA_FILE */
        {other_certificate, other_certificate, TRANSPORT_TLS_WRONG_HOST}, /* trusted */
        {good_certificate, missing, TRANSPORT_TLS_CA_FILE},
    };
    struct call call;
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_tls(&call, rows[i].certificate, rows[i].ca_file);
        assert_int_equal(post_for(&call, OK_REPLY, SERVER_KEEP), rows[i].result);
        assert_int_equal(server_requests(call.server), 0);
        assert_int_equal(call.reply.status, 0);
        finish(&call);
    }
}

/* An IPv4 address of this machine that is not loopback; false: it has none. */
static bool own_address(char ret[static INET_ADDRSTRLEN])
{
    struct ifaddrs *all;
    bool found = false;

    if (getifaddrs(&all) != 0)
        return false;
    for (struct ifaddrs *one = all; one && !found; one = one->ifa_next) {
        if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET ||
            (one->ifa_flags & IFF_LOOPBACK) || !(one->ifa_flags & IFF_UP))
            continue;
        struct sockaddr_in address;
        memcpy(&address, one->ifa_addr, sizeof address);
        found = inet_ntop(AF_INET, &address.sin_addr, ret, INET_ADDRSTRLEN) != NULL;
    }
    freeifaddrs(all);
    return found;
}

static void plain_http_leaves_no_password_outside_of_loopback(void **state)
{
    char address[INET_ADDRSTRLEN];
    struct call call;
    (void)state;

    if (!own_address(address))
        UNIT_SKIP("this machine has no address but loopback");
    init(&call, server_start(NULL));
    (void)snprintf(call.endpoint, sizeof call.endpoint, "http://%s:%d/", address,
                   server_port(call.server));
    open_transport(&call);
    assert_int_equal(post_for(&call, OK_REPLY, SERVER_KEEP), TRANSPORT_TLS);
    assert_int_equal(server_requests(call.server), 0);
    finish(&call);
}

static int set_up(void **state)
{
    struct err err;
    (void)state;

    if (connection_global_init(&err) != 0 || !mkdtemp(directory))
        return -1;
    make_certificate("good", "IP:127.0.0.1", good_certificate);
    make_certificate("other", "DNS:other.example", other_certificate);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;

    connection_global_finish();
    (void)snprintf(command, sizeof command, "rm -r %s", directory);
    return system(command); /* NOLINT(cert-env33-c): fixed words */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_goes_does_not_end_the_process),
        cmocka_unit_test(the_request_is_what_exchange_expects),
        cmocka_unit_test(a_large_body_goes_out_without_asking_for_leave),
        cmocka_unit_test(without_a_mailbox_no_server_is_named),
        cmocka_unit_test(one_connection_serves_many_requests_and_keeps_cookies),
        cmocka_unit_test(a_proxy_of_the_environment_is_not_used),
        cmocka_unit_test(the_body_and_what_is_known_of_it_are_handed_on),
        cmocka_unit_test(an_empty_body_never_reaches_the_sink),
        cmocka_unit_test(any_status_is_a_reply_and_none_is_followed),
        cmocka_unit_test(the_content_type_tells_xml),
        cmocka_unit_test(retry_after_is_read_in_both_forms),
        cmocka_unit_test(what_the_server_says_beside_the_status_is_kept_for_the_log),
        cmocka_unit_test(what_the_server_says_is_kept_up_to_a_limit),
        cmocka_unit_test(a_date_to_retry_at_is_counted_from_the_servers_own_clock),
        cmocka_unit_test(nobody_waits_longer_than_a_day),
        cmocka_unit_test(the_servers_own_time_is_read),
        cmocka_unit_test(a_refusal_is_told_from_a_scheme_that_is_not_offered),
        cmocka_unit_test(headers_of_an_interim_reply_do_not_count),
        cmocka_unit_test(gzip_is_unpacked),
        cmocka_unit_test(the_sink_can_end_the_transfer),
        cmocka_unit_test(half_a_reply_is_cut),
        cmocka_unit_test(no_reply_at_all_is_unreachable),
        cmocka_unit_test(a_port_where_nobody_listens_is_unreachable),
        cmocka_unit_test(a_server_that_stalls_is_left_after_the_timeout),
        cmocka_unit_test(the_stop_flag_ends_a_transfer_that_stalls),
        cmocka_unit_test(headers_have_a_limit),
        cmocka_unit_test(a_body_has_a_limit),
        cmocka_unit_test(a_certificate_from_ca_file_is_trusted),
        cmocka_unit_test(without_trust_nothing_is_sent),
        cmocka_unit_test(plain_http_leaves_no_password_outside_of_loopback),
    };

    return cmocka_run_group_tests_name("net/transport", tests, set_up, tear_down);
}
