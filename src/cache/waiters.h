/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_WAITERS_H
#define ROOMCAL_CACHE_WAITERS_H

/*
 * waiters — how many processes may wait for the holder of the lease
 *
 * Under plain CGI every visitor is a process, and a storm of them on an empty cache must not fill the host. Each
 * that waits holds a place: the lock on one of the first WAITERS_MAX bytes of CACHE_DIR/waiters (open file description
 * locks, fcntl(2)). The file is empty, never renamed and never removed. A place dies with its process, and with all that
 * were forked from it meanwhile.
 */

#include "base/err.h"

#define WAITERS_MAX 4

struct waiter {
    int fd; /* -1: does not wait */
};

#define WAITER_NONE ((struct waiter){.fd = -1})

/* Never waits itself. 0: has a place; 1: all are taken; < 0: the file cannot be made. */
int waiters_join(int cache_dirfd, struct waiter *waiter, struct err *err);
void waiters_leave(struct waiter *waiter);

#endif
