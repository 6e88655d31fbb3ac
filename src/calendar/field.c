/* SPDX-License-Identifier: MIT */
#include "calendar/field.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct field rows[] = {
#define FIELD(name, prefix, element, part, kind, source, since)                                    \
    {name, prefix ":" element, element, part, FIELD_##kind, FIELD_##source, since},
#define PROPERTY(name, tag, kind, since)                                                           \
    {name, tag, "ExtendedProperty", "Value", FIELD_##kind, FIELD_PROPERTY, since},
#include "calendar/field_table.h"
};

static const size_t row_count = sizeof rows / sizeof rows[0];

/* The plan's fixed elements, at their fixed places. What the iCalendar form reads as a text is one
 * here already. */
static const struct field_element fixed[PLAN_FIXED] = {
    [PLAN_ID] = {"item:ItemId", "ItemId", FIELD_FIND, false},
    [PLAN_START] = {"calendar:Start", "Start", FIELD_FIND, false},
    [PLAN_END] = {"calendar:End", "End", FIELD_FIND, false},
    [PLAN_IS_ALL_DAY] = {"calendar:IsAllDayEvent", "IsAllDayEvent", FIELD_FIND, false},
    [PLAN_START_TIMEZONE] = {"calendar:StartTimeZone", "StartTimeZone", FIELD_FIND, false},
    [PLAN_END_TIMEZONE] = {"calendar:EndTimeZone", "EndTimeZone", FIELD_FIND, false},
    [PLAN_SENSITIVITY] = {"item:Sensitivity", "Sensitivity", FIELD_FIND, false},
    [PLAN_SUBJECT] = {"item:Subject", "Subject", FIELD_FIND, true},
    [PLAN_LOCATION] = {"calendar:Location", "Location", FIELD_FIND, true},
    [PLAN_ORGANIZER] = {"calendar:Organizer", "Organizer", FIELD_FIND, true},
    [PLAN_UID] = {"calendar:UID", "UID", FIELD_FIND, true},
    [PLAN_RECURRENCE_ID] = {"calendar:RecurrenceId", "RecurrenceId", FIELD_FIND, false},
    [PLAN_FREE_BUSY] = {"calendar:LegacyFreeBusyStatus", "LegacyFreeBusyStatus", FIELD_FIND, false},
    [PLAN_IS_CANCELLED] = {"calendar:IsCancelled", "IsCancelled", FIELD_FIND, false},
    [PLAN_DURATION] = {"calendar:Duration", "Duration", FIELD_FIND, false},
    [PLAN_CATEGORIES] = {"item:Categories", "Categories", FIELD_FIND, false},
    [PLAN_STAMP] = {"calendar:DateTimeStamp", "DateTimeStamp", FIELD_FIND, false},
    [PLAN_LAST_MODIFIED] = {"item:LastModifiedTime", "LastModifiedTime", FIELD_FIND, false},
};

const struct field *field_rows(size_t *ret_count)
{
    *ret_count = row_count;
    return rows;
}

const struct field *field_find(struct slice name)
{
    for (size_t i = 0; i < row_count; i++) {
        if (slice_is(name, rows[i].name))
            return &rows[i];
    }
    return NULL;
}

/* The known name that is nearest to a mistyped one; NULL when none is near. */
static const char *nearest(const char *name)
{
    const char *best = NULL;
    size_t least = strlen(name) / 3 + 1; /* beyond that a hint would only confuse */

    for (size_t i = 0; i < row_count; i++) {
        size_t distance = text_distance(name, rows[i].name);
        if (distance < least) {
            least = distance;
            best = rows[i].name;
        }
    }
    return best;
}

/* The attribute of one element of ITEM_FIELDS; NULL after adding a mistake. */
static const struct field *choose(const struct config *config, const struct config_item *item,
                                  struct mistakes *mistakes)
{
    const struct field *field = field_find(slice_of(item->name));
    const char *near = field ? NULL : nearest(item->name);

    if (field)
        return field;
    if (near)
        mistakes_add(mistakes, config->env_file, config->item_fields_line,
                     "ITEM_FIELDS: there is no attribute %s; did you mean %s?", item->name, near);
    else
        mistakes_add(mistakes, config->env_file, config->item_fields_line,
                     "ITEM_FIELDS: there is no attribute %s; docs/fields.md lists them",
                     item->name);
    return NULL;
}

static bool key_is_taken(const struct field_plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->choice_count; i++) {
        if (strcmp(plan->choices[i].key, key) == 0)
            return true;
    }
    return false;
}

/* FindItem cuts texts, but neither attributes nor what is no text. */
static bool is_cut_text(const struct field *field)
{
    bool is_text = field->kind == FIELD_TEXT || field->kind == FIELD_LABEL;

    return is_text && field->source == FIELD_FIND && field->part[0] != '@';
}

static size_t new_element(struct field_plan *plan, const struct field *field)
{
    plan->elements[plan->element_count] =
        (struct field_element){field->uri, field->element, field->source, false};
    return plan->element_count++;
}

/* The place of the field's element, added if no field before it reads the same. */
static size_t place_element(struct field_plan *plan, const struct field *field)
{
    ptrdiff_t known = field_plan_element(plan, slice_of(field->element));
    size_t place = known < 0 ? new_element(plan, field) : (size_t)known;

    plan->elements[place].is_text |= is_cut_text(field);
    plan->needs_get_item |= field->source == FIELD_GET;
    if (field->source == FIELD_PROPERTY)
        plan->address = (ptrdiff_t)place;
    return place;
}

static void add_choice(const struct config *config, const struct config_item *item,
                       struct field_plan *plan, struct mistakes *mistakes)
{
    /* What config/ found wrong with an element is said already, and left it empty. */
    const struct field *field = item->name && item->key ? choose(config, item, mistakes) : NULL;

    if (!field)
        return;
    if (key_is_taken(plan, item->key)) {
        mistakes_add(mistakes, config->env_file, config->item_fields_line,
                     "ITEM_FIELDS: two attributes would have the key \"%s\"; rename one, as in "
                     "other=%s",
                     item->key, item->name);
        return;
    }
    plan->choices[plan->choice_count++] =
        (struct field_choice){field, item->key, place_element(plan, field)};
}

int field_plan_make(const struct config *config, struct field_plan *ret, struct mistakes *mistakes)
{
    size_t mistakes_before = mistakes->count;
    struct field_plan plan = {
        .choices = calloc(config->item_count + 1, sizeof *plan.choices),
        .elements = calloc(config->item_count + PLAN_FIXED, sizeof *plan.elements),
        .element_count = PLAN_FIXED,
        .hides_private = config->private_items != CONFIG_PRIVATE_SHOW,
        .address = -1,
    };

    if (!plan.choices || !plan.elements) {
        field_plan_finish(&plan);
        return -ENOMEM;
    }
    memcpy(plan.elements, fixed, sizeof fixed);
    for (size_t i = 0; i < config->item_count; i++)
        add_choice(config, &config->items[i], &plan, mistakes);
    if (mistakes->count > mistakes_before) {
        field_plan_finish(&plan);
        return 1;
    }
    *ret = plan;
    return 0;
}

void field_plan_finish(struct field_plan *plan)
{
    free(plan->choices);
    free(plan->elements);
    *plan = (struct field_plan){0};
}

ptrdiff_t field_plan_element(const struct field_plan *plan, struct slice element)
{
    for (size_t i = 0; i < plan->element_count; i++) {
        if (slice_is(element, plan->elements[i].element))
            return (ptrdiff_t)i;
    }
    return -1;
}
