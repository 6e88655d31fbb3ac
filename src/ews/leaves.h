/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_LEAVES_H
#define ROOMCAL_EWS_LEAVES_H

/*
 * leaves — gathers what calendar/item.h wants of an item, while its elements open and close
 *
 * The parser says which elements open, which attributes they have and with which text they close; here it is known at
 * which path below the wanted element we are, and whether an element turned out to have children. Knows no XML: names
 * are local names, texts are whole.
 * Failures are remembered, in the item (no memory, over its limits) and in the path; look after each call.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/text.h"
#include "calendar/item.h"

struct leaves {
    struct item item;    /* what was gathered so far */
    size_t element;      /* the place in the plan of the wanted element that is open */
    struct buf path;     /* below it */
    bool is_leaf;        /* the element that was opened last had no child so far */
    bool has_attributes; /* that element */
};

/* `path_max` bytes is as deep as names may go. */
void leaves_init(struct leaves *leaves, size_t path_max);
void leaves_finish(struct leaves *leaves);

/* Forgets the item and all failures: another item begins. */
void leaves_begin(struct leaves *leaves);

/* A wanted element opens; then its attributes follow. */
void leaves_open(struct leaves *leaves, size_t element);

/* An element below it opens; then its attributes follow. */
void leaves_descend(struct leaves *leaves, struct slice name);

void leaves_attribute(struct leaves *leaves, struct slice name, struct slice value);

/* The wanted element closes, with that text. */
void leaves_close(struct leaves *leaves, struct slice text);

/* An element below it closes, with that text. */
void leaves_ascend(struct leaves *leaves, struct slice text);

#endif
