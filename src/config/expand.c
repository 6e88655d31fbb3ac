/* SPDX-License-Identifier: MIT */
#include "config/expand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where the result goes. The first pass has no `to` and only counts, so that nothing has to be
 * reallocated: that would leave pieces of a password in freed memory. */
struct output {
    char *to;
    size_t length;
    size_t limit;
    bool full;
};

struct variable {
    struct slice name;
    struct slice fallback;
    size_t length; /* of the whole "${…}" */
};

static void put(struct output *output, struct slice piece)
{
    output->full |= piece.length > output->limit - output->length;
    if (output->full)
        return;
    if (output->to && piece.length)
        memcpy(output->to + output->length, piece.at, piece.length);
    output->length += piece.length;
}

static void skip(struct slice *text, size_t length)
{
    text->at += length;
    text->length -= length;
}

/* Where `byte` stands at or behind `from`; the text's length: nowhere. */
static size_t find(struct slice text, size_t from, char byte)
{
    while (from < text.length && text.at[from] != byte)
        from++;
    return from < text.length ? from : text.length;
}

/* Where the name ends that begins at 2: at the nearer one of '}' and ':'; the text's length:
 * neither follows. */
static size_t name_end(struct slice text)
{
    size_t brace = find(text, 2, '}');

    return find((struct slice){text.at, brace}, 2, ':');
}

/* Reads the variable at the front of `text`, which begins with "${". false: it is none; *ret_plain
 * then is how much of the text cannot be the begin of one, which keeps hostile texts from being
 * searched again and again. */
static bool read_variable(struct slice text, struct variable *ret, size_t *ret_plain)
{
    size_t end = name_end(text);
    bool has_fallback = end + 1 < text.length && text.at[end] == ':' && text.at[end + 1] == '-';
    size_t close = has_fallback ? find(text, end + 2, '}') : end;

    if (close == text.length || text.at[close] == ':') {
        *ret_plain = close == text.length ? close : close + 1;
        return false;
    }
    ret->name = (struct slice){text.at + 2, end - 2};
    ret->fallback = (struct slice){0};
    if (has_fallback)
        ret->fallback = (struct slice){text.at + end + 2, close - end - 2};
    ret->length = close + 1;
    return true;
}

static void put_variable(struct output *output, const struct variable *variable,
                         expand_lookup *lookup, const void *context)
{
    const char *value = NULL;

    if (lookup(context, variable->name, &value))
        put(output, slice_of(value));
    else
        put(output, variable->fallback);
}

static void run(struct slice text, expand_lookup *lookup, const void *context,
                struct output *output)
{
    while (text.length) {
        const char *begin = memmem(text.at, text.length, "${", 2);
        size_t plain = begin ? (size_t)(begin - text.at) : text.length;
        struct variable variable;

        put(output, (struct slice){text.at, plain});
        skip(&text, plain);
        if (!begin)
            return;
        if (read_variable(text, &variable, &plain)) {
            put_variable(output, &variable, lookup, context);
            skip(&text, variable.length);
        } else {
            put(output, (struct slice){text.at, plain});
            skip(&text, plain);
        }
    }
}

int expand(struct slice text, expand_lookup *lookup, const void *context, size_t limit, char **ret)
{
    struct output output = {.limit = limit};

    run(text, lookup, context, &output);
    if (output.full)
        return -EFBIG;
    output = (struct output){.limit = output.length, .to = malloc(output.length + 1)};
    if (!output.to)
        return -ENOMEM;
    run(text, lookup, context, &output);
    output.to[output.length] = '\0';
    *ret = output.to;
    return 0;
}
