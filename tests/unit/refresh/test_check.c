/* SPDX-License-Identifier: MIT */
#include "refresh/check.h"
#include "unit.h"

#define ASKS_FOR_FOLDERS
#include "refresh/asker_stubs.h"

/* Exchange is played by an ews_check_folders of our own. */

#define NOW       INT64_C(1795000000) /* 2026-11-18T11:06:40Z */
#define DAY_S     INT64_C(86400)
#define FULL_S    21600
#define COMMITTED "2026-11-18T11:00:00Z"

static char names[] = "room";
static char first[] = "a@example.org";
static char second[] = "b@example.org";
static struct config_room rooms[] = {{names, first}, {names, second}};
static const struct config config = {.rooms = rooms,
                                     .room_count = 2,
                                     .full_refresh_s = FULL_S,
                                     .window_start = {.at_utc = NOW - 30 * DAY_S},
                                     .window_days = 10};

static struct {
    const char *committed;
    const char *deleted;
    const struct fault *fault; /* of the second room */
    int64_t server_utc;
    int64_t took_s;
    int complaints; /* of too many requests at a time */
} world;

bool account_enter(struct account *account, size_t room, struct account_pass *ret_pass,
                   struct ews_answer *ret_denied)
{
    (void)account;
    (void)ret_denied;
    ret_pass->room = room;
    return true;
}

bool account_leave(struct account *account, const struct account_pass *pass,
                   const struct ews_answer *answer)
{
    (void)account;
    (void)pass;
    (void)answer;
    return world.complaints && world.complaints--;
}

int ews_check_folders(struct ews_client *client, const char *const *mailboxes, size_t count,
                      ews_take_folder *on_folder, void *context, struct ews_answer *ret)
{
    struct ews_folder folder = {
        .committed = slice_of(world.committed), .deleted = slice_of(world.deleted), .reason = ""};

    (void)client;
    assert_int_equal(count, 2);
    assert_string_equal(mailboxes[1], "b@example.org");
    assert_int_equal(on_folder(context, &folder), 0);
    folder.place = 1;
    folder.fault = world.fault;
    assert_int_equal(on_folder(context, &folder), 0);
    *ret =
        (struct ews_answer){.server_utc = world.server_utc, .took_s = world.took_s, .wait_s = -1};
    return 0;
}

static struct check_report ask(void)
{
    static const size_t both[] = {0, 1};
    const struct asker asker = {NULL, NULL};
    struct check_report report;

    assert_int_equal(check_rooms(&asker, &config, both, 2, &report), 0);
    assert_int_equal(report.told, 2);
    return report;
}

static void exchange_says(const char *committed, const char *deleted, int64_t server_utc)
{
    world.committed = committed;
    world.deleted = deleted;
    world.server_utc = server_utc;
    world.took_s = 0;
    world.fault = NULL;
    world.complaints = 0;
}

static void both_properties_are_the_mark(void **state)
{
    (void)state;
    exchange_says(COMMITTED, "3", NOW);
    struct check_report before = ask();
    exchange_says(COMMITTED, "4", NOW);
    struct check_report deleted = ask();
    exchange_says("2026-11-18T11:00:01Z", "3", NOW);
    struct check_report changed = ask();
    assert_true(before.rooms[0].is_answered);
    assert_memory_equal(before.rooms[0].mark, before.rooms[1].mark, sizeof before.rooms[0].mark);
    assert_int_not_equal(before.rooms[0].mark[1], deleted.rooms[0].mark[1]);
    assert_int_not_equal(before.rooms[0].mark[0], changed.rooms[0].mark[0]);
}

static void what_is_not_answered_is_no_mark(void **state)
{
    (void)state;
    exchange_says("", "", NOW);
    assert_true(ask().rooms[0].is_answered);
    assert_int_equal(ask().rooms[0].mark[0], 0);
    exchange_says(COMMITTED, "many", NOW);
    assert_int_equal(ask().rooms[0].mark[0], 0);
}

static void a_refused_room_has_its_fault(void **state)
{
    static const struct fault fault = {1, "a", FAULT_OF_ROOM, FAULT_GIVE_UP, ""};

    (void)state;
    exchange_says(COMMITTED, "3", NOW);
    world.fault = &fault;
    struct check_report report = ask();
    assert_true(report.rooms[0].is_answered);
    assert_false(report.rooms[1].is_answered);
    assert_ptr_equal(report.rooms[1].fault, &fault);
}

static void a_commit_of_this_very_moment_may_hide_another(void **state)
{
    (void)state;
    exchange_says("2026-11-18T11:06:40Z", "3", NOW);
    assert_int_equal(ask().rooms[0].mark[0], 0);
    exchange_says("2026-11-18T11:06:40Z", "3", NOW + CHECK_SETTLED_S);
    assert_int_not_equal(ask().rooms[0].mark[0], 0);
}

/* The room may have been read at the begin of the request, and another change of that second come after. */
static void a_commit_that_was_young_when_the_question_was_sent_is_no_mark(void **state)
{
    (void)state;
    exchange_says("2026-11-18T11:06:40Z", "3", NOW + CHECK_SETTLED_S + 9);
    world.took_s = 10;
    assert_int_equal(ask().rooms[0].mark[0], 0);
    world.took_s = 9;
    assert_int_not_equal(ask().rooms[0].mark[0], 0);
}

static void a_server_with_two_clocks_is_not_fetched_from_for_ever(void **state)
{
    (void)state;
    exchange_says("2026-11-18T11:06:40Z", "3", NOW - 3600);
    assert_int_not_equal(ask().rooms[0].mark[0], 0);
}

static void with_fewer_requests_at_a_time_it_is_asked_again(void **state)
{
    (void)state;
    exchange_says(COMMITTED, "3", NOW);
    world.complaints = 2;
    assert_true(ask().rooms[0].is_answered);
    assert_int_equal(world.complaints, 0);
}

static struct room_basis basis_now(void)
{
    struct window window = window_of(&config, NOW);

    return (struct room_basis){.asked_at = NOW,
                               .change_mark = {7, 8},
                               .window_start_utc = window.start_utc,
                               .window_end_utc = window.end_utc};
}

static const int64_t same[2] = {7, 8};

static void content_with_the_same_mark_still_holds(void **state)
{
    static const int64_t other_commit[2] = {6, 8};
    static const int64_t other_count[2] = {7, 9};
    static const int64_t unknown[2] = {0, 8};
    struct room_basis basis = basis_now();

    (void)state;
    assert_true(check_still_holds(&basis, same, &config, NOW + 300, 0));
    assert_false(check_still_holds(&basis, other_commit, &config, NOW + 300, 0));
    assert_false(check_still_holds(&basis, other_count, &config, NOW + 300, 0));
    basis.change_mark[0] = 0;
    assert_false(check_still_holds(&basis, unknown, &config, NOW + 300, 0));
}

static void content_of_yesterday_s_window_holds_no_more(void **state)
{
    struct room_basis basis = basis_now();

    (void)state;
    basis.window_end_utc -= DAY_S;
    assert_false(check_still_holds(&basis, same, &config, NOW, 0));
}

static void content_is_asked_for_again_after_full_refresh(void **state)
{
    struct room_basis basis = basis_now();

    (void)state;
    assert_true(check_still_holds(&basis, same, &config, NOW + FULL_S - 1, 0));
    assert_false(check_still_holds(&basis, same, &config, NOW + FULL_S, 0));
    assert_false(check_still_holds(&basis, same, &config, NOW - 1, 0)); /* the clock was set back */
}

static void not_all_rooms_reach_full_refresh_at_once(void **state)
{
    struct room_basis basis = basis_now();

    (void)state;
    assert_false(check_still_holds(&basis, same, &config, NOW + FULL_S - 1, FULL_S / 4));
    assert_true(check_still_holds(&basis, same, &config, NOW + FULL_S * 3 / 4 - 1, FULL_S / 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_properties_are_the_mark),
        cmocka_unit_test(what_is_not_answered_is_no_mark),
        cmocka_unit_test(a_refused_room_has_its_fault),
        cmocka_unit_test(a_commit_of_this_very_moment_may_hide_another),
        cmocka_unit_test(a_commit_that_was_young_when_the_question_was_sent_is_no_mark),
        cmocka_unit_test(a_server_with_two_clocks_is_not_fetched_from_for_ever),
        cmocka_unit_test(with_fewer_requests_at_a_time_it_is_asked_again),
        cmocka_unit_test(content_with_the_same_mark_still_holds),
        cmocka_unit_test(content_of_yesterday_s_window_holds_no_more),
        cmocka_unit_test(content_is_asked_for_again_after_full_refresh),
        cmocka_unit_test(not_all_rooms_reach_full_refresh_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
