/* SPDX-License-Identifier: MIT */
#include "http/query.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/datetime.h"
#include "calendar/timezone.h"
#include "http/message.h"

#define QUOTED_MAX 80 /* bytes of a bad value that a sentence repeats */

struct reading {
    const struct config *config;
    struct query query;
    size_t rooms;
    struct err *err;
};

static int bad_value(struct reading *reading, const char *name, struct slice value,
                     const char *good)
{
    int length = value.length < QUOTED_MAX ? (int)value.length : QUOTED_MAX;

    return err_set(reading->err, QUERY_BAD_VALUE, "%s=%.*s is not understood: %s.", name, length,
                   value.at, good);
}

/* A day's begin on TIMEZONE's clocks. `wall` is its midnight in UTC. */
static int begin_of_day(const struct config *config, int64_t wall, int64_t *ret)
{
    struct timezone *zone;
    int error = timezone_open(slice_of(config->timezone), &zone);

    if (error) /* an unknown one was refused with the settings */
        return error < 0 ? error : -EINVAL;
    *ret = timezone_utc_of(zone, wall);
    timezone_close(zone);
    return 0;
}

static int read_moment(struct reading *reading, const char *name, struct slice value, int64_t open,
                       int64_t *ret)
{
    static const char good[] =
        "write a moment such as 2026-11-23T09:00:00Z or a day such as 2026-11-23";
    char text[DATETIME_TEXT_SIZE];
    int64_t wall;

    if (*ret != open)
        return err_set(reading->err, QUERY_BAD_VALUE, "%s was given twice: once is enough.", name);
    if (value.length >= sizeof text)
        return bad_value(reading, name, value, good);
    /* "+01:00" that nobody escaped came as " 01:00"; a space cannot be meant. */
    for (size_t i = 0; i < value.length; i++)
        text[i] = value.at[i] == ' ' ? '+' : value.at[i];
    struct slice moment = {text, value.length};
    if (datetime_parse(moment, false, ret, NULL))
        return 0;
    return date_parse(moment, &wall) ? begin_of_day(reading->config, wall, ret)
                                     : bad_value(reading, name, value, good);
}

static int read_from(struct reading *reading, struct slice value)
{
    return read_moment(reading, "from", value, INT64_MIN, &reading->query.from_utc);
}

static int read_to(struct reading *reading, struct slice value)
{
    return read_moment(reading, "to", value, INT64_MAX, &reading->query.to_utc);
}

static int read_room(struct reading *reading, struct slice value)
{
    const struct config *config = reading->config;

    if (!value.length)
        return bad_value(reading, "room", value, "write a room's name");
    if (reading->rooms++ == QUERY_ROOMS_MAX)
        return err_set(reading->err, QUERY_BAD_VALUE,
                       "room was given more than %d times: leave it away to get all rooms.",
                       QUERY_ROOMS_MAX);
    ptrdiff_t room = config_room_index(config, value.at, value.length);
    if (room < 0)
        return err_set(reading->err, QUERY_NO_ROOM, "There is no room \"%.*s\" here.",
                       value.length < QUOTED_MAX ? (int)value.length : QUOTED_MAX, value.at);
    if (!reading->query.rooms)
        reading->query.rooms = calloc(config->room_count, sizeof *reading->query.rooms);
    if (!reading->query.rooms)
        return err_set(reading->err, -ENOMEM, "no memory");
    reading->query.rooms[room] = true;
    return 0;
}

static const struct parameter {
    const char *name;
    int (*read)(struct reading *reading, struct slice value);
} parameters[] = {
    {"from", read_from},
    {"to", read_to},
    {"room", read_room},
};

/* NULL: none that we know. A name that cannot be decoded is none of ours. */
static const struct parameter *find_parameter(struct slice encoded, struct buf *scratch)
{
    buf_clear(scratch);
    if (!http_decode(encoded, true, scratch))
        return NULL;
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        if (slice_is((struct slice){buf_text(scratch), scratch->length}, parameters[i].name))
            return &parameters[i];
    }
    return NULL;
}

/* "name=value", or a name alone, which has the empty value. */
static int read_parameter(struct reading *reading, struct slice part, struct buf *scratch)
{
    struct slice name = part;
    (void)slice_next(&part, '=', &name);
    const struct parameter *parameter = find_parameter(name, scratch);

    if (!parameter)
        return buf_error(scratch);
    buf_clear(scratch);
    if (http_decode(part, true, scratch))
        return parameter->read(reading, (struct slice){buf_text(scratch), scratch->length});
    if (buf_error(scratch))
        return buf_error(scratch);
    return err_set(reading->err, QUERY_BAD_VALUE,
                   "%s has a %% without two hexadecimal digits behind it.", parameter->name);
}

static int read_all(struct reading *reading, struct slice text)
{
    struct buf scratch = BUF_INIT(HTTP_QUERY_MAX);
    struct slice part;
    int result = 0;

    while (!result && slice_next(&text, '&', &part))
        result = read_parameter(reading, part, &scratch);
    buf_finish(&scratch);
    if (!result && reading->query.from_utc >= reading->query.to_utc)
        result = err_set(reading->err, QUERY_BAD_VALUE, "from has to be before to.");
    return result;
}

int query_parse(const struct config *config, struct slice text, struct query *ret, struct err *err)
{
    struct reading reading = {
        .config = config,
        .query = {.from_utc = INT64_MIN, .to_utc = INT64_MAX},
        .err = err,
    };
    int result = read_all(&reading, text);

    if (result == 0)
        *ret = reading.query;
    else
        query_finish(&reading.query);
    return result;
}

void query_finish(struct query *query)
{
    free(query->rooms);
    query->rooms = NULL;
}
