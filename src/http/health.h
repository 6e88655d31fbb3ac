/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_HEALTH_H
#define ROOMCAL_HTTP_HEALTH_H

/*
 * health — /api/health: how each room is, for people and for monitoring
 *
 *     {"status":"degraded","version":"0.1.0","now":"…Z",
 *       "account":{"held":true,"held_until":"…Z","error":{"code":"http_503","message":"…"},"lanes":4},"rooms":[
 *       {"room":"R022","state":"fresh","age":12,"items":208,"fetched_at":"…Z","expires_at":"…Z"},
 *       {"room":"R023","state":"stale",…,"failures":3,"retry_at":"…Z",
 *         "error":{"code":"http_503","message":"…"}}]}
 *
 * 200 while every room can be served ("ok", or "degraded" when some are stale), else 503
 * ("unavailable"). Never cached, never waits. Names rooms, but no mailbox, user or server.
 */

#include "http/message.h"
#include "http/site.h"

void health_reply(const struct site *site, struct http_reply *reply);

#endif
