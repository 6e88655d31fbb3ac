/* SPDX-License-Identifier: MIT */
#include <sys/stat.h>

#include "base/guard.h"
#include "room_dir.h"

static int begin(void **state)
{
    struct room_dir *dir = calloc(1, sizeof *dir);

    room_dir_begin(dir);
    *state = dir;
    return 0;
}

static int end(void **state)
{
    room_dir_end(*state);
    free(*state);
    return 0;
}

/* a 10–20, b 15–100, c 30–40, z 50–50 (without length), d 60–70 */
static void publish_five(const struct room_dir *dir)
{
    struct room_build build;
    struct err err;

    room_build_init(&build, dir->fd);
    room_dir_add(&build, 10, 20, "a");
    room_dir_add(&build, 15, 100, "b");
    room_dir_add(&build, 30, 40, "c");
    room_dir_add(&build, 50, 50, "z");
    room_dir_add(&build, 60, 70, "d");
    assert_int_equal(room_build_memo(&build, slice_of("memo")), 0);
    assert_int_equal(room_build_publish(&build, &dir->place, 1000, 300, &err), ROOM_REPLACED);
    room_build_finish(&build);
}

/* Runs joined by '|'. */
static int note_run(void *context, struct slice shown, size_t items)
{
    struct buf *out = context;

    if (out->length)
        buf_append_char(out, '|');
    buf_append(out, shown.at, shown.length);
    assert_true(items > 0);
    return 0;
}

static void assert_form(const struct room_file *file, enum room_form form, int64_t from, int64_t to,
                        const char *expected)
{
    struct buf out = BUF_INIT(1024);

    assert_int_equal(room_file_select(file, form, from, to, note_run, &out), 0);
    assert_string_equal(buf_text(&out), expected);
    buf_finish(&out);
}

static void assert_selected(const struct room_file *file, int64_t from, int64_t to,
                            const char *expected)
{
    assert_form(file, ROOM_JSON, from, to, expected);
}

static void a_range_selects_what_overlaps_it(void **state)
{
    struct room_dir *dir = *state;
    struct room_file file;

    publish_five(dir);
    room_dir_open(dir, &file);
    assert_selected(&file, INT64_MIN, INT64_MAX, "\"a\",\"b\",\"c\",\"z\",\"d\"");
    assert_selected(&file, 20, 30, "\"b\""); /* a ends where it begins, c begins where it ends */
    assert_selected(&file, 19, 31, "\"a\",\"b\",\"c\"");
    assert_selected(&file, 40, 61, "\"b\"|\"z\",\"d\""); /* c is between them in the heap */
    assert_selected(&file, 50, 51, "\"b\"|\"z\"");       /* without length, at the begin: inside */
    assert_selected(&file, 49, 50, "\"b\"");             /* at the end: outside */
    assert_selected(&file, 100, 200, "");
    assert_selected(&file, INT64_MIN, 15, "\"a\"");
    assert_selected(&file, 70, INT64_MAX, "\"b\"");
    room_file_close(&file);
}

static void a_range_selects_the_same_items_in_icalendar(void **state)
{
    struct room_dir *dir = *state;
    struct room_file file;

    publish_five(dir);
    room_dir_open(dir, &file);
    assert_form(&file, ROOM_ICAL, INT64_MIN, INT64_MAX, "<a><b><c><z><d>");
    assert_form(&file, ROOM_ICAL, 40, 61, "<b>|<z><d>");
    assert_form(&file, ROOM_ICAL, 100, 200, "");
    room_file_close(&file);
}

static void assert_slice(struct slice slice, const char *expected)
{
    assert_int_equal(slice.length, strlen(expected));
    assert_memory_equal(slice.at, expected, slice.length);
}

static void each_entry_leads_to_its_own_texts(void **state)
{
    struct room_dir *dir = *state;
    struct room_file file;

    publish_five(dir);
    room_dir_open(dir, &file);
    assert_slice(room_file_shown(&file, &file.entries[0], ROOM_JSON), "\"a\"");
    assert_slice(room_file_shown(&file, &file.entries[4], ROOM_JSON), "\"d\"");
    assert_slice(room_file_shown(&file, &file.entries[4], ROOM_ICAL), "<d>");
    assert_slice(room_file_memo(&file), "memo");
    room_file_close(&file);
}

static int stop_at_once(void *context, struct slice shown, size_t items)
{
    (void)context;
    (void)shown;
    (void)items;
    return 5;
}

static void a_selection_ends_when_its_taker_says_so(void **state)
{
    struct room_dir *dir = *state;
    struct room_file file;

    publish_five(dir);
    room_dir_open(dir, &file);
    assert_int_equal(room_file_select(&file, ROOM_JSON, INT64_MIN, INT64_MAX, stop_at_once, NULL),
                     5);
    room_file_close(&file);
}

/* Opens, expects a refusal, and gives the reason. */
static void assert_refused(const struct room_dir *dir, const char *reason)
{
    struct room_file file = {0};
    struct err err = {"untouched"};

    assert_in_range(
        room_file_open(dir->fd, dir->place.file_name, &dir->fingerprint, false, &file, &err), 1,
        ROOM_FILE_FOREIGN);
    assert_null(file.map);
    if (*err.text)
        assert_memory_equal(err.text, "a.room: ", 8);
    if (reason)
        assert_string_equal(*err.text ? err.text + 8 : "", reason);
}

static void an_absent_file_is_not_an_error(void **state)
{
    assert_refused(*state, "");
}

static void a_file_made_with_other_settings_is_ignored(void **state)
{
    struct room_dir *dir = *state;

    publish_five(dir);
    dir->fingerprint.bytes[31] ^= 1;
    assert_refused(dir, "it was made with other settings");
}

static void a_file_that_others_may_read_is_ignored(void **state)
{
    struct room_dir *dir = *state;

    publish_five(dir);
    assert_int_equal(fchmodat(dir->fd, "a.room", 0644, 0), 0);
    assert_refused(dir, "others may read or write it");
}

static void what_is_no_regular_file_is_ignored_without_waiting(void **state)
{
    struct room_dir *dir = *state;

    assert_int_equal(mkfifoat(dir->fd, "a.room", 0600), 0);
    assert_refused(dir, "it is not a regular file");
    room_dir_remove(dir, "a.room");
    assert_int_equal(symlinkat("/etc/passwd", dir->fd, "a.room"), 0);
    assert_refused(dir, "it is not a regular file of ours");
}

static void flip_bit(const struct room_dir *dir, off_t at, unsigned bit)
{
    int fd = openat(dir->fd, "a.room", O_RDWR | O_CLOEXEC);
    unsigned char byte;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= (unsigned char)(1u << bit);
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    (void)close(fd);
}

static void flip(const struct room_dir *dir, off_t at)
{
    flip_bit(dir, at, 6);
}

static off_t size_of(const struct room_dir *dir)
{
    struct stat status;

    assert_int_equal(fstatat(dir->fd, "a.room", &status, 0), 0);
    return status.st_size;
}

static void a_byte_changed_anywhere_but_in_the_clock_s_page_is_noticed(void **state)
{
    struct room_dir *dir = *state;

    publish_five(dir);
    for (off_t at = 0; at < size_of(dir); at++) {
        if (at >= (off_t)sizeof(struct room_header) && at < ROOM_CONTENT_AT)
            continue; /* the clock, and padding that nobody reads */
        flip(dir, at);
        assert_refused(dir, NULL);
        flip(dir, at);
    }
    struct room_file file;
    room_dir_open(dir, &file);
    room_file_close(&file);
}

/* Opens the file and looks at all that its clock may spoil. */
static void look_at_clock(const struct room_dir *dir)
{
    struct room_file file;

    room_dir_open(dir, &file);
    struct room_times times = room_file_times(&file);
    assert_in_range(times.fetched_at, 0, ROOM_MOMENT_MAX);
    assert_in_range(times.changed_at, 0, ROOM_MOMENT_MAX);
    assert_in_range(times.expires_at, 0, ROOM_MOMENT_MAX);
    assert_in_range(times.retry_at, 0, ROOM_MOMENT_MAX);
    assert_in_range(times.failures, 0, ROOM_MOMENT_MAX);
    assert_int_equal(file.item_count, 5);
    room_file_close(&file);
}

static void
a_byte_changed_in_the_clock_changes_no_item_and_makes_no_time_that_cannot_be(void **state)
{
    struct room_dir *dir = *state;

    publish_five(dir);
    for (off_t at = ROOM_CLOCK_AT; at < (off_t)(ROOM_CLOCK_AT + sizeof(struct room_clock)); at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            flip_bit(dir, at, bit);
            look_at_clock(dir);
            flip_bit(dir, at, bit);
        }
    }
}

static void damage_of_the_content_is_told_from_what_is_not_ours(void **state)
{
    struct room_dir *dir = *state;
    struct room_file file = {0};
    struct stat status;

    publish_five(dir);
    flip(dir, ROOM_CONTENT_AT + 1);
    assert_int_equal(fstatat(dir->fd, "a.room", &status, 0), 0);
    assert_int_equal(room_file_open(dir->fd, "a.room", &dir->fingerprint, false, &file, NULL),
                     ROOM_FILE_DAMAGED);
    assert_null(file.map);
    assert_true(room_file_is_same(&file, status.st_dev, status.st_ino));
}

/* Cuts the mapped file and looks at it. Bytes behind a cut within a page are zeros without a signal. */
static void assert_cut_is_noticed(const struct room_dir *dir, off_t size)
{
    struct room_file file;

    publish_five(dir);
    room_dir_open(dir, &file);
    assert_true(room_file_is_whole(&file));
    int fd = openat(dir->fd, "a.room", O_RDWR | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, size), 0);
    assert_false(room_file_is_whole(&file));
    assert_false(room_file_can_show(&file));
    (void)close(fd);
    room_file_close(&file);
    room_dir_remove(dir, "a.room");
}

static void a_mapped_file_that_is_cut_anywhere_is_whole_no_longer(void **state)
{
    struct room_dir *dir = *state;

    guard_install(); /* cmocka has put its own handler there */
    publish_five(dir);
    off_t size = size_of(dir);
    room_dir_remove(dir, "a.room");
    for (off_t cut = size - 1; cut >= ROOM_CONTENT_AT; cut--)
        assert_cut_is_noticed(dir, cut);
    for (off_t cut = ROOM_CONTENT_AT - 1; cut >= 0; cut -= 97)
        assert_cut_is_noticed(dir, cut);
    assert_cut_is_noticed(dir, 0);
}

static void a_mapped_file_that_is_cut_and_grows_again_is_whole_no_longer(void **state)
{
    struct room_dir *dir = *state;
    struct room_file file;

    guard_install(); /* cmocka has put its own handler there */
    publish_five(dir);
    room_dir_open(dir, &file);
    int fd = openat(dir->fd, "a.room", O_RDWR | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, ROOM_CONTENT_AT), 0);
    assert_int_equal(ftruncate(fd, (off_t)file.size), 0);
    (void)close(fd);
    assert_false(room_file_is_whole(&file));
    room_file_close(&file);
}

static void a_file_cut_at_any_length_is_noticed(void **state)
{
    struct room_dir *dir = *state;

    publish_five(dir);
    for (off_t size = size_of(dir) - 1; size >= 0; size--) {
        int fd = openat(dir->fd, "a.room", O_RDWR | O_CLOEXEC);
        assert_int_equal(ftruncate(fd, size), 0);
        (void)close(fd);
        assert_refused(dir, NULL);
    }
}

static void room_names_become_safe_and_distinct_file_names(void **state)
{
    static const struct {
        const char *room, *file;
    } rows[] = {
        {"R022", "R022.room"},
        {"../../etc/passwd", "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd.room"},
        {"Saal \xC3\x84", "Saal%20%C3%84.room"},
        {"%41", "%2541.room"},
        {".", "%2E.room"},
    };
    char name[ROOM_NAME_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        room_file_name(rows[i].room, name);
        assert_string_equal(name, rows[i].file);
    }
}

static void a_long_room_name_becomes_its_hash(void **state)
{
    char room[201];
    char first[ROOM_NAME_SIZE];
    char second[ROOM_NAME_SIZE];

    (void)state;
    memset(room, '/', sizeof room - 1);
    room[sizeof room - 1] = '\0';
    room_file_name(room, first);
    room[0] = 'x';
    room_file_name(room, second);
    assert_int_equal(strlen(first), 1 + 2 * HASH_SIZE + strlen(".room"));
    assert_int_equal(first[0], '=');
    assert_string_not_equal(first, second);
}

static void the_clock_of_a_writable_mapping_reaches_other_mappings(void **state)
{
    struct room_dir *dir = *state;
    struct room_file reader;
    struct room_file writer;
    struct err err;

    publish_five(dir);
    room_dir_open(dir, &reader);
    assert_int_equal(room_file_open(dir->fd, "a.room", &dir->fingerprint, true, &writer, &err), 0);
    atomic_store(&writer.clock->superseded, 1);
    assert_true(room_file_superseded(&reader));
    room_file_close(&writer);
    room_file_close(&reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_range_selects_what_overlaps_it),
        TEST(a_range_selects_the_same_items_in_icalendar),
        TEST(each_entry_leads_to_its_own_texts),
        TEST(a_selection_ends_when_its_taker_says_so),
        TEST(an_absent_file_is_not_an_error),
        TEST(a_file_made_with_other_settings_is_ignored),
        TEST(a_file_that_others_may_read_is_ignored),
        TEST(what_is_no_regular_file_is_ignored_without_waiting),
        TEST(a_byte_changed_anywhere_but_in_the_clock_s_page_is_noticed),
        TEST(a_file_cut_at_any_length_is_noticed),
        TEST(a_byte_changed_in_the_clock_changes_no_item_and_makes_no_time_that_cannot_be),
        TEST(damage_of_the_content_is_told_from_what_is_not_ours),
        TEST(a_mapped_file_that_is_cut_anywhere_is_whole_no_longer),
        TEST(a_mapped_file_that_is_cut_and_grows_again_is_whole_no_longer),
        TEST(room_names_become_safe_and_distinct_file_names),
        TEST(a_long_room_name_becomes_its_hash),
        TEST(the_clock_of_a_writable_mapping_reaches_other_mappings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
