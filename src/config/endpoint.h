/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CONFIG_ENDPOINT_H
#define ROOMCAL_CONFIG_ENDPOINT_H

/*
 * endpoint — EXCHANGE_SERVER as the URL that requests go to
 *
 *     mail.example.org          → https://mail.example.org/EWS/Exchange.asmx
 *     mail.example.org:8443     → https://mail.example.org:8443/EWS/Exchange.asmx
 *     https://mail.example.org  → the same; a path other than "/" is kept as it is
 *     http://127.0.0.1:8801     → http:// is for localhost, 127.0.0.0/8 and [::1], where nobody
 * listens on the wire
 *
 * The password is sent to whatever stands here, so what a URL parser could read in two ways is
 * refused: user parts, queries, fragments, backslashes, blanks, names that are not ASCII.
 */

#include "base/err.h"
#include "base/text.h"

/* 0 and *ret, which the caller frees; 1: it cannot be used, and `err` goes on a sentence about it,
 * without repeating any of it ("names a user or password; …"); -ENOMEM. */
int endpoint_parse(struct slice text, char **ret, struct err *err);

#endif
