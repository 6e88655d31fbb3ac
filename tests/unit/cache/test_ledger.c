/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

#include "base/datetime.h"
#include "base/guard.h"
#include "cache/ledger.h"
#include "room_dir.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZED
#endif
#endif
#ifdef __SANITIZE_THREAD__
#define THREAD_SANITIZED
#endif

#define NOW INT64_C(1800000000)

static struct hash ours;
static struct hash theirs;

static int begin(void **state)
{
    static struct room_dir dir;

    memset(&ours, 1, sizeof ours);
    memset(&theirs, 2, sizeof theirs);
    room_dir_begin(&dir);
    *state = &dir;
    return 0;
}

static int end(void **state)
{
    struct room_dir *dir = *state;

    (void)unlinkat(dir->fd, "ledger", AT_REMOVEDIR);
    room_dir_end(dir);
    return 0;
}

static struct ledger *open_of(const struct room_dir *dir, const struct hash *account)
{
    struct ledger *ledger = NULL;
    struct err err = {""};

    assert_int_equal(ledger_open(dir->fd, account, &ledger, &err), 0);
    assert_string_equal(err.text, "");
    assert_non_null(ledger);
    return ledger;
}

/* A new ledger in which something is written. */
static void leave_a_mark(const struct room_dir *dir)
{
    struct ledger *ledger = open_of(dir, &ours);

    ledger_set(ledger, LEDGER_GROUP_SIZE, 7);
    ledger_count(ledger, LEDGER_ROUNDS, 3);
    ledger_note_login(ledger, NOW);
    ledger_close(ledger);
}

/* ---- what it keeps --------------------------------------------------------------------------- */

static void two_ledgers_of_one_directory_see_each_other_s_numbers(void **state)
{
    const struct room_dir *dir = *state;
    struct ledger *one = open_of(dir, &ours);
    struct ledger *other = open_of(dir, &ours);

    ledger_set(one, LEDGER_HELD_UNTIL, NOW);
    assert_int_equal(ledger_get(other, LEDGER_HELD_UNTIL), NOW);
    ledger_count(one, LEDGER_EWS_REQUESTS, 2);
    ledger_count(other, LEDGER_EWS_REQUESTS, 3);
    assert_int_equal(ledger_counted(one, LEDGER_EWS_REQUESTS), 5);
    ledger_close(one);
    ledger_close(other);
}

static void numbers_outlive_who_wrote_them(void **state)
{
    const struct room_dir *dir = *state;

    leave_a_mark(dir);
    struct ledger *ledger = open_of(dir, &ours);
    assert_int_equal(ledger_get(ledger, LEDGER_GROUP_SIZE), 7);
    assert_int_equal(ledger_counted(ledger, LEDGER_ROUNDS), 3);
    ledger_close(ledger);
}

static void numbers_do_not_run_into_one_another(void **state)
{
    const struct room_dir *dir = *state;
    struct ledger *ledger = open_of(dir, &ours);

    for (int i = 0; i < LEDGER_VALUES; i++)
        ledger_set(ledger, (enum ledger_value)i, 1000 + i);
    for (int i = 0; i < LEDGER_COUNTERS; i++)
        ledger_count(ledger, (enum ledger_counter)i, 2000 + (uint64_t)i);
    for (int i = 0; i < LEDGER_LOGINS; i++)
        ledger_note_login(ledger, NOW + i);
    for (int i = 0; i < LEDGER_VALUES; i++)
        assert_int_equal(ledger_get(ledger, (enum ledger_value)i), 1000 + i);
    for (int i = 0; i < LEDGER_COUNTERS; i++)
        assert_int_equal(ledger_counted(ledger, (enum ledger_counter)i), 2000 + i);
    assert_int_equal(ledger_login_at(ledger, NOW + 10), NOW + LEDGER_LOGINS_SPAN_S);
    ledger_close(ledger);
}

static void a_moment_that_nobody_can_have_noted_is_none(void **state)
{
    static const struct {
        int64_t noted;
        int64_t expected;
    } rows[] = {
        {1, 1},
        {DATETIME_MAX, DATETIME_MAX},
        {DATETIME_MAX + 1, 0},
        {INT64_MAX, 0},
        {-1, 0},
        {INT64_MIN, 0},
    };
    struct ledger *ledger = open_of(*state, &ours);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ledger_set(ledger, LEDGER_HELD_UNTIL, rows[i].noted);
        assert_int_equal(ledger_moment(ledger, LEDGER_HELD_UNTIL), rows[i].expected);
    }
    ledger_close(ledger);
}

static void with_another_account_values_begin_anew_and_counters_go_on(void **state)
{
    const struct room_dir *dir = *state;

    leave_a_mark(dir);
    struct ledger *ledger = open_of(dir, &theirs);
    assert_int_equal(ledger_get(ledger, LEDGER_GROUP_SIZE), 0);
    assert_int_equal(ledger_counted(ledger, LEDGER_ROUNDS), 3);
    for (int i = 0; i < LEDGER_LOGINS - 1; i++)
        ledger_note_login(ledger, NOW);
    assert_int_equal(ledger_login_at(ledger, NOW), NOW);
    ledger_close(ledger);
}

static void who_has_the_other_account_mapped_writes_no_values_of_ours(void **state)
{
    const struct room_dir *dir = *state;
    struct ledger *before = open_of(dir, &ours);
    struct ledger *after = open_of(dir, &theirs);

    ledger_set(before, LEDGER_HELD_UNTIL, NOW);
    assert_int_equal(ledger_get(after, LEDGER_HELD_UNTIL), 0);
    ledger_close(before);
    ledger_close(after);
}

static void the_file_is_ours_alone_and_the_only_one(void **state)
{
    const struct room_dir *dir = *state;
    struct stat status;

    leave_a_mark(dir);
    assert_int_equal(fstatat(dir->fd, "ledger", &status, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
    assert_int_equal(status.st_size, LEDGER_SIZE);
    assert_int_equal(status.st_blocks > 0, 1);
    assert_int_equal(room_dir_each(dir, NULL), 1);
}

/* ---- what is in its place -------------------------------------------------------------------- */

static void assert_begun_anew(const struct room_dir *dir)
{
    struct ledger *ledger = open_of(dir, &ours);
    struct ledger *other = open_of(dir, &ours);

    assert_int_equal(ledger_get(ledger, LEDGER_GROUP_SIZE), 0);
    assert_int_equal(ledger_counted(ledger, LEDGER_ROUNDS), 0);
    ledger_set(ledger, LEDGER_GROUP_SIZE, 9);
    assert_int_equal(ledger_get(other, LEDGER_GROUP_SIZE), 9);
    assert_int_equal(room_dir_each(dir, NULL), 1);
    ledger_close(ledger);
    ledger_close(other);
}

/* Writes `length` bytes into the file, from `at` on. */
static void overwrite(const struct room_dir *dir, off_t at, const void *bytes, size_t length)
{
    int fd = openat(dir->fd, "ledger", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, length, at), length);
    (void)close(fd);
}

static void a_file_cut_short_is_replaced(void **state)
{
    const struct room_dir *dir = *state;

    for (int size = 0; size < LEDGER_SIZE; size += 511) {
        leave_a_mark(dir);
        int fd = openat(dir->fd, "ledger", O_WRONLY | O_CLOEXEC);
        assert_int_equal(ftruncate(fd, size), 0);
        (void)close(fd);
        assert_begun_anew(dir);
        room_dir_remove(dir, "ledger");
    }
}

static void garbage_is_replaced(void **state)
{
    const struct room_dir *dir = *state;
    char garbage[LEDGER_SIZE];

    memset(garbage, 0xA5, sizeof garbage);
    overwrite(dir, 0, garbage, sizeof garbage);
    assert_begun_anew(dir);
}

static void another_format_is_replaced(void **state)
{
    const struct room_dir *dir = *state;
    const uint32_t format = LEDGER_FORMAT + 1;

    leave_a_mark(dir);
    overwrite(dir, offsetof(struct ledger_header, format), &format, sizeof format);
    assert_begun_anew(dir);
}

static void a_file_that_others_may_read_is_replaced(void **state)
{
    const struct room_dir *dir = *state;

    leave_a_mark(dir);
    assert_int_equal(fchmodat(dir->fd, "ledger", 0640, 0), 0);
    assert_begun_anew(dir);
}

static void a_fifo_is_replaced(void **state)
{
    const struct room_dir *dir = *state;

    assert_int_equal(mkfifoat(dir->fd, "ledger", 0600), 0);
    assert_begun_anew(dir);
}

static void a_symlink_is_replaced_and_what_it_names_stays_as_it_is(void **state)
{
    const struct room_dir *dir = *state;
    struct stat status;

    leave_a_mark(dir);
    assert_int_equal(renameat(dir->fd, "ledger", dir->fd, "elsewhere"), 0);
    assert_int_equal(symlinkat("elsewhere", dir->fd, "ledger"), 0);
    struct ledger *ledger = open_of(dir, &ours);
    assert_int_equal(ledger_get(ledger, LEDGER_GROUP_SIZE), 0);
    ledger_close(ledger);
    assert_int_equal(fstatat(dir->fd, "ledger", &status, AT_SYMLINK_NOFOLLOW), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_int_equal(renameat(dir->fd, "elsewhere", dir->fd, "ledger"), 0);
    ledger = open_of(dir, &ours);
    assert_int_equal(ledger_get(ledger, LEDGER_GROUP_SIZE), 7);
    ledger_close(ledger);
}

static void what_a_killed_process_left_half_done_is_no_hindrance(void **state)
{
    const struct room_dir *dir = *state;

    assert_int_equal(symlinkat("elsewhere", dir->fd, "ledger.new"), 0);
    assert_begun_anew(dir);
}

/* ---- in memory ------------------------------------------------------------------------------- */

static void assert_in_memory(const struct room_dir *dir)
{
    struct ledger *ledger = NULL;
    struct err err = {""};

    assert_int_equal(ledger_open(dir->fd, &ours, &ledger, &err), 1);
    assert_non_null(strstr(err.text, "ledger"));
    ledger_set(ledger, LEDGER_GROUP_SIZE, 5);
    ledger_count(ledger, LEDGER_ROUNDS, 4);
    assert_int_equal(ledger_get(ledger, LEDGER_GROUP_SIZE), 5);
    assert_int_equal(ledger_counted(ledger, LEDGER_ROUNDS), 4);
    ledger_close(ledger);
}

static void a_directory_in_its_place_leaves_it_in_memory(void **state)
{
    const struct room_dir *dir = *state;

    assert_int_equal(mkdirat(dir->fd, "ledger", 0700), 0);
    assert_in_memory(dir);
    assert_int_equal(room_dir_each(dir, NULL), 1);
}

/* To root every directory can be written; one that was removed is the same to everybody. */
static void a_directory_that_cannot_be_written_leaves_it_in_memory(void **state)
{
    struct room_dir *dir = *state;

    assert_int_equal(rmdir(dir->path), 0);
    assert_in_memory(dir);
    assert_int_equal(mkdir(dir->path, 0700), 0);
    (void)close(dir->fd);
    dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* ---- mending ---- */

static void assert_mended(const struct room_dir *dir, struct ledger *ledger)
{
    struct ledger *other = NULL;

    assert_int_equal(ledger_mend(ledger, dir->fd, NULL), 1);
    assert_int_equal(ledger_mend(ledger, dir->fd, NULL), 0);
    other = open_of(dir, &ours);
    ledger_set(ledger, LEDGER_LANES, 3);
    assert_int_equal(ledger_get(other, LEDGER_LANES), 3);
    ledger_close(other);
}

static void a_ledger_that_was_removed_is_made_again_with_its_numbers(void **state)
{
    const struct room_dir *dir = *state;
    struct ledger *ledger;

    leave_a_mark(dir);
    ledger = open_of(dir, &ours);
    assert_int_equal(ledger_mend(ledger, dir->fd, NULL), 0);
    room_dir_remove(dir, "ledger");
    assert_mended(dir, ledger);
    assert_int_equal(ledger_get(ledger, LEDGER_GROUP_SIZE), 7);
    assert_int_equal(ledger_counted(ledger, LEDGER_ROUNDS), 3);
    for (int i = 0; i < LEDGER_LOGINS - 1; i++)
        ledger_note_login(ledger, NOW + 10);
    assert_int_equal(ledger_login_at(ledger, NOW + 10), NOW + LEDGER_LOGINS_SPAN_S);
    ledger_close(ledger);
}

static void two_who_lost_their_ledger_find_together_again(void **state)
{
    const struct room_dir *dir = *state;
    struct ledger *one = open_of(dir, &ours);
    struct ledger *other = open_of(dir, &ours);

    room_dir_remove(dir, "ledger");
    assert_int_equal(ledger_mend(one, dir->fd, NULL), 1);
    assert_int_equal(ledger_mend(other, dir->fd, NULL), 1);
    ledger_set(one, LEDGER_LANES, 3);
    assert_int_equal(ledger_get(other, LEDGER_LANES), 3);
    ledger_close(one);
    ledger_close(other);
}

#ifndef THREAD_SANITIZED
/* ThreadSanitizer makes an atomic access in its runtime (__tsan_atomic64_store), under a lock that is not recursive. Here the
 * SIGBUS comes under that lock, the guard's handler has atomics of its own, and the thread waits for itself. Plain accesses,
 * with which other tests hit the guard, are made in our code. */
static void a_ledger_that_is_cut_short_while_it_is_mapped_is_made_again(void **state)
{
    const struct room_dir *dir = *state;
    struct ledger *ledger = open_of(dir, &ours);

    guard_install(); /* cmocka has put its own handler there */
    int fd = openat(dir->fd, "ledger", O_WRONLY | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, 0), 0);
    (void)close(fd);
    ledger_set(ledger, LEDGER_GROUP_SIZE, 5);
    assert_int_equal(ledger_get(ledger, LEDGER_GROUP_SIZE), 5);
    assert_mended(dir, ledger);
    assert_int_equal(ledger_get(ledger, LEDGER_GROUP_SIZE), 5);
    ledger_close(ledger);
}
#endif

static void a_ledger_in_memory_becomes_a_file_when_that_can_be_made(void **state)
{
    const struct room_dir *dir = *state;
    struct ledger *ledger = NULL;
    struct err err = {""};

    assert_int_equal(mkdirat(dir->fd, "ledger", 0700), 0);
    assert_int_equal(ledger_open(dir->fd, &ours, &ledger, NULL), 1);
    ledger_set(ledger, LEDGER_GROUP_SIZE, 5);
    assert_true(ledger_mend(ledger, dir->fd, &err) < 0);
    assert_non_null(strstr(err.text, "ledger"));
    assert_int_equal(ledger_get(ledger, LEDGER_GROUP_SIZE), 5);
    assert_int_equal(unlinkat(dir->fd, "ledger", AT_REMOVEDIR), 0);
    assert_mended(dir, ledger);
    assert_int_equal(ledger_get(ledger, LEDGER_GROUP_SIZE), 5);
    ledger_close(ledger);
}

/* Two services with two accounts would take the file from each other once a second. */
static void another_account_s_ledger_is_left_alone_while_we_run(void **state)
{
    const struct room_dir *dir = *state;
    struct ledger *before = open_of(dir, &ours);
    struct ledger *after = open_of(dir, &theirs);

    assert_int_equal(ledger_mend(before, dir->fd, NULL), 0);
    assert_int_equal(ledger_mend(after, dir->fd, NULL), 0);
    ledger_set(before, LEDGER_LANES, 3);
    assert_int_equal(ledger_get(after, LEDGER_LANES), 0);
    ledger_close(before);
    ledger_close(after);
}

/* ---- logins ---------------------------------------------------------------------------------- */

static void the_fifth_login_has_to_wait_until_an_hour_after_the_first(void **state)
{
    const struct room_dir *dir = *state;
    struct ledger *ledger = open_of(dir, &ours);

    for (int i = 0; i < LEDGER_LOGINS; i++) {
        assert_int_equal(ledger_login_at(ledger, NOW + INT64_C(100) * i), NOW + INT64_C(100) * i);
        ledger_note_login(ledger, NOW + INT64_C(100) * i);
    }
    assert_int_equal(ledger_login_at(ledger, NOW + 400), NOW + LEDGER_LOGINS_SPAN_S);
    assert_int_equal(ledger_login_at(ledger, NOW + LEDGER_LOGINS_SPAN_S),
                     NOW + LEDGER_LOGINS_SPAN_S);
    ledger_note_login(ledger, NOW + LEDGER_LOGINS_SPAN_S);
    assert_int_equal(ledger_login_at(ledger, NOW + LEDGER_LOGINS_SPAN_S),
                     NOW + 100 + LEDGER_LOGINS_SPAN_S);
    ledger_close(ledger);
}

static void logins_from_before_the_clock_was_set_back_hold_for_an_hour_from_now(void **state)
{
    const struct room_dir *dir = *state;
    struct ledger *ledger = open_of(dir, &ours);
    const int64_t earlier = NOW - INT64_C(10) * 3600;

    for (int i = 0; i < LEDGER_LOGINS; i++)
        ledger_note_login(ledger, NOW);
    assert_int_equal(ledger_login_at(ledger, earlier), earlier + LEDGER_LOGINS_SPAN_S);
    assert_int_equal(ledger_login_at(ledger, earlier + 60), earlier + LEDGER_LOGINS_SPAN_S);
    ledger_close(ledger);
}

static void *note_one(void *ledger)
{
    ledger_note_login(ledger, NOW);
    return NULL;
}

static void logins_that_fail_at_once_are_all_noted(void **state)
{
    const struct room_dir *dir = *state;

    for (int round = 0; round < 200; round++) {
        struct ledger *ledger = open_of(dir, &ours);
        pthread_t threads[LEDGER_LOGINS];
        for (int i = 0; i < LEDGER_LOGINS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, note_one, ledger), 0);
        for (int i = 0; i < LEDGER_LOGINS; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(ledger_login_at(ledger, NOW), NOW + LEDGER_LOGINS_SPAN_S);
        ledger_close(ledger);
        room_dir_remove(dir, "ledger");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(two_ledgers_of_one_directory_see_each_other_s_numbers),
        TEST(numbers_outlive_who_wrote_them),
        TEST(numbers_do_not_run_into_one_another),
        TEST(a_moment_that_nobody_can_have_noted_is_none),
        TEST(with_another_account_values_begin_anew_and_counters_go_on),
        TEST(who_has_the_other_account_mapped_writes_no_values_of_ours),
        TEST(the_file_is_ours_alone_and_the_only_one),
        TEST(a_file_cut_short_is_replaced),
        TEST(garbage_is_replaced),
        TEST(another_format_is_replaced),
        TEST(a_file_that_others_may_read_is_replaced),
        TEST(a_fifo_is_replaced),
        TEST(a_symlink_is_replaced_and_what_it_names_stays_as_it_is),
        TEST(what_a_killed_process_left_half_done_is_no_hindrance),
        TEST(a_directory_in_its_place_leaves_it_in_memory),
        TEST(a_directory_that_cannot_be_written_leaves_it_in_memory),
        TEST(a_ledger_that_was_removed_is_made_again_with_its_numbers),
        TEST(two_who_lost_their_ledger_find_together_again),
#ifndef THREAD_SANITIZED
        TEST(a_ledger_that_is_cut_short_while_it_is_mapped_is_made_again),
#endif
        TEST(a_ledger_in_memory_becomes_a_file_when_that_can_be_made),
        TEST(another_account_s_ledger_is_left_alone_while_we_run),
        TEST(the_fifth_login_has_to_wait_until_an_hour_after_the_first),
        TEST(logins_from_before_the_clock_was_set_back_hold_for_an_hour_from_now),
        TEST(logins_that_fail_at_once_are_all_noted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
