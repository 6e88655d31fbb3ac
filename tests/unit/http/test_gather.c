/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fixture.h"
#include "http/gather.h"

static void chosen_rooms_are_gathered_in_their_order(void **state)
{
    struct test_site *test = *state;
    struct gather gather;
    const bool chosen[ROOM_COUNT] = {[ROOM_LAST] = true, [ROOM_PLAIN] = true};

    publish(test, ROOM_PLAIN, "0");
    assert_int_equal(gather_rooms(&test->site, chosen, &gather), 0);
    assert_int_equal(gather.count, 2);
    assert_int_equal(gather.now_utc, NOW);
    assert_string_equal(gather.rooms[0].room->name, "R1");
    assert_int_equal(gather.rooms[0].freshness, FRESHNESS_FRESH);
    assert_string_equal(gather.rooms[1].room->name, "A3");
    assert_int_equal(gather.rooms[1].freshness, FRESHNESS_COLD);
    assert_null(gather.rooms[1].view);
    assert_int_equal(gather_shown(&gather), 1);
    gather_finish(&gather);
}

static void no_choice_is_all_rooms(void **state)
{
    struct test_site *test = *state;
    struct gather gather;

    assert_int_equal(gather_rooms(&test->site, NULL, &gather), 0);
    assert_int_equal(gather.count, ROOM_COUNT);
    assert_int_equal(gather_shown(&gather), 0);
    gather_finish(&gather);
}

static void one_room_may_be_gathered_alone(void **state)
{
    struct test_site *test = *state;
    struct gather gather;

    assert_int_equal(gather_room(&test->site, ROOM_LAST, &gather), 0);
    assert_int_equal(gather.count, 1);
    assert_string_equal(gather.rooms[0].room->name, "A3");
    gather_finish(&gather);
}

static void a_failure_explains_itself_and_a_cold_room_too(void **state)
{
    struct test_site *test = *state;
    struct gather gather;

    note_failure(test, ROOM_PLAIN, 60);
    assert_int_equal(gather_rooms(&test->site, NULL, &gather), 0);
    assert_string_equal(gather_why(&gather, &gather.rooms[ROOM_PLAIN]).code, "http_503");
    assert_string_equal(gather_why(&gather, &gather.rooms[ROOM_LAST]).code, "not_fetched_yet");
    gather_finish(&gather);
}

static void a_room_that_nobody_refreshes_explains_itself(void **state)
{
    struct test_site *test = *state;
    struct gather gather;

    publish(test, ROOM_PLAIN, "0");
    after(2 * TTL + 1);
    assert_int_equal(gather_rooms(&test->site, NULL, &gather), 0);
    assert_int_equal(gather.rooms[ROOM_PLAIN].freshness, FRESHNESS_STALE);
    assert_string_equal(gather_why(&gather, &gather.rooms[ROOM_PLAIN]).code, "not_refreshed");
    gather_finish(&gather);
}

/* The second look sees what came since the first. */
static void waiting_looks_again_at_every_room(void **state)
{
    struct test_site *test = *state;
    struct gather gather;

    test->config.cold_wait_s = 60; /* not waited for: the rooms are there */
    publish(test, ROOM_PLAIN, "0");
    publish(test, ROOM_ODD, "0");
    assert_int_equal(gather_rooms(&test->site, NULL, &gather), 0);
    publish(test, ROOM_PLAIN, "0 1");
    publish(test, ROOM_LAST, "0");
    after(1);
    gather_wait(&gather);
    assert_int_equal(gather_shown(&gather), ROOM_COUNT);
    assert_int_equal(gather.rooms[ROOM_PLAIN].view->item_count, 2);
    assert_int_equal(gather.now_utc, NOW + 1);
    gather_finish(&gather);
}

/* An attendant that fetches ROOM_PLAIN when it is asked for the `patience`-th time, and then has done what it can. */
struct attendant {
    struct test_site *test;
    int asked;
    int patience;
};

static bool attend(void *context, const struct gather *gather)
{
    struct attendant *attendant = context;

    assert_int_equal(gather->count, ROOM_COUNT);
    if (++attendant->asked < attendant->patience)
        return true;
    publish(attendant->test, ROOM_PLAIN, "0");
    return false;
}

/* How often the attendant was asked until nobody waited any longer. */
static int asked_while_waiting(struct test_site *test, int patience, size_t *ret_shown)
{
    struct attendant attendant = {.test = test, .patience = patience};
    struct gather gather;

    test->config.cold_wait_s = 60; /* not waited for: the attendant ends it */
    test->site.attend = attend;
    test->site.attend_context = &attendant;
    assert_int_equal(gather_rooms(&test->site, NULL, &gather), 0);
    gather_wait(&gather);
    *ret_shown = gather_shown(&gather);
    gather_finish(&gather);
    return attendant.asked;
}

static void what_the_attendant_brought_is_seen(void **state)
{
    size_t shown;

    assert_int_equal(asked_while_waiting(*state, 1, &shown), 1);
    assert_int_equal(shown, 1);
}

static void the_attendant_is_asked_until_it_is_no_use(void **state)
{
    size_t shown;

    assert_int_equal(asked_while_waiting(*state, 3, &shown), 3);
    assert_int_equal(shown, 1);
}

static void the_attendant_sees_rooms_that_need_no_waiting_too(void **state)
{
    struct test_site *test = *state;
    size_t shown;

    publish(test, ROOM_PLAIN, "0");
    publish(test, ROOM_ODD, "0");
    publish(test, ROOM_LAST, "0");
    assert_int_equal(asked_while_waiting(test, 3, &shown), 1);
    assert_int_equal(shown, ROOM_COUNT);
}

static void who_waits_has_a_place_and_gives_it_back(void **state)
{
    struct test_site *test = *state;
    struct waiting waiting = {.places = 1};
    struct gather gather;

    test->config.cold_wait_s = 60; /* not waited for: the room is there at the second look */
    test->site.waiting = &waiting;
    for (uint64_t visits = 1; visits <= 2; visits++) {
        assert_int_equal(gather_room(&test->site, visits == 1 ? ROOM_PLAIN : ROOM_LAST, &gather),
                         0);
        publish(test, visits == 1 ? ROOM_PLAIN : ROOM_LAST, "0");
        gather_wait(&gather);
        assert_int_equal(gather_shown(&gather), 1);
        assert_false(gather.is_turned_away);
        assert_int_equal(atomic_load(&waiting.count), 0);
        assert_int_equal(ledger_counted(test->site.ledger, LEDGER_COLD_WAITS), visits);
        gather_finish(&gather);
    }
    assert_int_equal(ledger_counted(test->site.ledger, LEDGER_COLD_REFUSALS), 0);
}

/* This would run into the test's time limit if anybody waited. */
static void who_finds_no_place_is_turned_away_at_once(void **state)
{
    struct test_site *test = *state;
    struct waiting waiting = {.count = 2, .places = 2};
    struct gather gather;

    test->config.cold_wait_s = 3600;
    test->site.waiting = &waiting;
    assert_int_equal(gather_rooms(&test->site, NULL, &gather), 0);
    gather_wait(&gather);
    assert_true(gather.is_turned_away);
    assert_string_equal(gather_why(&gather, &gather.rooms[0]).code, "not_fetched_yet");
    assert_non_null(strstr(gather_why(&gather, &gather.rooms[0]).message, "no more visitors"));
    assert_int_equal(atomic_load(&waiting.count), 2);
    assert_int_equal(ledger_counted(test->site.ledger, LEDGER_COLD_WAITS), 0);
    assert_int_equal(ledger_counted(test->site.ledger, LEDGER_COLD_REFUSALS), 1);
    gather_finish(&gather);
}

static void who_need_not_wait_needs_no_place(void **state)
{
    struct test_site *test = *state;
    struct waiting waiting = {.places = 0};
    struct gather gather;

    test->config.cold_wait_s = 3600;
    test->site.waiting = &waiting;
    publish(test, ROOM_PLAIN, "0");
    assert_int_equal(gather_room(&test->site, ROOM_PLAIN, &gather), 0);
    gather_wait(&gather);
    assert_false(gather.is_turned_away);
    assert_int_equal(ledger_counted(test->site.ledger, LEDGER_COLD_REFUSALS), 0);
    gather_finish(&gather);
}

#define SITE_TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(chosen_rooms_are_gathered_in_their_order),
        SITE_TEST(no_choice_is_all_rooms),
        SITE_TEST(one_room_may_be_gathered_alone),
        SITE_TEST(a_failure_explains_itself_and_a_cold_room_too),
        SITE_TEST(a_room_that_nobody_refreshes_explains_itself),
        SITE_TEST(waiting_looks_again_at_every_room),
        SITE_TEST(what_the_attendant_brought_is_seen),
        SITE_TEST(the_attendant_is_asked_until_it_is_no_use),
        SITE_TEST(the_attendant_sees_rooms_that_need_no_waiting_too),
        SITE_TEST(who_waits_has_a_place_and_gives_it_back),
        SITE_TEST(who_finds_no_place_is_turned_away_at_once),
        SITE_TEST(who_need_not_wait_needs_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
