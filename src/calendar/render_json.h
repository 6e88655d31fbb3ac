/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_RENDER_JSON_H
#define ROOMCAL_CALENDAR_RENDER_JSON_H

/*
 * render_json — one item as the JSON object that visitors get
 */

#include "base/buf.h"
#include "calendar/all_day.h"
#include "calendar/field.h"
#include "calendar/item.h"
#include "calendar/timezone.h"

/* Appends the object, keys in the plan's order. `span` is item_span()'s, `days` all_day_read()'s;
 * date-times get the offset of the zones' local one. A value that Exchange sent in a form that its
 * kind does not have (a number that is none) is null, never an invalid reply. 0, -ENOMEM,
 * -EOVERFLOW. */
int render_json_item(const struct field_plan *plan, const struct item *item,
                     const struct item_span *span, const struct item_days *days,
                     struct timezones *zones, struct buf *out);

#endif
