/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_TESTS_EWS_PLAN_H
#define ROOMCAL_TESTS_EWS_PLAN_H

/*
 * plan — field plans for the tests of ews/, made without a .env file
 */

#include <stdlib.h>
#include <string.h>

#include "calendar/field.h"
#include "config/config.h"

#define PLAN_CHOICES_MAX 128

struct chosen {
    struct config config;
    struct config_item items[PLAN_CHOICES_MAX];
    struct field_plan plan;
};

static inline void chosen_add(struct chosen *chosen, const char *name)
{
    struct config_item *item = &chosen->items[chosen->config.item_count++];

    item->key = strdup(name);
    item->name = strdup(name);
}

/* Makes the plan of what was added. false: something was wrong with it. */
static inline bool chosen_make(struct chosen *chosen)
{
    struct mistakes mistakes = {0};

    chosen->config.items = chosen->items;
    int failed = field_plan_make(&chosen->config, &chosen->plan, &mistakes);
    mistakes_finish(&mistakes);
    return failed == 0;
}

/* The fields that ITEM_FIELDS names by default. */
static inline bool chosen_default(struct chosen *chosen)
{
    static const char *const names[] = {"title",    "start",    "end",
                                        "duration", "location", "organizer_name"};

    *chosen = (struct chosen){0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        chosen_add(chosen, names[i]);
    return chosen_make(chosen);
}

/* Every field there is. */
static inline bool chosen_all(struct chosen *chosen)
{
    size_t count;
    const struct field *rows = field_rows(&count);

    *chosen = (struct chosen){0};
    for (size_t i = 0; i < count && chosen->config.item_count < PLAN_CHOICES_MAX; i++)
        chosen_add(chosen, rows[i].name);
    return chosen_make(chosen);
}

static inline void chosen_finish(struct chosen *chosen)
{
    field_plan_finish(&chosen->plan);
    for (size_t i = 0; i < chosen->config.item_count; i++) {
        free(chosen->items[i].key);
        free(chosen->items[i].name);
    }
}

#endif
