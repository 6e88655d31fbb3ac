/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_LEASE_H
#define ROOMCAL_CACHE_LEASE_H

/*
 * lease — who refreshes
 *
 * flock(2) on CACHE_DIR/lease: at most one holder on the host, for all processes that share the
 * directory. The file is empty, never renamed and never removed while it can be opened; what else has its name, a link,
 * a directory, another user's file, is replaced. The lease dies with its process, however that ends.
 */

#include <stdbool.h>

#include "base/err.h"

struct lease {
    int fd; /* -1: not held */
};

#define LEASE_NONE ((struct lease){.fd = -1})

/* Never waits. 0: held from now on; 1: somebody else holds it; < 0: the file cannot be made. */
int lease_try(int cache_dirfd, struct lease *lease, struct err *err);

/* False if it is not held, or the file has lost its name, so that somebody else may hold another one: release it, and
 * try again. */
bool lease_stands(const struct lease *lease, int cache_dirfd);

void lease_release(struct lease *lease);

#endif
