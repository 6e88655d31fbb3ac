/* SPDX-License-Identifier: MIT */
#include "http/page.h"

#include <stdio.h>

void page_begin(struct page *page, const struct query *query, struct http_reply *reply)
{
    *page = (struct page){.reply = reply, .query = query, .scratch = BUF_INIT(HTTP_OWN_MAX)};
    http_reply_fail(reply, hash_begin(&page->hasher));
}

void page_end(struct page *page, char ret_etag[static PAGE_ETAG_SIZE])
{
    struct hash hash = {{0}};
    char hex[2 * PAGE_ETAG_BYTES + 1];

    http_reply_fail(page->reply, hash_end(&page->hasher, &hash));
    hash_hex(&hash, PAGE_ETAG_BYTES, hex);
    (void)snprintf(ret_etag, PAGE_ETAG_SIZE, "\"%s\"", hex);
    buf_finish(&page->scratch);
}

void page_put(struct page *page, struct slice bytes)
{
    http_reply_write(page->reply, bytes);
    hash_add(&page->hasher, bytes.at, bytes.length);
}

void page_put_text(struct page *page, const char *text)
{
    page_put(page, slice_of(text));
}

void page_put_scratch(struct page *page, int error)
{
    http_reply_fail(page->reply, error);
    page_put(page, (struct slice){buf_text(&page->scratch), page->scratch.length});
}

void page_borrow(struct page *page, struct slice bytes)
{
    http_reply_borrow(page->reply, bytes);
}

void page_also_means(struct page *page, const void *bytes, size_t length)
{
    hash_add_field(&page->hasher, bytes, length);
}

/* ---- items ---------------------------------------------------------------------------------- */

static bool asks_for_all(const struct query *query)
{
    return query->from_utc == INT64_MIN && query->to_utc == INT64_MAX;
}

/* Who puts the pieces of a selection. */
struct putting {
    struct page *page;
    page_piece *put;
    void *context;
};

/* A room_file_run. */
static int put_run(void *context, struct slice shown, size_t items)
{
    const struct putting *putting = context;
    struct page *page = putting->page;

    (void)items;
    if (!asks_for_all(page->query))
        hash_add_field(&page->hasher, shown.at, shown.length);
    putting->put(page, putting->context, shown);
    return page->reply->error;
}

/* Of a whole room the file knows the hash already. Of a range, its own bytes are hashed, so that a
 * change elsewhere in the calendar does not change the ETag. */
void page_put_items(struct page *page, const struct gathered *room, enum room_form form,
                    page_piece *put, void *context)
{
    struct putting putting = {page, put, context};

    if (!freshness_can_show(room->freshness))
        return;
    if (asks_for_all(page->query))
        hash_add_field(&page->hasher, room_file_heap_hash(room->view, form)->bytes, HASH_SIZE);
    (void)room_file_select(room->view, form, page->query->from_utc, page->query->to_utc, put_run,
                           &putting);
}
