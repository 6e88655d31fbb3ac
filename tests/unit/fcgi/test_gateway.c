/* SPDX-License-Identifier: MIT */
#include "gateway.h"

#include <string.h>

#include "unit.h"

struct parameter {
    const char *name;
    const char *value;
};

/* Parameters as a list that ends with a NULL name. */
static const char *look_up(void *context, const char *name)
{
    for (const struct parameter *at = context; at->name; at++) {
        if (strcmp(at->name, name) == 0)
            return at->value;
    }
    return NULL;
}

#define PARAMETERS_MAX 6

struct row {
    struct parameter parameters[PARAMETERS_MAX];
    const char *path;
    const char *query;
};

static void check(const struct row *row)
{
    struct parameter parameters[PARAMETERS_MAX + 1] = {0};
    struct buf path = BUF_INIT(GATEWAY_TARGET_MAX);
    struct http_request request;
    memcpy(parameters, row->parameters, sizeof row->parameters);
    gateway_request(look_up, parameters, &path, &request);
    assert_int_equal(request.path.length, strlen(row->path));
    assert_true(slice_is(request.path, row->path));
    assert_true(slice_is(request.query, row->query));
    buf_finish(&path);
}

static void the_path_comes_from_where_the_web_server_puts_it(void **state)
{
    static const struct row rows[] = {
        /* nginx with our site file */
        {{{"REQUEST_URI", "/api/calendar/R1?from=2026-01-01"}, {"QUERY_STRING", "from=2026-01-01"}},
         "/api/calendar/R1",
         "from=2026-01-01"},
        /* CGI below a script's name */
        {{{"PATH_INFO", "/api/health"}, {"REQUEST_URI", "/cgi-bin/roomcal/api/health"}},
         "/api/health",
         ""},
        /* an empty or odd PATH_INFO says nothing */
        {{{"PATH_INFO", ""}, {"REQUEST_URI", "/api/health"}}, "/api/health", ""},
        {{{"PATH_INFO", "odd"}, {"REQUEST_URI", "/api/health"}}, "/api/health", ""},
        {{{"SCRIPT_NAME", "/api/calendar"}}, "/api/calendar", ""},
        {{{"REQUEST_URI", "/a?b?c"}}, "/a", "b?c"},
        {{{"REQUEST_URI", "/a?b"}, {"QUERY_STRING", ""}}, "/a", ""},
        {{{0}}, "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check(&rows[i]);
}

static void only_the_target_is_decoded_and_once(void **state)
{
    static const struct row rows[] = {
        {{{"REQUEST_URI", "/api/calendar/Gro%C3%9Fer%20Saal"}},
         "/api/calendar/Gro\u00dfer Saal",
         ""},
        {{{"REQUEST_URI", "/a%2541"}}, "/a%41", ""},
        {{{"REQUEST_URI", "/a%3Fb+c"}}, "/a?b+c", ""},
        {{{"PATH_INFO", "/a%41"}}, "/a%41", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check(&rows[i]);
}

static void a_path_that_cannot_be_decoded_is_no_path(void **state)
{
    static const struct row rows[] = {
        {{{"REQUEST_URI", "/api/calendar%"}}, "", ""},
        {{{"REQUEST_URI", "/api/calendar%zz?a"}}, "", "a"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check(&rows[i]);
}

/* The request's path for a target of so many bytes, all 'a' but for the first. */
static size_t path_length_of(size_t length)
{
    static char target[GATEWAY_TARGET_MAX + 2];
    struct buf path = BUF_INIT(GATEWAY_TARGET_MAX);
    struct http_request request;
    memset(target, 'a', length);
    target[0] = '/';
    target[length] = 0;
    struct parameter parameters[] = {{"REQUEST_URI", target}, {0}};
    gateway_request(look_up, parameters, &path, &request);
    size_t result = request.path.length;
    buf_finish(&path);
    return result;
}

static void a_target_over_the_limit_stays_too_long(void **state)
{
    (void)state;
    assert_int_equal(path_length_of(GATEWAY_TARGET_MAX), GATEWAY_TARGET_MAX);
    assert_int_equal(path_length_of(GATEWAY_TARGET_MAX + 1), GATEWAY_TARGET_MAX + 1);
}

static void method_and_preconditions_are_handed_on(void **state)
{
    struct parameter parameters[] = {{"REQUEST_METHOD", "HEAD"},
                                     {"HTTP_ACCEPT", "text/calendar"},
                                     {"HTTP_IF_NONE_MATCH", "\"x\""},
                                     {"HTTP_IF_MODIFIED_SINCE", "Mon, 23 Nov 2026 09:00:00 GMT"},
                                     {0}};
    struct buf path = BUF_INIT(GATEWAY_TARGET_MAX);
    struct http_request request;
    (void)state;
    gateway_request(look_up, parameters, &path, &request);
    assert_true(slice_is(request.method, "HEAD"));
    assert_true(slice_is(request.accept, "text/calendar"));
    assert_true(slice_is(request.if_none_match, "\"x\""));
    assert_true(slice_is(request.if_modified_since, "Mon, 23 Nov 2026 09:00:00 GMT"));
    buf_finish(&path);
}

static int collect(void *context, const char *bytes, size_t length)
{
    buf_append(context, bytes, length);
    return 0;
}

static void a_refusal_is_a_whole_cgi_response(void **state)
{
    struct buf out = BUF_INIT(4096);
    (void)state;
    assert_int_equal(gateway_refuse(500, "Not set up yet.", collect, &out), 0);
    assert_non_null(strstr(buf_text(&out), "Status: 500 Internal Server Error\r\n"));
    assert_non_null(strstr(buf_text(&out), "application/problem+json"));
    assert_non_null(strstr(buf_text(&out), "\"detail\":\"Not set up yet.\""));
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_path_comes_from_where_the_web_server_puts_it),
        cmocka_unit_test(only_the_target_is_decoded_and_once),
        cmocka_unit_test(a_path_that_cannot_be_decoded_is_no_path),
        cmocka_unit_test(a_target_over_the_limit_stays_too_long),
        cmocka_unit_test(method_and_preconditions_are_handed_on),
        cmocka_unit_test(a_refusal_is_a_whole_cgi_response),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
