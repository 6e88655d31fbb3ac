/* SPDX-License-Identifier: MIT */

/*
 * shim_disk — a disk that fails when a test says so
 *
 * Preloaded, it counts the calls that change files below ROOMCAL_TEST_DISK_DIR, or map them, and lets some fail:
 *
 *     ROOMCAL_TEST_DISK       a file of four int64_t, in the byte order of the machine, read and written as it is mapped:
 *                             first, how many, errno (0: none fail), and the count of calls until now, which the test may
 *                             set to 0. The `first`th call (from 1) and those behind it, so many, fail. An errno below 0 is
 *                             a signal that the process gets instead, before the call: SIGKILL in the midst of a write.
 *     ROOMCAL_TEST_DISK_DIR   CACHE_DIR, as an absolute path without links
 *
 * Counted are openat() that makes a file, write, pwrite, posix_fallocate, ftruncate, renameat, linkat and mmap of a file. A
 * write that fails has written nothing. The headers give these functions the names for 64-bit offsets (openat64, …), here
 * as in roomcal. Without the variables the program is ended: a test that breaks nothing would
 * show nothing.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

enum { FIRST, HOW_MANY, ERRNO, COUNT, NUMBERS };

static _Atomic int64_t *plan;
static const char *directory;

/* Asked of the kernel itself: the libc's own functions are ours here. syscall() takes each argument as a long, so that an
 * int on the stack would bring half an offset of chance with it. */
static void *map_numbers(int fd)
{
    return (void *)syscall(SYS_mmap, NULL, NUMBERS * sizeof *plan, PROT_READ | PROT_WRITE,
                           MAP_SHARED, fd, (off_t)0);
}

__attribute__((constructor)) static void map_plan(void)
{
    const char *name = getenv("ROOMCAL_TEST_DISK");
    int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    void *page = fd < 0 ? MAP_FAILED : map_numbers(fd);

    directory = getenv("ROOMCAL_TEST_DISK_DIR");
    if (page == MAP_FAILED || !directory)
        _exit(99);
    (void)close(fd);
    plan = page;
}

static bool is_below(int fd)
{
    char number[64];
    char path[4096];

    if (!plan || fd < 0)
        return false;
    (void)snprintf(number, sizeof number, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(number, path, sizeof path - 1);
    if (length < 0)
        return false;
    path[length] = '\0';
    return strncmp(path, directory, strlen(directory)) == 0;
}

/* Counts a call on the file; true: it has to fail, with errno. */
static bool fails(int fd)
{
    if (!is_below(fd))
        return false;
    int64_t number = atomic_fetch_add(&plan[COUNT], 1) + 1;
    int64_t first = atomic_load(&plan[FIRST]);
    int error = (int)atomic_load(&plan[ERRNO]);
    if (!error || number < first || number - first >= atomic_load(&plan[HOW_MANY]))
        return false;
    if (error < 0)
        return kill(getpid(), -error) < 0;
    errno = error;
    return true;
}

SHOWN int openat(int dirfd, const char *name, int flags, ...)
{
    va_list rest;

    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    bool makes = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
    return makes && fails(dirfd) ? -1 : (int)syscall(SYS_openat, dirfd, name, flags, mode);
}

SHOWN ssize_t write(int fd, const void *bytes, size_t length)
{
    return fails(fd) ? -1 : syscall(SYS_write, fd, bytes, length);
}

SHOWN ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at)
{
    return fails(fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, length, at);
}

/* Does not set errno, but returns it. */
SHOWN int posix_fallocate(int fd, off_t at, off_t length)
{
    if (fails(fd))
        return errno;
    return syscall(SYS_fallocate, fd, 0, at, length) < 0 ? errno : 0;
}

SHOWN int ftruncate(int fd, off_t length)
{
    return fails(fd) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

SHOWN int renameat(int from, const char *name, int to, const char *new_name)
{
    return fails(to) ? -1 : (int)syscall(SYS_renameat2, from, name, to, new_name, 0);
}

SHOWN int linkat(int from, const char *name, int to, const char *new_name, int flags)
{
    return fails(to) ? -1 : (int)syscall(SYS_linkat, from, name, to, new_name, flags);
}

SHOWN void *mmap(void *at, size_t length, int access, int flags, int fd, off_t from)
{
    if (!(flags & MAP_ANONYMOUS) && fails(fd))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, length, access, flags, fd, from);
}
