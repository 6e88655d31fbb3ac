/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_SPOOL_H
#define ROOMCAL_CACHE_SPOOL_H

/*
 * spool — bytes that grow: in memory up to a limit, beyond it in an unnamed file
 *
 * What is appended gathers in memory; when that is full, all of it goes to the end of a file
 * (cache/temporary.h), and gathering begins anew. So who appends little never touches the disk, and
 * who appends much needs no more memory for it:
 *
 *     0 ………………………………… stored ………… length
 *     in the file             in memory
 *
 * Like a buf, a spool remembers its first failure: later appends do nothing, and the caller asks
 * once (`spool_error`). What was appended before the failure stays readable. One thread at a time.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define SPOOL_WINDOW (16u << 10) /* read from the file at once */

struct spool {
    int dirfd;          /* where the file is made; the caller's */
    int fd;             /* -1 while there is no file */
    uint64_t stored;    /* bytes in the file: the first ones */
    uint64_t limit;     /* there are never more bytes than that */
    struct buf recent;  /* the bytes behind those in the file; its limit is that of the memory */
    struct buf window;  /* what was read from the file last … */
    uint64_t window_at; /* … and where */
    int error;
};

/* Opens nothing yet. `dirfd` has to stay open. */
void spool_init(struct spool *spool, int dirfd, size_t memory, uint64_t limit);

/* Frees memory and file; the spool is empty, without error and usable again. */
void spool_finish(struct spool *spool);

/* Forgets content, file and error, keeps the memory for the next use. */
void spool_clear(struct spool *spool);

void spool_append(struct spool *spool, const void *bytes, size_t length);

/* How many bytes were appended; the place of the next ones. */
uint64_t spool_length(const struct spool *spool);

/* 0, -ENOMEM, -EOVERFLOW when the limit was met, or what open(2) or write(2) said: -ENOSPC, -EIO, … */
int spool_error(const struct spool *spool);

/* Gives `length` bytes from `at` on to `take`, in pieces and in order. Reading what was appended one
 * behind the other reads the file in windows. Returns what `take` returned to end it early, else 0;
 * -EINVAL for bytes that there are not, -ENOMEM, what pread(2) said, or -EIO for a file that became
 * shorter. */
typedef int spool_take(void *context, const void *bytes, size_t length);
int spool_read(struct spool *spool, uint64_t at, uint64_t length, spool_take *take, void *context);

#endif
