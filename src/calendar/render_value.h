/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_RENDER_VALUE_H
#define ROOMCAL_CALENDAR_RENDER_VALUE_H

/*
 * render_value — single values as JSON, and objects made of them
 *
 * An object is a table of its members: each one's key, where its value is below the object's
 * element, and of which kind it is.
 */

#include "base/json.h"
#include "calendar/branch.h"
#include "calendar/timezone.h"

/* What is missing, or is not of its kind, is null if nothing else is said. */
enum value_kind {
    VALUE_TEXT,
    VALUE_LABEL, /* a text; missing: the member's first word, "" without */
    VALUE_BOOL,
    VALUE_RIGHT, /* a boolean; missing: false */
    VALUE_INT,
    VALUE_DATETIME,
    VALUE_DATE,  /* xs:date, with or without a zone, which does not matter: "2026-11-23" */
    VALUE_WORD,  /* one of the member's words, as its number, from 1 on */
    VALUE_WORDS, /* a list of such words, split by blanks, as a list of numbers */
    VALUE_OBJECT,
};

struct value_member {
    const char *key;
    const char *path; /* below the element; of VALUE_OBJECT one child's name */
    enum value_kind kind;
    const char *const *words;           /* a NULL behind the last */
    const struct value_member *members; /* of VALUE_OBJECT; a key of NULL behind the last */
};

/* Appends the member's value under its key; date-times get the offset of `local`. */
void render_value(const struct branch *branch, const struct value_member *member,
                  const struct timezone *local, struct json *json);

/* Appends the values of all members, into an object that is open. */
void render_members(const struct branch *branch, const struct value_member *members,
                    const struct timezone *local, struct json *json);

/* Appends the branch as an object. */
void render_object(const char *key, const struct branch *branch, const struct value_member *members,
                   const struct timezone *local, struct json *json);

#endif
