/* SPDX-License-Identifier: MIT */
#include "http/gather.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

/* A newer file may have come meanwhile, so the old view is dropped in any case. */
static void look_at(const struct gather *gather, struct gathered *room)
{
    const struct site *site = gather->site;

    shelf_drop(site->shelf, room->view);
    room->view = shelf_take(site->shelf, room->place);
    room->times = room->view ? room_file_times(room->view) : (struct room_times){0};
    room->freshness = freshness_of(&room->times, gather->now_utc, site->config->stale_max_s);
}

static void look(struct gather *gather)
{
    gather->now_utc = clock_utc();
    for (size_t i = 0; i < gather->count; i++)
        look_at(gather, &gather->rooms[i]);
}

static int begin(const struct site *site, size_t count, struct gather *ret)
{
    /* One more, because calloc may give NULL for nothing. */
    struct gathered *rooms = calloc(count + 1, sizeof *rooms);

    if (!rooms)
        return -ENOMEM;
    *ret = (struct gather){.site = site, .rooms = rooms};
    return 0;
}

static void add(struct gather *gather, size_t place)
{
    gather->rooms[gather->count++] = (struct gathered){
        .room = &gather->site->config->rooms[place],
        .place = place,
    };
}

int gather_rooms(const struct site *site, const bool *chosen, struct gather *ret)
{
    int error = begin(site, site->config->room_count, ret);

    if (error)
        return error;
    for (size_t i = 0; i < site->config->room_count; i++) {
        if (!chosen || chosen[i])
            add(ret, i);
    }
    look(ret);
    return 0;
}

int gather_room(const struct site *site, size_t place, struct gather *ret)
{
    int error = begin(site, 1, ret);

    if (error)
        return error;
    add(ret, place);
    look(ret);
    return 0;
}

void gather_finish(struct gather *gather)
{
    for (size_t i = 0; i < gather->count; i++)
        shelf_drop(gather->site->shelf, gather->rooms[i].view);
    free(gather->rooms);
    *gather = (struct gather){0};
}

static bool any_cold(const struct gather *gather)
{
    for (size_t i = 0; i < gather->count; i++) {
        if (gather->rooms[i].freshness == FRESHNESS_COLD)
            return true;
    }
    return false;
}

void gather_wait(struct gather *gather)
{
    const struct site *site = gather->site;

    if (!any_cold(gather))
        return; /* nearly always: no clock is asked, no lock taken */
    int64_t deadline_ms = clock_ms() + site->config->cold_wait_s * 1000;
    for (;;) {
        uint64_t seen = shelf_announcements(site->shelf);
        look(gather);
        if (!any_cold(gather) || atomic_load(site->stop) || clock_ms() >= deadline_ms)
            return;
        shelf_wait(site->shelf, seen, deadline_ms);
    }
}

size_t gather_shown(const struct gather *gather)
{
    size_t shown = 0;

    for (size_t i = 0; i < gather->count; i++)
        shown += freshness_can_show(gather->rooms[i].freshness);
    return shown;
}

struct fault_words gather_why(const struct gather *gather, const struct gathered *room)
{
    if (room->times.failures > 0)
        return gather->site->explain(room->times.fault);
    return (struct fault_words){
        .code = "not_fetched_yet",
        .message = "This room's calendar has not been fetched yet.",
    };
}
