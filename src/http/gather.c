/* SPDX-License-Identifier: MIT */
#include "http/gather.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/extremes.h"

/* A newer file may have come meanwhile, so the old view is dropped in any case. */
static void look_at(const struct gather *gather, struct gathered *room)
{
    const struct site *site = gather->site;

    shelf_drop(site->shelf, room->view);
    room->view = shelf_take(site->shelf, room->place);
    room->times = shelf_times_of(site->shelf, room->view);
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

/* How much longer the request should wait for its cold rooms, COLD_WAIT counting from when the first visitor found
 * a room cold; 0: not at all. */
static int64_t patience_ms(const struct gather *gather, int64_t now_ms)
{
    const struct site *site = gather->site;
    int64_t most_ms = 0;

    for (size_t i = 0; i < gather->count; i++) {
        const struct gathered *room = &gather->rooms[i];
        bool is_cold = room->freshness == FRESHNESS_COLD;
        int64_t gone_ms = shelf_cold_for(site->shelf, room->place, is_cold, now_ms);
        int64_t left_ms = is_cold ? site->config->cold_wait_s * 1000 - gone_ms : 0;
        most_ms = max_of(left_ms, most_ms);
    }
    return most_ms;
}

static bool is_worth_waiting(const struct gather *gather)
{
    const struct site *site = gather->site;

    return !site->attend || site->attend(site->attend_context, gather);
}

/* Takes a place to wait in; false: there is none. */
static bool take_place(struct waiting *waiting)
{
    size_t count = atomic_load(&waiting->count);

    while (count < waiting->places) {
        if (atomic_compare_exchange_weak(&waiting->count, &count, count + 1))
            return true;
    }
    return false;
}

/* Looks again and again. `worth_it` is what the attendant said of the first look. */
static void wait_for_cold(struct gather *gather, bool worth_it)
{
    const struct site *site = gather->site;

    while (!atomic_load(site->stop)) {
        uint64_t seen = shelf_announcements(site->shelf);
        look(gather);
        int64_t now_ms = clock_ms();
        int64_t left_ms = patience_ms(gather, now_ms);
        if (left_ms <= 0 || !worth_it)
            return;
        shelf_wait(site->shelf, seen, now_ms + left_ms);
        worth_it = is_worth_waiting(gather);
    }
}

static void wait_in_place(struct gather *gather, struct waiting *waiting, bool worth_it)
{
    const struct site *site = gather->site;

    gather->is_turned_away = !take_place(waiting);
    ledger_count(site->ledger, gather->is_turned_away ? LEDGER_COLD_REFUSALS : LEDGER_COLD_WAITS,
                 1);
    if (gather->is_turned_away)
        return;
    wait_for_cold(gather, worth_it);
    atomic_fetch_sub(&waiting->count, 1);
}

void gather_wait(struct gather *gather)
{
    const struct site *site = gather->site;
    bool is_cold = patience_ms(gather, clock_ms()) > 0;
    bool worth_it = is_worth_waiting(gather); /* asked in any case: it may see to other rooms */

    if (!is_cold || atomic_load(site->stop))
        return;
    if (site->waiting)
        wait_in_place(gather, site->waiting, worth_it);
    else
        wait_for_cold(gather, worth_it);
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
    int64_t fault = freshness_fault(&room->times, room->freshness);

    if (fault)
        return gather->site->explain(fault);
    return (struct fault_words){
        .code = "not_fetched_yet",
        .message = gather->is_turned_away
                       ? "This room's calendar has not been fetched yet, and no more visitors can "
                         "wait for that now; ask again in a moment."
                       : "This room's calendar has not been fetched yet.",
    };
}
