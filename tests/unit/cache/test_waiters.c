/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <sys/wait.h>

#include "cache/waiters.h"
#include "room_dir.h"

static int begin(void **state)
{
    static struct room_dir dir;

    room_dir_begin(&dir);
    *state = &dir;
    return 0;
}

static int end(void **state)
{
    room_dir_end(*state);
    return 0;
}

static void join_all(const struct room_dir *dir, struct waiter waiters[static WAITERS_MAX])
{
    struct err err;

    for (int i = 0; i < WAITERS_MAX; i++) {
        waiters[i] = WAITER_NONE;
        assert_int_equal(waiters_join(dir->fd, &waiters[i], &err), 0);
    }
}

static void leave_all(struct waiter waiters[static WAITERS_MAX])
{
    for (int i = 0; i < WAITERS_MAX; i++)
        waiters_leave(&waiters[i]);
}

static void so_many_may_wait_and_no_more(void **state)
{
    const struct room_dir *dir = *state;
    struct waiter waiters[WAITERS_MAX];
    struct waiter late = WAITER_NONE;
    struct err err;

    join_all(dir, waiters);
    assert_int_equal(waiters_join(dir->fd, &late, &err), 1);
    assert_int_equal(late.fd, -1);
    leave_all(waiters);
}

static void any_place_that_is_left_can_be_taken(void **state)
{
    const struct room_dir *dir = *state;
    struct waiter waiters[WAITERS_MAX];
    struct waiter late = WAITER_NONE;
    struct err err;

    join_all(dir, waiters);
    for (int i = 0; i < WAITERS_MAX; i++) {
        waiters_leave(&waiters[i]);
        assert_int_equal(waiters_join(dir->fd, &late, &err), 0);
        assert_int_equal(waiters_join(dir->fd, &waiters[i], &err), 1);
        waiters_leave(&late);
        assert_int_equal(waiters_join(dir->fd, &waiters[i], &err), 0);
    }
    leave_all(waiters);
}

/* Takes all places, says so, and waits to be killed. */
static void wait_until_killed(const struct room_dir *dir, int said)
{
    struct waiter waiters[WAITERS_MAX];

    join_all(dir, waiters);
    (void)!write(said, "x", 1);
    for (;;)
        (void)pause();
}

static void a_killed_process_leaves_its_place_to_the_next(void **state)
{
    const struct room_dir *dir = *state;
    struct waiter waiters[WAITERS_MAX];
    struct waiter late = WAITER_NONE;
    struct err err;
    int pipes[2];
    char byte;

    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0)
        wait_until_killed(dir, pipes[1]);
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    assert_int_equal(waiters_join(dir->fd, &late, &err), 1);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    join_all(dir, waiters);
    leave_all(waiters);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
}

static void a_link_in_the_file_s_place_is_not_followed(void **state)
{
    struct room_dir *dir = *state;
    struct waiter waiter = WAITER_NONE;
    struct err err = {""};

    room_dir_remove(dir, "waiters");
    assert_int_equal(symlinkat("elsewhere", dir->fd, "waiters"), 0);
    assert_true(waiters_join(dir->fd, &waiter, &err) < 0);
    assert_non_null(strstr(err.text, "waiters"));
    room_dir_remove(dir, "waiters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_may_wait_and_no_more),
        cmocka_unit_test(any_place_that_is_left_can_be_taken),
        cmocka_unit_test(a_killed_process_leaves_its_place_to_the_next),
        cmocka_unit_test(a_link_in_the_file_s_place_is_not_followed),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
