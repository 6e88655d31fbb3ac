/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/guard.h"
#include "cache/room_copy.h"
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

static void publish(const struct room_dir *dir, const char *item)
{
    struct room_build build;

    room_build_init(&build, dir->fd);
    room_dir_add(&build, 10, 20, item);
    assert_int_equal(room_build_publish(&build, &dir->place, 1000, 300, NULL), ROOM_REPLACED);
    room_build_finish(&build);
}

static void assert_shown(const struct room_dir *dir, const char *item)
{
    struct room_file file;

    room_dir_open(dir, &file);
    assert_memory_equal(room_file_heap(&file, ROOM_JSON).at + 1, item, 1);
    assert_int_equal(room_file_times(&file).expires_at, 1300);
    assert_false(room_file_superseded(&file));
    room_file_close(&file);
}

static void a_file_that_was_removed_is_written_down_from_its_mapping(void **state)
{
    const struct room_dir *dir = *state;
    struct room_file file;

    publish(dir, "a");
    room_dir_open(dir, &file);
    room_dir_remove(dir, "a.room");
    assert_int_equal(room_copy(&file, &dir->place, NULL), 0);
    room_file_close(&file);
    assert_shown(dir, "a");
    assert_int_equal(room_dir_each(dir, NULL), 1);
}

static void a_file_that_is_there_stays(void **state)
{
    const struct room_dir *dir = *state;
    struct room_file file;

    publish(dir, "a");
    room_dir_open(dir, &file);
    publish(dir, "b");
    assert_int_equal(room_copy(&file, &dir->place, NULL), 1);
    room_file_close(&file);
    assert_shown(dir, "b");
    assert_int_equal(room_dir_each(dir, NULL), 1);
}

static void a_damaged_mapping_is_not_written_down(void **state)
{
    const struct room_dir *dir = *state;
    const off_t sizes[] = {0, ROOM_CONTENT_AT, ROOM_CONTENT_AT + 20};

    guard_install(); /* cmocka has put its own handler there */
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct room_file file;
        struct err err = {""};
        publish(dir, "a");
        room_dir_open(dir, &file);
        int fd = openat(dir->fd, "a.room", O_RDWR | O_CLOEXEC);
        assert_int_equal(ftruncate(fd, sizes[i]), 0);
        (void)close(fd);
        room_dir_remove(dir, "a.room");
        assert_true(room_copy(&file, &dir->place, &err) < 0);
        assert_non_null(strstr(err.text, "a.room"));
        assert_int_equal(room_dir_each(dir, NULL), 0);
        room_file_close(&file);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_that_was_removed_is_written_down_from_its_mapping),
        TEST(a_file_that_is_there_stays),
        TEST(a_damaged_mapping_is_not_written_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
