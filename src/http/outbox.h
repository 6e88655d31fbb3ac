/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_OUTBOX_H
#define ROOMCAL_HTTP_OUTBOX_H

/*
 * outbox — the last look at a reply's bytes before they go out
 *
 * A reply borrows bytes from mapped files, and a file may be cut short, or its disk fail, while it is sent. So bytes are
 * copied here first, and go out only if the views that they came from are whole after that (room_file_is_whole): a
 * visitor never gets a byte that the file did not have. Before the first byte all views are looked at, because then
 * another answer is still possible; later only those in use, so that a reply of many rooms costs each of them one
 * look more and not one for every OUTBOX_SIZE. Gathering also makes one write of many small pieces.
 */

#include <stdbool.h>
#include <stddef.h>

#include "http/message.h"

#define OUTBOX_SIZE ((size_t)65536)

struct outbox {
    const struct http_reply *reply;
    http_write *write;
    void *context;
    bool begun;  /* something has gone out */
    size_t from; /* the views that bytes came from since the last look: */
    size_t to;   /* from `from` to before `to` */
    size_t used;
    char bytes[OUTBOX_SIZE];
};

void outbox_init(struct outbox *outbox, const struct http_reply *reply, http_write *write,
                 void *context);

/* From now on bytes come from the view that has `at`. The reply's views are asked for in their order. */
void outbox_borrows(struct outbox *outbox, const char *at);

/* An http_write; `context` is an outbox. 0; what `write` returned; HTTP_UNSENT: the reply is damaged, and nothing of it went
 * out; -EIO: it is damaged, and some did. */
int outbox_take(void *context, const char *bytes, size_t length);

/* Sends what is left. Returns as outbox_take does. */
int outbox_flush(struct outbox *outbox);

#endif
