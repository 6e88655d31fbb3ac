/* SPDX-License-Identifier: MIT */

/*
 * shim_clock — a wall clock that a test can move while a program runs
 *
 * Preloaded, it adds so many seconds to what clock_gettime(CLOCK_REALTIME), gettimeofday() and time() tell as the file
 * says that ROOMCAL_TEST_CLOCK names: one int64_t in the byte order of the machine, read anew each time, so whoever
 * writes the file moves the clock of all programs that have it. All other clocks stay: a wall clock that is set does
 * not move the monotonic one. Without the variable, or with a file that cannot be mapped, the program is ended: a test
 * that moves nothing would show nothing.
 *
 * What waits in the kernel for a moment of the wall clock is not moved; roomcal waits on the monotonic clock only.
 */

#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

static const _Atomic int64_t *offset_s;

__attribute__((constructor)) static void map_offset(void)
{
    const char *name = getenv("ROOMCAL_TEST_CLOCK");
    int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    void *page = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset_s, PROT_READ, MAP_SHARED, fd, 0);

    if (page == MAP_FAILED)
        _exit(99);
    (void)close(fd);
    offset_s = page;
}

/* Asked of the kernel itself: a sanitizer may stand between us and libc, and is not ready for us yet when it starts. */
SHOWN int clock_gettime(clockid_t clock, struct timespec *ret)
{
    long result = syscall(SYS_clock_gettime, clock, ret);

    if (result == 0 && offset_s && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        ret->tv_sec += atomic_load(offset_s);
    return (int)result;
}

SHOWN int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
    struct timespec now;

    (void)zone; /* obsolete, and nobody's here */
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    *ret = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

SHOWN time_t time(time_t *ret)
{
    struct timespec now;

    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    if (ret)
        *ret = now.tv_sec;
    return now.tv_sec;
}
