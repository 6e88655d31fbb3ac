/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_FUZZ_SCRATCH_H
#define ROOMCAL_FUZZ_SCRATCH_H

/*
 * scratch — a directory of the process's own, in memory where /dev/shm is; removed with what it holds when the
 * process exits
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "fuzz.h"

static char scratch_path[64];

static inline void scratch_remove(void)
{
    DIR *directory = opendir(scratch_path);

    must(directory != NULL);
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory))
        (void)unlinkat(dirfd(directory), entry->d_name, 0); /* "." and ".." refuse */
    (void)closedir(directory);
    (void)rmdir(scratch_path);
}

/* Makes it; its path is in scratch_path. To be called once. */
static inline int scratch_open(void)
{
    const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    (void)snprintf(scratch_path, sizeof scratch_path, "%s/roomcal-fuzz-XXXXXX", parent);
    must(mkdtemp(scratch_path) != NULL);
    must(atexit(scratch_remove) == 0);
    int dirfd = open(scratch_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(dirfd >= 0);
    return dirfd;
}

/* A file with that content in place of one that is there. */
static inline void scratch_write(int dirfd, const char *name, struct slice content, mode_t mode)
{
    int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    must(fd >= 0 && fchmod(fd, mode) == 0);
    must(io_write_all(fd, content.at, content.length) == 0);
    (void)close(fd);
}

#endif
