/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/datetime.h"
#include "cache/account_state.h"
#include "cache/lease.h"
#include "cache/ledger.h"
#include "cache/room_clock.h"
#include "cache/shelf.h"
#include "ews/client.h"
#include "refresh/account.h"
#include "refresh/asker.h"
#include "refresh/discovery.h"
#include "refresh/fetch.h"
#include "refresh/patience.h"

/* Nobody stops a command but the terminal's Ctrl-C, which ends the process. */
static const atomic_bool never_stop;

#define NO_ROOMS                                                                                   \
    "no list of ROOM_LIST has given a room, and ROOMS names none; when that is mended, "           \
    "`roomcal refresh` asks for the lists again"

static int complain(int status, const char *what)
{
    (void)fprintf(stderr, "roomcal: %s\n", what);
    return status;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* What a command needs to ask Exchange by the account's rules, which the service and earlier calls have to keep, too. */
struct line {
    struct ledger *ledger;
    struct account *account;
};

static void line_finish(struct line *line)
{
    account_destroy(line->account);
    ledger_close(line->ledger);
}

/* Without a cache the ledger is forgotten with the command. 0 or an exit status; to be finished in both cases. */
static int line_init(struct line *line, const struct config *config)
{
    int dirfd = open(config->cache_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct hash account;
    struct err err = {""};

    *line = (struct line){NULL, NULL};
    bool ok = config_account(config, &account) == 0 &&
              ledger_open(dirfd, &account, &line->ledger, &err) >= 0 &&
              account_create(config, line->ledger, &never_stop, &line->account) == 0;
    if (dirfd >= 0)
        (void)close(dirfd);
    return ok ? EX_OK : complain(EX_OSERR, "no memory");
}

static void print_fault(const char *what, const struct ews_answer *answer)
{
    (void)printf("%s: %s: %s\n", what, answer->fault->code, answer->fault->message);
    if (answer->detail[0])
        (void)printf("    (%s)\n", answer->detail);
}

static bool are_logins_used_up(struct ledger *ledger)
{
    int64_t now_utc = clock_utc();

    return ledger_login_at(ledger, now_utc) > now_utc;
}

/* One line while nobody may ask Exchange: for how long, and what ends that. */
static void say_when(const struct line *line)
{
    const struct fault *fault;
    int64_t left_s = account_held_s(line->account, &fault);

    if (!left_s)
        return;
    (void)printf("Nobody asks Exchange for %lld seconds", (long long)left_s);
    if (fault->action == FAULT_STOP && are_logins_used_up(line->ledger))
        (void)printf(": %d logins failed within an hour, and more could lock the account. "
                     "`roomcal refresh` does not lift that limit.\n",
                     LEDGER_LOGINS);
    else
        (void)printf("; when that is mended, `roomcal refresh` ends the pause.\n");
}

/* ---- rooms ----------------------------------------------------------------------------------- */

static int ask_for_rooms(const struct command_call *call, struct account *account,
                         struct ews_answer *ret)
{
    struct asker asker = {.account = account};
    struct err err = {""};
    size_t left_out = 0;
    int error = ews_client_create(call->config, account_login(account), call->plan, &never_stop,
                                  &asker.client, &err);

    if (!error)
        error = discovery_ask(call->config, &asker, &left_out, ret);
    ews_client_destroy(asker.client);
    if (!error && left_out)
        (void)printf(
            "room lists: %zu rooms are left out: no mail address, no name of their own, or "
            "too many\n",
            left_out);
    return error;
}

static int fetch_lists(const struct command_call *call, struct account *account)
{
    struct ews_answer answer = {0};

    if (ask_for_rooms(call, account, &answer) < 0)
        return complain(EX_SOFTWARE, "no memory");
    if (!answer.fault)
        return EX_OK;
    print_fault("room lists", &answer);
    return EX_UNAVAILABLE;
}

/* The rooms of ROOM_LIST, if the service has not fetched them; its cache is left alone. Without any room there is nothing
 * to serve, so that is no success. */
static int find_rooms(const struct command_call *call, struct account *account)
{
    int status = call->config->awaits_rooms ? fetch_lists(call, account) : EX_OK;

    if (status || call->config->room_count)
        return status;
    (void)printf("room lists: " NO_ROOMS "\n");
    return EX_UNAVAILABLE;
}

static void print_names(const struct command_call *call)
{
    const struct config *config = call->config;

    (void)printf("%-20s  %-9s  %s\n", "ROOM", "FROM", "MAILBOX");
    for (size_t i = 0; i < config->room_count; i++)
        (void)printf("%-20s  %-9s  %s\n", config->rooms[i].name,
                     i < call->named_rooms ? "ROOMS" : "ROOM_LIST", config->rooms[i].mailbox);
}

static int run_rooms(const struct command_call *call)
{
    struct line line;
    int status = line_init(&line, call->config);

    if (!status)
        status = find_rooms(call, line.account);
    line_finish(&line);
    print_names(call);
    return status;
}

/* ---- check ----------------------------------------------------------------------------------- */

static int ask_for_folder(struct account *account, struct ews_client *client,
                          const struct config *config, size_t room, struct ews_answer *ret)
{
    struct account_pass pass;

    if (!account_enter(account, room, &pass, ret))
        return 0;
    int error = ews_get_folder(client, config->rooms[room].mailbox, ret);
    (void)account_leave(account, &pass, error ? NULL : ret);
    return error;
}

/* true: the room is in order. *ret_go_on is false when the trouble is not the room's, so every
 * other would meet it. */
static bool check_room(struct account *account, struct ews_client *client,
                       const struct config *config, size_t room, bool *ret_go_on)
{
    const char *name = config->rooms[room].name;
    struct ews_answer answer;

    *ret_go_on = true;
    if (ask_for_folder(account, client, config, room, &answer) < 0) {
        (void)printf("%s: no memory\n", name);
        return false;
    }
    if (!answer.fault) {
        (void)printf("%s: ok\n", name);
        return true;
    }
    print_fault(name, &answer);
    *ret_go_on = answer.fault->scope != FAULT_OF_ACCOUNT;
    return false;
}

/* Nothing if nobody has found out yet. */
static void print_login(struct account *account)
{
    const struct login_choice choice = login_choice(account_login(account));

    if (choice.scheme)
        (void)printf("login: %s (%s)\n", login_scheme_name(choice.scheme),
                     login_reason_text(choice.reason));
}

static int check_rooms_with(const struct line *line, const struct command_call *call)
{
    const struct config *config = call->config;
    struct ews_client *client;
    struct err err = {""};
    size_t good = 0;
    bool go_on = true;

    if (ews_client_create(config, account_login(line->account), call->plan, &never_stop, &client,
                          &err) < 0)
        return complain(EX_SOFTWARE, err.text);
    for (size_t i = 0; i < config->room_count && go_on; i++)
        good += check_room(line->account, client, config, i, &go_on);
    ews_client_destroy(client);
    print_login(line->account);
    if (!go_on)
        (void)printf("The other rooms were not asked: they would fail in the same way.\n");
    say_when(line);
    return good == config->room_count ? EX_OK : EX_UNAVAILABLE;
}

static int check_lists(const struct command_call *call, struct account *account)
{
    if (!discovery_wanted(call->config))
        return EX_OK;
    bool is_kept = !call->config->awaits_rooms;
    int status = find_rooms(call, account);
    if (!status)
        (void)printf("room lists: ok (%zu rooms, %s)\n",
                     call->config->room_count - call->named_rooms,
                     is_kept ? "as the service found them" : "as Exchange says now");
    return status;
}

static int run_check(const struct command_call *call)
{
    const struct config *config = call->config;
    struct line line;

    (void)printf("settings: ok (%zu rooms, %s)\n", call->named_rooms, config->endpoint);
    int status = line_init(&line, config);
    if (!status) {
        int lists = check_lists(call, line.account);
        int rooms = check_rooms_with(&line, call);
        status = lists ? lists : rooms;
    }
    line_finish(&line);
    return status;
}

/* ---- the rooms that a command names ---------------------------------------------------------- */

static ptrdiff_t room_named(const struct config *config, const char *name)
{
    ptrdiff_t room = config_room_index(config, name, strlen(name));

    if (room < 0)
        (void)fprintf(stderr, "roomcal: there is no room \"%s\"; roomcal rooms lists them\n", name);
    return room;
}

/* Opens the cache, which has to be there: making it is the service's business, with the service's
 * user. */
static int open_shelf(const struct config *config, struct shelf **ret)
{
    struct err err = {""};

    if (access(config->cache_dir, F_OK) < 0) {
        (void)fprintf(stderr, "roomcal: there is no cache yet: %s is missing\n", config->cache_dir);
        return EX_UNAVAILABLE;
    }
    if (shelf_create(config, ret, &err) < 0)
        return complain(EX_NOPERM, err.text);
    return EX_OK;
}

/* Calls `each` for the rooms named in the call, for all of them if none is. The worst exit status.
 */
static int for_rooms(const struct command_call *call, struct shelf *shelf,
                     int (*each)(const struct config *, struct shelf *, size_t room))
{
    int worst = EX_OK;

    for (size_t i = 0; !call->argument_count && i < call->config->room_count; i++) {
        int status = each(call->config, shelf, i);
        worst = status ? status : worst;
    }
    for (int i = 0; i < call->argument_count; i++) {
        ptrdiff_t room = room_named(call->config, call->arguments[i]);
        int status = room < 0 ? EX_USAGE : each(call->config, shelf, (size_t)room);
        worst = status ? status : worst;
    }
    return worst;
}

/* ---- status ---------------------------------------------------------------------------------- */

static void print_moment(int64_t utc)
{
    char text[DATETIME_TEXT_SIZE] = "-";

    if (utc)
        (void)datetime_zulu(utc, text);
    (void)printf("  %-20s", text);
}

static int print_room(const struct config *config, struct shelf *shelf, size_t room)
{
    const struct room_file *view = shelf_take(shelf, room);
    struct room_times times = shelf_times_of(shelf, view);
    enum freshness freshness = freshness_of(&times, clock_utc(), config->stale_max_s);
    const struct fault *fault = fault_by_number(freshness_fault(&times, freshness));

    (void)printf("%-20s  %-8s  %6zu", config->rooms[room].name, freshness_name(freshness),
                 view ? view->item_count : 0);
    print_moment(times.fetched_at);
    print_moment(freshness_due_at(&times, clock_utc(), patience_max_s(config)));
    (void)printf("  %s\n", fault ? fault->code : "");
    shelf_drop(shelf, view);
    return freshness_can_show(freshness) ? EX_OK : EX_UNAVAILABLE;
}

static void print_fault_number(int64_t number)
{
    const struct fault *fault = fault_by_number(number);

    (void)printf(": %s: %s\n", fault ? fault->code : "unknown",
                 fault ? fault->message : "Why was noted by another version.");
}

/* One line while nobody may ask Exchange. */
static void print_hold(const struct config *config, const struct ledger *ledger)
{
    struct account_state account = account_state(ledger, config, clock_utc());
    char until[DATETIME_TEXT_SIZE];

    if (!account.is_held)
        return;
    (void)datetime_zulu(account.held_until_utc, until);
    (void)printf("Exchange is not asked before %s", until);
    print_fault_number(account.fault);
}

static void print_unfetched(const struct config *config, int64_t fault)
{
    (void)printf("The rooms of ROOM_LIST were not fetched%s", config->awaits_rooms ? "" : " again");
    if (fault)
        print_fault_number(fault);
    else
        (void)printf(" yet\n");
}

/* One line while something is wrong with ROOM_LIST. */
static void print_lists(const struct config *config, const struct ledger *ledger)
{
    int64_t fault = ledger_get(ledger, LEDGER_LIST_FAULT);

    if (!discovery_wanted(config))
        return;
    if (config->awaits_rooms || fault)
        print_unfetched(config, fault);
    else if (!config->room_count)
        (void)printf("There are no rooms: " NO_ROOMS "\n");
}

/* Without a ledger nothing is known of that. */
static void print_troubles(const struct config *config, const struct shelf *shelf)
{
    struct hash whose;
    struct ledger *ledger;
    struct err err = {""};

    if (config_account(config, &whose) < 0 ||
        ledger_open(shelf_dirfd(shelf), &whose, &ledger, &err) < 0)
        return;
    print_hold(config, ledger);
    print_lists(config, ledger);
    ledger_close(ledger);
}

static int run_status(const struct command_call *call)
{
    struct shelf *shelf;
    int status = open_shelf(call->config, &shelf);

    if (status)
        return status;
    print_troubles(call->config, shelf);
    (void)printf("%-20s  %-8s  %6s  %-20s  %-20s  %s\n", "ROOM", "STATE", "ITEMS", "FETCHED", "DUE",
                 "LAST FAULT");
    status = for_rooms(call, shelf, print_room);
    shelf_destroy(shelf);
    bool has_rooms = call->config->room_count && !call->config->awaits_rooms;
    return !status && !has_rooms ? EX_UNAVAILABLE : status;
}

/* ---- refresh --------------------------------------------------------------------------------- */

static int forget_room(const struct config *config, struct shelf *shelf, size_t room)
{
    struct room_place place = shelf_place(shelf, room);
    struct err err = {""};

    if (room_forget_times(&place, clock_utc(), &err) >= 0)
        return EX_OK;
    (void)fprintf(stderr, "roomcal: %s: %s\n", config->rooms[room].name, err.text);
    return EX_IOERR;
}

/* Without a room's name the room lists are due too. */
static int forget_lists(const struct command_call *call, const struct shelf *shelf,
                        struct ledger *ledger)
{
    struct err err = {""};

    if (call->argument_count || !discovery_wanted(call->config))
        return EX_OK;
    return discovery_forget(shelf_dirfd(shelf), ledger, &err) ? complain(EX_IOERR, err.text)
                                                              : EX_OK;
}

/* Who holds the lease refreshes, so where nobody does there is no service. */
static void say_if_nobody_refreshes(const struct shelf *shelf)
{
    struct lease lease = LEASE_NONE;
    struct err err = {""};

    if (lease_try(shelf_dirfd(shelf), &lease, &err) == 0)
        (void)printf(
            "No service is running: Exchange is asked when it starts (as plain CGI: when a visitor "
            "comes).\n");
    lease_release(&lease);
}

static int run_refresh(const struct command_call *call)
{
    struct shelf *shelf;
    struct line line;
    int status = open_shelf(call->config, &shelf);

    if (status)
        return status;
    /* The hold first: a room that is due while it lasts is put off until its end. */
    bool has_line = line_init(&line, call->config) == EX_OK;
    if (has_line)
        account_forget_hold(line.ledger);
    status = for_rooms(call, shelf, forget_room);
    if (has_line) {
        int lists = forget_lists(call, shelf, line.ledger);
        status = lists ? lists : status;
        say_when(&line);
    }
    say_if_nobody_refreshes(shelf);
    line_finish(&line);
    shelf_destroy(shelf);
    return status;
}

/* ---- fetch ----------------------------------------------------------------------------------- */

static int print_piece(void *context, struct slice json, size_t items)
{
    (void)items;
    return fwrite(json.at, 1, json.length, context) == json.length ? 0 : 1;
}

/* The JSON array that a visitor would get. */
static int print_calendar(const struct shelf *shelf, size_t room)
{
    struct room_file file;
    struct err err = {""};

    if (room_file_open(shelf_dirfd(shelf), shelf_file_name(shelf, room),
                       shelf_fingerprint(shelf, room), false, &file, &err) != 0)
        return complain(EX_IOERR, err.text);
    (void)putchar('[');
    int failed = room_file_select(&file, ROOM_JSON, INT64_MIN, INT64_MAX, print_piece, stdout);
    (void)printf("]\n");
    room_file_close(&file);
    return failed || fflush(stdout) ? EX_IOERR : EX_OK;
}

static int fetch_with(struct account *account, const struct command_call *call,
                      const struct shelf *shelf, size_t room)
{
    const struct fetch_order order = {.room = room, .place = shelf_place(shelf, room), .ttl_s = 1};
    struct fetch_report report = {.result = FETCH_FAILED};
    struct fetch fetch;
    struct err err = {""};

    if (fetch_init(&fetch, call->config, call->plan, account, &never_stop, &err) < 0)
        return complain(EX_SOFTWARE, err.text);
    fetch_room(&fetch, &order, clock_utc(), &report);
    fetch_finish(&fetch);
    if (report.result == FETCH_FAILED) {
        (void)fprintf(stderr, "roomcal: %s: %s\n", report.fault->code, report.fault->message);
        if (report.detail[0])
            (void)fprintf(stderr, "    (%s)\n", report.detail);
        return EX_UNAVAILABLE;
    }
    (void)fprintf(stderr, "%zu items, %llu requests, %llu bytes\n", report.items,
                  (unsigned long long)report.requests, (unsigned long long)report.bytes);
    int status = print_calendar(shelf, room);
    (void)unlinkat(order.place.cache_dirfd, order.place.file_name, 0);
    return status;
}

static int fetch_into(const struct command_call *call, const struct shelf *shelf, size_t room)
{
    struct line line;
    int status = line_init(&line, call->config);

    if (!status)
        status = fetch_with(line.account, call, shelf, room);
    line_finish(&line);
    return status;
}

/* The service's cache is left alone: the room is built in a directory of its own, which goes again.
 */
static int run_fetch(const struct command_call *call)
{
    struct config config = *call->config;
    char directory[] = "/tmp/roomcal-fetch-XXXXXX";
    struct shelf *shelf = NULL;
    struct err err = {""};
    int status = EX_CANTCREAT;

    ptrdiff_t room = call->argument_count == 1 ? room_named(&config, call->arguments[0]) : -1;
    if (room < 0)
        return complain(EX_USAGE, "fetch takes the name of one room");
    config.cache_dir = directory;
    if (!mkdtemp(directory))
        return complain(status, "cannot make a directory in /tmp");
    if (shelf_create(&config, &shelf, &err) < 0)
        (void)complain(status, err.text);
    else
        status = fetch_into(call, shelf, (size_t)room);
    shelf_destroy(shelf);
    (void)rmdir(directory);
    return status;
}

/* ---- the table ------------------------------------------------------------------------------- */

const struct command commands[] = {
    {"check", "", "check the settings, then ask Exchange for each room's calendar", run_check},
    {"rooms", "", "the rooms and their mailboxes, also those of ROOM_LIST", run_rooms},
    {"status", "[ROOM...]", "how each room in the cache is; needs no Exchange", run_status},
    {"refresh", "[ROOM...]", "let the service ask Exchange again now", run_refresh},
    {"fetch", "ROOM", "ask Exchange and print the room's JSON; the cache is left alone", run_fetch},
    {NULL, NULL, NULL, NULL},
};

const struct command *command_find(const char *name)
{
    for (const struct command *command = commands; command->name; command++) {
        if (strcmp(command->name, name) == 0)
            return command;
    }
    return NULL;
}
