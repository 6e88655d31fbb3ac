/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CLI_NAMED_H
#define ROOMCAL_CLI_NAMED_H

/*
 * named — the cache, and the rooms that a command names
 */

#include <stddef.h>

#include "cache/shelf.h"
#include "commands.h"

/* The room's place in ROOMS. < 0: there is none, and stderr says so. */
ptrdiff_t named_room(const struct config *config, const char *name);

/* Opens the cache, which has to be there: making it is the service's business, with the service's user. 0 or an exit
 * status, and stderr says why. */
int named_open_shelf(const struct config *config, struct shelf **ret);

/* The first column of a table: the name and as many blanks as its characters leave of 20, and two more. */
void named_print(const char *name);

/* Calls `each` for the rooms named in the call, for all of them if none is. The worst exit status. */
int named_rooms_each(const struct command_call *call, struct shelf *shelf,
                     int (*each)(const struct config *, struct shelf *, size_t room));

#endif
