/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/guard.h"
#include "cache/room_clock.h"
#include "cache/shelf.h"
#include "room_dir.h"

static const int64_t no_mark[2] = {0, 0};

struct fixture {
    char path[64];
    struct config_room room;
    struct config config;
    struct shelf *shelf;
    struct room_place place;
};

static char name[] = "R1";
static char mailbox[] = "r1@example.org";
static char username[] = "u";
static char zone[] = "UTC";
static char endpoint[] = "https://mail.example.org/EWS/Exchange.asmx";

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct err err = {""};

    (void)snprintf(fixture->path, sizeof fixture->path, "/tmp/roomcal-unit-XXXXXX");
    assert_non_null(mkdtemp(fixture->path));
    fixture->room = (struct config_room){name, mailbox};
    fixture->config = (struct config){
        .rooms = &fixture->room,
        .room_count = 1,
        .username = username,
        .endpoint = endpoint,
        .timezone = zone,
        .cache_dir = fixture->path,
        .cache_ttl_s = 300,
    };
    assert_int_equal(shelf_create(&fixture->config, &fixture->shelf, &err), 0);
    fixture->place =
        (struct room_place){shelf_dirfd(fixture->shelf), shelf_file_name(fixture->shelf, 0),
                            shelf_fingerprint(fixture->shelf, 0)};
    clock_set_utc(1000);
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;

    clock_set_utc(-1);
    (void)unlinkat(shelf_dirfd(fixture->shelf), fixture->place.file_name, 0);
    shelf_destroy(fixture->shelf);
    assert_int_equal(rmdir(fixture->path), 0);
    free(fixture);
    return 0;
}

static void publish(const struct fixture *fixture, const char *item)
{
    struct room_build build;
    struct err err;

    room_build_init(&build, fixture->place.cache_dirfd);
    room_dir_add(&build, 10, 20, item);
    assert_true(room_build_publish(&build, &fixture->place, clock_utc(), 300, &err) >= 0);
    room_build_finish(&build);
}

static void assert_shown(const struct room_file *view, const char *item)
{
    assert_non_null(view);
    assert_memory_equal(room_file_heap(view, ROOM_JSON).at + 1, item, strlen(item));
}

static void a_room_without_a_file_has_no_view(void **state)
{
    struct fixture *fixture = *state;

    assert_null(shelf_take(fixture->shelf, 0));
    shelf_drop(fixture->shelf, NULL);
}

static void a_current_file_is_mapped_once(void **state)
{
    struct fixture *fixture = *state;

    publish(fixture, "a");
    const struct room_file *first = shelf_take(fixture->shelf, 0);
    const struct room_file *second = shelf_take(fixture->shelf, 0);
    assert_ptr_equal(first, second);
    shelf_drop(fixture->shelf, first);
    shelf_drop(fixture->shelf, second);
}

static void a_superseded_file_is_replaced_but_held_views_stay_readable(void **state)
{
    struct fixture *fixture = *state;

    publish(fixture, "a");
    const struct room_file *old = shelf_take(fixture->shelf, 0);
    publish(fixture, "b");
    const struct room_file *new = shelf_take(fixture->shelf, 0);
    assert_shown(old, "a");
    assert_shown(new, "b");
    shelf_drop(fixture->shelf, old);
    shelf_drop(fixture->shelf, new);
}

static void a_file_removed_by_hand_is_shown_until_there_is_a_new_one(void **state)
{
    struct fixture *fixture = *state;

    publish(fixture, "a");
    shelf_drop(fixture->shelf, shelf_take(fixture->shelf, 0));
    (void)unlinkat(shelf_dirfd(fixture->shelf), fixture->place.file_name, 0);
    clock_set_utc(2000);
    const struct room_file *view = shelf_take(fixture->shelf, 0);
    assert_shown(view, "a");
    shelf_drop(fixture->shelf, view);
    publish(fixture, "b"); /* knows no old file, so supersedes none */
    view = shelf_take(fixture->shelf, 0);
    assert_shown(view, "b");
    shelf_drop(fixture->shelf, view);
}

/* Changes a byte of the room's file in its place. */
static void flip(const struct fixture *fixture, off_t at)
{
    int fd = openat(fixture->place.cache_dirfd, fixture->place.file_name, O_RDWR | O_CLOEXEC);
    unsigned char byte;

    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    (void)close(fd);
}

static bool is_shown(struct shelf *shelf)
{
    const struct room_file *view = shelf_take(shelf, 0);

    shelf_drop(shelf, view);
    return view != NULL;
}

static void what_one_process_finds_damaged_is_shown_by_none_and_fetched_anew(void **state)
{
    struct fixture *fixture = *state;
    struct shelf *other = NULL;

    publish(fixture, "a");
    assert_true(is_shown(fixture->shelf));
    flip(fixture, ROOM_CONTENT_AT);
    assert_int_equal(room_confirm(&fixture->place, no_mark, 1100, 300, NULL), 0);
    assert_int_equal(shelf_create(&fixture->config, &other, NULL), 0);
    assert_false(is_shown(other));
    assert_false(is_shown(fixture->shelf));
    assert_int_equal(room_confirm(&fixture->place, no_mark, 1200, 300, NULL), 1);
    publish(fixture, "a");
    assert_true(is_shown(other));
    assert_true(is_shown(fixture->shelf));
    shelf_destroy(other);
}

static void a_file_of_other_settings_is_left_to_those(void **state)
{
    struct fixture *fixture = *state;
    struct config elsewhere = fixture->config;
    struct shelf *other = NULL;

    publish(fixture, "a");
    elsewhere.username = mailbox;
    assert_int_equal(shelf_create(&elsewhere, &other, NULL), 0);
    assert_false(is_shown(other));
    assert_true(is_shown(fixture->shelf));
    shelf_destroy(other);
}

static void a_clock_that_says_superseded_of_the_file_that_has_the_name_is_damage(void **state)
{
    struct fixture *fixture = *state;

    publish(fixture, "a");
    flip(fixture, ROOM_CLOCK_AT + (off_t)offsetof(struct room_clock, superseded));
    assert_false(is_shown(fixture->shelf));
    publish(fixture, "b");
    assert_true(is_shown(fixture->shelf));
}

static void a_file_that_is_cut_short_while_it_is_mapped_is_shown_no_longer(void **state)
{
    struct fixture *fixture = *state;

    guard_install(); /* cmocka has put its own handler there */
    publish(fixture, "a");
    const struct room_file *view = shelf_take(fixture->shelf, 0);
    int fd = openat(fixture->place.cache_dirfd, fixture->place.file_name, O_RDWR | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, ROOM_CONTENT_AT), 0);
    (void)close(fd);
    assert_false(is_shown(fixture->shelf));
    assert_false(room_file_is_whole(view));
    shelf_drop(fixture->shelf, view);
    publish(fixture, "b");
    assert_true(is_shown(fixture->shelf));
}

static void assert_told(struct shelf *shelf, const char *what)
{
    struct err damage = {""};

    assert_true(shelf_damage(shelf, &damage));
    assert_string_equal(damage.text, what);
    assert_false(shelf_damage(shelf, &damage));
}

static void damage_is_told_once_with_the_file_s_name_until_a_good_file_is_there(void **state)
{
    struct fixture *fixture = *state;
    struct shelf *other = NULL;
    struct err damage;

    publish(fixture, "a");
    flip(fixture, offsetof(struct room_header, check));
    assert_false(is_shown(fixture->shelf));
    assert_told(fixture->shelf, "R1.room: its header is damaged");
    assert_false(is_shown(fixture->shelf));
    assert_false(shelf_damage(fixture->shelf, &damage));
    publish(fixture, "b");
    assert_true(is_shown(fixture->shelf));
    flip(fixture, ROOM_CONTENT_AT);
    assert_int_equal(shelf_create(&fixture->config, &other, NULL), 0);
    assert_false(is_shown(other)); /* and it is condemned */
    assert_told(other, "R1.room: its content is damaged");
    shelf_destroy(other);
    assert_false(is_shown(fixture->shelf));
    assert_told(fixture->shelf, "R1.room: it was damaged while it was in use");
}

static void what_is_no_file_is_told_and_absence_and_other_settings_are_not(void **state)
{
    struct fixture *fixture = *state;
    struct config elsewhere = fixture->config;
    struct shelf *other = NULL;
    struct err damage;

    assert_false(is_shown(fixture->shelf));
    assert_false(shelf_damage(fixture->shelf, &damage));
    publish(fixture, "a");
    elsewhere.username = mailbox;
    assert_int_equal(shelf_create(&elsewhere, &other, NULL), 0);
    assert_false(is_shown(other));
    assert_false(shelf_damage(other, &damage));
    shelf_destroy(other);
    (void)unlinkat(fixture->place.cache_dirfd, fixture->place.file_name, 0);
    assert_int_equal(mkfifoat(fixture->place.cache_dirfd, fixture->place.file_name, 0600), 0);
    assert_false(is_shown(fixture->shelf));
    assert_told(fixture->shelf, "R1.room: it is not a regular file");
}

static void a_lower_cache_ttl_shortens_the_life_of_files_that_are_there(void **state)
{
    struct fixture *fixture = *state;

    publish(fixture, "a");
    assert_int_equal(shelf_times(fixture->shelf, 0).expires_at, 1300);
    fixture->config.cache_ttl_s = 60;
    assert_int_equal(shelf_times(fixture->shelf, 0).expires_at, 1060);
    fixture->config.cache_ttl_s = 900;
    assert_int_equal(shelf_times(fixture->shelf, 0).expires_at, 1300);
}

static void a_cache_directory_that_vanished_is_made_again_with_what_was_mapped(void **state)
{
    struct fixture *fixture = *state;
    struct shelf *other = NULL;

    publish(fixture, "a");
    assert_true(is_shown(fixture->shelf));
    (void)unlinkat(fixture->place.cache_dirfd, fixture->place.file_name, 0);
    assert_int_equal(rmdir(fixture->path), 0);
    assert_true(is_shown(fixture->shelf));
    assert_int_equal(shelf_mend(fixture->shelf, NULL), 1);
    assert_int_equal(shelf_mend(fixture->shelf, NULL), 0);
    assert_int_equal(shelf_create(&fixture->config, &other, NULL), 0);
    assert_true(is_shown(other));
    shelf_destroy(other);
}

/* Else a process would look at a clock that nobody moves any longer. */
static void after_a_new_directory_the_new_file_s_clock_is_looked_at(void **state)
{
    struct fixture *fixture = *state;

    publish(fixture, "a");
    assert_true(is_shown(fixture->shelf));
    (void)unlinkat(fixture->place.cache_dirfd, fixture->place.file_name, 0);
    assert_int_equal(rmdir(fixture->path), 0);
    assert_int_equal(shelf_mend(fixture->shelf, NULL), 1);
    clock_set_utc(1100);
    assert_int_equal(room_confirm(&fixture->place, no_mark, 1100, 300, NULL), 0);
    assert_int_equal(shelf_times(fixture->shelf, 0).expires_at, 1400);
}

static void an_announcement_before_the_wait_is_not_missed(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seen = shelf_announcements(fixture->shelf);

    shelf_announce(fixture->shelf);
    /* With a deadline that is years away this returns only because of the announcement or the
     * slice. */
    shelf_wait(fixture->shelf, seen, INT64_MAX / 2);
    assert_int_not_equal(shelf_announcements(fixture->shelf), seen);
}

static void a_room_is_cold_since_somebody_first_found_it_so(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(shelf_cold_for(fixture->shelf, 0, true, 1000), 0);
    assert_int_equal(shelf_cold_for(fixture->shelf, 0, true, 1500), 500);
    assert_int_equal(shelf_cold_for(fixture->shelf, 0, false, 1600), 0);
    assert_int_equal(shelf_cold_for(fixture->shelf, 0, true, 1700), 0);
}

/* Takes and drops views while the room is published again and again: each view is one whole state.
 */
static void *read_again_and_again(void *context)
{
    struct fixture *fixture = context;

    for (int i = 0; i < 2000; i++) {
        const struct room_file *view = shelf_take(fixture->shelf, 0);
        const char *json = view ? room_file_heap(view, ROOM_JSON).at : NULL;
        if (!view || view->item_count != 1 || json[1] != json[2])
            return context;
        shelf_drop(fixture->shelf, view);
    }
    return NULL;
}

static void readers_see_only_whole_states_while_files_change(void **state)
{
    struct fixture *fixture = *state;
    pthread_t readers[3];
    void *wrong = NULL;

    publish(fixture, "aa");
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_again_and_again, fixture), 0);
    for (int i = 0; i < 200; i++)
        publish(fixture, i % 2 ? "aa" : "bb");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(readers[i], &wrong), 0);
        assert_null(wrong);
    }
}

static void a_cache_directory_that_others_may_read_is_refused_with_the_remedy(void **state)
{
    struct fixture *fixture = *state;
    struct shelf *shelf = NULL;
    struct err err = {""};

    assert_int_equal(chmod(fixture->path, 0755), 0);
    assert_int_equal(shelf_create(&fixture->config, &shelf, &err), -EPERM);
    assert_non_null(strstr(err.text, "chmod 700 "));
    assert_null(shelf);
}

static void a_cache_directory_that_is_missing_is_made_for_us_alone(void **state)
{
    struct fixture *fixture = *state;
    struct config config = fixture->config;
    struct shelf *shelf = NULL;
    struct stat status;
    struct err err;
    char path[80];

    (void)snprintf(path, sizeof path, "%s/inner", fixture->path);
    config.cache_dir = path;
    assert_int_equal(shelf_create(&config, &shelf, &err), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    shelf_destroy(shelf);
    (void)rmdir(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_room_without_a_file_has_no_view),
        TEST(a_current_file_is_mapped_once),
        TEST(a_superseded_file_is_replaced_but_held_views_stay_readable),
        TEST(a_file_removed_by_hand_is_shown_until_there_is_a_new_one),
        TEST(what_one_process_finds_damaged_is_shown_by_none_and_fetched_anew),
        TEST(a_file_of_other_settings_is_left_to_those),
        TEST(a_clock_that_says_superseded_of_the_file_that_has_the_name_is_damage),
        TEST(a_file_that_is_cut_short_while_it_is_mapped_is_shown_no_longer),
        TEST(damage_is_told_once_with_the_file_s_name_until_a_good_file_is_there),
        TEST(what_is_no_file_is_told_and_absence_and_other_settings_are_not),
        TEST(a_lower_cache_ttl_shortens_the_life_of_files_that_are_there),
        TEST(a_cache_directory_that_vanished_is_made_again_with_what_was_mapped),
        TEST(after_a_new_directory_the_new_file_s_clock_is_looked_at),
        TEST(an_announcement_before_the_wait_is_not_missed),
        TEST(a_room_is_cold_since_somebody_first_found_it_so),
        TEST(readers_see_only_whole_states_while_files_change),
        TEST(a_cache_directory_that_others_may_read_is_refused_with_the_remedy),
        TEST(a_cache_directory_that_is_missing_is_made_for_us_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
