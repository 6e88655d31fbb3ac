/* SPDX-License-Identifier: MIT */
#include "named.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "line.h"

ptrdiff_t named_room(const struct config *config, const char *name)
{
    ptrdiff_t room = config_room_index(config, name, strlen(name));

    if (room < 0)
        (void)fprintf(stderr, "roomcal: there is no room \"%s\"; roomcal rooms lists them\n", name);
    return room;
}

int named_open_shelf(const struct config *config, struct shelf **ret)
{
    struct err err = {""};

    if (access(config->cache_dir, F_OK) < 0) {
        (void)fprintf(
            stderr, "roomcal: there is no CACHE_DIR %s yet; the service makes it when it starts\n",
            config->cache_dir);
        return EX_UNAVAILABLE;
    }
    if (shelf_create(config, ret, &err) < 0)
        return complain(EX_NOPERM, err.text);
    return EX_OK;
}

void named_print(const char *name)
{
    int beyond = 0; /* bytes of a character behind its first, which printf counts too */

    for (const char *at = name; *at; at++)
        beyond += (*at & 0xC0) == 0x80;
    (void)printf("%-*s  ", 20 + beyond, name);
}

int named_rooms_each(const struct command_call *call, struct shelf *shelf,
                     int (*each)(const struct config *, struct shelf *, size_t room))
{
    int worst = EX_OK;

    for (size_t i = 0; !call->argument_count && i < call->config->room_count; i++) {
        int status = each(call->config, shelf, i);
        worst = status ? status : worst;
    }
    for (int i = 0; i < call->argument_count; i++) {
        ptrdiff_t room = named_room(call->config, call->arguments[i]);
        int status = room < 0 ? EX_USAGE : each(call->config, shelf, (size_t)room);
        worst = status ? status : worst;
    }
    return worst;
}
