/* SPDX-License-Identifier: MIT */
#include "rooms.h"

#include <stdio.h>
#include <sysexits.h>

#include "line.h"
#include "named.h"
#include "refresh/asker.h"
#include "refresh/discovery.h"

static int ask_for_rooms(const struct command_call *call, struct account *account,
                         struct ews_answer *ret)
{
    struct asker asker = {.account = account};
    struct err err = {""};
    size_t left_out = 0;
    int error = ews_client_create(call->config, account_login(account), call->plan,
                                  &line_never_stops, &asker.client, &err);

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
    line_print_fault("room lists", &answer);
    return EX_UNAVAILABLE;
}

int find_rooms(const struct command_call *call, struct account *account)
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
    for (size_t i = 0; i < config->room_count; i++) {
        named_print(config->rooms[i].name);
        (void)printf("%-9s  %s\n", i < call->named_rooms ? "ROOMS" : "ROOM_LIST",
                     config->rooms[i].mailbox);
    }
}

int run_rooms(const struct command_call *call)
{
    struct line line;
    int status = line_init(&line, call->config);

    if (!status)
        status = find_rooms(call, line.account);
    line_finish(&line);
    print_names(call);
    return status;
}
