/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <sys/stat.h>
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

static void assert_lease_can_be_had(const struct room_dir *dir)
{
    struct lease lease = LEASE_NONE;
    struct lease second = LEASE_NONE;
    struct err err = {""};

    assert_int_equal(lease_try(dir->fd, &lease, &err), 0);
    assert_string_equal(err.text, "");
    assert_true(lease_stands(&lease, dir->fd));
    assert_int_equal(lease_try(dir->fd, &second, &err), 1);
    lease_release(&lease);
    room_dir_remove(dir, "lease");
}

static void what_is_no_file_in_the_lease_s_place_is_replaced_and_not_followed(void **state)
{
    const struct room_dir *dir = *state;

    room_dir_remove(dir, "lease");
    assert_int_equal(symlinkat("elsewhere", dir->fd, "lease"), 0);
    assert_lease_can_be_had(dir);
    assert_int_equal(mkdirat(dir->fd, "lease", 0700), 0);
    assert_lease_can_be_had(dir);
    assert_int_equal(mkfifoat(dir->fd, "lease", 0600), 0);
    assert_lease_can_be_had(dir);
    assert_int_equal(room_dir_each(dir, NULL), 0);
}

static void a_directory_with_files_in_the_lease_s_place_is_told(void **state)
{
    const struct room_dir *dir = *state;
    struct lease lease = LEASE_NONE;
    struct err err = {""};

    assert_int_equal(mkdirat(dir->fd, "lease", 0700), 0);
    assert_int_equal(mkdirat(dir->fd, "lease/file", 0700), 0);
    assert_true(lease_try(dir->fd, &lease, &err) < 0);
    assert_non_null(strstr(err.text, "lease"));
    assert_int_equal(unlinkat(dir->fd, "lease/file", AT_REMOVEDIR), 0);
    assert_int_equal(unlinkat(dir->fd, "lease", AT_REMOVEDIR), 0);
}

static void a_lease_whose_file_was_removed_stands_no_longer(void **state)
{
    const struct room_dir *dir = *state;
    struct lease lease = LEASE_NONE;
    struct lease other = LEASE_NONE;

    assert_false(lease_stands(&lease, dir->fd));
    assert_int_equal(lease_try(dir->fd, &lease, NULL), 0);
    assert_true(lease_stands(&lease, dir->fd));
    room_dir_remove(dir, "lease");
    assert_false(lease_stands(&lease, dir->fd));
    assert_int_equal(lease_try(dir->fd, &other, NULL), 0);
    assert_false(lease_stands(&lease, dir->fd));
    assert_true(lease_stands(&other, dir->fd));
    lease_release(&lease);
    lease_release(&other);
}

static void who_waits_in_vain_sees_whether_the_holder_is_one_of_its_own(void **state)
{
    const struct room_dir *dir = *state;
    struct lease lease = LEASE_NONE;
    const struct hash ours = {{1}};
    const struct hash theirs = {{2}};

    assert_false(lease_is_marked_otherwise(dir->fd, &ours)); /* no lease */
    assert_int_equal(lease_try(dir->fd, &lease, NULL), 0);
    assert_false(lease_is_marked_otherwise(dir->fd, &ours)); /* no mark */
    lease_mark(&lease, &theirs);
    assert_true(lease_is_marked_otherwise(dir->fd, &ours));
    lease_mark(&lease, &ours);
    assert_false(lease_is_marked_otherwise(dir->fd, &ours));
    assert_true(lease_is_marked_otherwise(dir->fd, &theirs));
    lease_release(&lease);
    room_dir_remove(dir, "lease");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_one_holds_the_lease),
        cmocka_unit_test(a_killed_holder_leaves_the_lease_to_the_next),
        cmocka_unit_test(what_is_no_file_in_the_lease_s_place_is_replaced_and_not_followed),
        cmocka_unit_test(a_directory_with_files_in_the_lease_s_place_is_told),
        cmocka_unit_test(a_lease_whose_file_was_removed_stands_no_longer),
        cmocka_unit_test(who_waits_in_vain_sees_whether_the_holder_is_one_of_its_own),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
