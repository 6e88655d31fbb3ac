/* SPDX-License-Identifier: MIT */
#include "base/datetime.h"

#include <stdio.h>
#include <string.h>

struct civil {
    int year, month, day, hour, minute, second;
};

/*
 * Days and civil dates by 400-year eras (146097 days) that start on 1 March, so that the leap day
 * is the last day of a year. Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 */
int64_t datetime_days(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static int64_t clamp(int64_t utc)
{
    if (utc < DATETIME_MIN)
        return DATETIME_MIN;
    return utc > DATETIME_MAX ? DATETIME_MAX : utc;
}

static int64_t floor_days(int64_t utc)
{
    return utc / DAY_S - (utc % DAY_S < 0);
}

static struct civil civil_of(int64_t utc)
{
    int64_t days = floor_days(utc);
    int seconds = (int)(utc - days * DAY_S);
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    int month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);

    return (struct civil){
        .year = (int)(year_of_era + era * 400 + (month <= 2)),
        .month = month,
        .day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1),
        .hour = seconds / 3600,
        .minute = seconds / 60 % 60,
        .second = seconds % 60,
    };
}

/* Reads exactly `count` digits off the front. */
static bool take_digits(struct slice *text, size_t count, int *ret)
{
    int value = 0;

    if (text->length < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (text->at[i] < '0' || text->at[i] > '9')
            return false;
        value = value * 10 + (text->at[i] - '0');
    }
    text->at += count;
    text->length -= count;
    *ret = value;
    return true;
}

/* Reads one character out of `set` off the front. */
static bool take_one(struct slice *text, const char *set, char *ret)
{
    if (!text->length || !text->at[0] || !strchr(set, text->at[0]))
        return false;
    if (ret)
        *ret = text->at[0];
    text->at++;
    text->length--;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct slice *text, struct civil *ret)
{
    return take_digits(text, 4, &ret->year) && take_one(text, "-", NULL) &&
           take_digits(text, 2, &ret->month) && take_one(text, "-", NULL) &&
           take_digits(text, 2, &ret->day) && ret->year >= 1 && ret->month >= 1 &&
           ret->month <= 12 && ret->day >= 1 && ret->day <= days_in_month(ret->year, ret->month);
}

static bool take_time(struct slice *text, struct civil *ret)
{
    return take_digits(text, 2, &ret->hour) && take_one(text, ":", NULL) &&
           take_digits(text, 2, &ret->minute) && take_one(text, ":", NULL) &&
           take_digits(text, 2, &ret->second) && ret->hour <= 23 && ret->minute <= 59 &&
           ret->second <= 60;
}

/* ".25" → 250000; digits after the sixth are read and dropped. */
static bool take_fraction(struct slice *text, int *ret_micros)
{
    int micros = 0;
    int scale = 100000;
    int digit;

    if (take_one(text, ".", NULL)) {
        if (!take_digits(text, 1, &digit))
            return false;
        do {
            micros += digit * scale;
            scale /= 10;
        } while (take_digits(text, 1, &digit));
    }
    *ret_micros = micros;
    return true;
}

static bool take_zone(struct slice *text, bool optional, int *ret_offset_s)
{
    char sign;
    int hours;
    int minutes;

    *ret_offset_s = 0;
    if (optional && text->length == 0)
        return true;
    if (take_one(text, "Zz", NULL))
        return true;
    if (!take_one(text, "+-", &sign) || !take_digits(text, 2, &hours) ||
        !take_one(text, ":", NULL) || !take_digits(text, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_offset_s = (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

static int64_t utc_of(const struct civil *civil)
{
    int second_of_day = (civil->hour * 60 + civil->minute) * 60 + civil->second;

    return datetime_days(civil->year, civil->month, civil->day) * DAY_S + second_of_day;
}

bool datetime_parse(struct slice text, bool zone_optional, int64_t *ret_utc, int *ret_micros)
{
    struct civil civil = {0};
    int micros;
    int offset_s;

    if (!take_date(&text, &civil) || !take_one(&text, "Tt", NULL) || !take_time(&text, &civil) ||
        !take_fraction(&text, &micros) || !take_zone(&text, zone_optional, &offset_s) ||
        text.length != 0)
        return false;
    *ret_utc = utc_of(&civil) - offset_s;
    if (ret_micros)
        *ret_micros = micros;
    return true;
}

bool date_parse(struct slice text, int64_t *ret_utc)
{
    struct civil civil = {0};

    if (!take_date(&text, &civil) || text.length != 0)
        return false;
    *ret_utc = utc_of(&civil);
    return true;
}

static size_t print(char ret[static DATETIME_TEXT_SIZE], int64_t utc, int micros, const char *zone)
{
    struct civil c = civil_of(clamp(utc));
    char fraction[16] = "";

    if (micros)
        (void)snprintf(fraction, sizeof fraction, ".%06d", micros);
    return (size_t)snprintf(ret, DATETIME_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%s%s", c.year,
                            c.month, c.day, c.hour, c.minute, c.second, fraction, zone);
}

size_t datetime_iso(int64_t utc, int micros, char ret[static DATETIME_TEXT_SIZE])
{
    return print(ret, utc, micros, "+00:00");
}

size_t datetime_zulu(int64_t utc, char ret[static DATETIME_TEXT_SIZE])
{
    return print(ret, utc, 0, "Z");
}

size_t date_iso(int64_t utc, char ret[static DATETIME_TEXT_SIZE])
{
    struct civil c = civil_of(clamp(utc));

    return (size_t)snprintf(ret, DATETIME_TEXT_SIZE, "%04d-%02d-%02d", c.year, c.month, c.day);
}

/* HTTP's names, in its own language whatever the locale. 1 January 1970 was a Thursday. */
static const char weekdays[7][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

size_t datetime_http(int64_t utc, char ret[static DATETIME_TEXT_SIZE])
{
    int64_t moment = clamp(utc);
    struct civil c = civil_of(moment);
    int64_t weekday = (floor_days(moment) % 7 + 7) % 7;

    return (size_t)snprintf(ret, DATETIME_TEXT_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                            weekdays[weekday], c.day, months[c.month - 1], c.year, c.hour, c.minute,
                            c.second);
}

static bool take_month_name(struct slice *text, int *ret)
{
    for (int i = 0; i < 12; i++) {
        if (text->length >= 3 && memcmp(text->at, months[i], 3) == 0) {
            text->at += 3;
            text->length -= 3;
            *ret = i + 1;
            return true;
        }
    }
    return false;
}

bool datetime_http_parse(struct slice text, int64_t *ret_utc)
{
    struct civil c = {0};

    /* The name of the weekday tells nothing that the date does not: five characters, "Mon, ". */
    if (text.length != 29 || text.at[3] != ',' || text.at[4] != ' ')
        return false;
    text = (struct slice){text.at + 5, text.length - 5};
    if (!take_digits(&text, 2, &c.day) || !take_one(&text, " ", NULL) ||
        !take_month_name(&text, &c.month) || !take_one(&text, " ", NULL) ||
        !take_digits(&text, 4, &c.year) || !take_one(&text, " ", NULL) || !take_time(&text, &c) ||
        !slice_is(text, " GMT"))
        return false;
    if (c.year < 1 || c.day < 1 || c.day > days_in_month(c.year, c.month))
        return false;
    *ret_utc = utc_of(&c);
    return true;
}
