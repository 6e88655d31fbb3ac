/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_CALENDAR_JSON_H
#define ROOMCAL_HTTP_CALENDAR_JSON_H

/*
 * calendar_json — rooms as JSON
 *
 *     all      [{"room":"R022","items":[…]},{"room":"R023","items":[…],"stale_since":"…"},
 *               {"room":"R024","items":[],"error":{"code":"…","message":"…"}}]
 *     alone    […]
 */

#include "http/page.h"

void calendar_json_all(struct page *page, const struct gather *gather);

/* The first room of `gather`. A bare array has no place for "stale_since". */
void calendar_json_alone(struct page *page, const struct gather *gather);

#endif
