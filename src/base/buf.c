/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

void buf_init(struct buf *buf, size_t limit)
{
    *buf = BUF_INIT(limit);
}

static void wipe(struct buf *buf)
{
    if (buf->bytes)
        explicit_bzero(buf->bytes, buf->room);
}

void buf_finish(struct buf *buf)
{
    if (!buf)
        return;
    if (buf->is_secret)
        wipe(buf);
    free(buf->bytes);
    *buf = (struct buf){.limit = buf->limit, .is_secret = buf->is_secret};
}

void buf_clear(struct buf *buf)
{
    if (buf->is_secret)
        wipe(buf);
    buf->length = 0;
    buf->error = 0;
    if (buf->bytes)
        buf->bytes[0] = '\0';
}

/* As realloc, which gives memory back as it is. */
static char *move(struct buf *buf, size_t room)
{
    char *bytes = malloc(room);

    if (!bytes || !buf->bytes)
        return bytes;
    memcpy(bytes, buf->bytes, buf->length);
    wipe(buf);
    free(buf->bytes);
    return bytes;
}

/* Room for `more` bytes and the NUL; doubles, so that many small appends stay cheap. */
static bool make_room(struct buf *buf, size_t more)
{
    size_t needed;
    size_t room = buf->room > SIZE_MAX / 2 ? SIZE_MAX : buf->room * 2;

    if (__builtin_add_overflow(buf->length, more, &needed) ||
        __builtin_add_overflow(needed, 1, &needed))
        return false;
    if (needed <= buf->room)
        return true;
    if (room < FIRST_ROOM)
        room = FIRST_ROOM;
    if (room < needed)
        room = needed;
    char *bytes = buf->is_secret ? move(buf, room) : realloc(buf->bytes, room);
    if (!bytes)
        return false;
    bytes[buf->length] = '\0'; /* a text already, also if the caller writes nothing */
    buf->bytes = bytes;
    buf->room = room;
    return true;
}

char *buf_reserve(struct buf *buf, size_t more)
{
    if (buf->error)
        return NULL;
    if (more > buf->limit - buf->length) {
        buf->error = -EOVERFLOW;
        return NULL;
    }
    if (!make_room(buf, more)) {
        buf->error = -ENOMEM;
        return NULL;
    }
    return buf->bytes + buf->length;
}

void buf_grown(struct buf *buf, size_t written)
{
    if (buf->error || !buf->bytes)
        return;
    buf->length += written;
    buf->bytes[buf->length] = '\0';
}

void buf_append(struct buf *buf, const void *bytes, size_t length)
{
    char *to = buf_reserve(buf, length);

    if (!to)
        return;
    if (length)
        memcpy(to, bytes, length);
    buf_grown(buf, length);
}

void buf_append_text(struct buf *buf, const char *text)
{
    if (text)
        buf_append(buf, text, strlen(text));
}

void buf_append_char(struct buf *buf, char byte)
{
    buf_append(buf, &byte, 1);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    va_list again;

    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 && !buf->error)
        buf->error = -EINVAL;
    char *to = length < 0 ? NULL : buf_reserve(buf, (size_t)length);
    if (to) {
        (void)vsnprintf(to, (size_t)length + 1, format, again);
        buf_grown(buf, (size_t)length);
    }
    va_end(again);
}

int buf_error(const struct buf *buf)
{
    return buf->error;
}

const char *buf_text(const struct buf *buf)
{
    return buf->bytes ? buf->bytes : "";
}
