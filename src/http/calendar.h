/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_CALENDAR_H
#define ROOMCAL_HTTP_CALENDAR_H

/*
 * calendar — /api/calendar and /api/calendar/ROOM
 *
 * Answers from room files, never from Exchange. A room that was never fetched is waited for, COLD_WAIT at most,
 * all rooms of a request together. What a reply says of freshness: DESIGN in docs/, and the table in calendar.c.
 */

#include "http/message.h"
#include "http/site.h"

/* `room` empty: all rooms, or those of `?room=`. */
void calendar_reply(const struct site *site, const struct http_request *request, struct slice room,
                    struct http_reply *reply);

#endif
