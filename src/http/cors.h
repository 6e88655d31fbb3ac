/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_CORS_H
#define ROOMCAL_HTTP_CORS_H

/*
 * cors — scripts of another site may read replies, if CORS_ORIGIN says so
 *
 * The CORS protocol of https://fetch.spec.whatwg.org/#http-cors-protocol. CORS_ORIGIN is one origin or "*", so a reply says the
 * same to whoever asks, and caches may keep one for all: no "Vary: Origin" (see "CORS protocol and HTTP caches" there).
 * Credentials are never allowed; what a browser sends by itself, such as an address inside the house, is all that it takes
 * to read calendars, so "*" shows them to every page that somebody in the house opens.
 */

#include "config/config.h"
#include "http/message.h"

/* The methods that there are, as Allow names them: OPTIONS only with CORS_ORIGIN. */
const char *cors_methods(const struct config *config);

/* Adds to any reply what lets scripts read it, and of its headers those that a browser would hide; nothing without
 * CORS_ORIGIN. */
void cors_allow(const struct config *config, struct http_reply *reply);

/* Makes it the reply to OPTIONS, which browsers ask before a request with preconditions: 204, and what may be asked.
 * cors_allow has to follow. */
void cors_preflight(struct http_reply *reply);

#endif
