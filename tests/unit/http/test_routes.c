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

#define SITE_TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(each_path_has_its_owner),   SITE_TEST(a_room_without_name_is_helped),
        SITE_TEST(a_nul_does_not_end_a_path), SITE_TEST(other_methods_are_refused),
        SITE_TEST(head_is_get_without_body),  SITE_TEST(what_is_too_long_is_414),
        SITE_TEST(nobody_is_to_sniff),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
