/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "cache/spool.h"
#include "room_dir.h"

#define MEMORY 8u
#define LIMIT  (1u << 20)

struct fixture {
    struct room_dir dir;
    struct spool spool;
    struct buf read;
};

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    room_dir_begin(&fixture->dir);
    spool_init(&fixture->spool, fixture->dir.fd, MEMORY, LIMIT);
    fixture->read = BUF_INIT(LIMIT);
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;

    spool_finish(&fixture->spool);
    buf_finish(&fixture->read);
    room_dir_end(&fixture->dir);
    free(fixture);
    return 0;
}

static void append(struct fixture *fixture, const char *text)
{
    spool_append(&fixture->spool, text, strlen(text));
}

static int take(void *context, const void *bytes, size_t length)
{
    buf_append(context, bytes, length);
    return 0;
}

static int refuse(void *context, const void *bytes, size_t length)
{
    (void)bytes;
    *(size_t *)context += length;
    return 7;
}

static void assert_read(struct fixture *fixture, uint64_t at, uint64_t length, const char *expected)
{
    buf_clear(&fixture->read);
    assert_int_equal(spool_read(&fixture->spool, at, length, take, &fixture->read), 0);
    assert_string_equal(buf_text(&fixture->read), expected);
}

static void assert_holds(struct fixture *fixture, const char *expected)
{
    assert_int_equal(spool_error(&fixture->spool), 0);
    assert_int_equal(spool_length(&fixture->spool), strlen(expected));
    assert_read(fixture, 0, strlen(expected), expected);
}

static void what_fits_stays_in_memory(void **state)
{
    struct fixture *fixture = *state;

    append(fixture, "abc");
    append(fixture, "");
    append(fixture, "defgh"); /* to the last byte */
    assert_int_equal(fixture->spool.fd, -1);
    assert_holds(fixture, "abcdefgh");
}

static void one_byte_more_goes_to_a_file_without_a_name(void **state)
{
    struct fixture *fixture = *state;

    append(fixture, "abcdefgh");
    append(fixture, "i");
    assert_true(fixture->spool.fd >= 0);
    assert_int_equal(fixture->spool.stored, 8);
    assert_int_equal(room_dir_each(&fixture->dir, NULL), 0);
    assert_holds(fixture, "abcdefghi");
}

static void a_piece_larger_than_the_memory_keeps_its_place(void **state)
{
    struct fixture *fixture = *state;

    append(fixture, "ab");
    append(fixture, "0123456789");
    append(fixture, "cd");
    assert_int_equal(fixture->spool.stored, 12);
    assert_holds(fixture, "ab0123456789cd");
}

static void parts_are_read_before_behind_and_across_the_border(void **state)
{
    struct fixture *fixture = *state;

    append(fixture, "abcdefgh");
    append(fixture, "ijk");
    assert_read(fixture, 6, 5, "ghijk");
    assert_read(fixture, 8, 3, "ijk");
    assert_read(fixture, 2, 3, "cde");
    assert_read(fixture, 7, 2, "hi");
    assert_read(fixture, 11, 0, "");
}

static void reading_and_appending_take_turns(void **state)
{
    struct fixture *fixture = *state;

    append(fixture, "abcdefgh");
    append(fixture, "ijklmn");
    assert_read(fixture, 0, 14, "abcdefghijklmn");
    append(fixture, "opqrst");
    assert_holds(fixture, "abcdefghijklmnopqrst");
}

static void what_is_longer_than_a_window_is_read_in_pieces(void **state)
{
    struct fixture *fixture = *state;
    size_t length = 3 * SPOOL_WINDOW + 5;
    char *bytes = malloc(length);

    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)(i % 251);
    for (size_t i = 0; i < length; i += 5)
        spool_append(&fixture->spool, bytes + i, length - i < 5 ? length - i : 5);
    assert_int_equal(spool_read(&fixture->spool, 1, length - 1, take, &fixture->read), 0);
    assert_int_equal(fixture->read.length, length - 1);
    assert_memory_equal(fixture->read.bytes, bytes + 1, length - 1);
    free(bytes);
}

static void bytes_that_were_never_appended_are_not_read(void **state)
{
    struct fixture *fixture = *state;

    append(fixture, "abcdefghi");
    assert_int_equal(spool_read(&fixture->spool, 9, 1, take, &fixture->read), -EINVAL);
    assert_int_equal(spool_read(&fixture->spool, 10, 0, take, &fixture->read), -EINVAL);
    assert_int_equal(spool_read(&fixture->spool, 1, UINT64_MAX, take, &fixture->read), -EINVAL);
    assert_int_equal(fixture->read.length, 0);
}

static void who_takes_may_end_it(void **state)
{
    struct fixture *fixture = *state;
    size_t taken = 0;

    append(fixture, "abcdefgh");
    append(fixture, "ij");
    assert_int_equal(spool_read(&fixture->spool, 0, 10, refuse, &taken), 7);
    assert_int_equal(taken, 8);
}

static void a_file_that_became_shorter_is_an_error(void **state)
{
    struct fixture *fixture = *state;

    append(fixture, "abcdefgh");
    append(fixture, "ij");
    assert_int_equal(ftruncate(fixture->spool.fd, 4), 0);
    assert_int_equal(spool_read(&fixture->spool, 0, 10, take, &fixture->read), -EIO);
    assert_string_equal(buf_text(&fixture->read), "abcd");
}

static void more_than_the_limit_is_refused_and_the_rest_stays(void **state)
{
    struct fixture *fixture = *state;

    fixture->spool.limit = 10;
    append(fixture, "abcdefghij");
    assert_holds(fixture, "abcdefghij");
    append(fixture, "k");
    append(fixture, "");
    assert_int_equal(spool_error(&fixture->spool), -EOVERFLOW);
    assert_read(fixture, 0, 10, "abcdefghij");
}

static void a_full_disk_is_remembered_and_what_was_before_stays_readable(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit before;

    append(fixture, "abcdefgh");
    append(fixture, "ijklmnop");
    /* A limit on the size of files stands in for the disk: the same write fails in the same way. */
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {12, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    append(fixture, "q");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(spool_error(&fixture->spool), -EFBIG);
    append(fixture, "r");
    assert_int_equal(spool_error(&fixture->spool), -EFBIG);
    assert_int_equal(spool_length(&fixture->spool), 16);
    assert_read(fixture, 0, 16, "abcdefghijklmnop");
}

static void a_directory_that_is_none_is_an_error_only_when_it_is_needed(void **state)
{
    struct fixture *fixture = *state;

    fixture->spool.dirfd = -1;
    append(fixture, "abcdefgh");
    assert_holds(fixture, "abcdefgh");
    append(fixture, "i");
    assert_int_equal(spool_error(&fixture->spool), -EBADF);
    assert_read(fixture, 0, 8, "abcdefgh");
}

static void a_cleared_spool_begins_anew(void **state)
{
    struct fixture *fixture = *state;

    fixture->spool.limit = 10;
    append(fixture, "abcdefgh");
    append(fixture, "ij");
    assert_read(fixture, 0, 2, "ab");
    append(fixture, "k");
    spool_clear(&fixture->spool);
    assert_holds(fixture, "");
    assert_int_equal(fixture->spool.fd, -1);
    append(fixture, "ABCDEFGH");
    append(fixture, "IJ");
    assert_holds(fixture, "ABCDEFGHIJ");
    spool_finish(&fixture->spool);
    append(fixture, "0123456789");
    assert_holds(fixture, "0123456789");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_fits_stays_in_memory),
        TEST(one_byte_more_goes_to_a_file_without_a_name),
        TEST(a_piece_larger_than_the_memory_keeps_its_place),
        TEST(parts_are_read_before_behind_and_across_the_border),
        TEST(reading_and_appending_take_turns),
        TEST(what_is_longer_than_a_window_is_read_in_pieces),
        TEST(bytes_that_were_never_appended_are_not_read),
        TEST(who_takes_may_end_it),
        TEST(a_file_that_became_shorter_is_an_error),
        TEST(more_than_the_limit_is_refused_and_the_rest_stays),
        TEST(a_full_disk_is_remembered_and_what_was_before_stays_readable),
        TEST(a_directory_that_is_none_is_an_error_only_when_it_is_needed),
        TEST(a_cleared_spool_begins_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
