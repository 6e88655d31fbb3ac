/* SPDX-License-Identifier: MIT */
#include "calendar/branch.h"

#include <string.h>

static struct slice path_of(const struct item *item, size_t leaf)
{
    return (struct slice){buf_text(&item->bytes) + item->leaves[leaf].path_at,
                          item->leaves[leaf].path_length};
}

bool branch_of(const struct item *item, size_t element, struct branch *ret)
{
    size_t begin = 0;

    while (begin < item->leaf_count && item->leaves[begin].element != element)
        begin++;
    size_t end = begin;
    while (end < item->leaf_count && item->leaves[end].element == element)
        end++;
    if (begin == end)
        return false;
    *ret = (struct branch){.item = item, .begin = begin, .end = end};
    return true;
}

/* What a leaf's path says below the branch: "Mailbox/Name" of "Attendee/Mailbox/Name". */
static struct slice path_below(const struct branch *branch, size_t leaf)
{
    struct slice path = path_of(branch->item, leaf);
    size_t skipped = branch->path_length;

    if (skipped && skipped < path.length)
        skipped++; /* the slash */
    return (struct slice){path.at + skipped, path.length - skipped};
}

/* The element right below the branch that a leaf belongs to; empty for the branch's own leaves. */
static struct slice child_name(const struct branch *branch, size_t leaf)
{
    struct slice rest = path_below(branch, leaf);
    struct slice name = {0};

    (void)slice_next(&rest, '/', &name);
    if (name.length && name.at[0] == '@')
        return (struct slice){0};
    return name;
}

/* Siblings of one name follow upon each other. An element's attributes come first, then itself, then
 * its children: a leaf that would be out of this order, or come twice, begins the next one. */
static bool begins_sibling(const struct branch *child, size_t leaf)
{
    struct slice path = path_below(child, leaf);
    bool is_attribute = path.length && path.at[0] == '@';

    if (path.length && !is_attribute)
        return false;
    for (size_t i = child->begin; i < leaf; i++) {
        struct slice had = path_below(child, i);
        if (had.length == 0 || had.at[0] != '@' || slice_equal(had, path))
            return true;
    }
    return false;
}

bool branch_next(const struct branch *parent, struct branch *child)
{
    size_t begin = child->item ? child->end : parent->begin;

    while (begin < parent->end && child_name(parent, begin).length == 0)
        begin++;
    if (begin >= parent->end)
        return false;
    struct branch found = {.item = parent->item, .begin = begin, .end = begin + 1};
    found.name = child_name(parent, begin);
    found.path_length =
        (size_t)(found.name.at - path_of(parent->item, begin).at) + found.name.length;
    while (found.end < parent->end && slice_equal(child_name(parent, found.end), found.name) &&
           !begins_sibling(&found, found.end))
        found.end++;
    *child = found;
    return true;
}

bool branch_child(const struct branch *parent, const char *name, struct branch *ret)
{
    struct branch child = {0};

    while (branch_next(parent, &child)) {
        if (slice_is(child.name, name)) {
            *ret = child;
            return true;
        }
    }
    return false;
}

bool branch_text(const struct branch *branch, const char *path, struct slice *ret)
{
    for (size_t i = branch->begin; i < branch->end; i++) {
        struct slice text = item_leaf_text(branch->item, i);
        if (slice_is(path_below(branch, i), path)) {
            *ret = text;
            return text.length > 0;
        }
    }
    return false;
}
