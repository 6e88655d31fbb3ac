/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CONFIG_URL_H
#define ROOMCAL_CONFIG_URL_H

/*
 * url — an address of a setting, taken apart
 *
 *     [http[s]://][user@]host[:port][/path]
 *
 * Secrets are sent to whatever stands there, so what URL parsers could read in two ways is refused:
 * queries, fragments, backslashes, blanks, names that are not ASCII, old ways to write an IPv4 address.
 */

#include <stdbool.h>

#include "base/text.h"

/* Slices of the text that was taken apart. */
struct url {
    bool has_scheme;
    bool plain;        /* http:// */
    bool has_user;     /* there is an '@' */
    struct slice user; /* what stands before it */
    struct slice host; /* a name, an IPv4 address, or an IPv6 one with its brackets; never empty */
    bool has_port;
    struct slice port; /* 1–65535; empty without has_port */
    struct slice path; /* empty, or from '/' on */
};

/* NULL and *ret; else what is wrong, as the rest of a sentence about the text, without repeating any of
 * it: "names no host; write for example mail.example.org". */
const char *url_split(struct slice text, struct url *ret);

/* localhost, 127.0.0.0/8 and [::1], by the letter: a name that only looks like one of them is none. */
bool url_is_loopback(const struct url *url);

#endif
