/* SPDX-License-Identifier: MIT */
#include "watchdog.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

#define PLACES 3

/* As many connections as there are places: ours[i] is what a responder would hold, theirs[i] its
 * other end. */
struct yard {
    struct watchdog watchdog;
    int ours[PLACES], theirs[PLACES];
};

static int set_up(void **state)
{
    static struct yard yard;
    if (watchdog_init(&yard.watchdog, PLACES) < 0)
        return -1;
    for (size_t i = 0; i < PLACES; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
            return -1;
        yard.ours[i] = pair[0];
        yard.theirs[i] = pair[1];
    }
    *state = &yard;
    return 0;
}

static int tear_down(void **state)
{
    struct yard *yard = *state;
    for (size_t i = 0; i < PLACES; i++) {
        (void)close(yard->ours[i]);
        (void)close(yard->theirs[i]);
    }
    watchdog_finish(&yard->watchdog);
    return 0;
}

/* Nothing comes from this end any more: a read says so at once. */
static bool is_at_end(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void a_connection_is_cut_at_its_deadline_and_not_before(void **state)
{
    struct yard *yard = *state;
    assert_int_equal(watchdog_begin(&yard->watchdog, 0, yard->ours[0], 1000), 0);
    assert_int_equal(watchdog_cut_late(&yard->watchdog, 999), 0);
    assert_false(is_at_end(yard->theirs[0]));
    assert_int_equal(watchdog_cut_late(&yard->watchdog, 1000), 1);
    assert_true(is_at_end(yard->theirs[0]));
    watchdog_end(&yard->watchdog, 0);
}

static void answering_has_a_deadline_of_its_own(void **state)
{
    struct yard *yard = *state;
    assert_int_equal(watchdog_begin(&yard->watchdog, 0, yard->ours[0], 1000), 0);
    watchdog_answering(&yard->watchdog, 0, 5000);
    assert_int_equal(watchdog_cut_late(&yard->watchdog, 4999), 0);
    assert_int_equal(watchdog_cut_late(&yard->watchdog, 5000), 1);
    assert_true(is_at_end(yard->theirs[0]));
    watchdog_end(&yard->watchdog, 0);
}

static void those_that_read_are_stopped_without_those_that_answer(void **state)
{
    struct yard *yard = *state;
    for (size_t i = 0; i < PLACES; i++)
        assert_int_equal(watchdog_begin(&yard->watchdog, i, yard->ours[i], 1000), 0);
    watchdog_answering(&yard->watchdog, 1, 1000);
    watchdog_end(&yard->watchdog, 2);
    assert_int_equal(watchdog_stop_reading(&yard->watchdog), 1);
    assert_true(is_at_end(yard->ours[0]));
    assert_false(is_at_end(yard->ours[1]));
    assert_int_equal(send(yard->ours[0], "x", 1, MSG_NOSIGNAL), 1); /* a reply could still go out */
    assert_int_equal(watchdog_cut_all(&yard->watchdog), 2);
    assert_true(is_at_end(yard->theirs[1]));
    assert_false(is_at_end(yard->theirs[2]));
    watchdog_end(&yard->watchdog, 0);
    watchdog_end(&yard->watchdog, 1);
}

/* The responder's descriptor may be closed, and its number somebody else's, while the watch is
 * still there. */
static void only_the_connection_itself_is_cut(void **state)
{
    struct yard *yard = *state;
    assert_int_equal(watchdog_begin(&yard->watchdog, 0, yard->ours[0], 1000), 0);
    assert_int_equal(dup2(yard->ours[1], yard->ours[0]), yard->ours[0]);
    assert_int_equal(watchdog_cut_late(&yard->watchdog, 1000), 1);
    assert_true(is_at_end(yard->theirs[0]));
    assert_false(is_at_end(yard->theirs[1]));
    watchdog_end(&yard->watchdog, 0);
}

static void a_watch_that_ended_leaves_no_descriptor(void **state)
{
    struct yard *yard = *state;
    assert_int_equal(watchdog_begin(&yard->watchdog, 0, yard->ours[0], 1000), 0);
    watchdog_end(&yard->watchdog, 0);
    assert_int_equal(watchdog_cut_all(&yard->watchdog), 0);
    (void)close(yard->ours[0]);
    assert_true(is_at_end(yard->theirs[0])); /* nobody else has it open */
    yard->ours[0] = -1;
}

static void what_is_no_descriptor_cannot_be_watched(void **state)
{
    struct yard *yard = *state;
    assert_int_equal(watchdog_begin(&yard->watchdog, 0, -1, 1000), -EBADF);
    assert_int_equal(watchdog_cut_all(&yard->watchdog), 0);
}

#define WATCHDOG_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WATCHDOG_TEST(a_connection_is_cut_at_its_deadline_and_not_before),
        WATCHDOG_TEST(answering_has_a_deadline_of_its_own),
        WATCHDOG_TEST(those_that_read_are_stopped_without_those_that_answer),
        WATCHDOG_TEST(only_the_connection_itself_is_cut),
        WATCHDOG_TEST(a_watch_that_ended_leaves_no_descriptor),
        WATCHDOG_TEST(what_is_no_descriptor_cannot_be_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
