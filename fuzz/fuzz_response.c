/* SPDX-License-Identifier: MIT */
/*
 * fuzz_response — anything that a server may send, through the character filter into the parser
 *
 * The first byte chooses the chunk size. The same bytes are then taken whole: items and verdict
 * must be the same. Ours to find are crashes, leaks, what the sanitizers see, and a difference
 * between the two.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "ews/charfilter.h"
#include "ews/plan.h"
#include "ews/response.h"

#define INPUT_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
    struct buf filtered;
    struct buf leaves; /* all leaves of all items, one behind the other */
    bool succeeded;
};

static void must(bool good)
{
    if (!good)
        abort();
}

static int take_item(void *context, const struct item *item)
{
    struct reading *reading = context;

    for (size_t i = 0; i < item->leaf_count; i++) {
        const struct item_leaf *leaf = &item->leaves[i];
        struct slice text = item_leaf_text(item, i);

        buf_printf(&reading->leaves, "%zu ", leaf->element);
        buf_append(&reading->leaves, item->bytes.bytes + leaf->path_at, leaf->path_length);
        buf_append(&reading->leaves, text.at, text.length);
        must(utf8_valid_prefix(text.at, text.length) == text.length);
    }
    buf_append_char(&reading->leaves, '\n');
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

static void parse(const struct field_plan *plan, const char *bytes, size_t length, size_t chunk,
                  struct reading *ret)
{
    const struct response_outcome *outcome = NULL;
    struct response *response;
    int result = 0;

    *ret = (struct reading){.filtered = BUF_INIT(CHARFILTER_GROWTH(INPUT_MAX)),
                            .leaves = BUF_INIT(64u << 20)};
    filter(bytes, length, chunk, &ret->filtered);
    must(response_create(plan, take_item, ret, &response) == 0);
    for (size_t at = 0; at < ret->filtered.length && result == 0; at += chunk) {
        size_t left = ret->filtered.length - at;
        result = response_feed(response, ret->filtered.bytes + at, left < chunk ? left : chunk);
    }
    must(result >= 0);
    must(response_end(response, &outcome) == 0);
    must(utf8_valid_prefix(outcome->detail, strlen(outcome->detail)) == strlen(outcome->detail));
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct chosen chosen; /* made once */
    struct reading pieces;
    struct reading whole;

    if (size < 1 || size > INPUT_MAX)
        return 0;
    if (!chosen.plan.element_count)
        must(chosen_all(&chosen));
    const char *bytes = (const char *)data + 1;
    parse(&chosen.plan, bytes, size - 1, (size_t)data[0] + 1, &pieces);
    parse(&chosen.plan, bytes, size - 1, INPUT_MAX * 8, &whole);
    must(is_same(&pieces.filtered, &whole.filtered));
    must(pieces.succeeded == whole.succeeded);
    must(!whole.succeeded || is_same(&pieces.leaves, &whole.leaves));
    finish(&pieces);
    finish(&whole);
    return 0;
}
