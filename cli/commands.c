/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <string.h>

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
