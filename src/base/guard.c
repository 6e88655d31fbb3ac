/* SPDX-License-Identifier: MIT */
#include "base/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

/* The handler has no other place to look at. */
static uintptr_t page_size;
static _Atomic uint64_t hits;
/* Of the last hits, a ring: where each page begins. */
static _Atomic uintptr_t places[GUARD_PLACES];

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_POINTER_LOCK_FREE == 2,
               "a signal handler must not wait for a lock");

/* Noted before the page is there to be read: who has read a zero finds the note. mmap is a plain system call: it may be
 * made in a handler, though POSIX does not list it. */
static bool put_zeros(uintptr_t page)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

    atomic_store(&places[atomic_fetch_add(&hits, 1) % GUARD_PLACES], page);
    return mmap((void *)page, page_size, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED;
}

/* Coming back without having helped raises the signal again, which then ends the process. */
static void handle(int number, siginfo_t *info, void *context)
{
    int error = errno;

    (void)context;
    if (info->si_code != BUS_ADRERR || !put_zeros((uintptr_t)info->si_addr & ~(page_size - 1)))
        (void)signal(number, SIG_DFL);
    errno = error;
}

void guard_install(void)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};

    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGBUS, &action, NULL); /* cannot fail with these arguments */
}

uint64_t guard_hits(void)
{
    return atomic_load(&hits);
}

bool guard_has_hit(const void *map, size_t size, uint64_t since)
{
    const uintptr_t begin = (uintptr_t)map;
    uint64_t until = atomic_load(&hits);

    if (until - since > GUARD_PLACES)
        return true;
    for (uint64_t i = since; i < until; i++) {
        uintptr_t page = atomic_load(&places[i % GUARD_PLACES]);
        if (page < begin + size && page + page_size > begin)
            return true;
    }
    return false;
}
