/* SPDX-License-Identifier: MIT */
#include "config/endpoint.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void a_server_becomes_a_url(void **state)
{
    static const struct {
        const char *text, *url;
    } rows[] = {
        {"mail.example.org", "https://mail.example.org/EWS/Exchange.asmx"},
        {"mail.example.org:8443", "https://mail.example.org:8443/EWS/Exchange.asmx"},
        {"mail", "https://mail/EWS/Exchange.asmx"},
        {"10.0.0.1", "https://10.0.0.1/EWS/Exchange.asmx"},
        {"[2001:db8::1]", "https://[2001:db8::1]/EWS/Exchange.asmx"},
        {"[2001:db8::1]:444", "https://[2001:db8::1]:444/EWS/Exchange.asmx"},
        {"https://mail.example.org", "https://mail.example.org/EWS/Exchange.asmx"},
        {"https://mail.example.org/", "https://mail.example.org/EWS/Exchange.asmx"},
        {"HTTPS://mail.example.org:65535", "https://mail.example.org:65535/EWS/Exchange.asmx"},
        {"https://mail.example.org/ews/x.asmx", "https://mail.example.org/ews/x.asmx"},
        {"http://localhost:8801", "http://localhost:8801/EWS/Exchange.asmx"},
        {"http://LocalHost/a", "http://LocalHost/a"},
        {"http://127.0.0.1:1/a", "http://127.0.0.1:1/a"},
        {"http://127.255.255.254", "http://127.255.255.254/EWS/Exchange.asmx"},
        {"http://[::1]:8801", "http://[::1]:8801/EWS/Exchange.asmx"},
        {"http://[0:0:0:0:0:0:0:1]", "http://[0:0:0:0:0:0:0:1]/EWS/Exchange.asmx"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = {0};
        char *url = NULL;
        assert_int_equal(endpoint_parse(slice_of(rows[i].text), &url, &err), 0);
        assert_string_equal(url, rows[i].url);
        free(url);
    }
}

struct refusal {
    const char *text, *reason;
};

static void assert_refused(const struct refusal *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct err err = {0};
        char *url = NULL;
        if (endpoint_parse(slice_of(rows[i].text), &url, &err) != 1)
            fail_msg("%s was taken as %s", rows[i].text, url ? url : "");
        assert_null(url);
        if (!strstr(err.text, rows[i].reason))
            fail_msg("%s: \"%s\" does not hold \"%s\"", rows[i].text, err.text, rows[i].reason);
    }
}

static void clear_text_is_for_loopback_only(void **state)
{
    static const struct refusal rows[] = {
        {"http://mail.example.org", "clear text"},
        {"http://localhost.evil.org", "clear text"},
        {"http://localhost.", "no host"},
        {"http://127.0.0.1.evil.org", "clear text"},
        {"http://127.1", "clear text"},
        {"http://0x7f000001", "clear text"},
        {"http://2130706433", "clear text"},
        {"http://0177.0.0.1", "clear text"},
        {"http://126.255.255.255", "clear text"},
        {"http://128.0.0.1", "clear text"},
        {"http://[::2]", "clear text"},
        {"http://[::ffff:127.0.0.1]", "clear text"},
        {"http://localhostx", "clear text"},
        {"http://localhost@evil.org", "user or password"},
        {"http://evil.org#@localhost", "'#'"},
        {"http://evil.org\\@localhost", "no address has"},
        {"http://localhost\\.evil.org", "no address has"},
        {"http://evil.org?localhost", "'?'"},
    };

    (void)state;
    assert_refused(rows, sizeof rows / sizeof rows[0]);
}

static void what_is_no_address_is_refused(void **state)
{
    static const struct refusal rows[] = {
        {"", "no host"},
        {"https://", "no host"},
        {"https:///EWS", "no host"},
        {"https://:443", "no host"},
        {":443", "no host"},
        {"mail..example.org", "no host"},
        {".example.org", "no host"},
        {"-mail.example.org", "no host"},
        {"mail.example.org/EWS/Exchange.asmx", "write https://"},
        {"https:/mail.example.org", "has a path"},
        {"ftp://mail.example.org", "begins neither with https://"},
        {"mail.example.org:", "port"},
        {"mail.example.org:0", "port"},
        {"mail.example.org:65536", "port"},
        {"mail.example.org:44x", "port"},
        {"::1", "no host"},
        {"[::1", "without ']'"},
        {"[]", "no host"},
        {"[::1]8443", "behind ']'"},
        {"[fe80::1%eth0]", "no host"},
        {"[mail]", "no host"},
        {"mail example.org", "no address has"},
        {"mail.example.org\n", "no address has"},
        {"m\xC3\xA4il.example.org", "xn--"},
        {"https://user:secret@mail.example.org/", "user or password"},
        {"user@mail.example.org", "user or password"},
        {"https://mail.example.org/?a", "'?'"},
        {"https://mail.example.org/#a", "'#'"},
    };

    (void)state;
    assert_refused(rows, sizeof rows / sizeof rows[0]);
}

static void a_refusal_does_not_repeat_the_password(void **state)
{
    struct err err = {0};
    char *url = NULL;

    (void)state;
    assert_int_equal(endpoint_parse(slice_of("https://user:secret@host"), &url, &err), 1);
    assert_null(strstr(err.text, "secret"));
}

static void a_host_has_at_most_253_bytes(void **state)
{
    char host[255];
    struct err err = {0};
    char *url = NULL;

    (void)state;
    memset(host, 'a', 254);
    host[254] = '\0';
    assert_int_equal(endpoint_parse(slice_of(host), &url, &err), 1);
    host[253] = '\0';
    assert_int_equal(endpoint_parse(slice_of(host), &url, &err), 0);
    free(url);
}

/* ---- the other addresses --------------------------------------------------------------------- */

struct row {
    const char *text;
    const char *result; /* NULL: it is refused */
};

static void assert_rows(int (*parse)(struct slice, char **, struct err *), const struct row *rows,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct err err = {0};
        char *result = NULL;
        assert_int_equal(parse(slice_of(rows[i].text), &result, &err), rows[i].result ? 0 : 1);
        if (rows[i].result)
            assert_string_equal(result, rows[i].result);
        else
            assert_null(result);
        assert_null(strstr(err.text, "Hunter2"));
        free(result);
    }
}

static void a_token_url_is_https_or_here(void **state)
{
    static const struct row rows[] = {
        {"https://login.example/t/token", "https://login.example/t/token"},
        {"HTTPS://login.example", "https://login.example"},
        {"http://localhost:1/t", "http://localhost:1/t"},
        {"http://login.example/t", NULL},
        {"login.example/t", NULL},
        {"login.example", NULL},
        {"https://u:Hunter2@login.example/t", NULL},
        {"https://login.example/t?x", NULL},
    };

    (void)state;
    assert_rows(endpoint_parse_token_url, rows, sizeof rows / sizeof rows[0]);
}

static void a_proxy_has_a_scheme_and_a_port_and_perhaps_a_user(void **state)
{
    static const struct row rows[] = {
        {"http://proxy:3128", "http://proxy:3128"},
        {"http://proxy:3128/", "http://proxy:3128"},
        {"HTTPS://proxy:3129", "https://proxy:3129"},
        {"http://[::1]:3128", "http://[::1]:3128"},
        {"http://me:Hunter2%40%3A@proxy:3128", "http://me:Hunter2%40%3A@proxy:3128"},
        {"http://EXAMPLE%5Cme@proxy:3128", "http://EXAMPLE%5Cme@proxy:3128"},
        {"http://proxy", NULL},
        {"proxy:3128", NULL},
        {"socks5://proxy:1080", NULL},
        {"http://me:Hunter2@x@proxy:3128", NULL},
        {"http://me:Hunter2/x@proxy:3128", NULL},
        {"http://me:Hunter2 x@proxy:3128", NULL},
        {"http://proxy:3128/path", NULL},
        {"http://proxy:Hunter2", NULL},
    };

    (void)state;
    assert_rows(endpoint_parse_proxy, rows, sizeof rows / sizeof rows[0]);
}

static void an_origin_is_as_a_browser_writes_it(void **state)
{
    static const struct row rows[] = {
        {"https://Intranet.Example.org", "https://intranet.example.org"},
        {"https://a.example/", "https://a.example"},
        {"https://a.example:443", "https://a.example"},
        {"http://a.example:80", "http://a.example"},
        {"http://a.example:443", "http://a.example:443"},
        {"https://a.example:8443", "https://a.example:8443"},
        {"http://[::1]:8080", "http://[::1]:8080"},
        {"https://a.example/path", NULL},
        {"a.example", NULL},
        {"null", NULL},
        {"https://u@a.example", NULL},
        {"https://a.example,https://b.example", NULL},
    };

    (void)state;
    assert_rows(endpoint_parse_origin, rows, sizeof rows / sizeof rows[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_becomes_a_url),
        cmocka_unit_test(clear_text_is_for_loopback_only),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(a_refusal_does_not_repeat_the_password),
        cmocka_unit_test(a_host_has_at_most_253_bytes),
        cmocka_unit_test(a_token_url_is_https_or_here),
        cmocka_unit_test(a_proxy_has_a_scheme_and_a_port_and_perhaps_a_user),
        cmocka_unit_test(an_origin_is_as_a_browser_writes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
