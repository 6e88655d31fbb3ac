/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <sys/wait.h>

#include "cache/lease.h"
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

static void only_one_holds_the_lease(void **state)
{
    struct room_dir *dir = *state;
    struct lease first = LEASE_NONE;
    struct lease second = LEASE_NONE;
    struct err err;

    assert_int_equal(lease_try(dir->fd, &first, &err), 0);
    assert_int_equal(lease_try(dir->fd, &second, &err), 1);
    assert_int_equal(second.fd, -1);
    lease_release(&first);
    assert_int_equal(lease_try(dir->fd, &second, &err), 0);
    lease_release(&second);
}

/* Takes the lease, says so, and waits to be killed. */
static void hold_until_killed(int dirfd, int said)
{
    struct lease lease = LEASE_NONE;
    struct err err;

    if (lease_try(dirfd, &lease, &err) == 0)
        (void)!write(said, "x", 1);
    for (;;)
        (void)pause();
}

static void a_killed_holder_leaves_the_lease_to_the_next(void **state)
{
    struct room_dir *dir = *state;
    struct lease lease = LEASE_NONE;
    struct err err;
    int pipes[2];
    char byte;

    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0)
        hold_until_killed(dir->fd, pipes[1]);
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    assert_int_equal(lease_try(dir->fd, &lease, &err), 1);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(lease_try(dir->fd, &lease, &err), 0);
    lease_release(&lease);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
}

static void a_link_in_the_lease_s_place_is_not_followed(void **state)
{
    struct room_dir *dir = *state;
    struct lease lease = LEASE_NONE;
    struct err err = {""};

    room_dir_remove(dir, "lease");
    assert_int_equal(symlinkat("elsewhere", dir->fd, "lease"), 0);
    assert_true(lease_try(dir->fd, &lease, &err) < 0);
    assert_non_null(strstr(err.text, "lease"));
    room_dir_remove(dir, "lease");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_one_holds_the_lease),
        cmocka_unit_test(a_killed_holder_leaves_the_lease_to_the_next),
        cmocka_unit_test(a_link_in_the_lease_s_place_is_not_followed),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
