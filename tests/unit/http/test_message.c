/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/message.h"
#include "http/outbox.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* A gateway: takes `writes_left` writes, then its client is gone. */
struct gateway {
    struct buf bytes;
    int writes_left;
};

static int take(void *context, const char *bytes, size_t length)
{
    struct gateway *gateway = context;

    if (gateway->writes_left-- == 0)
        return -EPIPE;
    buf_append(&gateway->bytes, bytes, length);
    return 0;
}

static void assert_sent(const struct http_reply *reply, const char *expected)
{
    struct gateway gateway = {BUF_INIT(100000), -1};

    assert_int_equal(http_reply_send(reply, take, &gateway), 0);
    assert_string_equal(buf_text(&gateway.bytes), expected);
    buf_finish(&gateway.bytes);
}

static void begin(struct http_reply *reply)
{
    http_reply_init(reply, NULL);
    reply->status = 200;
}

/* What stands in each reply. */
#define ALWAYS                                                                                     \
    "X-Content-Type-Options: nosniff\r\n"                                                          \
    "Referrer-Policy: no-referrer\r\n"                                                             \
    "Cross-Origin-Resource-Policy: same-origin\r\n"

static void a_reply_is_sent_as_a_cgi_response(void **state)
{
    struct http_reply reply;

    (void)state;
    begin(&reply);
    http_reply_header(&reply, "Content-Type", "text/%s", "plain");
    http_reply_header(&reply, "ETag", "\"%d\"", 7);
    http_reply_write(&reply, slice_of("hello"));
    assert_sent(&reply, "Status: 200 OK\r\nContent-Type: text/plain\r\nETag: \"7\"\r\n" ALWAYS
                        "Content-Length: 5\r\n\r\nhello");
    http_reply_finish(&reply);
}

static void own_and_borrowed_pieces_keep_their_order(void **state)
{
    struct http_reply reply;
    static const char stored[] = "[stored]";

    (void)state;
    begin(&reply);
    http_reply_write(&reply, slice_of("a"));
    http_reply_borrow(&reply, slice_of(stored));
    http_reply_write(&reply, slice_of("b"));
    http_reply_borrow(&reply, slice_of(stored));
    assert_int_equal(reply.piece_count, 4);
    assert_ptr_equal(reply.pieces[1].borrowed, stored); /* not a copy */
    assert_int_equal(reply.length, 18);
    assert_sent(&reply, "Status: 200 OK\r\n" ALWAYS "Content-Length: 18\r\n\r\na[stored]b[stored]");
    http_reply_finish(&reply);
}

static void writes_in_a_row_are_one_piece(void **state)
{
    struct http_reply reply;

    (void)state;
    begin(&reply);
    http_reply_write(&reply, slice_of("a"));
    http_reply_write(&reply, slice_of(""));
    http_reply_borrow(&reply, slice_of(""));
    http_reply_write(&reply, slice_of("b"));
    assert_int_equal(reply.piece_count, 1);
    assert_sent(&reply, "Status: 200 OK\r\n" ALWAYS "Content-Length: 2\r\n\r\nab");
    http_reply_finish(&reply);
}

static void own_bytes_may_move_while_they_grow(void **state)
{
    struct http_reply reply;
    struct buf expected = BUF_INIT(100000);

    (void)state;
    begin(&reply);
    buf_append_text(&expected, "Status: 200 OK\r\n" ALWAYS "Content-Length: 20000\r\n\r\n");
    for (int i = 0; i < 10000; i++) {
        http_reply_write(&reply, slice_of("x"));
        http_reply_borrow(&reply, slice_of(","));
        buf_append_text(&expected, "x,");
    }
    assert_sent(&reply, buf_text(&expected));
    buf_finish(&expected);
    http_reply_finish(&reply);
}

static void head_has_the_headers_of_get_and_no_body(void **state)
{
    struct http_reply reply;

    (void)state;
    begin(&reply);
    reply.head_only = true;
    http_reply_write(&reply, slice_of("hello"));
    assert_sent(&reply, "Status: 200 OK\r\n" ALWAYS "Content-Length: 5\r\n\r\n");
    http_reply_finish(&reply);
}

static void a_304_has_neither_body_nor_length(void **state)
{
    struct http_reply reply;

    (void)state;
    begin(&reply);
    reply.status = 304;
    http_reply_header(&reply, "ETag", "\"x\"");
    http_reply_write(&reply, slice_of("hello"));
    assert_sent(&reply, "Status: 304 Not Modified\r\nETag: \"x\"\r\n" ALWAYS "\r\n");
    http_reply_finish(&reply);
}

static void a_204_has_no_length(void **state)
{
    struct http_reply reply;

    (void)state;
    begin(&reply);
    reply.status = 204;
    assert_sent(&reply, "Status: 204 No Content\r\n" ALWAYS "\r\n");
    http_reply_finish(&reply);
}

static void an_empty_body_has_the_length_0(void **state)
{
    struct http_reply reply;

    (void)state;
    begin(&reply);
    assert_sent(&reply, "Status: 200 OK\r\n" ALWAYS "Content-Length: 0\r\n\r\n");
    http_reply_finish(&reply);
}

static void a_failed_reply_is_a_bare_500(void **state)
{
    struct http_reply reply;

    (void)state;
    begin(&reply);
    http_reply_header(&reply, "Content-Type", "text/plain");
    http_reply_write(&reply, slice_of("half a bo"));
    http_reply_fail(&reply, 0);
    assert_int_equal(reply.error, 0);
    http_reply_fail(&reply, -ENOMEM);
    http_reply_fail(&reply, -EIO);
    assert_int_equal(reply.error, -ENOMEM);
    http_reply_reset(&reply);
    assert_sent(&reply, "Status: 500 Internal Server Error\r\nCache-Control: no-store\r\n" ALWAYS
                        "Content-Length: 0\r\n\r\n");
    http_reply_finish(&reply);
    assert_int_equal(reply.error, 0);
}

static void sending_ends_with_the_first_write_that_fails(void **state)
{
    static char body[3 * OUTBOX_SIZE];
    struct http_reply reply;

    (void)state;
    begin(&reply);
    memset(body, 'b', sizeof body);
    http_reply_borrow(&reply, (struct slice){body, sizeof body});
    for (int writes = 0; writes < 4; writes++) {
        struct gateway gateway = {BUF_INIT(sizeof body), writes};
        assert_int_equal(http_reply_send(&reply, take, &gateway), -EPIPE);
        assert_int_equal(gateway.writes_left, -1); /* nobody tried again */
        assert_int_equal(gateway.bytes.length, writes * OUTBOX_SIZE);
        buf_finish(&gateway.bytes);
    }
    http_reply_finish(&reply);
}

static void a_small_reply_is_one_write(void **state)
{
    struct http_reply reply;
    struct gateway gateway = {BUF_INIT(1000), 1};

    (void)state;
    begin(&reply);
    http_reply_header(&reply, "X", "y");
    http_reply_write(&reply, slice_of("a"));
    http_reply_borrow(&reply, slice_of("b"));
    assert_int_equal(http_reply_send(&reply, take, &gateway), 0);
    assert_string_equal(buf_text(&gateway.bytes),
                        "Status: 200 OK\r\nX: y\r\n" ALWAYS "Content-Length: 2\r\n\r\nab");
    buf_finish(&gateway.bytes);
    http_reply_finish(&reply);
}

static void a_reset_reply_starts_again(void **state)
{
    struct http_reply reply;

    (void)state;
    begin(&reply);
    http_reply_header(&reply, "X", "y");
    http_reply_write(&reply, slice_of("old"));
    http_reply_borrow(&reply, slice_of("old"));
    http_reply_reset(&reply);
    reply.status = 404;
    http_reply_write(&reply, slice_of("new"));
    assert_sent(&reply, "Status: 404 Not Found\r\n" ALWAYS "Content-Length: 3\r\n\r\nnew");
    http_reply_finish(&reply);
}

static void a_header_cannot_be_forged(void **state)
{
    struct http_reply reply;

    (void)state;
    begin(&reply);
    http_reply_header(&reply, "X", "a\r\nSet-Cookie: b\n%c\x7F\tz", 0);
    assert_sent(&reply,
                "Status: 200 OK\r\nX: aSet-Cookie: bz\r\n" ALWAYS "Content-Length: 0\r\n\r\n");
    http_reply_finish(&reply);
}

static void headers_have_their_limits(void **state)
{
    char value[HTTP_HEADER_MAX + 2];

    (void)state;
    memset(value, 'v', sizeof value);
    for (size_t length = HTTP_HEADER_MAX; length <= HTTP_HEADER_MAX + 1; length++) {
        struct http_reply reply;
        begin(&reply);
        http_reply_header(&reply, "X", "%.*s", (int)length, value);
        assert_int_equal(reply.error, length > HTTP_HEADER_MAX ? -EOVERFLOW : 0);
        http_reply_finish(&reply);
    }
}

static void all_headers_together_have_a_limit(void **state)
{
    struct http_reply reply;

    (void)state;
    begin(&reply);
    while (reply.headers.length + 8 <= HTTP_HEADERS_MAX)
        http_reply_header(&reply, "X", "123"); /* 8 bytes a line */
    assert_int_equal(reply.error, 0);
    http_reply_header(&reply, "X", "123");
    assert_int_equal(reply.error, -EOVERFLOW);
    http_reply_finish(&reply);
}

static void own_bytes_have_a_limit(void **state)
{
    struct http_reply reply;
    char *much = calloc(1, HTTP_OWN_MAX);

    (void)state;
    assert_non_null(much);
    begin(&reply);
    http_reply_write(&reply, (struct slice){much, HTTP_OWN_MAX});
    assert_int_equal(reply.error, 0);
    http_reply_write(&reply, slice_of("x"));
    assert_int_equal(reply.error, -EOVERFLOW);
    free(much);
    http_reply_finish(&reply);
}

static void each_status_that_we_send_has_its_reason(void **state)
{
    static const int statuses[] = {200, 304, 400, 404, 405, 414, 500, 503};

    (void)state;
    for (size_t i = 0; i < COUNT(statuses); i++)
        assert_string_not_equal(http_reason(statuses[i]), "");
    assert_string_equal(http_reason(404), "Not Found");
    assert_string_equal(http_reason(418), "");
}

static void percent_escapes_are_decoded_once(void **state)
{
    static const struct {
        const char *text;
        bool plus_is_space;
        const char *decoded;
    } rows[] = {
        {"", false, ""},
        {"/api/calendar", false, "/api/calendar"},
        {"a%20b", false, "a b"},
        {"a+b", false, "a+b"},
        {"a+b%2B", true, "a b+"},
        {"%2f%2F", false, "//"},
        {"%25%32%35", false, "%25"},
        {"R%C3%A4um", false, "R\xC3\xA4um"},
        {"%ff", false, "\xFF"},
        {"%zz", false, NULL},
        {"%", false, NULL},
        {"%4", false, NULL},
        {"ab%4", false, NULL},
        {"%4g", false, NULL},
        {"% 4", true, NULL},
        {"%-1", true, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = BUF_INIT(100);
        bool good = http_decode(slice_of(rows[i].text), rows[i].plus_is_space, &out);
        if (good != (rows[i].decoded != NULL))
            fail_msg("\"%s\" was %s", rows[i].text, good ? "taken" : "refused");
        if (rows[i].decoded)
            assert_string_equal(buf_text(&out), rows[i].decoded);
        assert_int_equal(buf_error(&out), 0);
        buf_finish(&out);
    }
}

static void a_decoded_nul_is_a_byte_like_others(void **state)
{
    struct buf out = BUF_INIT(100);

    (void)state;
    assert_true(http_decode(slice_of("a%00b"), false, &out));
    assert_int_equal(out.length, 3);
    assert_memory_equal(out.bytes, "a\0b", 3);
    buf_finish(&out);
}

static void decoding_respects_the_buffers_limit(void **state)
{
    struct buf out = BUF_INIT(3);

    (void)state;
    assert_true(http_decode(slice_of("%41bc"), false, &out));
    assert_false(http_decode(slice_of("d"), false, &out));
    assert_int_equal(buf_error(&out), -EOVERFLOW);
    buf_finish(&out);
}

static void an_escape_cut_by_the_length_is_not_read_further(void **state)
{
    struct buf out = BUF_INIT(10);

    (void)state;
    assert_false(http_decode((struct slice){"%41", 2}, false, &out));
    assert_false(http_decode((struct slice){"%41", 1}, false, &out));
    buf_finish(&out);
}

static void entity_tags_that_match(void **state)
{
    static const char *const rows[] = {
        "\"abc\"",
        "W/\"abc\"",
        "*",
        " * ",
        "  \"abc\"  ",
        "\"x\", \"abc\"",
        "\"x\",\"abc\",\"y\"",
        "\"x\" ,\t\"abc\" ,",
        ",,\"abc\"",
        "W/\"x\", W/\"abc\"",
        "\"a,b\", \"abc\"", /* a comma belongs to the tag */
        "garbage, \"abc\"",
        "\"x\"y, \"abc\"",
        "w/\"abc\", \"abc\"",
        "\"\", \"abc\"",
        "\"abc\", \"",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!http_etag_matches(slice_of(rows[i]), "\"abc\""))
            fail_msg("%s does not match", rows[i]);
    }
}

static void entity_tags_that_do_not_match(void **state)
{
    static const char *const rows[] = {
        "",
        " ",
        ",",
        "abc",
        "\"ab\"",
        "\"abcd\"",
        "\"ABC\"",
        "\"abc",
        "abc\"",
        "w/\"abc\"", /* W is a capital */
        "W/ \"abc\"",
        "W/abc",
        "W/",
        "W",
        "\"",
        "\"abc\"d",
        "\"x\" \"abc\"",
        "x\"abc\"",
        "\"x, \"abc\"", /* the tag is "x, " */
        "*, \"x\"",
        "\"*\"",
        "**",
        "'abc'",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (http_etag_matches(slice_of(rows[i]), "\"abc\""))
            fail_msg("%s matches", rows[i]);
    }
    assert_false(http_etag_matches((struct slice){0}, "\"abc\""));
}

/* Quadratic work over this many bytes would run into the test's time limit. */
static void long_lists_of_tags_cost_their_length(void **state)
{
    static const char *const patterns[] = {"\"x\",", "\"x,", "W/", ",", " ", "x\"", "W/\""};
    const size_t size = (size_t)4 << 20;
    char *list = malloc(size);

    (void)state;
    assert_non_null(list);
    for (size_t i = 0; i < COUNT(patterns); i++) {
        size_t length = strlen(patterns[i]);
        for (size_t at = 0; at + length <= size; at += length)
            memcpy(list + at, patterns[i], length);
        assert_false(http_etag_matches((struct slice){list, size / length * length}, "\"abc\""));
    }
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_is_sent_as_a_cgi_response),
        cmocka_unit_test(own_and_borrowed_pieces_keep_their_order),
        cmocka_unit_test(writes_in_a_row_are_one_piece),
        cmocka_unit_test(own_bytes_may_move_while_they_grow),
        cmocka_unit_test(head_has_the_headers_of_get_and_no_body),
        cmocka_unit_test(a_304_has_neither_body_nor_length),
        cmocka_unit_test(a_204_has_no_length),
        cmocka_unit_test(an_empty_body_has_the_length_0),
        cmocka_unit_test(a_failed_reply_is_a_bare_500),
        cmocka_unit_test(sending_ends_with_the_first_write_that_fails),
        cmocka_unit_test(a_small_reply_is_one_write),
        cmocka_unit_test(a_reset_reply_starts_again),
        cmocka_unit_test(a_header_cannot_be_forged),
        cmocka_unit_test(headers_have_their_limits),
        cmocka_unit_test(all_headers_together_have_a_limit),
        cmocka_unit_test(own_bytes_have_a_limit),
        cmocka_unit_test(each_status_that_we_send_has_its_reason),
        cmocka_unit_test(percent_escapes_are_decoded_once),
        cmocka_unit_test(a_decoded_nul_is_a_byte_like_others),
        cmocka_unit_test(decoding_respects_the_buffers_limit),
        cmocka_unit_test(an_escape_cut_by_the_length_is_not_read_further),
        cmocka_unit_test(entity_tags_that_match),
        cmocka_unit_test(entity_tags_that_do_not_match),
        cmocka_unit_test(long_lists_of_tags_cost_their_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
