/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_WINDOW_H
#define ROOMCAL_CALENDAR_WINDOW_H

/*
 * window — the span of time that is asked for, and its division into requests
 *
 * A CalendarView may span two years at most (ErrorCalendarViewRangeTooBig) and answers with 1000 items at most
 * (EWSFindCountLimit; https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange).
 * So the span is walked in steps of at most 365 days; a step that turned out to hold too many items is halved, and steps
 * grow again where the calendar is thin. A cut costs a request, so a step grows only where the longer one is likely to
 * fit, and what a walk learned is good for the next one over the same calendar.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

#define WINDOW_STEP_MAX_S (365 * INT64_C(86400))
/* A quarter of an hour with over 1000 meetings is not a room */
#define WINDOW_STEP_MIN_S INT64_C(900)
#define WINDOW_ITEMS_MAX  1000 /* MaxEntriesReturned; Exchange gives no more */

struct window {
    int64_t start_utc; /* included */
    int64_t end_utc;   /* excluded, > start_utc */
};

/* The span of the settings as seen at `now`: from WINDOW_START to the first UTC midnight that is more
 * than WINDOW_DAYS days ahead. It moves once a day, at midnight, so that a refresh within the day asks the same. */
struct window window_of(const struct config *config, int64_t now_utc);

/* So many halvings are enough for a hundred thousand items; a server that refuses everything must not be asked for
 * every quarter of an hour of five years. */
#define WINDOW_HALVINGS_MAX 500

struct window_walk {
    int64_t
        step_s; /* for window_walk_begin the next time: what was right at the beginning of the span. As it was given
                       until the first window is done */

    struct window span;
    int64_t at_utc;      /* what lies before is done */
    int64_t length_s;    /* of the next window */
    int64_t crowded_utc; /* before this a longer window has been tried and held too many */
    int halvings;
};

/* `step_s` is what an earlier walk learned, 0: nothing is known, so WINDOW_STEP_MAX_S. Another value is brought
 * between WINDOW_STEP_MIN_S and WINDOW_STEP_MAX_S. */
void window_walk_begin(struct window_walk *walk, struct window span, int64_t step_s);

/* The next window to ask; false: the span is done. Asking twice gives the same window. */
bool window_walk_next(const struct window_walk *walk, struct window *ret);

/* The window was answered whole, with so many items: goes on behind it. */
void window_walk_done(struct window_walk *walk, size_t items);

/* The window held too many: the next one is the first half of it. false: it cannot be halved any
 * more, or WINDOW_HALVINGS_MAX was met. */
bool window_walk_halve(struct window_walk *walk);

#endif
