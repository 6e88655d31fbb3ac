/* SPDX-License-Identifier: MIT */
#include "refresh/account.h"

#include "base/clock.h"
#include "cache/room_dir.h"
#include "unit.h"

/*
 * Each account has a ledger of its own on one directory, as another process or a later one would.
 */

#define NOW INT64_C(1795000000)

static const struct hash whose = {{1}};
static const atomic_bool never_stop;
static atomic_bool stop;

struct party {
    struct config config;
    struct ledger *ledger;
    struct account *account;
};

static void begin(struct party *party, const struct room_dir *dir)
{
    struct err err;

    *party = (struct party){.config = {.room_count = 2,
                                       .lanes = 4,
                                       .cache_ttl_s = 300,
                                       .full_refresh_s = 21600,
                                       .changed_at = NOW - 1}};
    assert_int_equal(ledger_open(dir->fd, &whose, &party->ledger, &err), 0);
    assert_int_equal(account_create(&party->config, party->ledger, &never_stop, &party->account),
                     0);
}

static void finish(struct party *party)
{
    account_destroy(party->account);
    ledger_close(party->ledger);
}

/* A question that goes like this; "" for an answer. */
static bool ask(struct party *party, const char *code, int64_t wait_s)
{
    struct ews_answer answer = {.wait_s = wait_s};
    struct account_pass pass;

    if (!account_enter(party->account, 0, &pass, &answer))
        return false;
    answer = (struct ews_answer){.fault = *code ? fault_by_code(slice_of(code)) : NULL,
                                 .wait_s = wait_s};
    assert_false(account_leave(party->account, &pass, &answer));
    return true;
}

static int64_t held_s(const struct party *party)
{
    const struct fault *fault;

    return account_held_s(party->account, &fault);
}

static void set_up(struct room_dir *dir)
{
    clock_set_utc(NOW);
    room_dir_begin(dir);
}

static void tear_down(struct room_dir *dir)
{
    clock_set_utc(-1);
    room_dir_end(dir);
}

static void a_hold_is_obeyed_by_who_comes_later(void **state)
{
    struct room_dir dir;
    struct party first;
    struct party later;

    (void)state;
    set_up(&dir);
    begin(&first, &dir);
    assert_true(ask(&first, "ErrorServerBusy", 500));
    finish(&first);
    begin(&later, &dir);
    assert_int_equal(held_s(&later), 500);
    assert_false(ask(&later, "", -1));
    finish(&later);
    tear_down(&dir);
}

static void a_hold_is_obeyed_by_who_is_there_already(void **state)
{
    struct room_dir dir;
    struct party one;
    struct party other;

    (void)state;
    set_up(&dir);
    begin(&one, &dir);
    begin(&other, &dir);
    assert_true(ask(&one, "http_429", 500));
    assert_false(ask(&other, "", -1));
    finish(&one);
    finish(&other);
    tear_down(&dir);
}

static void who_is_denied_learns_why_and_for_how_long(void **state)
{
    struct room_dir dir;
    struct party party;
    struct account_pass pass;
    struct ews_answer denied;

    (void)state;
    set_up(&dir);
    begin(&party, &dir);
    assert_true(ask(&party, "ErrorServerBusy", 500));
    assert_false(account_enter(party.account, 0, &pass, &denied));
    assert_string_equal(denied.fault->code, "ErrorServerBusy");
    assert_int_equal(denied.wait_s, 500);
    assert_false(denied.stopped);
    finish(&party);
    tear_down(&dir);
}

static void an_operator_may_end_a_hold(void **state)
{
    struct room_dir dir;
    struct party service;
    struct party operator;

    (void)state;
    set_up(&dir);
    begin(&service, &dir);
    begin(&operator, & dir);
    assert_true(ask(&service, "http_401", -1));
    assert_int_equal(held_s(&service), FAULT_STOP_S);
    account_forget_hold(operator.ledger);
    assert_true(ask(&service, "", -1));
    finish(&operator);
    finish(&service);
    tear_down(&dir);
}

static void no_more_than_four_logins_fail_in_an_hour_whatever_the_operator_does(void **state)
{
    struct room_dir dir;
    struct party party;

    (void)state;
    set_up(&dir);
    for (int login = 0; login < LEDGER_LOGINS; login++) {
        begin(&party, &dir);
        assert_true(ask(&party, "http_401", -1));
        account_forget_hold(party.ledger);
        finish(&party);
    }
    begin(&party, &dir);
    assert_int_equal(held_s(&party), LEDGER_LOGINS_SPAN_S);
    clock_set_utc(NOW + LEDGER_LOGINS_SPAN_S);
    finish(&party);
    begin(&party, &dir);
    assert_true(ask(&party, "", -1));
    finish(&party);
    tear_down(&dir);
}

static void requests_that_were_under_way_when_a_login_was_refused_are_no_further_tries(void **state)
{
    struct room_dir dir;
    struct party party;
    struct account_pass passes[4];
    struct ews_answer denied;
    const struct ews_answer answer = {.fault = fault_by_code(slice_of("http_401")), .wait_s = -1};

    (void)state;
    set_up(&dir);
    begin(&party, &dir);
    assert_true(ask(&party, "", -1));
    for (size_t i = 0; i < 4; i++)
        assert_true(account_enter(party.account, i % 2, &passes[i], &denied));
    for (size_t i = 0; i < 4; i++)
        assert_false(account_leave(party.account, &passes[i], &answer));
    assert_int_equal(held_s(&party), FAULT_REST_S);
    assert_int_equal(ledger_counted(party.ledger, LEDGER_LOGINS_REFUSED), 4);
    assert_int_equal(ledger_login_at(party.ledger, NOW), NOW);
    finish(&party);
    tear_down(&dir);
}

static void a_refused_login_is_tried_again_when_the_settings_were_changed(void **state)
{
    struct room_dir dir;
    struct party party;

    (void)state;
    set_up(&dir);
    begin(&party, &dir);
    assert_true(ask(&party, "http_401", -1));
    finish(&party);
    clock_set_utc(NOW + 10);
    begin(&party, &dir);
    assert_int_equal(held_s(&party), FAULT_STOP_S - 10);
    finish(&party);
    struct ledger *ledger;
    struct err err;
    struct account *account;
    const struct fault *fault;
    struct config mended = {
        .room_count = 2, .lanes = 4, .full_refresh_s = 21600, .changed_at = NOW + 5};
    assert_int_equal(ledger_open(dir.fd, &whose, &ledger, &err), 0);
    assert_int_equal(account_create(&mended, ledger, &never_stop, &account), 0);
    assert_int_equal(account_held_s(account, &fault), 0);
    account_destroy(account);
    ledger_close(ledger);
    tear_down(&dir);
}

static void a_hold_from_before_the_clock_was_set_back_is_not_believed(void **state)
{
    struct room_dir dir;
    struct party party;

    (void)state;
    set_up(&dir);
    begin(&party, &dir);
    assert_true(ask(&party, "ErrorServerBusy", 500));
    finish(&party);
    clock_set_utc(NOW - 10 * INT64_C(86400));
    begin(&party, &dir);
    assert_int_equal(held_s(&party), 0);
    finish(&party);
    tear_down(&dir);
}

static void a_window_that_is_too_full_itself_does_not_narrow_the_lanes(void **state)
{
    struct room_dir dir;
    struct party party;
    struct account_pass one;
    struct account_pass two;
    struct ews_answer denied;
    const struct fault *cut = fault_by_code(slice_of("reply_list_truncated"));
    struct ews_answer full = {.fault = cut, .items = WINDOW_ITEMS_MAX};
    struct ews_answer part = {.fault = cut, .items = 10};

    (void)state;
    set_up(&dir);
    begin(&party, &dir);
    assert_true(ask(&party, "", -1));
    assert_true(account_enter(party.account, 0, &one, &denied));
    assert_true(account_enter(party.account, 1, &two, &denied));
    assert_false(account_leave(party.account, &one, &full));
    assert_true(account_leave(party.account, &two, &part));
    assert_int_equal(ledger_get(party.ledger, LEDGER_LANES), 2);
    finish(&party);
    tear_down(&dir);
}

static void when_the_process_ends_nobody_is_let_in(void **state)
{
    struct room_dir dir;
    struct party party;
    struct account_pass pass;
    struct ews_answer denied;
    struct account *account;

    (void)state;
    set_up(&dir);
    begin(&party, &dir);
    atomic_store(&stop, true);
    assert_int_equal(account_create(&party.config, party.ledger, &stop, &account), 0);
    assert_false(account_enter(account, 0, &pass, &denied));
    assert_true(denied.stopped);
    account_destroy(account);
    finish(&party);
    tear_down(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_is_obeyed_by_who_comes_later),
        cmocka_unit_test(a_hold_is_obeyed_by_who_is_there_already),
        cmocka_unit_test(who_is_denied_learns_why_and_for_how_long),
        cmocka_unit_test(an_operator_may_end_a_hold),
        cmocka_unit_test(no_more_than_four_logins_fail_in_an_hour_whatever_the_operator_does),
        cmocka_unit_test(
            requests_that_were_under_way_when_a_login_was_refused_are_no_further_tries),
        cmocka_unit_test(a_refused_login_is_tried_again_when_the_settings_were_changed),
        cmocka_unit_test(a_hold_from_before_the_clock_was_set_back_is_not_believed),
        cmocka_unit_test(a_window_that_is_too_full_itself_does_not_narrow_the_lanes),
        cmocka_unit_test(when_the_process_ends_nobody_is_let_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
