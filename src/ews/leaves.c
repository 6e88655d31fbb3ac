/* SPDX-License-Identifier: MIT */
#include "ews/leaves.h"

#include <string.h>

void leaves_init(struct leaves *leaves, size_t path_max)
{
    *leaves = (struct leaves){.path = BUF_INIT(path_max)};
    item_init(&leaves->item);
}

void leaves_finish(struct leaves *leaves)
{
    item_finish(&leaves->item);
    buf_finish(&leaves->path);
}

void leaves_begin(struct leaves *leaves)
{
    item_clear(&leaves->item);
    buf_clear(&leaves->path);
    leaves->is_leaf = false;
}

static void add(struct leaves *leaves, struct slice text)
{
    struct slice path = {leaves->path.bytes, leaves->path.length};

    if (!buf_error(&leaves->path))
        item_add(&leaves->item, leaves->element, path, text);
}

static void cut_path(struct leaves *leaves, size_t length)
{
    leaves->path.length = length;
    if (leaves->path.bytes)
        leaves->path.bytes[length] = '\0';
}

static void extend_path(struct leaves *leaves, const char *mark, struct slice name)
{
    if (leaves->path.length)
        buf_append_char(&leaves->path, '/');
    buf_append_text(&leaves->path, mark);
    buf_append(&leaves->path, name.at, name.length);
}

static void open_another(struct leaves *leaves)
{
    leaves->is_leaf = true;
    leaves->has_attributes = false;
}

void leaves_open(struct leaves *leaves, size_t element)
{
    leaves->element = element;
    cut_path(leaves, 0);
    open_another(leaves);
}

void leaves_descend(struct leaves *leaves, struct slice name)
{
    /* The element above turns out to have children: it marks where in a list of its like it begins. */
    if (leaves->is_leaf)
        add(leaves, slice_of(""));
    extend_path(leaves, "", name);
    open_another(leaves);
}

void leaves_attribute(struct leaves *leaves, struct slice name, struct slice value)
{
    size_t length = leaves->path.length;

    extend_path(leaves, "@", name);
    add(leaves, value);
    cut_path(leaves, length);
    leaves->has_attributes = true;
}

void leaves_close(struct leaves *leaves, struct slice text)
{
    if (leaves->is_leaf && (text.length || !leaves->has_attributes))
        add(leaves, text);
    leaves->is_leaf = false; /* its parent is none either */
}

void leaves_ascend(struct leaves *leaves, struct slice text)
{
    const char *path = buf_text(&leaves->path);
    const char *last = strrchr(path, '/');

    leaves_close(leaves, text);
    cut_path(leaves, last ? (size_t)(last - path) : 0);
}
