/* SPDX-License-Identifier: MIT */
#include "cache/waiters.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define FILE_NAME "waiters"

/* 0 or -errno. */
static int lock_place(int fd, off_t place)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = place, .l_len = 1};

    return fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 : -errno;
}

/* 0; 1: all are taken; -errno. */
static int lock_any_place(int fd)
{
    for (off_t place = 0; place < WAITERS_MAX; place++) {
        int result = lock_place(fd, place);
        if (result != -EAGAIN && result != -EACCES)
            return result;
    }
    return 1;
}

int waiters_join(int cache_dirfd, struct waiter *waiter, struct err *err)
{
    int fd = openat(cache_dirfd, FILE_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return err_errno(err, errno, "cannot open the file \"" FILE_NAME "\" in CACHE_DIR");
    int result = lock_any_place(fd);
    if (result == 0) {
        waiter->fd = fd;
        return 0;
    }
    (void)close(fd);
    if (result < 0)
        return err_errno(err, -result, "cannot lock the file \"" FILE_NAME "\" in CACHE_DIR");
    return 1;
}

void waiters_leave(struct waiter *waiter)
{
    if (waiter->fd >= 0)
        (void)close(waiter->fd);
    *waiter = WAITER_NONE;
}
