/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_QUERY_H
#define ROOMCAL_HTTP_QUERY_H

/*
 * query — `from`, `to` and `room` out of a query string
 *
 * Parameters we do not know are ignored, because cache busters are common; a bad value of one we
 * know is an error. An empty value is a bad value. `from` and `to` may come once each, `room`
 * QUERY_ROOMS_MAX times. Names and values are percent-encoded, '+' is a space.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "config/config.h"

enum { QUERY_BAD_VALUE = 1, QUERY_NO_ROOM = 2 };

#define QUERY_ROOMS_MAX 1000 /* `room` parameters of one query; who wants more asks for all */

struct query {
    int64_t from_utc; /* INT64_MIN: open */
    int64_t to_utc;   /* INT64_MAX: open */
    bool *rooms;      /* config->room_count flags; NULL: all rooms */
};

/* Reads at most HTTP_QUERY_MAX bytes. 0 and *ret (free with query_finish); QUERY_BAD_VALUE: `err`
 * says which and what would be good (status 400); QUERY_NO_ROOM: a room that is not in ROOMS
 * (status 404); -ENOMEM. RFC 3339 date-times, whose '+' may come unescaped as a space; dates are
 * midnight in TIMEZONE. `from` not before `to` is a bad value. */
int query_parse(const struct config *config, struct slice text, struct query *ret, struct err *err);
void query_finish(struct query *query);

#endif
