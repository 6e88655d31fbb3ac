/* SPDX-License-Identifier: MIT */
#include "refresh/discovery.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ews/fault.h"
#include "refresh/address_book.h"
#include "refresh/patience.h"
#include "unit.h"

#define NOW INT64_C(1795000000)
#define DAY INT64_C(86400)

static const struct found_room two[] = {{"A", "a@x"}, {"B", "b@x"}};

/* Exchange is played by an address book of our own. */
static struct {
    size_t rooms; /* of `two` */
    const struct fault *fault;
    bool stopped;
} world;

void address_book_init(struct address_book *book)
{
    *book = (struct address_book){.count = world.rooms};
}

void address_book_finish(struct address_book *book)
{
    (void)book;
}

int address_book_ask(struct address_book *book, const struct config *config,
                     const struct asker *asker, struct ews_answer *ret)
{
    (void)book, (void)config, (void)asker;
    *ret = (struct ews_answer){.fault = world.fault, .stopped = world.stopped, .wait_s = -1};
    return 0;
}

struct found_room *address_book_rooms(const struct address_book *book)
{
    struct found_room *rooms = calloc(book->count + 1, sizeof *rooms);

    assert_non_null(rooms);
    memcpy(rooms, two, book->count * sizeof *rooms);
    return rooms;
}

/* A discovery with a CACHE_DIR of its own. */
struct bench {
    char directory[64];
    char server[16], account[16], list[16];
    char *lists[1];
    struct config config;
    struct shelf *shelf;
    struct ledger *ledger;
    struct discovery discovery;
};

static void begin_anew(struct bench *bench)
{
    assert_int_equal(discovery_init(&bench->discovery, &bench->config, bench->shelf, bench->ledger),
                     0);
}

static int begin(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct err err = {""};

    assert_non_null(bench);
    (void)snprintf(bench->directory, sizeof bench->directory, "/tmp/roomcal-unit-XXXXXX");
    assert_non_null(mkdtemp(bench->directory));
    (void)strcpy(bench->server, "https://x/");
    (void)strcpy(bench->account, "u");
    (void)strcpy(bench->list, "rooms@x");
    bench->lists[0] = bench->list;
    bench->config = (struct config){.endpoint = bench->server,
                                    .username = bench->account,
                                    .cache_dir = bench->directory,
                                    .cache_ttl_s = 300,
                                    .full_refresh_s = 21600,
                                    .timezone = bench->account,
                                    .room_lists = bench->lists,
                                    .room_list_count = 1};
    assert_int_equal(shelf_create(&bench->config, &bench->shelf, &err), 0);
    assert_int_equal(
        ledger_open(shelf_dirfd(bench->shelf), &(struct hash){{1}}, &bench->ledger, &err), 0);
    begin_anew(bench);
    memset(&world, 0, sizeof world);
    world.rooms = 2;
    *state = bench;
    return 0;
}

static int end(void **state)
{
    struct bench *bench = *state;

    (void)unlinkat(shelf_dirfd(bench->shelf), ROOM_LIST_FILE, 0);
    (void)unlinkat(shelf_dirfd(bench->shelf), "ledger", 0);
    ledger_close(bench->ledger);
    shelf_destroy(bench->shelf);
    assert_int_equal(rmdir(bench->directory), 0);
    free(bench);
    return 0;
}

static void run(struct bench *bench, int64_t now_utc)
{
    discovery_run(&bench->discovery, NULL, now_utc);
}

static int64_t due_at(struct bench *bench, int64_t now_utc)
{
    return discovery_due_at(&bench->discovery, now_utc);
}

/* -1: there is no list. */
static int rooms_kept(const struct bench *bench)
{
    struct room_list list;

    if (room_list_read(shelf_dirfd(bench->shelf), &bench->discovery.watch.source, &list, NULL) != 0)
        return -1;
    int count = (int)list.count;
    room_list_finish(&list);
    return count;
}

/* ---- when ------------------------------------------------------------------------------------ */

static void without_a_list_they_are_due_now(void **state)
{
    assert_true(due_at(*state, NOW) <= NOW);
}

static void they_are_due_once_a_day(void **state)
{
    run(*state, NOW);
    assert_int_equal(rooms_kept(*state), 2);
    assert_int_equal(due_at(*state, NOW), NOW + DAY);
    run(*state, NOW + DAY);
    assert_int_equal(due_at(*state, NOW + DAY), NOW + 2 * DAY);
}

static void a_clock_that_was_set_back_makes_them_due(void **state)
{
    run(*state, NOW);
    assert_true(due_at(*state, NOW - 10 * DAY) <= NOW - 10 * DAY);
}

static void forgetting_makes_them_due(void **state)
{
    struct bench *bench = *state;
    struct err err = {""};

    run(bench, NOW);
    world.fault = fault_by_code(slice_of("ErrorInternalServerError"));
    run(bench, NOW + DAY);
    assert_true(due_at(bench, NOW + DAY) > NOW + DAY);
    assert_int_equal(discovery_forget(shelf_dirfd(bench->shelf), bench->ledger, &err), 0);
    assert_true(due_at(bench, NOW + DAY) <= NOW + DAY);
    assert_int_equal(rooms_kept(bench), 2);
}

/* ---- failures -------------------------------------------------------------------------------- */

static void a_failure_keeps_the_list_and_is_tried_again_later(void **state)
{
    struct bench *bench = *state;

    run(bench, NOW);
    world.fault = fault_by_code(slice_of("ErrorInternalServerError"));
    run(bench, NOW + DAY);
    assert_int_equal(rooms_kept(bench), 2);
    assert_int_equal(ledger_get(bench->ledger, LEDGER_LIST_FAULT), world.fault->number);
    assert_in_range(due_at(bench, NOW + DAY), NOW + DAY + 1, NOW + DAY + 10);
    world.fault = NULL;
    run(bench, NOW + DAY + 10);
    assert_int_equal(ledger_get(bench->ledger, LEDGER_LIST_FAULT), 0);
    assert_int_equal(due_at(bench, NOW + DAY + 10), NOW + 2 * DAY + 10);
}

static void failures_in_a_row_wait_longer(void **state)
{
    struct bench *bench = *state;

    world.fault = fault_by_code(slice_of("ErrorInternalServerError"));
    for (int i = 0; i < 8; i++)
        run(bench, NOW);
    assert_int_equal(rooms_kept(bench), -1);
    assert_true(due_at(bench, NOW) > NOW + 100);
}

static void a_failure_is_known_to_the_next_process_but_not_of_other_lists(void **state)
{
    struct bench *bench = *state;

    world.fault = fault_by_code(slice_of("ErrorNameResolutionNoResults"));
    run(bench, NOW);
    begin_anew(bench);
    assert_true(due_at(bench, NOW) > NOW);
    (void)strcpy(bench->list, "other@x");
    begin_anew(bench);
    assert_true(due_at(bench, NOW) <= NOW);
    assert_int_equal(ledger_get(bench->ledger, LEDGER_LIST_FAULT), 0);
}

static void a_rest_from_before_the_clock_was_set_back_does_not_count(void **state)
{
    struct bench *bench = *state;

    ledger_set(bench->ledger, LEDGER_LIST_RETRY_AT, NOW + patience_max_s(&bench->config) + 1);
    assert_true(due_at(bench, NOW) <= NOW);
}

static void what_was_stopped_changes_nothing(void **state)
{
    struct bench *bench = *state;

    world.stopped = true;
    world.rooms = 1;
    run(bench, NOW);
    assert_int_equal(rooms_kept(bench), -1);
    assert_int_equal(ledger_get(bench->ledger, LEDGER_LIST_FAULT), 0);
    assert_true(due_at(bench, NOW) <= NOW);
}

static void who_gives_up_leaves_them_alone_for_a_while(void **state)
{
    struct bench *bench = *state;

    discovery_give_up(bench->ledger, NOW);
    assert_int_equal(due_at(bench, NOW), NOW + DISCOVERY_REST_S);
    assert_string_equal(fault_by_number(ledger_get(bench->ledger, LEDGER_LIST_FAULT))->code,
                        "timeout");
}

static void failures_that_nobody_can_have_counted_do_no_harm(void **state)
{
    struct bench *bench = *state;

    ledger_set(bench->ledger, LEDGER_LIST_FAILURES, INT64_MAX);
    discovery_give_up(bench->ledger, NOW);
    assert_true(ledger_get(bench->ledger, LEDGER_LIST_FAILURES) > 0);
}

static void a_list_that_cannot_be_kept_is_a_failure(void **state)
{
    struct bench *bench = *state;
    int dirfd = shelf_dirfd(bench->shelf);

    assert_int_equal(mkdirat(dirfd, ROOM_LIST_FILE, 0700), 0);
    run(bench, NOW);
    assert_true(due_at(bench, NOW) > NOW);
    assert_int_not_equal(ledger_get(bench->ledger, LEDGER_LIST_FAULT), 0);
    assert_int_equal(unlinkat(dirfd, ROOM_LIST_FILE, AT_REMOVEDIR), 0);
}

/* ---- empty lists ----------------------------------------------------------------------------- */

static void an_emptied_list_is_believed_a_day_later(void **state)
{
    run(*state, NOW);
    world.rooms = 0;
    run(*state, NOW + DAY);
    assert_int_equal(rooms_kept(*state), 2);
    run(*state, NOW + DAY + 3600);
    assert_int_equal(rooms_kept(*state), 2);
    run(*state, NOW + 2 * DAY);
    assert_int_equal(rooms_kept(*state), 0);
}

static void a_list_that_is_filled_again_is_not_empty_any_more(void **state)
{
    run(*state, NOW);
    world.rooms = 0;
    run(*state, NOW + DAY);
    world.rooms = 1;
    run(*state, NOW + 2 * DAY);
    assert_int_equal(rooms_kept(*state), 1);
    world.rooms = 0;
    run(*state, NOW + 3 * DAY);
    assert_int_equal(rooms_kept(*state), 1);
}

static void a_first_list_may_be_empty(void **state)
{
    world.rooms = 0;
    run(*state, NOW);
    assert_int_equal(rooms_kept(*state), 0);
}

#define BENCH_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(without_a_list_they_are_due_now),
        BENCH_TEST(they_are_due_once_a_day),
        BENCH_TEST(a_clock_that_was_set_back_makes_them_due),
        BENCH_TEST(forgetting_makes_them_due),
        BENCH_TEST(a_failure_keeps_the_list_and_is_tried_again_later),
        BENCH_TEST(failures_in_a_row_wait_longer),
        BENCH_TEST(a_failure_is_known_to_the_next_process_but_not_of_other_lists),
        BENCH_TEST(a_rest_from_before_the_clock_was_set_back_does_not_count),
        BENCH_TEST(what_was_stopped_changes_nothing),
        BENCH_TEST(who_gives_up_leaves_them_alone_for_a_while),
        BENCH_TEST(failures_that_nobody_can_have_counted_do_no_harm),
        BENCH_TEST(a_list_that_cannot_be_kept_is_a_failure),
        BENCH_TEST(an_emptied_list_is_believed_a_day_later),
        BENCH_TEST(a_list_that_is_filled_again_is_not_empty_any_more),
        BENCH_TEST(a_first_list_may_be_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
