/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_SCHEDULE_H
#define ROOMCAL_REFRESH_SCHEDULE_H

/*
 * schedule — which rooms wait for what
 *
 *     due ──▶ check queue ──▶ a group in one change check ──▶ unchanged: done
 *                 ▲                    │
 *                 │ the group failed:  ├──▶ fetch queue ──▶ one room whole ──▶ done
 *                 └─ in smaller ones ──┘
 *
 * Two rings of rooms, and a slot for each room. A group has up to `group_size` rooms; that is as many as Exchange takes,
 * which is learned. Where a whole question fails, one room may be the reason: it is asked again in halves, until the
 * room that spoils all others is alone.
 *
 * Memory only; the caller locks. What is due says the caller, who knows the clocks.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "refresh/check.h"

/* What the schedule knows of a room, beside its file. */
struct slot {
    bool is_taken;         /* queued or under way */
    bool is_reported;      /* its trouble stands in the log */
    int64_t failures;      /* in a row; the file has them too, if it can be written */
    int64_t not_before_ms; /* for when it cannot; else 0 */
    int64_t mark[2];       /* what the change check said; for the fetch queue */
    size_t group_max;      /* asked for with so many at most; 0: with any number */
    size_t refused_after;  /* refused in a group of which only so many were answered; 0: no */
};

struct room_ring {
    size_t *rooms;
    size_t first, length;
};

struct schedule {
    size_t room_count;
    struct slot *slots;
    struct room_ring to_check, to_fetch;
    size_t group_size; /* 1 to CHECK_ROOMS_MAX */
    size_t under_way;  /* jobs */
    bool wants_discovery;
    bool is_discovering;
};

enum job_kind { JOB_DISCOVER, JOB_CHECK, JOB_FETCH };

struct job {
    enum job_kind kind;
    size_t rooms[CHECK_ROOMS_MAX];
    size_t count; /* 1 for JOB_FETCH, 0 for JOB_DISCOVER */
};

/* 0 or -ENOMEM; to be finished in both cases. */
int schedule_init(struct schedule *schedule, size_t room_count);
void schedule_finish(struct schedule *schedule);

/* A room that is due. One that is taken already stays where it is. */
void schedule_check(struct schedule *schedule, size_t room);

/* The room, which was checked, has to be fetched; the mark is kept in its slot. */
void schedule_fetch(struct schedule *schedule, size_t room, const int64_t mark[2]);

/* The rooms of a check that failed as a whole will be asked for in two groups, until they are answered. */
void schedule_halve(struct schedule *schedule, const struct job *job);

/* Those of a check whose login was refused, each alone: there are not many more logins. */
void schedule_isolate(struct schedule *schedule, const struct job *job);

/* The rooms of a check wait to be asked for again. */
void schedule_again(struct schedule *schedule, const struct job *job);

/* The room was refused where only the first `answered` of its group were not, so perhaps for their number: it is asked
 * for once more, apart from the others, with so many at most. false: that was done already. */
bool schedule_recheck(struct schedule *schedule, size_t room, size_t answered);

/* The room was answered. True: it is one that was refused in a larger group, so group_size is smaller now. */
bool schedule_answered(struct schedule *schedule, size_t room);

/* Nothing is to be done for the room any more. */
void schedule_done(struct schedule *schedule, size_t room);

/* The room lists are due. Nothing happens while they are asked for already. */
void schedule_discovery(struct schedule *schedule);

/* Takes everything out of the queues. What was learned of groups is kept: two rooms that spoil theirs may hold the account
 * each time before either was found. */
void schedule_drop(struct schedule *schedule);

/* Room lists come first, then fetches, so that what was begun comes to its end. false: nothing waits. */
bool schedule_take(struct schedule *schedule, struct job *ret);
void schedule_job_done(struct schedule *schedule, const struct job *job); /* one that was taken */

/* Nothing waits and nothing is under way. */
bool schedule_is_idle(const struct schedule *schedule);
bool schedule_is_waiting(const struct schedule *schedule); /* something does */

#endif
