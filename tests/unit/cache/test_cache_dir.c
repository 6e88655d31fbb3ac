/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cache/cache_dir.h"
#include "room_dir.h"

struct fixture {
    char path[64];
    char aside[80];
    int fd;
};

static int begin(void **state)
{
    static struct fixture fixture;
    struct err err = {""};

    (void)snprintf(fixture.path, sizeof fixture.path, "/tmp/roomcal-unit-XXXXXX");
    assert_non_null(mkdtemp(fixture.path));
    (void)snprintf(fixture.aside, sizeof fixture.aside, "%s.aside", fixture.path);
    fixture.fd = cache_dir_open(fixture.path, &err);
    assert_string_equal(err.text, "");
    *state = &fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;

    (void)unlinkat(fixture->fd, "file", 0);
    (void)close(fixture->fd);
    (void)rmdir(fixture->path);
    (void)rmdir(fixture->aside);
    return 0;
}

static int mend(const struct fixture *fixture, struct err *err)
{
    err->text[0] = '\0';
    return cache_dir_mend(fixture->fd, fixture->path, err);
}

static void a_directory_that_is_as_it_was_is_left_alone(void **state)
{
    struct err err;

    assert_int_equal(mend(*state, &err), 0);
    assert_string_equal(err.text, "");
}

/* The descriptor works again, and has the path's files. */
static void assert_works(const struct fixture *fixture)
{
    struct stat status;
    char name[96];

    int fd = openat(fixture->fd, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    (void)snprintf(name, sizeof name, "%s/file", fixture->path);
    assert_int_equal(stat(name, &status), 0);
    assert_true(fcntl(fixture->fd, F_GETFD) & FD_CLOEXEC);
}

static void a_directory_that_was_removed_is_made_again_behind_the_same_number(void **state)
{
    const struct fixture *fixture = *state;
    struct stat status;
    struct err err;

    assert_int_equal(rmdir(fixture->path), 0);
    assert_int_equal(mend(fixture, &err), 1);
    assert_works(fixture);
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(mend(fixture, &err), 0);
}

static void a_directory_that_was_replaced_is_opened(void **state)
{
    const struct fixture *fixture = *state;
    struct err err;

    assert_int_equal(rename(fixture->path, fixture->aside), 0);
    assert_int_equal(mkdir(fixture->path, 0700), 0);
    assert_int_equal(mend(fixture, &err), 1);
    assert_works(fixture);
}

static void what_cannot_be_made_again_is_told_and_the_old_one_stays(void **state)
{
    const struct fixture *fixture = *state;
    struct err err;

    assert_int_equal(rename(fixture->path, fixture->aside), 0);
    assert_int_equal(symlink("nowhere/at/all", fixture->path), 0);
    assert_true(mend(fixture, &err) < 0);
    assert_non_null(strstr(err.text, fixture->path));
    int fd = openat(fixture->fd, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    assert_int_equal(unlink(fixture->path), 0);
}

static void a_directory_that_was_opened_to_others_is_told_with_the_remedy(void **state)
{
    const struct fixture *fixture = *state;
    struct err err;

    assert_int_equal(chmod(fixture->path, 0755), 0);
    assert_int_equal(mend(fixture, &err), -EPERM);
    assert_non_null(strstr(err.text, "chmod 700"));
    assert_int_equal(chmod(fixture->path, 0700), 0);
    assert_int_equal(mend(fixture, &err), 0);
}

static int check(const struct fixture *fixture, struct err *err)
{
    err->text[0] = '\0';
    return cache_dir_check(fixture->path, err);
}

static void a_look_finds_what_opening_it_would_refuse(void **state)
{
    const struct fixture *fixture = *state;
    struct err err;

    assert_int_equal(check(fixture, &err), 0);
    assert_int_equal(chmod(fixture->path, 0755), 0);
    assert_int_equal(check(fixture, &err), -EPERM);
    assert_non_null(strstr(err.text, "chmod 700"));
    assert_int_equal(rmdir(fixture->path), 0);
    assert_int_equal(close(creat(fixture->path, 0600)), 0);
    assert_int_equal(check(fixture, &err), -ENOTDIR);
    assert_int_equal(unlink(fixture->path), 0);
}

static void a_look_at_a_missing_directory_is_fine_and_makes_none(void **state)
{
    const struct fixture *fixture = *state;
    struct err err;

    assert_int_equal(rmdir(fixture->path), 0);
    assert_int_equal(check(fixture, &err), 0);
    assert_int_equal(access(fixture->path, F_OK), -1);
}

/* In a process of its own, which is another user. 0: it was told so. */
static int open_as_another_user(const char *path, const char *sentence)
{
    pid_t child = fork();
    struct err err = {""};
    int status;

    if (child == 0)
        _exit(setuid(65534) < 0 || cache_dir_open(path, &err) >= 0 || !strstr(err.text, sentence));
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void who_is_another_user_hears_whose_it_is_or_how_it_is_made(void **state)
{
    const struct fixture *fixture = *state;
    char inside[96];

    if (geteuid() != 0)
        UNIT_SKIP("only root can become somebody else");
    (void)snprintf(inside, sizeof inside, "%s/inside", fixture->path);
    assert_int_equal(open_as_another_user(fixture->path, "belongs to another user (uid 0"), 0);
    assert_int_equal(chmod(fixture->path, 0755), 0);
    assert_int_equal(open_as_another_user(inside, "install -d -m 700 -o 65534"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_directory_that_is_as_it_was_is_left_alone),
        TEST(a_directory_that_was_removed_is_made_again_behind_the_same_number),
        TEST(a_directory_that_was_replaced_is_opened),
        TEST(what_cannot_be_made_again_is_told_and_the_old_one_stays),
        TEST(a_directory_that_was_opened_to_others_is_told_with_the_remedy),
        TEST(a_look_finds_what_opening_it_would_refuse),
        TEST(a_look_at_a_missing_directory_is_fine_and_makes_none),
        TEST(who_is_another_user_hears_whose_it_is_or_how_it_is_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
