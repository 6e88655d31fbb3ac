/* SPDX-License-Identifier: MIT */
#include "cache/room_versions.h"

#include "room_dir.h"

static void what_is_joined_differently_is_another_version(void **state)
{
    struct room_version one;
    struct room_version other;
    struct room_version again;

    (void)state;
    assert_int_equal(room_version_of(slice_of("ab"), slice_of("c"), &one), 0);
    assert_int_equal(room_version_of(slice_of("a"), slice_of("bc"), &other), 0);
    assert_int_equal(room_version_of(slice_of("ab"), slice_of("c"), &again), 0);
    assert_memory_not_equal(&one, &other, sizeof one);
    assert_memory_equal(&one, &again, sizeof one);
}

/* Items "0", "1", … one after the other. */
static void publish_many(const struct room_dir *dir, int count)
{
    struct room_build build;
    struct err err;
    char name[16];

    room_build_init(&build, dir->fd);
    for (int64_t i = 0; i < count; i++) {
        (void)snprintf(name, sizeof name, "%d", (int)i);
        room_dir_add(&build, 2 * i, 2 * i + 1, name);
    }
    assert_int_equal(room_build_publish(&build, &dir->place, 1000, 300, &err), ROOM_REPLACED);
    room_build_finish(&build);
}

static const struct room_entry *find(const struct room_versions *versions, const char *id)
{
    struct room_version version;

    assert_int_equal(room_version_of(slice_of(id), slice_of(""), &version), 0);
    return room_versions_find(versions, &version);
}

static void every_item_of_a_file_is_found_by_its_version_and_no_other(void **state)
{
    struct room_dir dir;
    struct room_file file;
    struct room_versions versions;
    char name[16];

    (void)state;
    room_dir_begin(&dir);
    publish_many(&dir, 500);
    room_dir_open(&dir, &file);
    assert_int_equal(room_versions_make(&file, &versions), 0);
    for (int i = 0; i < 500; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        assert_ptr_equal(find(&versions, name), &file.entries[i]);
    }
    assert_null(find(&versions, "500"));
    room_versions_finish(&versions);
    room_file_close(&file);
    room_dir_end(&dir);
}

static void nothing_is_found_without_a_file_or_in_an_empty_one(void **state)
{
    struct room_versions none = {0};
    struct room_versions versions;
    struct room_dir dir;
    struct room_file file;

    (void)state;
    assert_null(find(&none, "0"));
    room_dir_begin(&dir);
    publish_many(&dir, 0);
    room_dir_open(&dir, &file);
    assert_int_equal(room_versions_make(&file, &versions), 0);
    assert_null(find(&versions, "0"));
    room_versions_finish(&versions);
    room_versions_finish(&none);
    room_file_close(&file);
    room_dir_end(&dir);
}

static void an_item_of_unknown_version_is_never_found(void **state)
{
    const struct room_build_entry entry = {1, 2, .id = slice_of("x"), .json = slice_of("{}")};
    const struct room_version unknown = {{0}};
    struct room_versions versions;
    struct room_build build;
    struct room_dir dir;
    struct room_file file;
    struct err err;

    (void)state;
    room_dir_begin(&dir);
    room_build_init(&build, dir.fd);
    assert_int_equal(room_build_add(&build, &entry), 0);
    assert_int_equal(room_build_publish(&build, &dir.place, 1000, 300, &err), ROOM_REPLACED);
    room_dir_open(&dir, &file);
    assert_int_equal(room_versions_make(&file, &versions), 0);
    assert_null(room_versions_find(&versions, &unknown));
    room_versions_finish(&versions);
    room_file_close(&file);
    room_build_finish(&build);
    room_dir_end(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_joined_differently_is_another_version),
        cmocka_unit_test(every_item_of_a_file_is_found_by_its_version_and_no_other),
        cmocka_unit_test(nothing_is_found_without_a_file_or_in_an_empty_one),
        cmocka_unit_test(an_item_of_unknown_version_is_never_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
