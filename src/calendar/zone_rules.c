/* SPDX-License-Identifier: MIT */
#include "calendar/zone_rules.h"

#include <string.h>

#include "base/datetime.h"
#include "calendar/branch.h"

#define OFFSET_MAX_S INT64_C(86399) /* no zone is a day away from UTC */

/* ---- texts ----------------------------------------------------------------------------------- */

static void skip(struct slice *rest, size_t length)
{
    *rest = (struct slice){rest->at + length, rest->length - length};
}

static size_t count_digits(struct slice text)
{
    size_t count = 0;

    while (count < text.length && text.at[count] >= '0' && text.at[count] <= '9')
        count++;
    return count;
}

/* Years and months have no length; 0 for them. */
static int64_t seconds_of_unit(char unit)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'D', 86400}, {'H', 3600}, {'M', 60}, {'S', 1}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].unit == unit)
            return units[i].seconds;
    }
    return 0;
}

/* Takes "90M" or "0.0S" off the front; fractions are dropped. */
static bool take_part(struct slice *rest, int64_t *ret_s)
{
    size_t digits = count_digits(*rest);
    int64_t number;

    if (!slice_int((struct slice){rest->at, digits}, 0, 10 * OFFSET_MAX_S, &number))
        return false;
    skip(rest, digits);
    if (rest->length && rest->at[0] == '.') {
        skip(rest, 1);
        skip(rest, count_digits(*rest));
    }
    int64_t unit_s = rest->length ? seconds_of_unit(rest->at[0]) : 0;
    if (unit_s == 0)
        return false;
    skip(rest, 1);
    *ret_s = number * unit_s;
    return true;
}

/* xs:duration in seconds: "-PT1H30M", "PT480M", "P0DT2H0M0.0S". */
static bool parse_duration(struct slice text, int64_t *ret)
{
    bool is_negative = text.length && text.at[0] == '-';
    int64_t sum = 0;

    if (is_negative)
        skip(&text, 1);
    /* The shortest are "P1D" and "PT1H"; whatever ends in T has nothing behind it. */
    if (text.length < 3 || text.at[0] != 'P' || text.at[text.length - 1] == 'T')
        return false;
    skip(&text, 1);
    while (text.length) {
        int64_t part_s = 0;
        if (text.at[0] == 'T')
            skip(&text, 1);
        else if (take_part(&text, &part_s))
            sum += part_s;
        else
            return false;
    }
    *ret = is_negative ? -sum : sum;
    return true;
}

static bool number_of(const struct branch *branch, const char *path, int64_t minimum,
                      int64_t maximum, int64_t *ret)
{
    struct slice text;

    return branch_text(branch, path, &text) && slice_int(slice_trim(text), minimum, maximum, ret);
}

static bool duration_of(const struct branch *branch, const char *path, int64_t *ret)
{
    struct slice text;

    return branch_text(branch, path, &text) && parse_duration(slice_trim(text), ret);
}

/* Sunday is 0, as in the remainder of days since a Thursday plus four. */
static bool weekday_of(const struct branch *transition, int64_t *ret)
{
    static const char *const names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};
    struct slice text;

    if (!branch_text(transition, "DayOfWeek", &text))
        return false;
    for (int i = 0; i < 7; i++) {
        if (slice_is(slice_trim(text), names[i])) {
            *ret = i;
            return true;
        }
    }
    return false;
}

/* ---- periods and groups ---------------------------------------------------------------------- */

static bool has_id(const struct branch *branch, struct slice id)
{
    struct slice text;

    return branch_text(branch, "@Id", &text) && slice_equal(text, id);
}

/* The child of that id of a list: Periods' Period, TransitionsGroups' TransitionsGroup. */
static bool find(const struct branch *zone, const char *list, struct slice id, struct branch *ret)
{
    struct branch all;
    struct branch child = {0};

    if (!branch_child(zone, list, &all))
        return false;
    while (branch_next(&all, &child)) {
        if (has_id(&child, id)) {
            *ret = child;
            return true;
        }
    }
    return false;
}

static bool period_offset(const struct branch *zone, struct slice id, int64_t *ret)
{
    struct branch period;
    int64_t bias;

    if (!find(zone, "Periods", id, &period) || !duration_of(&period, "@Bias", &bias) ||
        bias < -OFFSET_MAX_S || bias > OFFSET_MAX_S)
        return false;
    *ret = -bias;
    return true;
}

/* ---- the rules of a year --------------------------------------------------------------------- */

static int year_of(int64_t utc)
{
    /* The mean year is off by less than a year from the calendar's, over all the centuries. */
    int year = 1970 + (int)(utc / (INT64_C(31556952)));

    while (datetime_days(year, 1, 1) * DAY_S > utc)
        year--;
    while (datetime_days(year + 1, 1, 1) * DAY_S <= utc)
        year++;
    return year;
}

static int64_t weekday(int64_t day)
{
    return ((day + 4) % 7 + 7) % 7;
}

/* The n-th such weekday of the month, or the last. */
static int64_t day_by_weekday(int year, int month, int64_t wanted, int64_t occurrence)
{
    int64_t first = datetime_days(year, month, 1);
    int64_t behind =
        month == 12 ? datetime_days(year + 1, 1, 1) : datetime_days(year, month + 1, 1);
    int64_t day = first + (wanted - weekday(first) + 7) % 7 + 7 * (occurrence - 1);

    if (occurrence < 0)
        day = first + 28 + (wanted - weekday(first) + 7) % 7;
    while (day >= behind)
        day -= 7;
    return day;
}

/* On which day of that year the transition is; false: it is no recurring one. */
static bool transition_day(const struct branch *transition, int year, int64_t *ret)
{
    int64_t month;
    int64_t day;
    int64_t wanted;

    if (!number_of(transition, "Month", 1, 12, &month))
        return false;
    if (slice_is(transition->name, "RecurringDateTransition") &&
        number_of(transition, "Day", 1, 31, &day)) {
        *ret = datetime_days(year, (int)month, (int)day);
        return true;
    }
    if (!weekday_of(transition, &wanted) || !number_of(transition, "Occurrence", -1, 5, &day) ||
        day == 0)
        return false;
    *ret = day_by_weekday(year, (int)month, wanted, day);
    return true;
}

/* A change of the offset, at a time on the clocks as they are before it. */
struct change {
    int64_t wall;
    int64_t offset; /* from then on */
};

struct changes {
    struct change list[3 * ZONE_RULES_MAX]; /* by time */
    size_t count;
};

static void insert(struct changes *changes, struct change change)
{
    size_t place = changes->count++;

    for (; place > 0 && changes->list[place - 1].wall > change.wall; place--)
        changes->list[place] = changes->list[place - 1];
    changes->list[place] = change;
}

/* false: one of them makes no sense. */
static bool add_year(const struct branch *zone, const struct branch *group, int year,
                     struct changes *changes)
{
    struct branch transition = {0};

    for (size_t i = 0; i < ZONE_RULES_MAX && branch_next(group, &transition); i++) {
        struct change change = {0};
        struct slice to;
        int64_t time = 0;
        int64_t day;
        if (!branch_text(&transition, "To", &to) || !period_offset(zone, to, &change.offset) ||
            !transition_day(&transition, year, &day) ||
            !duration_of(&transition, "TimeOffset", &time))
            return false;
        change.wall = day * DAY_S + time;
        insert(changes, change);
    }
    return true;
}

/* What the last change before the moment has led to. */
static bool offset_by_year(const struct branch *zone, const struct branch *group, int64_t utc,
                           int64_t *ret)
{
    struct changes changes = {.count = 0};
    int year = year_of(utc);

    for (int i = year - 1; i <= year + 1; i++) {
        if (!add_year(zone, group, i, &changes))
            return false;
    }
    if (changes.count == 0)
        return false;
    int64_t offset = changes.list[0].offset;
    for (size_t i = 1; i < changes.count && changes.list[i].wall - offset <= utc; i++)
        offset = changes.list[i].offset;
    *ret = offset;
    return true;
}

/* A group that holds nothing but a step to one period has that all the time. */
static bool offset_by_group(const struct branch *zone, struct slice id, int64_t utc, int64_t *ret)
{
    struct branch group;
    struct branch only;
    struct slice to;

    if (!find(zone, "TransitionsGroups", id, &group))
        return false;
    if (branch_child(&group, "Transition", &only))
        return branch_text(&only, "To", &to) && period_offset(zone, to, ret);
    return offset_by_year(zone, &group, utc, ret);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* When a transition of the zone happens: the first one has no time and was always. */
static bool begins_before(const struct branch *transition, int64_t utc)
{
    struct slice text;
    int64_t moment;

    return !branch_text(transition, "DateTime", &text) ||
           (datetime_parse(slice_trim(text), true, &moment, NULL) && moment <= utc);
}

/* The last transition before the moment; they come in the order of time. */
static bool current_transition(const struct branch *zone, int64_t utc, struct branch *ret)
{
    struct branch all;
    struct branch transition = {0};
    bool found = false;

    if (!branch_child(zone, "Transitions", &all))
        return false;
    while (branch_next(&all, &transition)) {
        if (begins_before(&transition, utc)) {
            *ret = transition;
            found = true;
        }
    }
    return found;
}

bool zone_rules_offset(const struct item *item, size_t element, int64_t utc, int32_t *ret)
{
    struct branch zone;
    struct branch transition;
    struct slice to;
    struct slice kind;
    int64_t offset;

    if (!branch_of(item, element, &zone) || !current_transition(&zone, utc, &transition) ||
        !branch_text(&transition, "To", &to))
        return false;
    bool is_period = branch_text(&transition, "To/@Kind", &kind) && slice_is(kind, "Period");
    if (is_period ? !period_offset(&zone, to, &offset) : !offset_by_group(&zone, to, utc, &offset))
        return false;
    *ret = (int32_t)offset;
    return true;
}
