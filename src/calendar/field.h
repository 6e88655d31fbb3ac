/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_FIELD_H
#define ROOMCAL_CALENDAR_FIELD_H

/*
 * field — the attributes of a calendar item, and the choice that ITEM_FIELDS makes of them
 *
 * calendar/field_table.h has one row per attribute; everything that differs from attribute to
 * attribute is in the row. A `field_plan` is the choice of one configuration: which JSON keys, in
 * which order, and which EWS elements have to be asked for. The SOAP request, the reply parser and
 * the JSON renderer are driven by it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "config/config.h"

enum field_kind {
    FIELD_TEXT,  /* JSON string, null where missing */
    FIELD_LABEL, /* the same, but "" where missing: what the replaced service always gave as a
                    string */
    FIELD_BOOL,
    FIELD_INT,
    FIELD_DATETIME,  /* "2026-11-23T09:00:00+00:00" */
    FIELD_START,     /* a date-time, or for all-day items the first day */
    FIELD_END,       /* a date-time, or for all-day items the last day, inclusive */
    FIELD_ENUM,      /* EWS's word, unknown ones included */
    FIELD_MAILBOX,   /* {"name", "email_address"} */
    FIELD_TEXT_LIST, /* ["…", …] */
    FIELD_STATE,     /* AppointmentState's bits as a list of exchangelib's words, ["Meeting",
                        "Received"] */
    FIELD_ID,        /* {"id", "changekey"} */
};

struct field {
    const char *name;    /* exchangelib's attribute name, or one of the replaced service's */
    const char *uri;     /* EWS FieldURI, "calendar:Start" */
    const char *element; /* the child of t:CalendarItem that carries it, "Start" */
    const char *part; /* where below that element, as item.h names it: "Mailbox/Name", "@Id", "" */
    enum field_kind kind;
    bool in_find_item; /* FindItem returns it. If not, only `name` is set: this version cannot give
                          it yet. */
};

/* NULL: no such attribute. */
const struct field *field_find(struct slice name);

/* All rows, in the table's order. */
const struct field *field_rows(size_t *ret_count);

/* An element to ask for and to listen for; several chosen fields may read the same one. */
struct field_element {
    const char *uri;
    const char *element;
};

struct field_choice {
    const struct field *field;
    const char *key; /* borrowed from the config */
    size_t element;  /* place in the plan's `elements` */
};

/* Elements that every item needs for itself, whatever was chosen: their places in `elements` are
 * fixed. */
enum { PLAN_ID, PLAN_START, PLAN_END, PLAN_IS_ALL_DAY, PLAN_FIXED };

struct field_plan {
    struct field_choice *choices; /* in the order of ITEM_FIELDS */
    size_t choice_count;
    struct field_element *elements; /* the fixed ones first, then each further one once */
    size_t element_count;
};

/* 0 and *ret (free with field_plan_finish; borrows from `config`); 1: mistakes were added — an
 * unknown attribute (with the nearest name), one that this version cannot give yet, a key used
 * twice; -ENOMEM. */
int field_plan_make(const struct config *config, struct field_plan *ret, struct mistakes *mistakes);
/* The same for its mistakes alone: what config_load calls. 0 or -ENOMEM. */
int field_plan_check(const struct config *config, struct mistakes *mistakes);

void field_plan_finish(struct field_plan *plan);

/* The place of the element of that name in `elements`; -1: not wanted. */
ptrdiff_t field_plan_element(const struct field_plan *plan, struct slice element);

#endif
