/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fixture.h"
#include "http/routes.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static int request(struct test_site *test, const char *method, const char *path)
{
    return ask_with(test,
                    &(struct http_request){.method = slice_of(method), .path = slice_of(path)});
}

static void each_path_has_its_owner(void **state)
{
    static const struct {
        const char *path;
        int status;
        const char *body_start;
    } rows[] = {
        {"/api/calendar", 200, "[{\"room\":"},
        {"/api/calendar/R1", 200, "[{\"h\":"},
        {"/api/health", 200, "{\"status\":"},
        {"/api/calendar/", 404, "{\"type\":"},
        {"/api/calendars", 404, "{\"type\":"},
        {"/api/calenda", 404, "{\"type\":"},
        {"/api/health/", 404, "{\"type\":"},
        {"/api/Health", 404, "{\"type\":"},
        {"/api", 404, "{\"type\":"},
        {"/", 404, "{\"type\":"},
        {"", 404, "{\"type\":"},
        {"//api/calendar", 404, "{\"type\":"},
        {"/api/calendar/../health", 404, "{\"type\":"},
    };
    struct test_site *test = *state;

    publish_all(test);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int status = ask(test, rows[i].path, "");
        if (status != rows[i].status ||
            strncmp(body(test), rows[i].body_start, strlen(rows[i].body_start)) != 0)
            fail_msg("%s: %d, %s", rows[i].path, status, body(test));
    }
    assert_int_equal(ask(test, NULL, NULL), 404);
}

static void a_room_without_name_is_helped(void **state)
{
    struct test_site *test = *state;

    assert_int_equal(ask(test, "/api/calendar/", ""), 404);
    assert_non_null(strstr(body(test), "A room's name belongs behind /api/calendar/"));
}

static void a_nul_does_not_end_a_path(void **state)
{
    struct test_site *test = *state;
    struct http_request nul = {.method = slice_of("GET"), .path = {"/api/health\0x", 13}};

    publish_all(test);
    assert_int_equal(ask_with(test, &nul), 404);
    nul.path = (struct slice){"/api/calendar/R1\0", 17};
    assert_int_equal(ask_with(test, &nul), 404);
}

static void other_methods_are_refused(void **state)
{
    static const char *const methods[] = {"POST", "PUT",     "DELETE", "OPTIONS", "TRACE",
                                          "get",  "GETTING", "GE",     "HEADS",   ""};
    static const char *const paths[] = {"/api/calendar", "/api/calendar/R1", "/api/calendar/X",
                                        "/api/health", "/api/metrics"};
    struct test_site *test = *state;

    publish_all(test);
    for (size_t m = 0; m < COUNT(methods); m++) {
        for (size_t p = 0; p < COUNT(paths); p++) {
            assert_int_equal(request(test, methods[m], paths[p]), 405);
            assert_string_equal(header(test, "Allow"), "GET, HEAD");
            assert_string_equal(header(test, "Content-Type"), "application/problem+json");
            assert_string_equal(header(test, "Cache-Control"), "no-store");
        }
    }
    assert_int_equal(request(test, "POST", "/elsewhere"), 404);
}

static void head_is_get_without_body(void **state)
{
    static const char *const paths[] = {"/api/calendar", "/api/calendar/R1", "/api/calendar/X",
                                        "/api/health",   "/api/metrics",     "/elsewhere"};
    struct test_site *test = *state;

    publish_all(test);
    for (size_t i = 0; i < COUNT(paths); i++) {
        int status = request(test, "GET", paths[i]);
        assert_true(strlen(body(test)) > 0);
        size_t head = test->sent.length - strlen(body(test));
        char *get = slice_copy((struct slice){buf_text(&test->sent), head});
        assert_int_equal(request(test, "HEAD", paths[i]), status);
        assert_string_equal(buf_text(&test->sent), get);
        assert_non_null(header(test, "Content-Length"));
        free(get);
    }
}

/* Fills to a length with 'x'. */
static char *long_text(const char *start, size_t length)
{
    char *text = malloc(length + 1);

    assert_non_null(text);
    memset(text, 'x', length);
    memcpy(text, start, strlen(start));
    text[length] = '\0';
    return text;
}

static void what_is_too_long_is_414(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    for (size_t more = 0; more <= 1; more++) {
        char *path = long_text("/api/calendar/", HTTP_PATH_MAX + more);
        assert_int_equal(ask(test, path, ""), more ? 414 : 404);
        free(path);
        char *query = long_text("cachebuster=", HTTP_QUERY_MAX + more);
        assert_int_equal(ask(test, "/api/calendar", query), more ? 414 : 200);
        free(query);
    }
    assert_string_equal(header(test, "Content-Type"), "application/problem+json");
    assert_string_equal(header(test, "Cache-Control"), "no-store");
    assert_non_null(strstr(body(test), "The query has more than 65535 bytes."));
}

static void nobody_is_to_sniff(void **state)
{
    static const char *const paths[] = {"/api/calendar",    "/api/calendar/R1", "/api/calendar/X",
                                        "/api/calendar/A3", "/api/health",      "/elsewhere"};
    struct test_site *test = *state;

    publish(test, ROOM_PLAIN, "0");
    for (size_t i = 0; i < COUNT(paths); i++) {
        (void)ask(test, paths[i], "");
        assert_string_equal(header(test, "X-Content-Type-Options"), "nosniff");
    }
    assert_int_equal(request(test, "POST", "/api/calendar"), 405);
    assert_string_equal(header(test, "X-Content-Type-Options"), "nosniff");
}

static void without_cors_origin_no_script_of_another_site_is_told_anything(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(request(test, "GET", "/api/calendar"), 200);
    assert_null(strstr(buf_text(&test->sent), "Access-Control"));
    assert_int_equal(request(test, "OPTIONS", "/api/calendar"), 405);
    assert_null(strstr(buf_text(&test->sent), "Access-Control"));
}

static void with_cors_origin_every_reply_may_be_read_from_there(void **state)
{
    static const char *const paths[] = {"/api/calendar",    "/api/calendar/R1", "/api/calendar/X",
                                        "/api/calendar/A3", "/api/health",      "/elsewhere"};
    static const char *const methods[] = {"GET", "HEAD", "POST", "OPTIONS"};
    static char origin[] = "https://intranet.example.org";
    struct test_site *test = *state;

    test->config.cors_origin = origin;
    publish(test, ROOM_PLAIN, "0");
    for (size_t p = 0; p < COUNT(paths); p++) {
        for (size_t m = 0; m < COUNT(methods); m++) {
            (void)request(test, methods[m], paths[p]);
            assert_string_equal(header(test, "Access-Control-Allow-Origin"), origin);
            assert_string_equal(header(test, "Access-Control-Expose-Headers"),
                                "ETag, Retry-After, Roomcal-Stale-Since");
            assert_null(strstr(buf_text(&test->sent), "Credentials"));
        }
    }
}

static void a_browser_that_asks_before_is_told_what_it_may_ask(void **state)
{
    static char origin[] = "*";
    struct test_site *test = *state;

    test->config.cors_origin = origin;
    assert_int_equal(request(test, "OPTIONS", "/api/calendar/R1"), 204);
    assert_string_equal(header(test, "Access-Control-Allow-Origin"), "*");
    assert_string_equal(header(test, "Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
    assert_string_equal(header(test, "Access-Control-Allow-Headers"),
                        "If-Modified-Since, If-None-Match");
    assert_string_equal(header(test, "Access-Control-Max-Age"), "86400");
    assert_string_equal(header(test, "Allow"), "GET, HEAD, OPTIONS");
    assert_string_equal(body(test), "");
    assert_int_equal(request(test, "OPTIONS", "/elsewhere"), 404);
    assert_int_equal(request(test, "POST", "/api/calendar"), 405);
    assert_string_equal(header(test, "Allow"), "GET, HEAD, OPTIONS");
}

/* nginx keeps the old headers of what is unmodified. */
static void another_cors_origin_is_another_etag(void **state)
{
    static char origins[][9] = {"*", "http://a"};
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(request(test, "GET", "/api/calendar"), 200);
    char *etag = kept_header(test, "ETag");
    for (size_t i = 0; i < COUNT(origins); i++) {
        test->config.cors_origin = origins[i];
        assert_int_equal(request(test, "GET", "/api/calendar"), 200);
        assert_string_not_equal(header(test, "ETag"), etag);
        free(etag);
        etag = kept_header(test, "ETag");
    }
    free(etag);
}

static void a_304_has_what_its_200_would_have_said(void **state)
{
    static const char *const names[] = {"ETag", "Cache-Control", "Vary", "Last-Modified",
                                        "Access-Control-Allow-Origin"};
    static char origin[] = "*";
    struct test_site *test = *state;

    test->config.cors_origin = origin;
    publish_all(test);
    after(2);
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(request(test, "GET", "/api/calendar/R1"), 200);
        char *etag = kept_header(test, "ETag");
        char *value = kept_header(test, names[i]);
        assert_int_equal(ask_with(test, &(struct http_request){.method = slice_of("GET"),
                                                               .path = slice_of("/api/calendar/R1"),
                                                               .if_none_match = slice_of(etag)}),
                         304);
        assert_string_equal(header(test, names[i]), value);
        assert_null(header(test, "Content-Type"));
        free(etag);
        free(value);
    }
}

#define SITE_TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(each_path_has_its_owner),
        SITE_TEST(a_room_without_name_is_helped),
        SITE_TEST(a_nul_does_not_end_a_path),
        SITE_TEST(other_methods_are_refused),
        SITE_TEST(head_is_get_without_body),
        SITE_TEST(what_is_too_long_is_414),
        SITE_TEST(nobody_is_to_sniff),
        SITE_TEST(without_cors_origin_no_script_of_another_site_is_told_anything),
        SITE_TEST(with_cors_origin_every_reply_may_be_read_from_there),
        SITE_TEST(a_browser_that_asks_before_is_told_what_it_may_ask),
        SITE_TEST(another_cors_origin_is_another_etag),
        SITE_TEST(a_304_has_what_its_200_would_have_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
