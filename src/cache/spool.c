/* SPDX-License-Identifier: MIT */
#include "cache/spool.h"

#include <errno.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"
#include "cache/temporary.h"

void spool_init(struct spool *spool, int dirfd, size_t memory, uint64_t limit)
{
    *spool = (struct spool){
        .dirfd = dirfd,
        .fd = -1,
        .limit = limit,
        .recent = BUF_INIT(memory),
        .window = BUF_INIT(SPOOL_WINDOW),
    };
}

void spool_finish(struct spool *spool)
{
    spool_clear(spool);
    buf_finish(&spool->recent);
    buf_finish(&spool->window);
}

void spool_clear(struct spool *spool)
{
    if (spool->fd >= 0)
        (void)close(spool->fd);
    spool->fd = -1;
    spool->stored = 0;
    spool->error = 0;
    buf_clear(&spool->recent);
    buf_clear(&spool->window);
}

uint64_t spool_length(const struct spool *spool)
{
    return spool->stored + spool->recent.length;
}

int spool_error(const struct spool *spool)
{
    return spool->error;
}

/* ---- in ---- */

static int store(struct spool *spool, const char *bytes, size_t length)
{
    if (spool->fd < 0) {
        int fd = temporary_create_unnamed(spool->dirfd);
        if (fd < 0)
            return fd;
        spool->fd = fd;
    }
    int error = io_write_all(spool->fd, bytes, length);
    if (!error)
        spool->stored += length;
    return error;
}

static int store_recent(struct spool *spool)
{
    int error = spool->recent.length ? store(spool, spool->recent.bytes, spool->recent.length) : 0;

    if (!error)
        buf_clear(&spool->recent);
    return error;
}

static int append(struct spool *spool, const void *bytes, size_t length)
{
    if (length > spool->limit - spool_length(spool))
        return -EOVERFLOW;
    if (length > spool->recent.limit - spool->recent.length) {
        int error = store_recent(spool);
        if (error)
            return error;
    }
    if (length > spool->recent.limit)
        return store(spool, bytes, length);
    buf_append(&spool->recent, bytes, length);
    return buf_error(&spool->recent);
}

void spool_append(struct spool *spool, const void *bytes, size_t length)
{
    if (!spool->error)
        spool->error = append(spool, bytes, length);
}

/* ---- out ---- */

static int move_window(struct spool *spool, uint64_t at)
{
    ssize_t got;

    buf_clear(&spool->window);
    char *to = buf_reserve(&spool->window, SPOOL_WINDOW);
    if (!to)
        return buf_error(&spool->window);
    do
        got = pread(spool->fd, to, SPOOL_WINDOW, (off_t)at);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return got < 0 ? -errno : -EIO;
    buf_grown(&spool->window, (size_t)got);
    spool->window_at = at;
    return 0;
}

/* The bytes of `bytes`, which begin at `begin`, from `at` on; not more than `most`. */
static struct slice part_from(const struct buf *bytes, uint64_t begin, uint64_t at, uint64_t most)
{
    size_t skipped = (size_t)(at - begin);
    size_t length = bytes->length - skipped;

    return (struct slice){bytes->bytes + skipped, length < most ? length : (size_t)most};
}

/* At least one and at most `most` bytes from `at` on. What is behind `stored` in the file, after a
 * failed write, is the same that is in memory. */
static int look(struct spool *spool, uint64_t at, uint64_t most, struct slice *ret)
{
    if (at >= spool->stored) {
        *ret = part_from(&spool->recent, spool->stored, at, most);
        return 0;
    }
    int error = 0;
    if (at < spool->window_at || at - spool->window_at >= spool->window.length)
        error = move_window(spool, at);
    if (!error)
        *ret = part_from(&spool->window, spool->window_at, at, most);
    return error;
}

int spool_read(struct spool *spool, uint64_t at, uint64_t length, spool_take *take, void *context)
{
    uint64_t end = spool_length(spool);
    int error = 0;

    if (at > end || length > end - at)
        return -EINVAL;
    while (length && !error) {
        struct slice piece = {0};
        error = look(spool, at, length, &piece);
        if (!error)
            error = take(context, piece.at, piece.length);
        at += piece.length;
        length -= piece.length;
    }
    return error;
}
