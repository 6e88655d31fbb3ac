/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CONFIG_ENDPOINT_H
#define ROOMCAL_CONFIG_ENDPOINT_H

/*
 * endpoint — the settings that name servers and sites, as the program uses them
 *
 * EXCHANGE_SERVER is the URL that requests go to:
 *
 *     mail.example.org          → https://mail.example.org/EWS/Exchange.asmx
 *     mail.example.org:8443     → https://mail.example.org:8443/EWS/Exchange.asmx
 *     https://mail.example.org  → the same; a path other than "/" is kept as it is
 *     http://127.0.0.1:8801     → as it is: http:// is for localhost, 127.0.0.0/8 and [::1], which are on no wire
 *
 * The password is sent to whatever stands here, so what a URL parser could read in two ways is
 * refused: user parts, queries, fragments, backslashes, blanks, names that are not ASCII. See
 * config/url.h.
 */

#include "base/err.h"
#include "base/text.h"

/* 0 and *ret, which the caller frees; 1: it cannot be used, and `err` goes on a sentence about it,
 * without repeating any of it ("names a user or password; …"); -ENOMEM. */
int endpoint_parse(struct slice text, char **ret, struct err *err);

/* The same for the other settings, each as a whole URL:
 *
 *   token_url   OAUTH_TOKEN_URL: https:// (http:// to loopback only); no user
 *   proxy       PROXY: http[s]://[user@]host:port; the port has to be there, because libcurl's default is
 *               one that proxies do not have; no path but "/"
 *   origin      CORS_ORIGIN: as a browser writes an origin (RFC 6454, section 6.2): scheme://host[:port] in lower
 *               case, without the scheme's own port; no user, no path but "/" */
int endpoint_parse_token_url(struct slice text, char **ret, struct err *err);
int endpoint_parse_proxy(struct slice text, char **ret, struct err *err);
int endpoint_parse_origin(struct slice text, char **ret, struct err *err);

#endif
