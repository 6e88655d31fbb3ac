/* SPDX-License-Identifier: MIT */
#include "calendar/item.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "calendar/field.h"

void item_init(struct item *item)
{
    *item = (struct item){.bytes = BUF_INIT(ITEM_TEXT_MAX)};
}

void item_finish(struct item *item)
{
    buf_finish(&item->bytes);
    free(item->leaves);
    item_init(item);
}

void item_clear(struct item *item)
{
    buf_clear(&item->bytes);
    item->leaf_count = 0;
    item->error = 0;
}

static struct item_leaf *new_leaf(struct item *item)
{
    if (item->leaf_count == ITEM_LEAVES_MAX) {
        item->error = -EOVERFLOW;
        return NULL;
    }
    if (item->leaf_count == item->leaf_room) {
        size_t room = item->leaf_room ? item->leaf_room * 2 : 32;
        struct item_leaf *leaves = realloc(item->leaves, room * sizeof *leaves);
        if (!leaves) {
            item->error = -ENOMEM;
            return NULL;
        }
        item->leaves = leaves;
        item->leaf_room = room;
    }
    return &item->leaves[item->leaf_count++];
}

static size_t keep(struct item *item, struct slice text)
{
    size_t at = item->bytes.length;

    buf_append(&item->bytes, text.at, text.length);
    if (buf_error(&item->bytes))
        item->error = buf_error(&item->bytes);
    return at;
}

void item_add(struct item *item, size_t element, struct slice path, struct slice text)
{
    struct item_leaf *leaf = item->error ? NULL : new_leaf(item);

    if (!leaf)
        return;
    leaf->element = element;
    leaf->path_at = keep(item, path);
    leaf->path_length = path.length;
    leaf->text_at = keep(item, text);
    leaf->text_length = text.length;
    if (item->error)
        item->leaf_count--; /* its text is not all there */
}

void item_drop(struct item *item, size_t element)
{
    size_t kept = 0;

    for (size_t i = 0; i < item->leaf_count; i++) {
        if (item->leaves[i].element != element)
            item->leaves[kept++] = item->leaves[i];
    }
    item->leaf_count = kept;
}

static struct slice slice_at(const struct item *item, size_t at, size_t length)
{
    return (struct slice){buf_text(&item->bytes) + at, length};
}

size_t item_next(const struct item *item, size_t from, size_t element, const char *path)
{
    for (size_t i = from; i < item->leaf_count; i++) {
        const struct item_leaf *leaf = &item->leaves[i];
        if (leaf->element == element &&
            slice_is(slice_at(item, leaf->path_at, leaf->path_length), path))
            return i;
    }
    return SIZE_MAX;
}

struct slice item_leaf_text(const struct item *item, size_t leaf)
{
    return slice_at(item, item->leaves[leaf].text_at, item->leaves[leaf].text_length);
}

bool item_get(const struct item *item, size_t element, const char *path, struct slice *ret_text)
{
    size_t leaf = item_next(item, 0, element, path);

    if (leaf == SIZE_MAX)
        return false;
    *ret_text = item_leaf_text(item, leaf);
    return true;
}

/* All before the first is added: a server may send an element in several places. */
static void drop_elements_of(struct item *item, const struct item *details)
{
    size_t had = SIZE_MAX; /* the element that the leaf before belongs to */

    for (size_t i = 0; i < details->leaf_count && item->leaf_count > 0; i++) {
        if (details->leaves[i].element != had)
            item_drop(item, details->leaves[i].element);
        had = details->leaves[i].element;
    }
}

void item_merge(struct item *item, const struct item *details)
{
    drop_elements_of(item, details);
    for (size_t i = 0; i < details->leaf_count; i++) {
        const struct item_leaf *leaf = &details->leaves[i];
        item_add(item, leaf->element, slice_at(details, leaf->path_at, leaf->path_length),
                 item_leaf_text(details, i));
    }
}

/* A character that takes four bytes in UTF-8 takes two units in UTF-16, any other takes one. */
static size_t utf16_units(struct slice text)
{
    size_t units = 0;

    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        units += (byte & 0xC0) != 0x80;
        units += byte >= 0xF0;
    }
    return units;
}

static bool may_go_on(struct slice text)
{
    size_t units = utf16_units(text);

    return units == ITEM_TEXT_CUT || units == ITEM_TEXT_CUT - 1;
}

bool item_is_cut(const struct item *item, const struct field_plan *plan)
{
    for (size_t i = 0; i < item->leaf_count; i++) {
        if (plan->elements[item->leaves[i].element].is_text && may_go_on(item_leaf_text(item, i)))
            return true;
    }
    return false;
}

/* Exchange also has addresses of its own, "/O=EXCHANGELABS/…/CN=…". */
static bool is_smtp(struct slice address)
{
    const char *at = address.length ? memchr(address.at, '@', address.length) : NULL;

    return at && at > address.at && at < address.at + address.length - 1 && address.at[0] != '/';
}

bool item_organizer_address(const struct item *item, const struct field_plan *plan,
                            struct slice *ret)
{
    const struct {
        size_t element;
        const char *path;
    } places[] = {
        {plan->address < 0 ? SIZE_MAX : (size_t)plan->address, "Value"},
        {PLAN_ORGANIZER, "Mailbox/EmailAddress"},
    };

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct slice text;
        if (item_get(item, places[i].element, places[i].path, &text) && is_smtp(slice_trim(text))) {
            *ret = slice_trim(text);
            return true;
        }
    }
    return false;
}

static bool moment(const struct item *item, size_t element, int64_t *ret)
{
    struct slice text;

    return item_get(item, element, "", &text) && datetime_parse(slice_trim(text), true, ret, NULL);
}

bool item_span(const struct item *item, struct item_span *ret)
{
    struct item_span span = {0};
    struct slice all_day;

    if (!moment(item, PLAN_START, &span.start_utc) || !moment(item, PLAN_END, &span.end_utc))
        return false;
    if (span.end_utc < span.start_utc)
        span.end_utc = span.start_utc;
    span.all_day = item_get(item, PLAN_IS_ALL_DAY, "", &all_day) &&
                   (slice_is(slice_trim(all_day), "true") || slice_is(slice_trim(all_day), "1"));
    *ret = span;
    return true;
}
