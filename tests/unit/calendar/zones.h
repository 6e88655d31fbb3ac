/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_TESTS_CALENDAR_ZONES_H
#define ROOMCAL_TESTS_CALENDAR_ZONES_H

/*
 * zones — rules of time zones, as Exchange sends them inside StartTimeZone and EndTimeZone
 */

#include "calendar/leaves.h"

#define PERIOD(id, bias)                                                                           \
    {"Periods/Period/@Bias", bias}, {"Periods/Period/@Name", "any"},                               \
    {                                                                                              \
        "Periods/Period/@Id", id                                                                   \
    }

#define RECURRING "TransitionsGroups/TransitionsGroup/RecurringDayTransition"

/* On the n-th such weekday of the month, at that time of the day. */
#define RECURRING_DAY(to, time, month, weekday, nth)                                               \
    {RECURRING, ""}, {RECURRING "/To/@Kind", "Period"}, {RECURRING "/To", to},                     \
        {RECURRING "/TimeOffset", time}, {RECURRING "/Month", month},                              \
        {RECURRING "/DayOfWeek", weekday},                                                         \
    {                                                                                              \
        RECURRING "/Occurrence", nth                                                               \
    }

#define ALWAYS_GROUP(id)                                                                           \
    {"Transitions", ""}, {"Transitions/Transition", ""},                                           \
        {"Transitions/Transition/To/@Kind", "Group"},                                              \
    {                                                                                              \
        "Transitions/Transition/To", id                                                            \
    }

/* Berlin's clocks without its name. */
static const struct leaf rules_of_berlin[] = {
    {"", ""},
    {"Periods", ""},
    PERIOD("std", "-PT60M"),
    PERIOD("dst", "-PT2H"),
    {"TransitionsGroups", ""},
    {"TransitionsGroups/TransitionsGroup/@Id", "0"},
    {"TransitionsGroups/TransitionsGroup", ""},
    RECURRING_DAY("dst", "PT2H", "3", "Sunday", "-1"),
    RECURRING_DAY("std", "PT180M", "10", "Sunday", "-1"),
    ALWAYS_GROUP("0"),
    {NULL, NULL},
};

#endif
