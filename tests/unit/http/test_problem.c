/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "http/problem.h"

static const char *body_of(const struct http_reply *reply)
{
    return buf_text(&reply->own);
}

static void a_problem_says_what_is_wrong(void **state)
{
    struct http_reply reply;

    (void)state;
    http_reply_init(&reply, NULL);
    problem_reply(&reply, 404, "There is no room \"%s\" here.", "X");
    assert_int_equal(reply.status, 404);
    assert_string_equal(buf_text(&reply.headers), "Content-Type: application/problem+json\r\n"
                                                  "Cache-Control: no-store\r\n");
    assert_string_equal(body_of(&reply),
                        "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
                        "\"detail\":\"There is no room \\\"X\\\" here.\"}");
    http_reply_finish(&reply);
}

static void a_problem_takes_the_place_of_what_was_there(void **state)
{
    struct http_reply reply;

    (void)state;
    http_reply_init(&reply, NULL);
    reply.status = 200;
    http_reply_header(&reply, "ETag", "\"x\"");
    http_reply_write(&reply, slice_of("[{"));
    http_reply_borrow(&reply, slice_of("stored"));
    problem_reply(&reply, 503, "Not now.");
    assert_int_equal(reply.status, 503);
    assert_null(strstr(buf_text(&reply.headers), "ETag"));
    assert_int_equal(reply.piece_count, 1);
    assert_int_equal(reply.length, reply.own.length);
    http_reply_finish(&reply);
}

static void the_clients_bytes_become_valid_utf8(void **state)
{
    struct http_reply reply;

    (void)state;
    http_reply_init(&reply, NULL);
    problem_reply(&reply, 404, "%s", "\xFF\n\"");
    assert_non_null(strstr(body_of(&reply), "\"detail\":\"\xEF\xBF\xBD\\n\\\"\"}"));
    http_reply_finish(&reply);
}

/* A control character takes six bytes as an escape: the longest body that can be. */
static void a_long_detail_is_cut(void **state)
{
    char detail[5000];
    struct http_reply reply;

    (void)state;
    memset(detail, 1, sizeof detail - 1);
    detail[sizeof detail - 1] = '\0';
    http_reply_init(&reply, NULL);
    problem_reply(&reply, 400, "%s", detail);
    assert_int_equal(reply.error, 0);
    assert_in_range(reply.length, 6 * PROBLEM_DETAIL_MAX, 6 * PROBLEM_DETAIL_MAX + 200);
    http_reply_finish(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_problem_says_what_is_wrong),
        cmocka_unit_test(a_problem_takes_the_place_of_what_was_there),
        cmocka_unit_test(the_clients_bytes_become_valid_utf8),
        cmocka_unit_test(a_long_detail_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
