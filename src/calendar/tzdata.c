/* SPDX-License-Identifier: MIT */
#include "calendar/tzdata.h"

#include <glib.h>

/* Only a name for GTimeZone, so that others need not include GLib. */
static GTimeZone *rules_of(struct tzdata_zone *zone)
{
    return (GTimeZone *)zone;
}

struct tzdata_zone *tzdata_open(const char *name)
{
    return (struct tzdata_zone *)g_time_zone_new_identifier(name);
}

void tzdata_close(struct tzdata_zone *zone)
{
    if (zone)
        g_time_zone_unref(rules_of(zone));
}

int32_t tzdata_offset(struct tzdata_zone *zone, int64_t utc)
{
    GTimeZone *rules = rules_of(zone);

    return g_time_zone_get_offset(rules,
                                  g_time_zone_find_interval(rules, G_TIME_TYPE_UNIVERSAL, utc));
}
