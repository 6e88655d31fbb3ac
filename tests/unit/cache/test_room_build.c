/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "room_dir.h"

struct fixture {
    struct room_dir dir;
    struct room_build build;
};

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    room_dir_begin(&fixture->dir);
    room_build_init(&fixture->build, fixture->dir.fd);
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;

    room_build_finish(&fixture->build);
    room_dir_end(&fixture->dir);
    free(fixture);
    return 0;
}

static int publish(struct fixture *fixture, int64_t now)
{
    struct err err = {""};
    int result = room_build_publish(&fixture->build, &fixture->dir.place, now, 300, &err);

    assert_string_equal(err.text, "");
    return result;
}

static void assert_heap(const struct room_file *file, enum room_form form, const char *expected)
{
    struct slice heap = room_file_heap(file, form);

    assert_int_equal(heap.length, strlen(expected));
    assert_memory_equal(heap.at, expected, strlen(expected));
}

static void assert_shown(const struct fixture *fixture, const char *json, const char *ical)
{
    struct room_file file;

    room_dir_open(&fixture->dir, &file);
    assert_heap(&file, ROOM_JSON, json);
    assert_heap(&file, ROOM_ICAL, ical);
    room_file_close(&file);
}

static struct room_times times_of(const struct fixture *fixture)
{
    struct room_file file;

    room_dir_open(&fixture->dir, &file);
    struct room_times times = room_file_times(&file);
    room_file_close(&file);
    return times;
}

static void items_are_sorted_by_start_then_end_then_id(void **state)
{
    struct fixture *fixture = *state;

    room_dir_add(&fixture->build, 20, 30, "d");
    room_dir_add(&fixture->build, 10, 30, "c");
    room_dir_add(&fixture->build, 10, 20, "b");
    room_dir_add(&fixture->build, 10, 20, "a");
    assert_int_equal(publish(fixture, 1000), ROOM_REPLACED);
    assert_shown(fixture, "\"a\",\"b\",\"c\",\"d\"", "<a><b><c><d>");
}

static void an_id_that_comes_twice_is_kept_once_as_it_came_last(void **state)
{
    struct fixture *fixture = *state;

    room_dir_add(&fixture->build, 10, 20, "a");
    room_dir_add(&fixture->build, 10, 20, "b");
    assert_int_equal(room_dir_try(&fixture->build, 30, 40, "a", "moved"), 0);
    (void)publish(fixture, 1000);
    assert_shown(fixture, "\"b\",\"moved\"", "<b><moved>");
}

static void ids_of_which_one_begins_the_other_are_two(void **state)
{
    struct fixture *fixture = *state;

    room_dir_add(&fixture->build, 10, 20, "ab");
    room_dir_add(&fixture->build, 10, 20, "a");
    (void)publish(fixture, 1000);
    assert_shown(fixture, "\"a\",\"ab\"", "<a><ab>");
}

static void a_room_without_items_is_known_to_be_empty(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(publish(fixture, 1000), ROOM_REPLACED);
    assert_shown(fixture, "", "");
    assert_int_equal(times_of(fixture).fetched_at, 1000);
}

static void unchanged_content_moves_only_the_clock(void **state)
{
    struct fixture *fixture = *state;
    struct room_file before;
    struct room_file after;

    room_dir_add(&fixture->build, 10, 20, "a");
    (void)publish(fixture, 1000);
    room_dir_open(&fixture->dir, &before);
    room_build_clear(&fixture->build);
    room_dir_add(&fixture->build, 10, 20, "a");
    assert_int_equal(publish(fixture, 2000), ROOM_UNCHANGED);
    room_dir_open(&fixture->dir, &after);
    assert_false(room_file_superseded(&before));
    assert_int_equal(room_file_times(&before).fetched_at, 2000);
    assert_int_equal(room_file_times(&before).expires_at, 2300);
    assert_int_equal(room_file_times(&before).changed_at, 1000);
    assert_memory_equal(before.header, after.header, sizeof *before.header);
    room_file_close(&before);
    room_file_close(&after);
}

static void changed_content_supersedes_the_old_file_which_stays_readable(void **state)
{
    struct fixture *fixture = *state;
    struct room_file old;

    room_dir_add(&fixture->build, 10, 20, "a");
    (void)publish(fixture, 1000);
    room_dir_open(&fixture->dir, &old);
    room_build_clear(&fixture->build);
    room_dir_add(&fixture->build, 10, 20, "b");
    assert_int_equal(publish(fixture, 2000), ROOM_REPLACED);
    assert_true(room_file_superseded(&old));
    assert_heap(&old, ROOM_JSON, "\"a\"");
    assert_shown(fixture, "\"b\"", "<b>");
    assert_int_equal(room_dir_each(&fixture->dir, NULL), 1);
    room_file_close(&old);
}

static void changed_at_grows_even_within_one_second(void **state)
{
    struct fixture *fixture = *state;

    room_dir_add(&fixture->build, 10, 20, "a");
    (void)publish(fixture, 1000);
    room_dir_add(&fixture->build, 10, 20, "b");
    (void)publish(fixture, 1000);
    assert_int_equal(times_of(fixture).changed_at, 1001);
}

static void a_failure_is_noted_beside_the_good_items(void **state)
{
    struct fixture *fixture = *state;
    struct err err;

    room_dir_add(&fixture->build, 10, 20, "a");
    (void)publish(fixture, 1000);
    assert_int_equal(room_note_failure(&fixture->dir.place, 42, 1310, &err), 0);
    clock_set_utc(1015);
    assert_int_equal(room_note_failure(&fixture->dir.place, 43, 1320, &err), 0);
    clock_set_utc(-1);
    struct room_times times = times_of(fixture);
    assert_int_equal(times.failures, 2);
    assert_int_equal(times.fault, 43);
    assert_int_equal(times.retry_at, 1320);
    assert_int_equal(times.failed_at, 1015);
    assert_int_equal(times.fetched_at, 1000);
    assert_shown(fixture, "\"a\"", "<a>");
}

static void success_forgets_the_failures(void **state)
{
    struct fixture *fixture = *state;
    struct err err;

    assert_int_equal(room_note_failure(&fixture->dir.place, 42, 1310, &err), 0);
    (void)publish(fixture, 2000);
    struct room_times times = times_of(fixture);
    assert_int_equal(times.failures, 0);
    assert_int_equal(times.fault, 0);
    assert_int_equal(times.retry_at, 0);
}

static void a_failure_before_any_answer_leaves_a_file_that_says_so(void **state)
{
    struct fixture *fixture = *state;
    struct err err;

    assert_int_equal(room_note_failure(&fixture->dir.place, 42, 1310, &err), 0);
    struct room_times times = times_of(fixture);
    assert_int_equal(times.fetched_at, 0);
    assert_int_equal(times.failures, 1);
    assert_shown(fixture, "", "");
}

static void a_first_answer_without_items_counts_as_a_change(void **state)
{
    struct fixture *fixture = *state;
    struct err err;

    assert_int_equal(room_note_failure(&fixture->dir.place, 42, 1310, &err), 0);
    (void)publish(fixture, 2000);
    assert_int_equal(times_of(fixture).changed_at, 2000);
}

static void the_sweep_takes_what_a_killed_process_left_and_nothing_else(void **state)
{
    struct fixture *fixture = *state;

    (void)publish(fixture, 1000);
    int fd = openat(fixture->dir.fd, ".tmp-1-1", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    room_sweep(fixture->dir.fd);
    assert_int_equal(room_dir_each(&fixture->dir, NULL), 1);
    assert_shown(fixture, "", "");
}

static void a_full_disk_is_an_error_and_the_old_file_stays(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit before;
    struct err err = {""};

    room_dir_add(&fixture->build, 10, 20, "a");
    (void)publish(fixture, 1000);
    room_dir_add(&fixture->build, 10, 20, "b");
    /* A limit on the size of files stands in for the disk: the same write fails in the same way. */
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {ROOM_CONTENT_AT, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int result = room_build_publish(&fixture->build, &fixture->dir.place, 2000, 300, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(result, -EFBIG);
    assert_non_null(strstr(err.text, "a.room"));
    assert_shown(fixture, "\"a\"", "<a>");
    assert_int_equal(room_dir_each(&fixture->dir, NULL), 1);
}

/* ---- more text than is kept in memory ---------------------------------------------------------- */

#define LONG_TEXT  100000u
#define LONG_ITEMS 100

/* The last item first; each one's object is LONG_TEXT times the same letter. */
static int add_long_ones(struct fixture *fixture)
{
    char *text = malloc(LONG_TEXT);
    int error = 0;

    for (int i = LONG_ITEMS - 1; i >= 0 && !error; i--) {
        struct room_build_entry entry = {i, i + 1, .ical = slice_of("<x>")};
        memset(text, 'a' + i % 26, LONG_TEXT);
        entry.id = (struct slice){(const char *)&i, sizeof i};
        entry.json = (struct slice){text, LONG_TEXT};
        error = room_build_add(&fixture->build, &entry);
    }
    free(text);
    return error;
}

static void assert_long_one(struct slice shown, char letter)
{
    assert_int_equal(shown.length, LONG_TEXT);
    for (size_t i = 0; i < shown.length; i++) {
        if (shown.at[i] != letter)
            fail_msg("byte %zu is %c and not %c", i, shown.at[i], letter);
    }
}

static void texts_beyond_the_memory_are_sorted_and_kept_once_all_the_same(void **state)
{
    struct fixture *fixture = *state;
    struct room_file file;

    assert_int_equal(add_long_ones(fixture), 0);
    assert_int_equal(add_long_ones(fixture), 0);
    assert_true(spool_length(&fixture->build.texts) > 2 * ROOM_BUILD_MEMORY);
    assert_true(fixture->build.texts.recent.room <= 2 * ROOM_BUILD_MEMORY);
    assert_int_equal(room_dir_each(&fixture->dir, NULL), 0);
    assert_int_equal(publish(fixture, 1000), ROOM_REPLACED);
    assert_int_equal(publish(fixture, 1000), ROOM_UNCHANGED);
    room_dir_open(&fixture->dir, &file);
    assert_int_equal(file.item_count, LONG_ITEMS);
    for (int i = 0; i < LONG_ITEMS; i++) {
        assert_int_equal(file.entries[i].start_utc, i);
        assert_long_one(room_file_shown(&file, &file.entries[i], ROOM_JSON), (char)('a' + i % 26));
    }
    room_file_close(&file);
}

static void a_disk_without_room_for_the_texts_is_an_error_of_the_item(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit before;

    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {ROOM_CONTENT_AT, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int error = add_long_ones(fixture);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(error, -EFBIG);
    assert_in_range(fixture->build.count, ROOM_BUILD_MEMORY / LONG_TEXT - 1,
                    ROOM_BUILD_MEMORY / LONG_TEXT);
}

static void a_text_that_cannot_be_read_again_is_an_error_and_the_old_file_stays(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {""};

    room_dir_add(&fixture->build, 10, 20, "a");
    (void)publish(fixture, 1000);
    assert_int_equal(add_long_ones(fixture), 0);
    assert_int_equal(ftruncate(fixture->build.texts.fd, 0), 0);
    assert_int_equal(room_build_publish(&fixture->build, &fixture->dir.place, 2000, 300, &err),
                     -EIO);
    assert_non_null(strstr(err.text, "a.room"));
    assert_shown(fixture, "\"a\"", "<a>");
    assert_int_equal(room_dir_each(&fixture->dir, NULL), 1);
}

static void more_items_than_a_room_may_have_are_refused(void **state)
{
    struct fixture *fixture = *state;

    const struct room_build_entry entry = {1, 2, .id = slice_of("x"), .json = slice_of("{}")};

    for (size_t i = 0; i < ROOM_ITEMS_MAX; i++)
        (void)room_build_add(&fixture->build, &entry);
    assert_int_equal(fixture->build.count, ROOM_ITEMS_MAX);
    assert_int_equal(room_build_add(&fixture->build, &entry), -EOVERFLOW);
}

/* Each with an id and a minute of its own. */
static void as_many_items_as_a_room_may_have_can_be_shown(void **state)
{
    struct fixture *fixture = *state;
    struct room_file file;
    struct err err = {""};
    char id[16];

    for (int64_t i = 0; i < ROOM_ITEMS_MAX; i++) {
        (void)snprintf(id, sizeof id, "%lld", (long long)i);
        const struct room_build_entry entry = {60 * i, 60 * (i + 1), .id = slice_of(id),
                                               .json = slice_of(id)};
        assert_int_equal(room_build_add(&fixture->build, &entry), 0);
    }
    assert_int_equal(room_build_publish(&fixture->build, &fixture->dir.place, 2000, 300, &err),
                     ROOM_REPLACED);
    room_dir_open(&fixture->dir, &file);
    assert_int_equal(file.item_count, ROOM_ITEMS_MAX);
    const struct room_entry *last = &file.entries[ROOM_ITEMS_MAX - 1];
    assert_true(slice_is(room_file_shown(&file, last, ROOM_JSON), id));
    room_file_close(&file);
}

/* ---- the memo and the versions -------------------------------------------------------------- */

static void assert_memo(const struct fixture *fixture, const char *expected)
{
    struct room_file file;

    room_dir_open(&fixture->dir, &file);
    struct slice memo = room_file_memo(&file);
    assert_int_equal(memo.length, strlen(expected));
    assert_memory_equal(memo.at, expected, strlen(expected));
    room_file_close(&file);
}

static void the_memo_is_kept_as_it_was_set_last(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(room_build_memo(&fixture->build, slice_of("a first one")), 0);
    assert_int_equal(room_build_memo(&fixture->build, slice_of("second")), 0);
    room_dir_add(&fixture->build, 10, 20, "a");
    (void)publish(fixture, 1000);
    assert_memo(fixture, "second");
    assert_shown(fixture, "\"a\"", "<a>");
    room_build_clear(&fixture->build);
    (void)publish(fixture, 2000);
    assert_memo(fixture, "");
}

static void a_memo_over_the_limit_is_refused(void **state)
{
    struct fixture *fixture = *state;
    char *memo = calloc(1, ROOM_MEMO_MAX + 1);

    assert_int_equal(room_build_memo(&fixture->build, (struct slice){memo, ROOM_MEMO_MAX + 1}),
                     -EOVERFLOW);
    free(memo);
}

static void a_change_that_nobody_sees_makes_a_new_file_that_is_no_younger(void **state)
{
    struct fixture *fixture = *state;
    struct room_file file;

    room_dir_add(&fixture->build, 10, 20, "a");
    (void)publish(fixture, 1000);
    assert_int_equal(room_build_memo(&fixture->build, slice_of("new")), 0);
    assert_int_equal(publish(fixture, 2000), ROOM_REPLACED);
    assert_int_equal(times_of(fixture).changed_at, 1000);
    assert_int_equal(times_of(fixture).fetched_at, 2000);
    fixture->build.items[0].version.bytes[0] ^= 1;
    struct room_version changed = fixture->build.items[0].version;
    assert_int_equal(publish(fixture, 3000), ROOM_REPLACED);
    assert_int_equal(times_of(fixture).changed_at, 1000);
    room_dir_open(&fixture->dir, &file);
    assert_memory_equal(&file.entries[0].version, &changed, sizeof changed);
    room_file_close(&file);
}

static void a_change_in_one_form_leaves_the_other_s_hash(void **state)
{
    struct fixture *fixture = *state;
    struct room_build_entry entry = {10, 20, .id = slice_of("a"), .json = slice_of("{}")};
    struct room_file before;
    struct room_file after;

    assert_int_equal(room_build_add(&fixture->build, &entry), 0);
    (void)publish(fixture, 1000);
    room_dir_open(&fixture->dir, &before);
    entry.ical = slice_of("later");
    assert_int_equal(room_build_add(&fixture->build, &entry), 0);
    assert_int_equal(publish(fixture, 2000), ROOM_REPLACED);
    room_dir_open(&fixture->dir, &after);
    assert_memory_equal(room_file_heap_hash(&before, ROOM_JSON),
                        room_file_heap_hash(&after, ROOM_JSON), HASH_SIZE);
    assert_memory_not_equal(room_file_heap_hash(&before, ROOM_ICAL),
                            room_file_heap_hash(&after, ROOM_ICAL), HASH_SIZE);
    assert_int_equal(room_file_times(&after).changed_at, 2000);
    room_file_close(&before);
    room_file_close(&after);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(items_are_sorted_by_start_then_end_then_id),
        TEST(an_id_that_comes_twice_is_kept_once_as_it_came_last),
        TEST(ids_of_which_one_begins_the_other_are_two),
        TEST(a_room_without_items_is_known_to_be_empty),
        TEST(unchanged_content_moves_only_the_clock),
        TEST(changed_content_supersedes_the_old_file_which_stays_readable),
        TEST(changed_at_grows_even_within_one_second),
        TEST(a_failure_is_noted_beside_the_good_items),
        TEST(success_forgets_the_failures),
        TEST(a_failure_before_any_answer_leaves_a_file_that_says_so),
        TEST(a_first_answer_without_items_counts_as_a_change),
        TEST(the_sweep_takes_what_a_killed_process_left_and_nothing_else),
        TEST(a_full_disk_is_an_error_and_the_old_file_stays),
        TEST(texts_beyond_the_memory_are_sorted_and_kept_once_all_the_same),
        TEST(a_disk_without_room_for_the_texts_is_an_error_of_the_item),
        TEST(a_text_that_cannot_be_read_again_is_an_error_and_the_old_file_stays),
        TEST(as_many_items_as_a_room_may_have_can_be_shown),
        TEST(more_items_than_a_room_may_have_are_refused),
        TEST(the_memo_is_kept_as_it_was_set_last),
        TEST(a_memo_over_the_limit_is_refused),
        TEST(a_change_that_nobody_sees_makes_a_new_file_that_is_no_younger),
        TEST(a_change_in_one_form_leaves_the_other_s_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
