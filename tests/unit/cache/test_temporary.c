/* SPDX-License-Identifier: MIT */
#include "cache/temporary.h"

#include <sys/stat.h>

#include "room_dir.h"

static void an_unnamed_file_is_nobody_else_s_and_leaves_no_name(void **state)
{
    struct room_dir dir;
    struct stat status;

    (void)state;
    room_dir_begin(&dir);
    int fd = temporary_create_unnamed(dir.fd);
    assert_true(fd >= 0);
    assert_int_equal(room_dir_each(&dir, NULL), 0);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_nlink, 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(write(fd, "a", 1), 1);
    assert_int_equal(close(fd), 0);
    room_dir_end(&dir);
}

static void named_ones_differ_until_they_are_swept_away(void **state)
{
    struct room_dir dir;
    char one[TEMPORARY_NAME_SIZE];
    char other[TEMPORARY_NAME_SIZE];

    (void)state;
    room_dir_begin(&dir);
    int first = temporary_create(dir.fd, one);
    int second = temporary_create(dir.fd, other);
    assert_true(first >= 0 && second >= 0);
    assert_string_not_equal(one, other);
    assert_int_equal(room_dir_each(&dir, NULL), 2);
    temporary_sweep(dir.fd);
    assert_int_equal(room_dir_each(&dir, NULL), 0);
    (void)close(first);
    (void)close(second);
    room_dir_end(&dir);
}

/* As in a container, where the service always has the same process number. */
static void a_name_that_a_killed_process_left_is_passed_over(void **state)
{
    struct room_dir dir;
    char taken[TEMPORARY_NAME_SIZE];
    char name[TEMPORARY_NAME_SIZE];

    (void)state;
    room_dir_begin(&dir);
    (void)close(temporary_create(dir.fd, taken));
    long counter = strtol(strrchr(taken, '-') + 1, NULL, 10);
    (void)snprintf(taken, sizeof taken, ".tmp-%ld-%ld", (long)getpid(), counter + 1);
    (void)close(openat(dir.fd, taken, O_CREAT | O_CLOEXEC | O_WRONLY, 0600));
    int fd = temporary_create(dir.fd, name);
    assert_true(fd >= 0);
    assert_string_not_equal(name, taken);
    (void)close(fd);
    room_dir_end(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unnamed_file_is_nobody_else_s_and_leaves_no_name),
        cmocka_unit_test(a_name_that_a_killed_process_left_is_passed_over),
        cmocka_unit_test(named_ones_differ_until_they_are_swept_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
