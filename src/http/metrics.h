/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_METRICS_H
#define ROOMCAL_HTTP_METRICS_H

/*
 * metrics — /api/metrics: the same as health, and counters, for Prometheus
 *
 *     # HELP roomcal_room_items Items that the room shows.
 *     # TYPE roomcal_room_items gauge
 *     roomcal_room_items{room="R022"} 208
 *
 * The text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/), names by its conventions.
 * Counters are those of the ledger, so of all processes on one CACHE_DIR: it does not matter which one answers. Never
 * cached, never waits, 200 also when rooms are lost. Names rooms, but no mailbox, user or server.
 *
 * A room has METRICS_ROOM_SERIES lines of its own. With 10 000 rooms that is some 7 MB, with names of 200 bytes
 * that all have to be escaped 44 MB, which HTTP_OWN_MAX allows.
 */

#include "http/message.h"
#include "http/site.h"

#define METRICS_ROOM_SERIES 9 /* at most */

void metrics_reply(const struct site *site, struct http_reply *reply);

#endif
