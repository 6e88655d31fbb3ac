/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_CALENDAR_H
#define ROOMCAL_HTTP_CALENDAR_H

/*
 * calendar — /api/calendar and /api/calendar/ROOM
 *
 * Answers from room files, never from Exchange, with bytes borrowed from them. A room that was
 * never fetched is waited for, COLD_WAIT at most, all rooms of a request together. What a reply
 * says of freshness: the table in calendar.c, and docs/replies.md for those who read it.
 */

#include "http/message.h"
#include "http/site.h"

/* `room` empty: all rooms, or those of `?room=`, each in an object of its own. Else that room's
 * items alone; the path has decided, so a `room` parameter is checked as everywhere and then
 * changes nothing. */
void calendar_reply(const struct site *site, const struct http_request *request, struct slice room,
                    struct http_reply *reply);

#endif
