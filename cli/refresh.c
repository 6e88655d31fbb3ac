/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/clock.h"
#include "cache/lease.h"
#include "cache/room_clock.h"
#include "line.h"
#include "named.h"
#include "refresh/discovery.h"
#include "refresh/patience.h"

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

int run_refresh(const struct command_call *call)
{
    struct shelf *shelf;
    struct line line;
    int status = named_open_shelf(call->config, &shelf);

    if (status)
        return status;
    /* The hold first: a room that is due while it lasts is put off until its end. */
    bool has_line = line_init(&line, call->config) == EX_OK;
    if (has_line)
        account_forget_hold(line.ledger);
    status = named_rooms_each(call, shelf, forget_room);
    if (has_line) {
        int lists = forget_lists(call, shelf, line.ledger);
        status = lists ? lists : status;
        line_say_when(&line);
    }
    say_if_nobody_refreshes(shelf);
    line_finish(&line);
    shelf_destroy(shelf);
    return status;
}
