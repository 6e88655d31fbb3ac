/* SPDX-License-Identifier: MIT */
#include "calendar/window.h"

#include "base/datetime.h"

static int64_t midnight_before(int64_t utc)
{
    int64_t into_day = utc % DAY_S;

    return utc - (into_day < 0 ? into_day + DAY_S : into_day);
}

struct window window_of(const struct config *config, int64_t now_utc)
{
    int64_t today = midnight_before(now_utc);
    int64_t end = today + config->window_days * DAY_S;
    int64_t start = config->window_start.relative ? today - config->window_start.days * DAY_S
                                                  : config->window_start.at_utc;

    if (end < now_utc + config->window_days * DAY_S)
        end += DAY_S;
    /* A WINDOW_START that lies ahead still leaves a day to ask for. */
    if (end <= start)
        end = start + DAY_S;
    return (struct window){start, end};
}

void window_walk_begin(struct window_walk *walk, struct window span)
{
    *walk = (struct window_walk){span, span.start_utc, WINDOW_STEP_MAX_S, 0};
}

bool window_walk_next(const struct window_walk *walk, struct window *ret)
{
    int64_t left = walk->span.end_utc - walk->at_utc;

    if (left <= 0)
        return false;
    *ret =
        (struct window){walk->at_utc, walk->at_utc + (left < walk->step_s ? left : walk->step_s)};
    return true;
}

void window_walk_done(struct window_walk *walk, size_t items)
{
    struct window asked;

    if (!window_walk_next(walk, &asked))
        return;
    walk->at_utc = asked.end_utc;
    /* A window twice as long as one that came back at most a third full is likely to fit. */
    if (items <= WINDOW_ITEMS_MAX / 3 && walk->step_s <= WINDOW_STEP_MAX_S / 2)
        walk->step_s *= 2;
}

bool window_walk_halve(struct window_walk *walk)
{
    struct window asked;

    if (!window_walk_next(walk, &asked))
        return false;
    int64_t half = (asked.end_utc - asked.start_utc) / 2;
    if (half < WINDOW_STEP_MIN_S || walk->halvings++ == WINDOW_HALVINGS_MAX)
        return false;
    walk->step_s = half;
    return true;
}
