/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CLI_COMMANDS_H
#define ROOMCAL_CLI_COMMANDS_H

/*
 * commands — what an operator can ask of roomcal, one row a command
 */

#include "calendar/field.h"
#include "config/config.h"

/* What every command gets: checked settings, and the words behind the command's name. */
struct command_call {
    struct config *config; /* with the rooms of ROOM_LIST, if the service has fetched them */
    size_t named_rooms;    /* of its rooms: the first, which are those of ROOMS */
    const struct field_plan *plan;
    int argument_count;
    char **arguments;
};

struct command {
    const char *name;
    const char *arguments;                       /* as --help shows them */
    const char *help;                            /* one line */
    int (*run)(const struct command_call *call); /* exit status */
};

/* Each in a file of its own: cli/check.c, … Exit statuses are those of sysexits.h. */
int run_check(const struct command_call *call);
int run_rooms(const struct command_call *call);
int run_status(const struct command_call *call);
int run_refresh(const struct command_call *call);
int run_fetch(const struct command_call *call);

/* NULL: no such command. */
const struct command *command_find(const char *name);

/* All rows; the last one has a NULL name. */
extern const struct command commands[];

#endif
