/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "line.h"
#include "named.h"
#include "refresh/fetch.h"
#include "rooms.h"

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

    if (fetch_init(&fetch, call->config, call->plan, account, &line_never_stops, &err) < 0)
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

/* The service's cache is left alone: the room is built in a directory of its own, which goes again. */
int run_fetch(const struct command_call *call)
{
    struct config config = *call->config;
    char directory[] = "/tmp/roomcal-fetch-XXXXXX";
    struct shelf *shelf = NULL;
    struct err err = {""};
    int status = EX_CANTCREAT;

    ptrdiff_t room = call->argument_count == 1 ? named_room(&config, call->arguments[0]) : -1;
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
