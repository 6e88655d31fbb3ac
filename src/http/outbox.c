/* SPDX-License-Identifier: MIT */
#include "http/outbox.h"

#include <errno.h>
#include <string.h>

void outbox_init(struct outbox *outbox, const struct http_reply *reply, http_write *write,
                 void *context)
{
    /* Not its bytes: nobody reads one that was not written. */
    outbox->reply = reply;
    outbox->write = write;
    outbox->context = context;
    outbox->begun = false;
    outbox->from = outbox->to = 0;
    outbox->used = 0;
}

static bool has(const struct room_file *view, const char *at)
{
    const char *map = view->map;

    return at >= map && at < map + view->size;
}

/* A reply that asks out of order has all its views looked at. */
void outbox_borrows(struct outbox *outbox, const char *at)
{
    const struct http_reply *reply = outbox->reply;

    for (size_t i = outbox->to ? outbox->to - 1 : 0; i < reply->view_count; i++) {
        if (!has(reply->views[i], at))
            continue;
        outbox->to = i + 1;
        return;
    }
    outbox->from = 0;
    outbox->to = reply->view_count;
}

static bool are_whole(const struct http_reply *reply, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (!room_file_is_whole(reply->views[i]))
            return false;
    }
    return true;
}

int outbox_flush(struct outbox *outbox)
{
    const struct http_reply *reply = outbox->reply;

    if (!outbox->begun && !are_whole(reply, 0, reply->view_count))
        return HTTP_UNSENT;
    if (outbox->begun && !are_whole(reply, outbox->from, outbox->to))
        return -EIO;
    /* The last view may have more to come. */
    outbox->from = outbox->to ? outbox->to - 1 : 0;
    if (!outbox->used)
        return 0;
    int stopped = outbox->write(outbox->context, outbox->bytes, outbox->used);
    outbox->begun = true;
    outbox->used = 0;
    return stopped;
}

int outbox_take(void *context, const char *bytes, size_t length)
{
    struct outbox *outbox = context;
    int stopped = 0;

    while (length && !stopped) {
        size_t room = OUTBOX_SIZE - outbox->used;
        size_t part = length < room ? length : room;
        memcpy(outbox->bytes + outbox->used, bytes, part);
        outbox->used += part;
        bytes += part;
        length -= part;
        if (outbox->used == OUTBOX_SIZE)
            stopped = outbox_flush(outbox);
    }
    return stopped;
}
