/* SPDX-License-Identifier: MIT */
#include "calendar/tzdata.h"

#include <glib.h>
#include <pthread.h>

/* All threads share the zones that GLib has open. GLib's own lock is one that ThreadSanitizer does not know; with this one
 * around it nothing has to be suppressed, which could hide a race of ours. */
static pthread_mutex_t shared = PTHREAD_MUTEX_INITIALIZER;

/* Only a name for GTimeZone, so that others need not include GLib. */
static GTimeZone *rules_of(struct tzdata_zone *zone)
{
    return (GTimeZone *)zone;
}

struct tzdata_zone *tzdata_open(const char *name)
{
    (void)pthread_mutex_lock(&shared);
    GTimeZone *rules = g_time_zone_new_identifier(name);
    (void)pthread_mutex_unlock(&shared);
    return (struct tzdata_zone *)rules;
}

void tzdata_close(struct tzdata_zone *zone)
{
    if (!zone)
        return;
    (void)pthread_mutex_lock(&shared);
    g_time_zone_unref(rules_of(zone));
    (void)pthread_mutex_unlock(&shared);
}

int32_t tzdata_offset(struct tzdata_zone *zone, int64_t utc)
{
    GTimeZone *rules = rules_of(zone);

    return g_time_zone_get_offset(rules,
                                  g_time_zone_find_interval(rules, G_TIME_TYPE_UNIVERSAL, utc));
}
