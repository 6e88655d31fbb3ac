/* SPDX-License-Identifier: MIT */
#include "refresh/schedule.h"

#include <errno.h>
#include <stdlib.h>

int schedule_init(struct schedule *schedule, size_t room_count)
{
    /* One more, because calloc may give NULL for nothing. */
    *schedule = (struct schedule){
        .room_count = room_count,
        .slots = calloc(room_count + 1, sizeof *schedule->slots),
        .to_check.rooms = calloc(room_count + 1, sizeof *schedule->to_check.rooms),
        .to_fetch.rooms = calloc(room_count + 1, sizeof *schedule->to_fetch.rooms),
        .group_size = CHECK_ROOMS_MAX,
    };
    return schedule->slots && schedule->to_check.rooms && schedule->to_fetch.rooms ? 0 : -ENOMEM;
}

void schedule_finish(struct schedule *schedule)
{
    free(schedule->slots);
    free(schedule->to_check.rooms);
    free(schedule->to_fetch.rooms);
    *schedule = (struct schedule){.room_count = 0};
}

/* ---- rings: a room is in one of them at most, so they never overflow ---- */

static void push(const struct schedule *schedule, struct room_ring *ring, size_t room)
{
    ring->rooms[(ring->first + ring->length++) % schedule->room_count] = room;
}

static size_t pop(const struct schedule *schedule, struct room_ring *ring)
{
    size_t room = ring->rooms[ring->first];

    ring->first = (ring->first + 1) % schedule->room_count;
    ring->length--;
    return room;
}

/* ---- in ---- */

void schedule_check(struct schedule *schedule, size_t room)
{
    if (schedule->slots[room].is_taken)
        return;
    schedule->slots[room].is_taken = true;
    push(schedule, &schedule->to_check, room);
}

void schedule_fetch(struct schedule *schedule, size_t room, const int64_t mark[2])
{
    struct slot *slot = &schedule->slots[room];

    slot->mark[0] = mark[0];
    slot->mark[1] = mark[1];
    push(schedule, &schedule->to_fetch, room);
}

static void limit_group(struct schedule *schedule, const struct job *job, size_t group_max)
{
    for (size_t i = 0; i < job->count; i++)
        schedule->slots[job->rooms[i]].group_max = group_max;
}

void schedule_halve(struct schedule *schedule, const struct job *job)
{
    limit_group(schedule, job, (job->count + 1) / 2);
}

void schedule_isolate(struct schedule *schedule, const struct job *job)
{
    limit_group(schedule, job, 1);
}

void schedule_again(struct schedule *schedule, const struct job *job)
{
    for (size_t i = 0; i < job->count; i++)
        push(schedule, &schedule->to_check, job->rooms[i]);
}

bool schedule_recheck(struct schedule *schedule, size_t room, size_t answered)
{
    struct slot *slot = &schedule->slots[room];
    bool is_first = !slot->refused_after;

    slot->refused_after = is_first ? answered : 0;
    if (is_first)
        push(schedule, &schedule->to_check, room);
    return is_first;
}

bool schedule_answered(struct schedule *schedule, size_t room)
{
    struct slot *slot = &schedule->slots[room];
    bool is_lesson = slot->refused_after && slot->refused_after < schedule->group_size;

    if (is_lesson)
        schedule->group_size = slot->refused_after;
    slot->refused_after = 0;
    slot->group_max = 0;
    return is_lesson;
}

void schedule_done(struct schedule *schedule, size_t room)
{
    schedule->slots[room].is_taken = false;
    schedule->slots[room].refused_after = 0;
}

void schedule_discovery(struct schedule *schedule)
{
    schedule->wants_discovery = !schedule->is_discovering;
}

void schedule_drop(struct schedule *schedule)
{
    schedule->wants_discovery = false;
    while (schedule->to_check.length)
        schedule_done(schedule, pop(schedule, &schedule->to_check));
    while (schedule->to_fetch.length)
        schedule_done(schedule, pop(schedule, &schedule->to_fetch));
}

/* ---- out ---- */

static size_t smaller(size_t limit, size_t other)
{
    return other && other < limit ? other : limit;
}

static size_t group_max(const struct schedule *schedule, const struct slot *slot)
{
    return smaller(smaller(schedule->group_size, slot->group_max), slot->refused_after);
}

/* May the room join those who are in the group? Only its like: who spoilt a group must not spoil that of others. */
static bool may_join(const struct schedule *schedule, const struct job *job, size_t room)
{
    const struct slot *leader = &schedule->slots[job->rooms[0]];
    const struct slot *slot = &schedule->slots[room];

    return job->count < group_max(schedule, leader) && leader->group_max == slot->group_max &&
           leader->refused_after == slot->refused_after;
}

static void take_group(struct schedule *schedule, struct job *job)
{
    struct room_ring *ring = &schedule->to_check;

    do {
        job->rooms[job->count++] = pop(schedule, ring);
    } while (ring->length && may_join(schedule, job, ring->rooms[ring->first]));
}

static enum job_kind next_kind(const struct schedule *schedule)
{
    if (schedule->wants_discovery)
        return JOB_DISCOVER;
    return schedule->to_fetch.length ? JOB_FETCH : JOB_CHECK;
}

bool schedule_take(struct schedule *schedule, struct job *ret)
{
    struct job job = {.kind = next_kind(schedule)};

    if (!schedule_is_waiting(schedule))
        return false;
    if (job.kind == JOB_FETCH)
        job.rooms[job.count++] = pop(schedule, &schedule->to_fetch);
    else if (job.kind == JOB_CHECK)
        take_group(schedule, &job);
    else
        schedule->wants_discovery = false;
    schedule->is_discovering |= job.kind == JOB_DISCOVER;
    schedule->under_way++;
    *ret = job;
    return true;
}

void schedule_job_done(struct schedule *schedule, const struct job *job)
{
    schedule->is_discovering &= job->kind != JOB_DISCOVER;
    schedule->under_way--;
}

bool schedule_is_waiting(const struct schedule *schedule)
{
    return schedule->wants_discovery || schedule->to_check.length || schedule->to_fetch.length;
}

bool schedule_is_idle(const struct schedule *schedule)
{
    return !schedule_is_waiting(schedule) && !schedule->under_way;
}
