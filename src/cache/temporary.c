/* SPDX-License-Identifier: MIT */
#include "cache/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PREFIX ".tmp-"

/* Where process numbers are few, as in a container, a killed process may have left the very name. */
#define TRIES 64

static int try_create(int dirfd, char ret[static TEMPORARY_NAME_SIZE])
{
    static atomic_uint counter;

    (void)snprintf(ret, TEMPORARY_NAME_SIZE, PREFIX "%ld-%u", (long)getpid(),
                   atomic_fetch_add(&counter, 1));
    int fd = openat(dirfd, ret, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : fd;
}

int temporary_create(int dirfd, char ret[static TEMPORARY_NAME_SIZE])
{
    int fd = -EEXIST;

    for (int i = 0; i < TRIES && fd == -EEXIST; i++)
        fd = try_create(dirfd, ret);
    return fd;
}

int temporary_create_unnamed(int dirfd)
{
    char name[TEMPORARY_NAME_SIZE];
    int fd = openat(dirfd, ".", O_RDWR | O_TMPFILE | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0)
        return fd;
    if (errno != EOPNOTSUPP && errno != EISDIR)
        return -errno;
    /* The file system cannot: a name for a moment. */
    fd = temporary_create(dirfd, name);
    if (fd >= 0)
        (void)unlinkat(dirfd, name, 0);
    return fd;
}

void temporary_sweep(int dirfd)
{
    int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);

    if (!directory) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0)
            (void)unlinkat(dirfd, entry->d_name, 0);
    }
    (void)closedir(directory);
}
