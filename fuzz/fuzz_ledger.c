/* SPDX-License-Identifier: MIT */
/*
 * fuzz_ledger — any page as CACHE_DIR/ledger
 *
 * The first byte: 1 says that the page is given as it is, 2 that a directory is in its place, else header and account
 * are put right first, so that its numbers are believed. Besides crashes: no login is put off for longer than an hour, the account's state makes
 * sense, health and metrics are replies that a client can read, and a ledger that has gone is made anew with the same
 * numbers.
 */
#include <string.h>

#include "cache/account_state.h"
#include "fuzz.h"
#include "http/routes.h"
#include "site.h"

#define NAME   "ledger"
#define WITHIN NAME "/x" /* what a directory holds cannot be replaced by a file */

enum { PUT_RIGHT, AS_IT_IS, DIRECTORY };

static const struct hash account = {{42}};

static void put_directory(int dirfd)
{
    must(mkdirat(dirfd, NAME, 0700) == 0);
    scratch_write(dirfd, WITHIN, (struct slice){0}, 0600);
}

static void remove_any(int dirfd)
{
    (void)unlinkat(dirfd, WITHIN, 0);
    (void)unlinkat(dirfd, NAME, AT_REMOVEDIR);
    (void)unlinkat(dirfd, NAME, 0);
}

static void write_page(int dirfd, struct slice input)
{
    static char page[LEDGER_SIZE];
    struct ledger_header header = {
        .magic = "rc-book", .format = LEDGER_FORMAT, .byte_order = LEDGER_BYTE_ORDER};
    uint8_t how = take_byte(&input);

    memset(page, 0, sizeof page);
    header.account = account;
    remove_any(dirfd);
    if (how == DIRECTORY)
        put_directory(dirfd);
    if (how == AS_IT_IS)
        scratch_write(dirfd, NAME, input, 0600);
    if (how == DIRECTORY || how == AS_IT_IS)
        return;
    memcpy(page, &header, sizeof header);
    struct slice values = take(&input, LEDGER_VALUES * sizeof(int64_t));
    struct slice logins = take(&input, LEDGER_LOGINS * sizeof(int64_t));
    struct slice counters = take(&input, LEDGER_COUNTERS * sizeof(uint64_t));
    memcpy(page + LEDGER_VALUES_AT, values.at, values.length);
    memcpy(page + LEDGER_LOGINS_AT, logins.at, logins.length);
    memcpy(page + LEDGER_COUNTERS_AT, counters.at, counters.length);
    scratch_write(dirfd, NAME, (struct slice){page, sizeof page}, 0600);
}

static void check_logins(struct ledger *ledger)
{
    int64_t at = ledger_login_at(ledger, SITE_NOW);

    must(at >= SITE_NOW && at <= SITE_NOW + LEDGER_LOGINS_SPAN_S);
    for (int i = 0; i < LEDGER_LOGINS; i++)
        ledger_note_login(ledger, SITE_NOW);
    must(ledger_login_at(ledger, SITE_NOW) == SITE_NOW + LEDGER_LOGINS_SPAN_S);
}

static void check_state(const struct ledger *ledger)
{
    struct account_state state = account_state(ledger, &site_config, SITE_NOW);

    must(state.lanes >= 1 && state.lanes <= site_config.lanes);
    must(state.refreshed_at >= 0 && state.refreshed_at <= SITE_NOW);
    must(!state.is_held ||
         (state.held_until_utc > SITE_NOW &&
          state.held_until_utc - SITE_NOW <= account_longest_pause_s(&site_config)));
}

static void check_replies(const struct site *site)
{
    static const char *const paths[] = {"/api/health", "/api/metrics", "/api/calendar"};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct http_request request = {.method = slice_of("GET"), .path = slice_of(paths[i])};
        struct site_reply sent = {.bytes = BUF_INIT(SIZE_MAX / 2)};
        struct http_reply reply;
        http_reply_init(&reply, site->shelf);
        routes_handle(site, &request, &reply);
        must(http_reply_send(&reply, site_collect, &sent.bytes) == 0);
        site_check(&sent, true);
        http_reply_finish(&reply);
        buf_finish(&sent.bytes);
    }
}

static void check_writing(struct ledger *ledger)
{
    uint64_t before = ledger_counted(ledger, LEDGER_ROUNDS);

    ledger_count(ledger, LEDGER_ROUNDS, 2);
    must(ledger_counted(ledger, LEDGER_ROUNDS) == before + 2);
    ledger_set(ledger, LEDGER_HOLDS, -7);
    must(ledger_get(ledger, LEDGER_HOLDS) == -7);
}

/* `result` is what opening it gave. */
static void check_mending(struct ledger *ledger, int dirfd, int result)
{
    int64_t values[LEDGER_VALUES];
    uint64_t counters[LEDGER_COUNTERS];

    for (int i = 0; i < LEDGER_VALUES; i++)
        values[i] = ledger_get(ledger, (enum ledger_value)i);
    for (int i = 0; i < LEDGER_COUNTERS; i++)
        counters[i] = ledger_counted(ledger, (enum ledger_counter)i);
    must(result ? ledger_mend(ledger, dirfd, NULL) < 0 : ledger_mend(ledger, dirfd, NULL) == 0);
    remove_any(dirfd);
    must(ledger_mend(ledger, dirfd, NULL) == 1);
    for (int i = 0; i < LEDGER_VALUES; i++)
        must(ledger_get(ledger, (enum ledger_value)i) == values[i]);
    for (int i = 0; i < LEDGER_COUNTERS; i++)
        must(ledger_counted(ledger, (enum ledger_counter)i) == counters[i]);
}

/* Once: the site of five rooms, and the one that has none yet. */
static int open_sites(struct site ret[static 2])
{
    static struct config awaiting;
    int dirfd = scratch_open();

    site_prepare();
    awaiting = site_awaiting();
    site_open(&site_config, NULL, &ret[0]);
    site_open(&awaiting, NULL, &ret[1]);
    site_fill(ret[0].shelf);
    return dirfd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int dirfd;
    static struct site sites[2];
    struct ledger *ledger = NULL;

    if (size > LEDGER_SIZE + 1)
        return 0;
    if (!dirfd)
        dirfd = open_sites(sites);
    write_page(dirfd, (struct slice){(const char *)data, size});
    int result = ledger_open(dirfd, &account, &ledger, NULL);
    must(result == 0 || result == 1);
    check_state(ledger);
    for (size_t i = 0; i < 2; i++) {
        sites[i].ledger = ledger;
        check_replies(&sites[i]);
    }
    check_logins(ledger);
    check_writing(ledger);
    check_mending(ledger, dirfd, result);
    ledger_close(ledger);
    return 0;
}
