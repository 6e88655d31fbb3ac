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
    outbox->used = 0;
}

static bool is_whole(const struct http_reply *reply)
{
    for (size_t i = 0; i < reply->view_count; i++) {
        if (!room_file_is_whole(reply->views[i]))
            return false;
    }
    return true;
}

int outbox_flush(struct outbox *outbox)
{
    if (!is_whole(outbox->reply))
        return outbox->begun ? -EIO : HTTP_UNSENT;
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
