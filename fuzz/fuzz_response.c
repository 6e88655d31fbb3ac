/* SPDX-License-Identifier: MIT */
/*
 * fuzz_response — anything that a server may send, through the character filter into the parser
 *
 * The first byte chooses the chunk size. The same bytes are then taken whole: items and verdict
 * must be the same, read as an answer to each kind of question. Ours to find are crashes, leaks, what the sanitizers see,
 * and a difference between the two.
 */
#include <string.h>

#include "base/buf.h"
#include "ews/charfilter.h"
#include "ews/plan.h"
#include "ews/response.h"
#include "fuzz.h"

#define INPUT_MAX ((size_t)1 << 20)

struct reading {
    struct buf filtered;
    struct buf leaves; /* all leaves of all items, one behind the other */
    bool succeeded;
};

static int take_item(void *context, const struct item *item)
{
    struct reading *reading = context;

    for (size_t i = 0; i < item->leaf_count; i++) {
        const struct item_leaf *leaf = &item->leaves[i];
        struct slice text = item_leaf_text(item, i);

        buf_printf(&reading->leaves, "%zu ", leaf->element);
        buf_append(&reading->leaves, item->bytes.bytes + leaf->path_at, leaf->path_length);
        buf_append(&reading->leaves, text.at, text.length);
        must_be_utf8(text);
    }
    buf_append_char(&reading->leaves, '\n');
    return 0;
}

static int take_refusal(void *context, const struct fault *fault, const char *detail)
{
    struct reading *reading = context;

    must_be_utf8(slice_of(detail));
    buf_printf(&reading->leaves, "%d %s\n", fault->number, detail);
    return 0;
}

static void keep(struct reading *reading, struct slice text)
{
    must_be_utf8(text);
    buf_append(&reading->leaves, text.at, text.length);
    buf_append_char(&reading->leaves, '\n');
}

/* A folder's properties, or a room's name and address. */
static int take_two(void *context, struct slice first, struct slice second)
{
    keep(context, first);
    keep(context, second);
    return 0;
}

static void filter(const char *bytes, size_t length, size_t chunk, struct buf *out)
{
    struct charfilter filter;

    charfilter_init(&filter);
    for (size_t at = 0; at < length; at += chunk)
        charfilter_feed(&filter, bytes + at, length - at < chunk ? length - at : chunk, out);
    charfilter_end(&filter, out);
}

static void parse(struct response_listener listener, struct slice bytes, size_t chunk,
                  struct reading *ret)
{
    const struct response_outcome *outcome = NULL;
    struct response *response;
    int result = 0;

    *ret = (struct reading){.filtered = BUF_INIT(CHARFILTER_GROWTH(INPUT_MAX)),
                            .leaves = BUF_INIT(64u << 20)};
    filter(bytes.at, bytes.length, chunk, &ret->filtered);
    listener.context = ret;
    must(response_create(&response) == 0);
    must(response_begin(response, &listener) == 0);
    for (size_t at = 0; at < ret->filtered.length && result == 0; at += chunk) {
        size_t left = ret->filtered.length - at;
        result = response_feed(response, ret->filtered.bytes + at, left < chunk ? left : chunk);
    }
    must(result >= 0);
    must(response_end(response, &outcome) == 0);
    must_be_utf8(slice_of(outcome->detail));
    must(outcome->fault || (outcome->complete && outcome->answered));
    ret->succeeded = !outcome->fault;
    response_destroy(response);
}

static void finish(struct reading *reading)
{
    buf_finish(&reading->filtered);
    buf_finish(&reading->leaves);
}

static bool is_same(const struct buf *left, const struct buf *right)
{
    return slice_equal((struct slice){left->bytes, left->length},
                       (struct slice){right->bytes, right->length});
}

/* In small pieces and whole. */
static void compare(struct response_listener listener, struct slice bytes, size_t chunk)
{
    struct reading pieces;
    struct reading whole;

    parse(listener, bytes, chunk, &pieces);
    parse(listener, bytes, INPUT_MAX * 8, &whole);
    must(is_same(&pieces.filtered, &whole.filtered));
    must(pieces.succeeded == whole.succeeded);
    must(!whole.succeeded || is_same(&pieces.leaves, &whole.leaves));
    finish(&pieces);
    finish(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct chosen chosen; /* made once */

    if (size < 1 || size > INPUT_MAX)
        return 0;
    if (!chosen.plan.element_count)
        must(chosen_all(&chosen));
    const struct slice bytes = {(const char *)data + 1, size - 1};
    const struct response_listener questions[] = {
        {.plan = &chosen.plan, .on_item = take_item},
        {.plan = &chosen.plan, .on_item = take_item, .on_refusal = take_refusal},
        {.on_folder = take_two, .on_refusal = take_refusal},
        {.on_address = take_two},
    };
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
        compare(questions[i], bytes, (size_t)data[0] + 1);
    return 0;
}
