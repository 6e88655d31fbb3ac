/* SPDX-License-Identifier: MIT */
#include <sys/stat.h>

#include "cache/room_clock.h"
#include "room_dir.h"

struct fixture {
    struct room_dir dir;
};

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    room_dir_begin(&fixture->dir);
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;

    room_dir_end(&fixture->dir);
    free(fixture);
    return 0;
}

static const struct room_basis basis = {
    .asked_at = 990, .change_mark = {11, 12}, .window_start_utc = 1, .window_end_utc = 2};

static void publish(const struct fixture *fixture, int64_t now)
{
    struct room_build build;

    room_build_init(&build, fixture->dir.fd);
    room_dir_add(&build, 10, 20, "a");
    room_build_basis(&build, &basis);
    assert_true(room_build_publish(&build, &fixture->dir.place, now, 300, NULL) >= 0);
    room_build_finish(&build);
}

static struct room_times times_of(const struct fixture *fixture)
{
    struct room_file file;

    assert_int_equal(room_file_open_clock(&fixture->dir.place, &file, NULL), 0);
    struct room_times times = room_file_times(&file);
    room_file_close(&file);
    return times;
}

static ino_t inode_of(const struct fixture *fixture)
{
    struct stat status;

    assert_int_equal(fstatat(fixture->dir.fd, "a.room", &status, AT_SYMLINK_NOFOLLOW), 0);
    return status.st_ino;
}

static void flip(const struct fixture *fixture, off_t at)
{
    int fd = openat(fixture->dir.fd, "a.room", O_RDWR | O_CLOEXEC);
    unsigned char byte;

    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    (void)close(fd);
}

static void what_is_confirmed_lives_on_from_now_and_keeps_its_basis_and_its_file(void **state)
{
    struct fixture *fixture = *state;
    struct room_file file;

    publish(fixture, 1000);
    ino_t inode = inode_of(fixture);
    assert_int_equal(room_note_failure(&fixture->dir.place, 42, 9999, NULL), 0);
    assert_int_equal(room_confirm(&fixture->dir.place, basis.change_mark, 2000, 300, NULL), 0);
    room_dir_open(&fixture->dir, &file);
    struct room_times times = room_file_times(&file);
    assert_int_equal(times.fetched_at, 2000);
    assert_int_equal(times.expires_at, 2300);
    assert_int_equal(times.changed_at, 1000);
    assert_int_equal(times.failures, 0);
    assert_int_equal(times.retry_at, 0);
    struct room_basis kept = room_file_basis(&file);
    assert_memory_equal(&kept, &basis, sizeof basis);
    room_file_close(&file);
    assert_int_equal(inode_of(fixture), inode);
}

static void what_was_never_answered_cannot_be_confirmed(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(room_confirm(&fixture->dir.place, basis.change_mark, 2000, 300, NULL), 1);
    assert_int_equal(room_note_failure(&fixture->dir.place, 42, 1310, NULL), 0);
    assert_int_equal(room_confirm(&fixture->dir.place, basis.change_mark, 2000, 300, NULL), 1);
    assert_int_equal(times_of(fixture).fetched_at, 0);
}

static void a_file_with_another_mark_is_not_what_was_compared(void **state)
{
    static const int64_t others[][2] = {{0, 12}, {11, 0}, {11, 13}, {10, 12}};
    struct fixture *fixture = *state;

    publish(fixture, 1000);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(room_confirm(&fixture->dir.place, others[i], 2000, 300, NULL), 1);
    assert_int_equal(times_of(fixture).fetched_at, 1000);
}

/* So that a round over many rooms reads none of them. */
static void a_clock_is_moved_without_a_look_at_the_content(void **state)
{
    struct fixture *fixture = *state;

    publish(fixture, 1000);
    flip(fixture, ROOM_CONTENT_AT);
    assert_int_equal(room_confirm(&fixture->dir.place, basis.change_mark, 2000, 300, NULL), 0);
    assert_int_equal(room_note_failure(&fixture->dir.place, 42, 2500, NULL), 0);
    assert_int_equal(room_forget_times(&fixture->dir.place, 2100, NULL), 0);
    assert_int_equal(times_of(fixture).fetched_at, 2000);
    assert_int_equal(times_of(fixture).expires_at, 2100);
}

static void the_clock_of_a_file_that_is_cut_short_is_not_moved(void **state)
{
    struct fixture *fixture = *state;

    publish(fixture, 1000);
    int fd = openat(fixture->dir.fd, "a.room", O_RDWR | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, ROOM_CONTENT_AT + 10), 0);
    (void)close(fd);
    assert_int_equal(room_confirm(&fixture->dir.place, basis.change_mark, 2000, 300, NULL), 1);
}

static void the_clock_of_another_header_is_not_moved(void **state)
{
    struct fixture *fixture = *state;

    publish(fixture, 1000);
    for (off_t at = 0; at < (off_t)sizeof(struct room_header); at++) {
        flip(fixture, at);
        assert_int_equal(room_confirm(&fixture->dir.place, basis.change_mark, 2000, 300, NULL), 1);
        flip(fixture, at);
    }
    assert_int_equal(room_confirm(&fixture->dir.place, basis.change_mark, 2000, 300, NULL), 0);
}

static void a_room_that_is_told_to_forget_is_due_now(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {""};

    assert_int_equal(room_forget_times(&fixture->dir.place, 1100, &err), 1);
    publish(fixture, 1000);
    assert_int_equal(room_note_failure(&fixture->dir.place, 42, 9999, &err), 0);
    assert_int_equal(room_forget_times(&fixture->dir.place, 1100, &err), 0);
    struct room_times times = times_of(fixture);
    assert_int_equal(freshness_due_at(&times, 1100, 86400), 1100);
}

static void a_condemned_file_is_gone_and_whoever_has_it_mapped_knows(void **state)
{
    struct fixture *fixture = *state;
    struct room_file mapped;
    struct room_file damaged = {0};

    publish(fixture, 1000);
    room_dir_open(&fixture->dir, &mapped);
    flip(fixture, ROOM_CONTENT_AT);
    assert_int_equal(
        room_file_open(fixture->dir.fd, "a.room", &fixture->dir.fingerprint, false, &damaged, NULL),
        ROOM_FILE_DAMAGED);
    room_condemn(&fixture->dir.place, &damaged);
    assert_false(room_file_can_show(&mapped));
    assert_int_equal(room_dir_each(&fixture->dir, NULL), 0);
    room_file_close(&mapped);
}

static void a_newer_file_is_not_condemned_for_the_older_one(void **state)
{
    struct fixture *fixture = *state;
    struct room_file file;

    publish(fixture, 1000);
    struct room_file damaged = {.inode = inode_of(fixture) + 1};
    room_condemn(&fixture->dir.place, &damaged);
    room_dir_open(&fixture->dir, &file);
    assert_true(room_file_can_show(&file));
    room_file_close(&file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_confirmed_lives_on_from_now_and_keeps_its_basis_and_its_file),
        TEST(what_was_never_answered_cannot_be_confirmed),
        TEST(a_file_with_another_mark_is_not_what_was_compared),
        TEST(a_clock_is_moved_without_a_look_at_the_content),
        TEST(the_clock_of_a_file_that_is_cut_short_is_not_moved),
        TEST(the_clock_of_another_header_is_not_moved),
        TEST(a_room_that_is_told_to_forget_is_due_now),
        TEST(a_condemned_file_is_gone_and_whoever_has_it_mapped_knows),
        TEST(a_newer_file_is_not_condemned_for_the_older_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
