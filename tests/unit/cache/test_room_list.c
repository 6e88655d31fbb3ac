/* SPDX-License-Identifier: MIT */
#include "cache/room_list.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "room_dir.h"

#define NOW INT64_C(1800000000)

static struct hash ours;
static struct hash theirs;

static const struct found_room two[] = {{"Lab", "lab@example.org"}, {"Große Halle", "hall@x"}};
static const struct found_room other[] = {{"Lab", "lab@example.org"}, {"Attic", "attic@x"}};

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

    (void)unlinkat(dir->fd, ROOM_LIST_FILE, AT_REMOVEDIR);
    room_dir_end(dir);
    return 0;
}

static int put(const struct room_dir *dir, const struct found_room *rooms, size_t count,
               int64_t now_utc)
{
    struct err err = {""};
    int result = room_list_write(dir->fd, &ours, rooms, count, now_utc, &err);

    if (result < 0)
        fail_msg("%s", err.text);
    return result;
}

static struct room_list got(const struct room_dir *dir)
{
    struct room_list list;
    struct err err = {""};

    if (room_list_read(dir->fd, &ours, &list, &err) != 0)
        fail_msg("not read: %s", err.text);
    return list;
}

static void assert_unusable(const struct room_dir *dir, const struct hash *source,
                            const char *begin_of_reason)
{
    struct room_list list;
    struct err err = {"old"};

    assert_int_equal(room_list_read(dir->fd, source, &list, &err), 1);
    if (strncmp(err.text, begin_of_reason, strlen(begin_of_reason)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", err.text, begin_of_reason);
}

static ino_t inode_of(const struct room_dir *dir)
{
    struct stat status;

    assert_int_equal(fstatat(dir->fd, ROOM_LIST_FILE, &status, 0), 0);
    return status.st_ino;
}

/* ---- what it keeps --------------------------------------------------------------------------- */

static void rooms_come_back_sorted_by_mailbox(void **state)
{
    const struct room_dir *dir = *state;

    assert_int_equal(put(dir, two, 2, NOW), 0);
    struct room_list list = got(dir);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.rooms[0].mailbox, "hall@x");
    assert_string_equal(list.rooms[0].name, "Große Halle");
    assert_string_equal(list.rooms[1].mailbox, "lab@example.org");
    assert_int_equal(list.asked_at, NOW);
    assert_int_equal(list.changed_at, NOW);
    room_list_finish(&list);
}

static void a_list_without_rooms_is_one(void **state)
{
    const struct room_dir *dir = *state;

    assert_int_equal(put(dir, NULL, 0, NOW), 0);
    struct room_list list = got(dir);
    assert_int_equal(list.count, 0);
    room_list_finish(&list);
}

static void without_a_file_there_is_no_list_and_no_reason(void **state)
{
    const struct room_dir *dir = *state;
    struct room_list list;
    struct err err = {""};

    assert_int_equal(room_list_read(dir->fd, &ours, &list, &err), 1);
    assert_string_equal(err.text, "");
}

static void the_same_rooms_in_another_order_leave_the_file_alone(void **state)
{
    const struct room_dir *dir = *state;
    const struct found_room swapped[] = {two[1], two[0]};

    assert_int_equal(put(dir, two, 2, NOW), 0);
    ino_t before = inode_of(dir);
    assert_int_equal(put(dir, swapped, 2, NOW + 100), 1);
    assert_int_equal(inode_of(dir), before);
    struct room_list list = got(dir);
    assert_int_equal(list.asked_at, NOW + 100);
    assert_int_equal(list.changed_at, NOW);
    room_list_finish(&list);
}

static void other_rooms_take_the_place_of_the_old_ones(void **state)
{
    const struct room_dir *dir = *state;

    assert_int_equal(put(dir, two, 2, NOW), 0);
    assert_int_equal(put(dir, other, 2, NOW + 100), 0);
    struct room_list list = got(dir);
    assert_string_equal(list.rooms[0].name, "Attic");
    assert_int_equal(list.changed_at, NOW + 100);
    room_list_finish(&list);
    assert_int_equal(room_dir_each(dir, NULL), 1);
}

static void a_room_that_comes_twice_is_kept_once(void **state)
{
    const struct room_dir *dir = *state;
    const struct found_room twice[] = {two[0], two[1], {"Lab", "LAB@example.org"}};
    const struct found_room turned[] = {twice[2], two[1], two[0]};

    assert_int_equal(put(dir, twice, 3, NOW), 0);
    struct room_list list = got(dir);
    assert_int_equal(list.count, 2);
    room_list_finish(&list);
    assert_int_equal(put(dir, turned, 3, NOW), 1);
}

static void separators_in_names_become_blanks(void **state)
{
    const struct room_dir *dir = *state;
    const struct found_room odd[] = {{"A\tB\nC", "a\n@x"}};

    assert_int_equal(put(dir, odd, 1, NOW), 0);
    struct room_list list = got(dir);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.rooms[0].name, "A B C");
    assert_string_equal(list.rooms[0].mailbox, "a @x");
    room_list_finish(&list);
}

static void ten_thousand_of_the_longest_rooms_fit(void **state)
{
    const struct room_dir *dir = *state;
    static struct found_room many[CONFIG_ROOMS_MAX + 1];
    static char longest[2 * ROOM_LIST_TEXT_MAX];
    static char mailboxes[sizeof many / sizeof many[0]][2 * ROOM_LIST_TEXT_MAX];

    memset(longest, 'n', sizeof longest - 1);
    memset(mailboxes, 'n', sizeof mailboxes);
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++) {
        (void)snprintf(mailboxes[i], 6, "%05zu", i);
        mailboxes[i][5] = 'n';
        mailboxes[i][sizeof mailboxes[i] - 1] = '\0';
        many[i] = (struct found_room){longest, mailboxes[i]};
    }
    assert_int_equal(put(dir, many, sizeof many / sizeof many[0], NOW), 0);
    struct room_list list = got(dir);
    assert_int_equal(list.count, CONFIG_ROOMS_MAX);
    assert_int_equal(strlen(list.rooms[0].name), ROOM_LIST_TEXT_MAX);
    room_list_finish(&list);
}

/* ---- what cannot be used --------------------------------------------------------------------- */

static void a_list_of_another_source_is_none(void **state)
{
    const struct room_dir *dir = *state;

    assert_int_equal(put(dir, two, 2, NOW), 0);
    assert_unusable(dir, &theirs, "the list of rooms in CACHE_DIR is that of another server");
}

static void the_source_is_server_account_and_lists(void **state)
{
    char first[] = "a@x";
    char second[] = "b@x";
    char server[] = "https://x/";
    char account[] = "u";
    char *lists[] = {first, second};
    struct config config = {.endpoint = server, .username = account, .room_lists = lists};
    struct hash one;
    struct hash two_lists;

    (void)state;
    config.room_list_count = 1;
    assert_int_equal(room_list_source(&config, &one), 0);
    config.room_list_count = 2;
    assert_int_equal(room_list_source(&config, &two_lists), 0);
    assert_memory_not_equal(&one, &two_lists, sizeof one);
}

/* The file's bytes, with one of them other, or cut before it. */
static void write_damaged(const struct room_dir *dir, const char *bytes, size_t length)
{
    int fd = openat(dir->fd, ROOM_LIST_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(close(fd), 0);
}

static void a_flipped_or_missing_byte_anywhere_is_noticed(void **state)
{
    const struct room_dir *dir = *state;
    char bytes[1024];

    assert_int_equal(put(dir, two, 2, NOW), 0);
    int fd = openat(dir->fd, ROOM_LIST_FILE, O_RDONLY | O_CLOEXEC);
    ssize_t length = read(fd, bytes, sizeof bytes);
    assert_int_equal(close(fd), 0);
    assert_in_range(length, 100, sizeof bytes - 1);
    for (ssize_t i = 0; i < length; i++) {
        bytes[i] ^= 1;
        write_damaged(dir, bytes, (size_t)length);
        assert_unusable(dir, &ours, "the list of rooms in CACHE_DIR is damaged");
        bytes[i] ^= 1;
        write_damaged(dir, bytes, (size_t)i);
        assert_unusable(dir, &ours, "the list of rooms in CACHE_DIR is damaged");
    }
    write_damaged(dir, bytes, (size_t)length);
    struct room_list list = got(dir);
    room_list_finish(&list);
}

/* With a right check: what only another program, or another version, writes. */
static void write_checked(const struct room_dir *dir, const char *body)
{
    struct buf text = BUF_INIT(4096);
    struct hasher hasher;
    struct hash check;
    char hex[2 * HASH_SIZE + 1];

    assert_int_equal(hash_begin(&hasher), 0);
    hash_add(&hasher, body, strlen(body));
    assert_int_equal(hash_end(&hasher, &check), 0);
    hash_hex(&check, HASH_SIZE, hex);
    buf_printf(&text, "%scheck %s\n", body, hex);
    write_damaged(dir, buf_text(&text), text.length);
    buf_finish(&text);
}

static void another_format_is_none(void **state)
{
    static const char *const formats[] = {
        "roomcal-rooms 2\nsource %s\nchanged_at 5\na@x\tA\n",
        "roomcal-rooms 12\nsource %s\nchanged_at 5\na@x\tA\n",
        "roomcal-rooms 1\nsource %s\na@x\tA\n",
        "roomcal-rooms 1\nsource %s\nchanged_at x\na@x\tA\n",
        "roomcal-rooms 1\nsource %s\nchanged_at -5\na@x\tA\n",
        "roomcal-rooms 1\nsource %s\nchanged_at 5",
        "roomcal-rooms 1\nsource %s\nchanged_at 5\na@x A\nb@x\tB\n",
        "",
    };
    const struct room_dir *dir = *state;
    char hex[2 * HASH_SIZE + 1];
    char body[512];

    hash_hex(&ours, HASH_SIZE, hex);
    (void)snprintf(body, sizeof body, "roomcal-rooms 1\nsource %s\nchanged_at 5\na@x\tA\n", hex);
    write_checked(dir, body);
    struct room_list list = got(dir);
    assert_string_equal(list.rooms[0].name, "A");
    room_list_finish(&list);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct buf other_body = BUF_INIT(512);
        const char *mark = strstr(formats[i], "%s");
        buf_append(&other_body, formats[i], mark ? (size_t)(mark - formats[i]) : 0);
        if (mark)
            buf_printf(&other_body, "%s%s", hex, mark + 2);
        write_checked(dir, buf_text(&other_body));
        assert_unusable(dir, &ours, "the list of rooms in CACHE_DIR is damaged");
        buf_finish(&other_body);
    }
}

static void what_is_not_ours_alone_or_no_file_is_none(void **state)
{
    const struct room_dir *dir = *state;

    assert_int_equal(put(dir, two, 2, NOW), 0);
    assert_int_equal(fchmodat(dir->fd, ROOM_LIST_FILE, 0644, 0), 0);
    assert_unusable(dir, &ours, "the list of rooms in CACHE_DIR is damaged");
    room_dir_remove(dir, ROOM_LIST_FILE);
    assert_int_equal(symlinkat("/etc/passwd", dir->fd, ROOM_LIST_FILE), 0);
    assert_unusable(dir, &ours, "cannot read the list of rooms in CACHE_DIR");
    room_dir_remove(dir, ROOM_LIST_FILE);
    assert_int_equal(mkfifoat(dir->fd, ROOM_LIST_FILE, 0600), 0);
    assert_unusable(dir, &ours, "the list of rooms in CACHE_DIR is damaged");
}

static void where_it_cannot_be_written_the_old_list_stays(void **state)
{
    const struct room_dir *dir = *state;
    struct err err = {""};

    assert_int_equal(put(dir, two, 2, NOW), 0);
    assert_int_equal(unlinkat(dir->fd, ROOM_LIST_FILE, 0), 0);
    assert_int_equal(mkdirat(dir->fd, ROOM_LIST_FILE, 0700), 0);
    assert_true(room_list_write(dir->fd, &ours, two, 2, NOW, &err) < 0);
    assert_non_null(strstr(err.text, "cannot keep the list of rooms in CACHE_DIR: "));
    assert_int_equal(room_dir_each(dir, NULL), 1); /* no temporary file is left */
}

/* ---- looking at it --------------------------------------------------------------------------- */

static void a_look_tells_of_other_rooms_once(void **state)
{
    const struct room_dir *dir = *state;
    struct room_list_watch watch = {.source = ours};

    assert_false(room_list_look(dir->fd, &watch));
    assert_false(watch.exists);
    assert_int_equal(put(dir, two, 2, NOW), 0);
    assert_true(room_list_look(dir->fd, &watch));
    assert_true(watch.exists);
    assert_int_equal(watch.asked_at, NOW);
    assert_false(room_list_look(dir->fd, &watch));
    assert_int_equal(put(dir, other, 2, NOW), 0);
    assert_true(room_list_look(dir->fd, &watch));
    assert_false(room_list_look(dir->fd, &watch));
}

static void a_look_sees_that_it_was_asked_for_again(void **state)
{
    const struct room_dir *dir = *state;
    struct room_list_watch watch = {.source = ours};
    struct err err = {""};

    assert_int_equal(put(dir, two, 2, NOW), 0);
    assert_true(room_list_look(dir->fd, &watch));
    assert_int_equal(put(dir, two, 2, NOW + 50), 1);
    assert_false(room_list_look(dir->fd, &watch));
    assert_int_equal(watch.asked_at, NOW + 50);
    assert_int_equal(room_list_touch(dir->fd, 0, &err), 0);
    assert_false(room_list_look(dir->fd, &watch));
    assert_int_equal(watch.asked_at, 0);
}

static void a_list_that_is_lost_and_comes_back_is_no_other(void **state)
{
    const struct room_dir *dir = *state;
    struct room_list_watch watch = {.source = ours};

    assert_int_equal(put(dir, two, 2, NOW), 0);
    assert_true(room_list_look(dir->fd, &watch));
    write_damaged(dir, "?", 1);
    assert_false(room_list_look(dir->fd, &watch));
    assert_false(watch.exists);
    room_dir_remove(dir, ROOM_LIST_FILE);
    assert_false(room_list_look(dir->fd, &watch));
    assert_false(watch.exists);
    assert_int_equal(put(dir, two, 2, NOW), 0);
    assert_false(room_list_look(dir->fd, &watch));
    assert_true(watch.exists);
}

static void a_touch_without_a_file_makes_none(void **state)
{
    const struct room_dir *dir = *state;
    struct err err = {""};

    assert_int_equal(room_list_touch(dir->fd, 0, &err), 0);
    assert_int_equal(room_dir_each(dir, NULL), 0);
}

#define DIR_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIR_TEST(rooms_come_back_sorted_by_mailbox),
        DIR_TEST(a_list_without_rooms_is_one),
        DIR_TEST(without_a_file_there_is_no_list_and_no_reason),
        DIR_TEST(the_same_rooms_in_another_order_leave_the_file_alone),
        DIR_TEST(other_rooms_take_the_place_of_the_old_ones),
        DIR_TEST(a_room_that_comes_twice_is_kept_once),
        DIR_TEST(separators_in_names_become_blanks),
        DIR_TEST(ten_thousand_of_the_longest_rooms_fit),
        DIR_TEST(a_list_of_another_source_is_none),
        DIR_TEST(the_source_is_server_account_and_lists),
        DIR_TEST(a_flipped_or_missing_byte_anywhere_is_noticed),
        DIR_TEST(another_format_is_none),
        DIR_TEST(what_is_not_ours_alone_or_no_file_is_none),
        DIR_TEST(where_it_cannot_be_written_the_old_list_stays),
        DIR_TEST(a_look_tells_of_other_rooms_once),
        DIR_TEST(a_look_sees_that_it_was_asked_for_again),
        DIR_TEST(a_list_that_is_lost_and_comes_back_is_no_other),
        DIR_TEST(a_touch_without_a_file_makes_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
