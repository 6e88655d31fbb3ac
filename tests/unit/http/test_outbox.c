/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>

#include "base/guard.h"
#include "fixture.h"
#include "http/outbox.h"

#define LONG_TEXT (5 * OUTBOX_SIZE)

/* Publishes one item whose JSON is `letter` LONG_TEXT times. */
static void publish_long_in(const struct test_site *test, size_t room, char letter)
{
    struct room_place place = place_of(test, room);
    struct room_build build;
    char *json = malloc(LONG_TEXT + 1);

    memset(json, letter, LONG_TEXT);
    json[LONG_TEXT] = '\0';
    room_build_init(&build, place.cache_dirfd);
    add_item(&build, NOW, NOW + HOUR, slice_of("1"), json);
    assert_int_equal(room_build_publish(&build, &place, clock_utc(), TTL, NULL), ROOM_REPLACED);
    room_build_finish(&build);
    free(json);
}

static void publish_long(const struct test_site *test, char letter)
{
    publish_long_in(test, ROOM_PLAIN, letter);
}

static void cut_room(const struct test_site *test, size_t room, off_t size)
{
    struct room_place place = place_of(test, room);
    int fd = openat(place.cache_dirfd, place.file_name, O_RDWR | O_CLOEXEC);

    assert_int_equal(ftruncate(fd, size), 0);
    (void)close(fd);
}

static void cut(const struct test_site *test, off_t size)
{
    cut_room(test, ROOM_PLAIN, size);
}

static void make_reply_for(struct test_site *test, const char *path, struct http_reply *reply)
{
    const struct http_request request = {.method = slice_of("GET"), .path = slice_of(path)};

    http_reply_init(reply, test->site.shelf);
    routes_handle(&test->site, &request, reply);
    assert_int_equal(reply->status, 200);
}

static void make_reply(struct test_site *test, struct http_reply *reply)
{
    make_reply_for(test, "/api/calendar/R1", reply);
}

static void of_a_reply_that_is_damaged_before_it_is_sent_nothing_goes_out(void **state)
{
    struct test_site *test = *state;
    const off_t sizes[] = {0, 100, 4096, 5000, 70000, (off_t)LONG_TEXT};

    guard_install(); /* cmocka has put its own handler there */
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct http_reply reply;
        publish_long(test, (char)('a' + (int)i));
        make_reply(test, &reply);
        cut(test, sizes[i]);
        assert_int_equal(http_reply_send(&reply, collect, &test->sent), HTTP_UNSENT);
        assert_int_equal(test->sent.length, 0);
        http_reply_finish(&reply);
    }
}

static void the_next_reply_is_made_without_the_damaged_file(void **state)
{
    struct test_site *test = *state;
    struct http_reply reply;

    guard_install();
    publish_long(test, 'a');
    make_reply(test, &reply);
    cut(test, 5000);
    assert_int_equal(http_reply_send(&reply, collect, &test->sent), HTTP_UNSENT);
    http_reply_finish(&reply);
    assert_int_equal(ask(test, "/api/calendar/R1", ""), 503);
    publish(test, ROOM_PLAIN, "0");
    assert_int_equal(ask(test, "/api/calendar/R1", ""), 200);
    assert_string_equal(body(test), "[{\"h\":0}]");
}

/* A visitor during whose second write the file is cut. */
struct visitor {
    const struct test_site *test;
    struct buf bytes;
    int writes;
    off_t cut_to;
};

static int take_and_cut(void *context, const char *bytes, size_t length)
{
    struct visitor *visitor = context;

    if (++visitor->writes == 2)
        cut(visitor->test, visitor->cut_to);
    buf_append(&visitor->bytes, bytes, length);
    return buf_error(&visitor->bytes);
}

static void a_reply_that_is_damaged_while_it_is_sent_ends_and_what_went_out_was_right(void **state)
{
    struct test_site *test = *state;
    const off_t sizes[] = {0, 5000, 150000, (off_t)LONG_TEXT};

    guard_install();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct visitor visitor = {test, BUF_INIT(2 * LONG_TEXT), 0, sizes[i]};
        struct http_reply reply;
        char letter = (char)('a' + (int)i);
        publish_long(test, letter);
        make_reply(test, &reply);
        assert_int_equal(http_reply_send(&reply, take_and_cut, &visitor), -EIO);
        assert_int_equal(visitor.bytes.length, 2 * OUTBOX_SIZE);
        const char *body = strstr(buf_text(&visitor.bytes), "\r\n\r\n[") + 5;
        for (; *body; body++)
            assert_int_equal(*body, letter);
        buf_finish(&visitor.bytes);
        http_reply_finish(&reply);
    }
}

/* A visitor of two long rooms, of which one is cut during a write: the first room's text is out after the sixth. */
struct late_visitor {
    const struct test_site *test;
    size_t room;
    int write;
    int writes;
};

static int count_and_cut(void *context, const char *bytes, size_t length)
{
    struct late_visitor *visitor = context;

    (void)bytes;
    (void)length;
    if (++visitor->writes == visitor->write)
        cut_room(visitor->test, visitor->room, 5000);
    return 0;
}

static int send_two_rooms(struct test_site *test, size_t room, int write)
{
    struct late_visitor visitor = {test, room, write, 0};
    struct http_reply reply;
    char letter = (char)('a' + (int)room + 3 * write);

    publish_long_in(test, ROOM_PLAIN, letter);
    publish_long_in(test, ROOM_LAST, letter);
    make_reply_for(test, "/api/calendar", &reply);
    int result = http_reply_send(&reply, count_and_cut, &visitor);
    http_reply_finish(&reply);
    return result;
}

static void damage_of_a_room_matters_until_its_bytes_are_out(void **state)
{
    static const struct {
        size_t room;
        int write;
        int result;
    } rows[] = {
        {ROOM_PLAIN, 1, -EIO}, {ROOM_PLAIN, 4, -EIO}, {ROOM_PLAIN, 7, 0},
        {ROOM_LAST, 1, -EIO},  {ROOM_LAST, 7, -EIO},  {ROOM_LAST, 20, 0},
    };
    struct test_site *test = *state;

    guard_install();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(send_two_rooms(test, rows[i].room, rows[i].write), rows[i].result);
}

#define SITE_TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(of_a_reply_that_is_damaged_before_it_is_sent_nothing_goes_out),
        SITE_TEST(the_next_reply_is_made_without_the_damaged_file),
        SITE_TEST(damage_of_a_room_matters_until_its_bytes_are_out),
        SITE_TEST(a_reply_that_is_damaged_while_it_is_sent_ends_and_what_went_out_was_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
