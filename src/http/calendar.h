/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_CALENDAR_H
#define ROOMCAL_HTTP_CALENDAR_H

/*
 * calendar — /api/calendar and /api/calendar/ROOM, as JSON and as iCalendar
 *
 * Answers from room files, never from Exchange, with bytes borrowed from them. A room that was
 * never fetched is waited for, COLD_WAIT at most, all rooms of a request together. What a reply
 * says of freshness: the table in calendar.c, and docs/replies.md for those who read it. What both
 * forms share is here; the bodies are http/calendar_json's and http/calendar_ical's.
 *
 * The path decides over the form where it ends in ".ics", else the Accept header does: JSON unless
 * text/calendar is preferred, 406 where neither will do. A reply that Accept had a say in has
 * "Vary: Accept".
 */

#include "http/message.h"
#include "http/site.h"

/* `room` empty: all rooms, or those of `?room=`. Else that room alone, by its name or by its name
 * and ".ics"; a room whose own name ends so has the first claim. The path has decided, so a `room`
 * parameter is checked as everywhere and then changes nothing. */
void calendar_reply(const struct site *site, const struct http_request *request, struct slice room,
                    struct http_reply *reply);

/* All rooms, or those of `?room=`, as iCalendar. */
void calendar_reply_ical(const struct site *site, const struct http_request *request,
                         struct http_reply *reply);

#endif
