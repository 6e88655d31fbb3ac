/* SPDX-License-Identifier: MIT */
#include "refresh/account.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/extremes.h"
#include "base/log.h"
#include "base/wait.h"
#include "net/backoff.h"
#include "refresh/patience.h"

#define LOOK_MS 1000 /* how often those who wait look whether a hold has ended */

struct account {
    const struct config *config;
    struct ledger *ledger;
    const atomic_bool *stop;
    struct login *login;

    pthread_mutex_t mutex;  /* guards all that follows */
    pthread_cond_t changed; /* places, hold or stop */
    struct standing standing;
    bool *troubled;               /* the standing's flags of rooms */
    int64_t held_until_utc;       /* as the ledger had it when we looked last */
    const struct fault *reported; /* why the log says that it is held; NULL: it does not */
};

/* ---- the ledger ---- */

/* A hold that is longer than any of ours was written before the clock was set back. */
static int64_t believable(const struct account *account, int64_t left_s)
{
    return left_s > patience_max_s(account->config) + LEDGER_LOGINS_SPAN_S ? 0 : left_s;
}

static int64_t login_rest_s(const struct account *account, int64_t now_utc)
{
    return ledger_login_at(account->ledger, now_utc) - now_utc;
}

/* How much is left of the hold in the ledger. A refused login may be tried again when the settings were changed, but
 * never too often. */
static int64_t noted_hold_s(const struct account *account, const struct fault *fault)
{
    int64_t now_utc = clock_utc();
    int64_t left_s = believable(account, account->held_until_utc - now_utc);
    bool is_refusal = fault->action == FAULT_STOP;
    int64_t rest_s = is_refusal ? login_rest_s(account, now_utc) : 0;

    if (is_refusal &&
        account->config->changed_at > ledger_moment(account->ledger, LEDGER_HELD_SINCE))
        left_s = 0;
    return max_of(left_s, rest_s);
}

/* With the mutex held. Takes over what another process, an earlier one or an operator wrote. */
static void look_into_ledger(struct account *account)
{
    int64_t until_utc = ledger_moment(account->ledger, LEDGER_HELD_UNTIL);
    const struct fault *fault = fault_by_number(ledger_get(account->ledger, LEDGER_HELD_FAULT));

    if (until_utc == account->held_until_utc)
        return;
    account->held_until_utc = until_utc;
    if (!fault)
        fault = fault_by_code(slice_of("unknown_response_code"));
    int64_t left_s = noted_hold_s(account, fault);
    standing_set_hold(&account->standing, fault, left_s > 0 ? clock_ms() + 1000 * left_s : 0);
    if (left_s <= 0 || clock_utc() + left_s <= until_utc)
        return;
    /* The limit of failed logins is what holds: others have to know. */
    account->held_until_utc = clock_utc() + left_s;
    ledger_set(account->ledger, LEDGER_HELD_UNTIL, account->held_until_utc);
}

/* With the mutex held. HELD_UNTIL last: with it the rest counts. */
static void write_hold(struct account *account, int64_t for_s)
{
    int64_t now_utc = clock_utc();

    ledger_set(account->ledger, LEDGER_HELD_FAULT, account->standing.fault->number);
    ledger_set(account->ledger, LEDGER_HELD_SINCE, now_utc);
    account->held_until_utc = now_utc + for_s;
    ledger_set(account->ledger, LEDGER_HELD_UNTIL, account->held_until_utc);
    ledger_count(account->ledger, LEDGER_HOLDS_BEGUN, 1);
}

void account_forget_hold(struct ledger *ledger)
{
    ledger_set(ledger, LEDGER_HELD_UNTIL, 0);
}

/* ---- life ---- */

int account_create(const struct config *config, struct ledger *ledger, const atomic_bool *stop,
                   struct account **ret)
{
    struct account *account = calloc(1, sizeof *account);

    if (!account)
        return -ENOMEM;
    account->config = config;
    account->ledger = ledger;
    account->stop = stop;
    account->troubled = calloc(CONFIG_ROOMS_MAX + 1, sizeof *account->troubled);
    (void)pthread_mutex_init(&account->mutex, NULL);
    wait_init(&account->changed);
    if (!account->troubled || login_create(config, stop, &account->login) < 0) {
        account_destroy(account);
        return -ENOMEM;
    }
    login_remember(account->login, login_unpack(ledger_get(ledger, LEDGER_LOGIN)));
    standing_init(&account->standing, (int)config->lanes, account->troubled);
    account->held_until_utc = -1; /* not looked yet */
    look_into_ledger(account);
    *ret = account;
    return 0;
}

void account_destroy(struct account *account)
{
    if (!account)
        return;
    (void)pthread_cond_destroy(&account->changed);
    (void)pthread_mutex_destroy(&account->mutex);
    login_destroy(account->login);
    free(account->troubled);
    free(account);
}

struct login *account_login(struct account *account)
{
    return account->login;
}

void account_wake(struct account *account)
{
    (void)pthread_mutex_lock(&account->mutex);
    (void)pthread_cond_broadcast(&account->changed);
    (void)pthread_mutex_unlock(&account->mutex);
}

/* ---- in and out ---- */

/* With the mutex held. */
static int64_t held_s(const struct account *account)
{
    int64_t left_ms = account->standing.held_until_ms - clock_ms();

    return left_ms > 0 ? (left_ms + 999) / 1000 : 0;
}

/* With the mutex held. */
static bool is_denied(struct account *account, struct ews_answer *ret)
{
    look_into_ledger(account);
    bool is_stopped = atomic_load(account->stop);
    int64_t left_s = held_s(account);

    if (!is_stopped && !left_s)
        return false;
    *ret = (struct ews_answer){
        .stopped = is_stopped,
        .fault = is_stopped ? NULL : account->standing.fault,
        .wait_s = left_s,
        .detail = "not asked: the account has to rest",
    };
    return true;
}

bool account_enter(struct account *account, size_t room, struct account_pass *ret_pass,
                   struct ews_answer *ret_denied)
{
    struct standing *standing = &account->standing;

    (void)pthread_mutex_lock(&account->mutex);
    bool denied = is_denied(account, ret_denied);
    while (!denied && !standing_lets(standing, clock_ms())) {
        (void)wait_until(&account->changed, &account->mutex, clock_ms() + LOOK_MS);
        denied = is_denied(account, ret_denied);
    }
    if (!denied) {
        standing_widen(standing, clock_ms());
        /* A question about no room has the place behind them. */
        ret_pass->room = room < CONFIG_ROOMS_MAX ? room : CONFIG_ROOMS_MAX;
        standing_enter(standing, &ret_pass->standing);
    }
    (void)pthread_mutex_unlock(&account->mutex);
    return !denied;
}

/* With the mutex held. */
static void answered(struct account *account, size_t room)
{
    bool had_trouble = account->held_until_utc > 0 || account->reported;

    standing_answered(&account->standing, room, clock_ms());
    if (!had_trouble || held_s(account))
        return;
    account->held_until_utc = 0;
    account->reported = NULL;
    ledger_set(account->ledger, LEDGER_HELD_UNTIL, 0);
    ledger_set(account->ledger, LEDGER_HELD_FAULT, 0);
    log_event(LOG_LEVEL_INFO, "account_recovered", "reason=\"Exchange answers again.\"");
}

/* With the mutex held. An outage is many holds, one behind the other: one line tells of it, and one if the reason
 * changes. */
static void log_hold(struct account *account, const struct ews_answer *answer, int64_t for_s)
{
    bool is_news = account->reported != answer->fault;
    char detail[LOG_VALUE_SIZE];

    account->reported = answer->fault;
    const char *reason = account->standing.forgiven
                             ? "Exchange refused a login that it had just accepted; this is taken "
                               "for throttling."
                             : answer->fault->message;
    log_event(is_news ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, "account_held",
              "code=%s for_s=%lld reason=\"%s\" detail=\"%s\"", answer->fault->code,
              (long long)for_s, reason, log_value(slice_of(answer->detail), detail));
}

/* With the mutex held. Exchange locks accounts for too many failed logins, whoever tried them and whenever: a hold lasts
 * until another one may be tried. */
static void note_refused_login(struct account *account)
{
    struct standing *standing = &account->standing;

    ledger_note_login(account->ledger, clock_utc());
    int64_t until_ms = clock_ms() + 1000 * login_rest_s(account, clock_utc());
    if (standing_is_held(standing, clock_ms()) && until_ms > standing->held_until_ms)
        standing->held_until_ms = until_ms;
}

/* With the mutex held. What was under way when the hold began fails with the same login: that was no further decision to
 * try it, and must not keep a corrected one waiting. */
static void failed(struct account *account, size_t room, const struct ews_answer *answer)
{
    bool is_refusal = answer->fault->action == FAULT_STOP;

    ledger_count(account->ledger, LEDGER_LOGINS_REFUSED, is_refusal);
    if (held_s(account))
        return;
    standing_failed(&account->standing, account->config, answer->fault, room, answer->wait_s,
                    clock_ms(), backoff_random());
    if (is_refusal)
        note_refused_login(account);
    if (!held_s(account))
        return;
    write_hold(account, held_s(account));
    log_hold(account, answer, held_s(account));
}

/* With the mutex held. */
static bool narrowed(struct account *account, const struct account_pass *pass,
                     const struct ews_answer *answer)
{
    uint64_t before = account->standing.narrowings;
    bool again = standing_narrow(&account->standing, &pass->standing, clock_ms());

    if (account->standing.narrowings != before) {
        ledger_count(account->ledger, LEDGER_LANES_NARROWED, 1);
        log_event(LOG_LEVEL_INFO, "lanes", "code=%s lanes=%d", answer->fault->code,
                  account->standing.limit);
    }
    return again;
}

/* Complains Exchange of the number of requests? A full list cut at its end is the window's matter alone. */
static bool are_too_many(const struct ews_answer *answer)
{
    return answer->fault->action == FAULT_NARROW ||
           (answer->fault->action == FAULT_SPLIT && answer->items < WINDOW_ITEMS_MAX);
}

/* With the mutex held. */
static bool judge(struct account *account, const struct account_pass *pass,
                  const struct ews_answer *answer)
{
    const struct fault *fault = answer->fault;

    if (fault && are_too_many(answer) && narrowed(account, pass, answer))
        return true;
    if (!fault || fault->scope == FAULT_OF_ROOM || fault->action == FAULT_SPLIT)
        answered(account, pass->room);
    else if (fault->scope == FAULT_OF_ACCOUNT)
        failed(account, pass->room, answer);
    return false;
}

/* With the mutex held. */
static void note_login(struct account *account)
{
    int64_t before = ledger_get(account->ledger, LEDGER_LOGIN);
    int64_t note = login_note(account->login);
    struct login_choice choice = login_noted(note);

    if (note == before)
        return;
    ledger_set(account->ledger, LEDGER_LOGIN, note);
    if (choice.scheme && login_pack(choice) != login_pack(login_noted(before)))
        log_event(LOG_LEVEL_INFO, "login", "scheme=\"%s\" reason=\"%s\"",
                  login_scheme_name(choice.scheme), login_reason_text(choice.reason));
}

bool account_leave(struct account *account, const struct account_pass *pass,
                   const struct ews_answer *answer)
{
    (void)pthread_mutex_lock(&account->mutex);
    standing_leave(&account->standing);
    bool again = answer && !answer->stopped && judge(account, pass, answer);
    ledger_set(account->ledger, LEDGER_LANES, account->standing.limit);
    note_login(account);
    (void)pthread_cond_broadcast(&account->changed);
    (void)pthread_mutex_unlock(&account->mutex);
    return again;
}

bool account_room_is_troubled(struct account *account, size_t room)
{
    (void)pthread_mutex_lock(&account->mutex);
    bool troubled = account->troubled[room];
    (void)pthread_mutex_unlock(&account->mutex);
    return troubled;
}

void account_room_is_well(struct account *account, size_t room)
{
    (void)pthread_mutex_lock(&account->mutex);
    account->troubled[room] = false;
    (void)pthread_mutex_unlock(&account->mutex);
}

int64_t account_held_s(struct account *account, const struct fault **ret_fault)
{
    (void)pthread_mutex_lock(&account->mutex);
    look_into_ledger(account);
    int64_t left_s = held_s(account);
    if (left_s)
        *ret_fault = account->standing.fault;
    (void)pthread_mutex_unlock(&account->mutex);
    return left_s;
}
