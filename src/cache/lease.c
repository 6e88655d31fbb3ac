/* SPDX-License-Identifier: MIT */
#include "cache/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "lease"

static int open_file(int dirfd)
{
    /* O_NONBLOCK: somebody may have put a FIFO there. */
    int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

    return openat(dirfd, NAME, flags, 0600);
}

/* What has the name and is no file that we can open: a link, a directory, another user's file. */
static bool remove_obstacle(int dirfd, int error)
{
    bool is_obstacle = error == ELOOP || error == ENXIO || error == EACCES || error == EISDIR;

    return is_obstacle && unlinkat(dirfd, NAME, error == EISDIR ? AT_REMOVEDIR : 0) == 0;
}

int lease_try(int cache_dirfd, struct lease *lease, struct err *err)
{
    int fd = open_file(cache_dirfd);

    if (fd < 0 && remove_obstacle(cache_dirfd, errno))
        fd = open_file(cache_dirfd);
    if (fd < 0)
        return err_errno(err, errno, "cannot open CACHE_DIR/" NAME);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        lease->fd = fd;
        return 0;
    }
    int error = errno;
    (void)close(fd);
    if (error == EWOULDBLOCK)
        return 1;
    return err_errno(err, error, "cannot lock CACHE_DIR/" NAME);
}

bool lease_stands(const struct lease *lease, int cache_dirfd)
{
    struct stat ours;
    struct stat named;

    return lease->fd >= 0 && fstat(lease->fd, &ours) == 0 &&
           fstatat(cache_dirfd, NAME, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

void lease_release(struct lease *lease)
{
    if (lease->fd >= 0)
        (void)close(lease->fd);
    *lease = LEASE_NONE;
}

void lease_mark(const struct lease *lease, const struct hash *mark)
{
    if (pwrite(lease->fd, mark, sizeof *mark, 0) != (ssize_t)sizeof *mark)
        (void)!ftruncate(lease->fd, 0);
}

bool lease_is_marked_otherwise(int cache_dirfd, const struct hash *mark)
{
    struct hash found;
    int fd = openat(cache_dirfd, NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return false;
    ssize_t length = pread(fd, &found, sizeof found, 0);
    (void)close(fd);
    return length == (ssize_t)sizeof found && memcmp(&found, mark, sizeof found) != 0;
}
