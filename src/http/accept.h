/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_ACCEPT_H
#define ROOMCAL_HTTP_ACCEPT_H

/*
 * accept — which of several forms a client would rather have (RFC 9110, 12.5.1)
 */

#include <stddef.h>

#include "base/text.h"

/* The place in `offers` (media types, "application/json") of the one that the Accept header likes
 * best; -1: none will do.
 *
 * Of the ranges that fit a type the most precise one tells its weight. The greatest weight wins; of
 * equal ones the type that was named more precisely (a calendar program's "text/calendar" beside a
 * range for anything), then the first offered. Parameters other than q are passed over, and so is what
 * cannot be read; where nothing is left, or there was no header, the first offer wins. */
ptrdiff_t accept_choose(struct slice accept, const char *const offers[], size_t count);

#endif
