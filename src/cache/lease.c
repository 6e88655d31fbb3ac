/* SPDX-License-Identifier: MIT */
#include "cache/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

int lease_try(int cache_dirfd, struct lease *lease, struct err *err)
{
    int fd = openat(cache_dirfd, "lease", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return err_errno(err, errno, "cannot open the file \"lease\" in CACHE_DIR");
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        lease->fd = fd;
        return 0;
    }
    int error = errno;
    (void)close(fd);
    if (error == EWOULDBLOCK)
        return 1;
    return err_errno(err, error, "cannot lock the file \"lease\" in CACHE_DIR");
}

void lease_release(struct lease *lease)
{
    if (lease->fd >= 0)
        (void)close(lease->fd);
    *lease = LEASE_NONE;
}
