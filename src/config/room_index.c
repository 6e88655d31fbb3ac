/* SPDX-License-Identifier: MIT */
/*
 * room_index — config_index_rooms and config_room_index: rooms found by their names in a sorted list of them, because a
 * visitor may name a thousand of ten thousand
 */
#include "config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* A name that was a mistake is missing: it counts as an empty one, which no room has. */
static struct slice name_of(const struct config_room *room)
{
    return slice_of(room->name ? room->name : "");
}

/* By their bytes, a shorter one before those that it begins. */
static int compare_names(struct slice left, struct slice right)
{
    size_t shared = left.length < right.length ? left.length : right.length;
    int order = shared ? memcmp(left.at, right.at, shared) : 0;

    return order ? order : (left.length > right.length) - (left.length < right.length);
}

static int compare_rooms(const void *left, const void *right)
{
    const struct config_room *const *one = left;
    const struct config_room *const *other = right;

    return compare_names(name_of(*one), name_of(*other));
}

static int compare_with_room(const void *name, const void *element)
{
    const struct config_room *const *room = element;

    return compare_names(*(const struct slice *)name, name_of(*room));
}

int config_index_rooms(struct config *config)
{
    size_t count = config->room_count;
    const struct config_room **by_name =
        reallocarray(config->rooms_by_name, count + 1, sizeof(struct config_room *));

    if (!by_name)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        by_name[i] = &config->rooms[i];
    qsort(by_name, count, sizeof(struct config_room *), compare_rooms);
    config->rooms_by_name = by_name;
    return 0;
}

ptrdiff_t config_room_index(const struct config *config, const char *name, size_t length)
{
    const struct slice wanted = {name, length};
    const struct config_room *const *found =
        config->room_count ? bsearch(&wanted, config->rooms_by_name, config->room_count,
                                     sizeof(struct config_room *), compare_with_room)
                           : NULL;

    return found ? *found - config->rooms : -1;
}
