/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_TESTS_CALENDAR_LEAVES_H
#define ROOMCAL_TESTS_CALENDAR_LEAVES_H

/*
 * leaves — items for tests, as the reply's parser would collect them
 */

#include "calendar/item.h"

struct leaf {
    const char *path; /* NULL behind the last */
    const char *text;
};

static inline void add_leaf(struct item *item, size_t element, const char *path, const char *text)
{
    item_add(item, element, slice_of(path), slice_of(text));
}

static inline void add_leaves(struct item *item, size_t element, const struct leaf *leaves)
{
    for (; leaves->path; leaves++)
        add_leaf(item, element, leaves->path, leaves->text);
}

#endif
