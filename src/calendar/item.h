/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_ITEM_H
#define ROOMCAL_CALENDAR_ITEM_H

/*
 * item — one calendar item on its way from the reply to the room file
 *
 * What the parser collects, without knowing what it means: for each wanted element its leaves, in
 * document order. A leaf is an element without children, or an attribute; it is named by its path
 * below the wanted element:
 *
 *     reply                                        element     path            text
 *
 *     <t:Start>2026-11-23T09:00:00Z</t:Start>      Start       ""              "2026-11-23T09:00:00Z"
 *     <t:ItemId Id="AAMk" ChangeKey="DwAA"/>       ItemId      "@Id"           "AAMk"
 *                                                              "@ChangeKey"    "DwAA"
 *     <t:Organizer><t:Mailbox>                     Organizer
 *       <t:Name>Ann</t:Name>…                                  "Mailbox/Name"  "Ann"
 *     <t:Categories><t:String>a</t:String>         Categories  "String"        "a"
 *                   <t:String>b</t:String>…                    "String"        "b"
 *
 * An element with children is recorded too, before them, with an empty text: so it is known where in a list of
 * structures one ends and the next begins ("Attendee", "Attendee/Mailbox", "Attendee/Mailbox/Name", …, "Attendee", …).
 *
 * Text is UTF-8 as expat gave it. Everything lives in the item's own buffer and is forgotten by
 * item_clear; the same item is used again for the next one, so memory is one item, not one reply.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

#define ITEM_TEXT_MAX   (4u << 20) /* all text of one item */
#define ITEM_LEAVES_MAX 65536u

struct field_plan;

struct item_leaf {
    size_t element; /* place in the plan's elements */
    size_t path_at, path_length;
    size_t text_at, text_length; /* offsets into `bytes` */
};

struct item {
    struct buf bytes;
    struct item_leaf *leaves;
    size_t leaf_count;
    size_t leaf_room;
    int error; /* the first failure: -ENOMEM, or -EOVERFLOW past a limit above */
};

void item_init(struct item *item);
void item_finish(struct item *item);
void item_clear(struct item *item);

/* Adds a leaf; path and text are copied. A failure is remembered in `error`. */
void item_add(struct item *item, size_t element, struct slice path, struct slice text);

/* FindItem cuts texts at so many UTF-16 units: one of exactly that length may go on, and so may one
 * that is a unit shorter, because half of a surrogate pair is no character and is dropped. */
#define ITEM_TEXT_CUT 255

/* Some text of it that is read (field_element's is_text) may have been cut by FindItem. */
bool item_is_cut(const struct item *item, const struct field_plan *plan);

/* The organizer's address, if the item has an SMTP one: of the plan's extended property, else of
 * Organizer, which has one after GetItem. Valid until the next item_add or item_clear. */
bool item_organizer_address(const struct item *item, const struct field_plan *plan,
                            struct slice *ret);

/* Takes over from `details` every element that has leaves there, in place of what `item` had of it: FindItem's answer,
 * completed by GetItem's. Both were made with the same plan. Into an empty item it is a copy. A failure is remembered
 * in `error`. */
void item_merge(struct item *item, const struct item *details);

/* Forgets the leaves of one element. */
void item_drop(struct item *item, size_t element);

/* The first leaf with that path. false: there is none. Valid until the next item_add or item_clear.
 */
bool item_get(const struct item *item, size_t element, const char *path, struct slice *ret_text);

/* The first leaf from `from` on that belongs to `element` and has that path; SIZE_MAX: none. */
size_t item_next(const struct item *item, size_t from, size_t element, const char *path);
struct slice item_leaf_text(const struct item *item, size_t leaf);

/* What the room file sorts and selects by. */
struct item_span {
    int64_t start_utc;
    int64_t end_utc; /* not before start_utc */
    bool all_day;
};

/* Reads Start, End and IsAllDayEvent of the plan's fixed elements. false: Start or End is missing
 * or no date-time. An end before its start is taken as equal to it. */
bool item_span(const struct item *item, struct item_span *ret);

#endif
