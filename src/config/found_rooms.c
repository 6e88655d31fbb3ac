/* SPDX-License-Identifier: MIT */
/*
 * found_rooms — config_add_rooms: gives the rooms of the room lists names of their own
 *
 * All comparing is done between neighbours in sorted lists, or by binary search: ten thousand rooms are too many to
 * compare each with each.
 */
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "config/reading.h"

typedef int room_order(const void *left, const void *right);

/* Rooms with names and mailboxes that are wholly theirs. */
struct rooms {
    struct config_room *rooms;
    size_t count;
};

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct config_room *)left)->name,
                  ((const struct config_room *)right)->name);
}

static int by_mailbox(const void *left, const void *right)
{
    return strcasecmp(((const struct config_room *)left)->mailbox,
                      ((const struct config_room *)right)->mailbox);
}

static void sort(struct rooms *rooms, room_order *order)
{
    if (rooms->count)
        qsort(rooms->rooms, rooms->count, sizeof *rooms->rooms, order);
}

static bool has(const struct rooms *rooms, const struct config_room *room, room_order *order)
{
    return rooms->count && bsearch(room, rooms->rooms, rooms->count, sizeof *room, order);
}

static void free_room(struct config_room *room)
{
    free(room->name);
    free(room->mailbox);
}

static void free_rooms(struct rooms *rooms)
{
    for (size_t i = 0; i < rooms->count; i++)
        free_room(&rooms->rooms[i]);
    free(rooms->rooms);
}

/* ---- a room by itself ------------------------------------------------------------------------ */

static struct slice local_part(const char *mailbox)
{
    return (struct slice){mailbox, strcspn(mailbox, "@")};
}

static struct slice usable_name(const struct found_room *found)
{
    struct slice name = slice_trim(slice_of(found->name));

    return reading_name_flaw(name) ? local_part(found->mailbox) : name;
}

static int copy_room(const struct found_room *found, struct config_room *ret)
{
    *ret = (struct config_room){slice_copy(usable_name(found)), strdup(found->mailbox)};
    if (ret->name && ret->mailbox)
        return 0;
    free_room(ret);
    return -ENOMEM;
}

/* Those with a mailbox that could stand in ROOM_EMAILS. */
static int copy_rooms(const struct found_room *found, size_t count, struct rooms *ret)
{
    int error = 0;

    ret->rooms = calloc(count + 1, sizeof *ret->rooms);
    if (!ret->rooms)
        return -ENOMEM;
    for (size_t i = 0; i < count && !error; i++) {
        if (reading_mailbox_flaw(slice_of(found[i].mailbox)) ||
            reading_name_flaw(usable_name(&found[i])))
            continue;
        error = copy_room(&found[i], &ret->rooms[ret->count]);
        ret->count += !error;
    }
    return error;
}

/* ---- among the others ------------------------------------------------------------------------ */

/* Which rooms are not alone with what `order` compares: neighbours in *rooms, sorted so, or one of `others`, sorted
 * as well. */
static void mark_twins(const struct rooms *rooms, const struct rooms *others, room_order *order,
                       bool *ret_twins)
{
    for (size_t i = 0; i < rooms->count; i++) {
        const struct config_room *room = &rooms->rooms[i];
        ret_twins[i] = (i > 0 && order(room - 1, room) == 0) ||
                       (i + 1 < rooms->count && order(room, room + 1) == 0) ||
                       has(others, room, order);
    }
}

/* Takes those away that are marked. */
static void drop_marked(struct rooms *rooms, const bool *marks)
{
    size_t kept = 0;

    for (size_t i = 0; i < rooms->count; i++) {
        if (marks[i])
            free_room(&rooms->rooms[i]);
        else
            rooms->rooms[kept++] = rooms->rooms[i];
    }
    rooms->count = kept;
}

/* A room that comes twice, in two lists, or that ROOM_EMAILS has. */
static void drop_repeated(struct rooms *rooms, struct rooms *own, bool *marks)
{
    sort(rooms, by_mailbox);
    sort(own, by_mailbox);
    for (size_t i = 0; i < rooms->count; i++) {
        const struct config_room *room = &rooms->rooms[i];
        marks[i] = (i > 0 && by_mailbox(room - 1, room) == 0) || has(own, room, by_mailbox);
    }
    drop_marked(rooms, marks);
}

/* "Lab (lab2)". */
static int lengthen_name(struct config_room *room)
{
    struct slice local = local_part(room->mailbox);
    char *longer = NULL;

    if (asprintf(&longer, "%s (%.*s)", room->name, (int)local.length, local.at) < 0)
        return -ENOMEM;
    free(room->name);
    room->name = longer;
    return 0;
}

static int lengthen_names(struct rooms *rooms, const bool *marks)
{
    int error = 0;

    for (size_t i = 0; i < rooms->count && !error; i++) {
        if (marks[i])
            error = lengthen_name(&rooms->rooms[i]);
    }
    return error;
}

/* Every room gets a name that no other has, or goes. */
static int name_apart(struct rooms *rooms, struct rooms *own, bool *marks)
{
    sort(rooms, by_name);
    sort(own, by_name);
    mark_twins(rooms, own, by_name, marks);
    int error = lengthen_names(rooms, marks);
    sort(rooms, by_name);
    mark_twins(rooms, own, by_name, marks);
    for (size_t i = 0; i < rooms->count; i++)
        marks[i] |= reading_name_flaw(slice_of(rooms->rooms[i].name)) != NULL;
    drop_marked(rooms, marks);
    return error;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Moves rooms behind those of the config, as many as it may have. */
static int append(struct config *config, struct rooms *rooms)
{
    size_t free_places = CONFIG_ROOMS_MAX - config->room_count;
    size_t taken = rooms->count < free_places ? rooms->count : free_places;
    struct config_room *all =
        realloc(config->rooms, (config->room_count + taken + 1) * sizeof *all);

    if (!all)
        return -ENOMEM;
    memcpy(all + config->room_count, rooms->rooms, taken * sizeof *all);
    memmove(rooms->rooms, rooms->rooms + taken, (rooms->count - taken) * sizeof *all);
    config->rooms = all;
    config->room_count += taken;
    rooms->count -= taken;
    return 0;
}

/* `own`: the rooms of ROOMS, to be sorted as needed. */
static int add(struct config *config, struct rooms *rooms, struct rooms *own, size_t *ret_left_out)
{
    bool *marks = calloc(rooms->count + 1, sizeof *marks);

    if (!marks)
        return -ENOMEM;
    drop_repeated(rooms, own, marks);
    size_t wanted = rooms->count;
    int error = name_apart(rooms, own, marks);
    free(marks);
    size_t before = config->room_count;
    if (!error)
        error = append(config, rooms);
    if (!error)
        error = config_index_rooms(config);
    if (!error)
        *ret_left_out = wanted - (config->room_count - before);
    return error;
}

/* A copy of the array; the rooms stay the config's. */
static int copy_own(const struct config *config, struct rooms *ret)
{
    ret->rooms = calloc(config->room_count + 1, sizeof *ret->rooms);
    if (!ret->rooms)
        return -ENOMEM;
    ret->count = config->room_count;
    for (size_t i = 0; i < ret->count; i++)
        ret->rooms[i] = config->rooms[i];
    return 0;
}

int config_add_rooms(struct config *config, const struct found_room *found, size_t count,
                     int64_t changed_at, size_t *ret_left_out)
{
    struct rooms own = {0};
    struct rooms rooms = {0};
    size_t left_out = 0;
    int error = copy_own(config, &own);

    if (!error)
        error = copy_rooms(found, count, &rooms);
    size_t unusable = count - rooms.count;
    if (!error)
        error = add(config, &rooms, &own, &left_out);
    free_rooms(&rooms);
    free(own.rooms);
    if (error)
        return error;
    config->awaits_rooms = false;
    if (changed_at > config->changed_at)
        config->changed_at = changed_at;
    *ret_left_out = left_out + unusable;
    return 0;
}
