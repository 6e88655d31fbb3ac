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
    FIELD_LABEL, /* the same, but "" where missing: the replaced service always gave a string */
    FIELD_BOOL,
    FIELD_INT,
    FIELD_DATETIME,  /* "2026-11-23T09:00:00+00:00", with TIMEZONE's offset */
    FIELD_START,     /* a date-time, or for all-day items the first day */
    FIELD_END,       /* a date-time, or for all-day items the last day, inclusive */
    FIELD_ENUM,      /* EWS's word, unknown ones included */
    FIELD_MAILBOX,   /* {"name", "email_address"} */
    FIELD_ADDRESS,   /* an SMTP address, "" where there is none */
    FIELD_TEXT_LIST, /* ["…", …] */
    FIELD_ID,        /* {"id", "changekey"} */
    FIELD_STATE,     /* AppointmentState's bits as exchangelib's words, ["Meeting", "Received"] */
    FIELD_BODY,      /* {"body_type", "text"} */
    FIELD_ATTENDEES, /* [{"name", "email_address", "response_type", "last_response_time"}, …] */
    FIELD_ATTACHMENTS, /* [{"name", "content_type", "size", "is_inline", "attachment_id", …}, …] */
    FIELD_HEADERS,     /* [{"name", "value"}, …] */
    FIELD_RIGHTS,      /* {"create_associated": true, …} */
    FIELD_RESPONSES,   /* ["AcceptItem", …]: what the account may answer with */
    FIELD_RECURRENCE,  /* {"pattern": {"type", …}, "boundary": {"type", …}} */
    FIELD_OCCURRENCE,  /* {"id", "changekey", "start", "end", "original_start"} */
    FIELD_OCCURRENCES, /* a list of these */
    FIELD_DELETED,     /* [{"start"}, …] */
    FIELD_MEETINGS, /* conflicting and adjacent items: [{"id", "subject", "start", "end", …}, …] */
    FIELD_TIMEZONE, /* the zone's IANA name, or the id as Exchange gave it */
    FIELD_LOCATION, /* EnhancedLocation: {"display_name", "annotation", "address": {…}} */
};

/* Who gives it. */
enum field_source {
    FIELD_FIND,     /* FindItem, and GetItem */
    FIELD_GET,      /* GetItem only: one request for up to fifty items more */
    FIELD_PROPERTY, /* FindItem, as an extended property; GetItem's Organizer where that is missing */
};

struct field {
    const char *name;    /* exchangelib's attribute name, or one of the replaced service's */
    const char *uri;     /* EWS FieldURI, "calendar:Start"; for FIELD_PROPERTY the tag, "0x5D02" */
    const char *element; /* the child of t:CalendarItem that carries it, "Start" */
    const char *part; /* where below that element, as item.h names it: "Mailbox/Name", "@Id", "" */
    enum field_kind kind;
    enum field_source source;
    int since; /* the first Exchange version whose schema has it: 2007, 2010, 2013 */
};

/* NULL: no such attribute. */
const struct field *field_find(struct slice name);

/* All rows, in the table's order. */
const struct field *field_rows(size_t *ret_count);

/* An element to ask for and to listen for; several chosen fields may read the same one. */
struct field_element {
    const char *uri;
    const char *element;
    enum field_source source;
    bool
        is_text; /* read as a text, by a choice or by iCalendar: FindItem cuts it, see item_is_cut */
};

struct field_choice {
    const struct field *field;
    const char *key; /* borrowed from the config */
    size_t element;  /* place in the plan's `elements` */
};

/* Elements that every item needs for itself, its iCalendar form or its privacy, whatever was chosen: their places in
 * `elements` are fixed. All come from FindItem. */
enum {
    PLAN_ID,
    PLAN_START,
    PLAN_END,
    PLAN_IS_ALL_DAY,
    PLAN_START_TIMEZONE,
    PLAN_END_TIMEZONE,
    PLAN_SENSITIVITY,
    PLAN_SUBJECT,
    PLAN_LOCATION,
    PLAN_ORGANIZER,
    PLAN_UID,
    PLAN_RECURRENCE_ID,
    PLAN_FREE_BUSY,
    PLAN_IS_CANCELLED,
    PLAN_DURATION,
    PLAN_CATEGORIES,
    PLAN_STAMP,         /* calendar:DateTimeStamp */
    PLAN_LAST_MODIFIED, /* item:LastModifiedTime */
    PLAN_FIXED
};

struct field_plan {
    struct field_choice *choices; /* in the order of ITEM_FIELDS */
    size_t choice_count;
    struct field_element *elements; /* the fixed ones first, then each further one once */
    size_t element_count;
    bool needs_get_item; /* some choice's source is FIELD_GET */
    bool hides_private;  /* PRIVATE_ITEMS is not `show`: so what names other items is not told */
    ptrdiff_t address;   /* place of the organizer's address (FIELD_PROPERTY); -1: not chosen */
};

/* 0 and *ret (free with field_plan_finish; borrows from `config`); 1: mistakes were added — an
 * unknown attribute (with the nearest name), a key used twice; -ENOMEM. */
int field_plan_make(const struct config *config, struct field_plan *ret, struct mistakes *mistakes);
void field_plan_finish(struct field_plan *plan);

/* The place of the element of that name in `elements`; -1: not wanted. */
ptrdiff_t field_plan_element(const struct field_plan *plan, struct slice element);

#endif
