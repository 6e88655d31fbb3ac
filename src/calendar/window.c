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
    int64_t end = today + (config->window_days + 1) * DAY_S;
    int64_t start = config->window_start.relative ? today - config->window_start.days * DAY_S
                                                  : config->window_start.at_utc;

    /* A WINDOW_START that lies ahead still leaves a day to ask for. */
    if (end <= start)
        end = start + DAY_S;
    return (struct window){start, end};
}

static int64_t clamp(int64_t step_s)
{
    if (step_s < WINDOW_STEP_MIN_S)
        return WINDOW_STEP_MIN_S;
    return step_s < WINDOW_STEP_MAX_S ? step_s : WINDOW_STEP_MAX_S;
}

void window_walk_begin(struct window_walk *walk, struct window span, int64_t step_s)
{
    int64_t first_s = step_s ? clamp(step_s) : WINDOW_STEP_MAX_S;

    *walk = (struct window_walk){
        .step_s = first_s,
        .span = span,
        .at_utc = span.start_utc,
        .length_s = first_s,
        .crowded_utc = span.start_utc,
    };
}

bool window_walk_next(const struct window_walk *walk, struct window *ret)
{
    int64_t left = walk->span.end_utc - walk->at_utc;

    if (left <= 0)
        return false;
    *ret = (struct window){walk->at_utc,
                           walk->at_utc + (left < walk->length_s ? left : walk->length_s)};
    return true;
}

/* At most two thirds full, as far as the density of what was just answered goes. */
static bool will_fit(struct window asked, size_t items, int64_t longer_s)
{
    int64_t room = WINDOW_ITEMS_MAX * 2 / 3;

    return items <= (size_t)(room * (asked.end_utc - asked.start_utc) / longer_s);
}

void window_walk_done(struct window_walk *walk, size_t items)
{
    bool is_first = walk->at_utc == walk->span.start_utc;
    int64_t longer_s = clamp(2 * walk->length_s);
    struct window asked;

    if (!window_walk_next(walk, &asked))
        return;
    walk->at_utc = asked.end_utc;
    if (walk->at_utc >= walk->crowded_utc && will_fit(asked, items, longer_s))
        walk->length_s = longer_s;
    if (is_first)
        walk->step_s = walk->length_s;
}

bool window_walk_halve(struct window_walk *walk)
{
    struct window asked;

    if (!window_walk_next(walk, &asked))
        return false;
    int64_t half = (asked.end_utc - asked.start_utc) / 2;
    if (half < WINDOW_STEP_MIN_S || walk->halvings++ == WINDOW_HALVINGS_MAX)
        return false;
    walk->length_s = half;
    walk->crowded_utc = asked.end_utc;
    return true;
}
