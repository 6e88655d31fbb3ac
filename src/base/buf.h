/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_BASE_BUF_H
#define ROOMCAL_BASE_BUF_H

/*
 * buf — bytes that grow, up to a limit fixed at birth
 *
 * A buffer remembers its first failure: later appends do nothing, so a caller writes forty appends
 * and asks once at the end (`buf_error`). What was appended before the failure stays readable.
 * Memory belongs to the buffer; `bytes` moves when it grows, so keep offsets, not pointers.
 *
 * A buffer that is born by BUF_SECRET leaves nothing behind: its bytes are overwritten when it moves, is cleared and is
 * finished. buf_printf is not for it: printf has places of its own where texts pass through.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    char *bytes;   /* `length` bytes and a NUL behind them once anything was appended, else NULL */
    size_t length; /* without the NUL */
    size_t room;   /* allocated */
    size_t limit;  /* `length` never exceeds it */
    bool is_secret;
    int error; /* 0, -ENOMEM, -EOVERFLOW when the limit was met, -EINVAL for a bad format */
};

#define BUF_INIT(max)   ((struct buf){.limit = (max)})
#define BUF_SECRET(max) ((struct buf){.limit = (max), .is_secret = true})

/* As BUF_INIT: empty, and no memory taken yet. `limit` is in bytes. */
void buf_init(struct buf *buf, size_t limit);

/* Frees the bytes; the buffer is empty, without error and usable again. NULL is allowed. */
void buf_finish(struct buf *buf);

/* Forgets content and error, keeps the memory for the next use. */
void buf_clear(struct buf *buf);

/* Each appends all of it or, after a failure, nothing. What is appended must not lie in the buffer itself. */
void buf_append(struct buf *buf, const void *bytes, size_t length); /* NULL only with length 0 */
void buf_append_text(struct buf *buf, const char *text); /* NUL-terminated; NULL appends nothing */
void buf_append_char(struct buf *buf, char byte);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for `more` further bytes and returns where they go, NULL on failure; `buf_grown` then
 * says how many of them were written. For callers that produce bytes in place. */
char *buf_reserve(struct buf *buf, size_t more);
void buf_grown(struct buf *buf, size_t written);

/* 0, -ENOMEM, -EOVERFLOW or -EINVAL: the first failure since init or clear. */
int buf_error(const struct buf *buf);

/* Never NULL: "" for an empty buffer. Valid until the next append. */
const char *buf_text(const struct buf *buf);

#endif
