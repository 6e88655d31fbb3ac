/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CLI_ROOMS_H
#define ROOMCAL_CLI_ROOMS_H

/*
 * rooms — the rooms of ROOM_LIST, for the commands that need them
 */

#include "commands.h"
#include "refresh/account.h"

/* What is wrong when there is no room at all. */
#define NO_ROOMS                                                                                   \
    "no list of ROOM_LIST has given a room, and ROOMS names none; when that is mended, "           \
    "`roomcal refresh` asks for the lists again"

/* The rooms of ROOM_LIST, if the service has not fetched them; its cache is left alone. Without any room there is nothing
 * to serve, so that is no success. 0 or an exit status, and stdout says why. */
int find_rooms(const struct command_call *call, struct account *account);

#endif
