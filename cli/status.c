/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/datetime.h"
#include "cache/account_state.h"
#include "cache/room_clock.h"
#include "ews/fault.h"
#include "line.h"
#include "named.h"
#include "refresh/discovery.h"
#include "refresh/patience.h"
#include "rooms.h"

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

    named_print(config->rooms[room].name);
    (void)printf("%-8s  %6zu", freshness_name(freshness), view ? view->item_count : 0);
    print_moment(times.fetched_at);
    print_moment(freshness_due_at(&times, clock_utc(), patience_max_s(config)));
    (void)printf("  %s\n", fault ? fault->code : "");
    shelf_drop(shelf, view);
    return freshness_can_show(freshness) ? EX_OK : EX_UNAVAILABLE;
}

static void print_fault_number(int64_t number)
{
    const struct fault *fault = fault_as_noted(number);

    (void)printf(": %s: %s\n", fault->code, fault->message);
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

int run_status(const struct command_call *call)
{
    struct shelf *shelf;
    int status = named_open_shelf(call->config, &shelf);

    if (status)
        return status;
    print_troubles(call->config, shelf);
    (void)printf("%-20s  %-8s  %6s  %-20s  %-20s  %s\n", "ROOM", "STATE", "ITEMS", "FETCHED", "DUE",
                 "LAST FAULT");
    status = named_rooms_each(call, shelf, print_room);
    shelf_destroy(shelf);
    bool has_rooms = call->config->room_count && !call->config->awaits_rooms;
    return !status && !has_rooms ? EX_UNAVAILABLE : status;
}
