/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_PAGE_H
#define ROOMCAL_HTTP_PAGE_H

/*
 * page — a calendar's body under way
 *
 * What both forms share: what is put into the body goes into the hash of its ETag too, and items are
 * borrowed from the room files. Failures are remembered by the reply.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/text.h"
#include "cache/room_file.h"
#include "http/gather.h"
#include "http/message.h"
#include "http/query.h"

#define PAGE_ETAG_BYTES 16                        /* of the hash */
#define PAGE_ETAG_SIZE  (2 * PAGE_ETAG_BYTES + 3) /* in hexadecimal, quotes and NUL */

struct page {
    struct http_reply *reply;
    const struct query *query;
    struct hasher hasher;
    struct buf scratch; /* for who has to build a text before it is put; cleared by each user */
};

void page_begin(struct page *page, const struct query *query, struct http_reply *reply);
/* Ends the hash, frees the scratch. */
void page_end(struct page *page, char ret_etag[static PAGE_ETAG_SIZE]);

/* Copied into the body. */
void page_put(struct page *page, struct slice bytes);
void page_put_text(struct page *page, const char *text);

/* Puts what is in the scratch. `error` is what filling it gave. */
void page_put_scratch(struct page *page, int error);

/* Borrowed from a view that the reply will hold. Not hashed: page_put_items does that. */
void page_borrow(struct page *page, struct slice bytes);

/* What the ETag stands for besides the body. */
void page_also_means(struct page *page, const void *bytes, size_t length);

/* Gives the room's items that the query asks for to `put`, in pieces of that form's heap; nothing
 * where the room cannot be shown. */
typedef void page_piece(struct page *page, void *context, struct slice piece);
void page_put_items(struct page *page, const struct gathered *room, enum room_form form,
                    page_piece *put, void *context);

#endif
