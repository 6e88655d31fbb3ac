/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_LEASE_H
#define ROOMCAL_CACHE_LEASE_H

/*
 * lease — who refreshes
 *
 * flock(2) on CACHE_DIR/lease: at most one holder on the host, for all processes that share the
 * directory. The file is never renamed and never removed while it can be opened; what else has its name, a link,
 * a directory, another user's file, is replaced. The lease dies with its process, however that ends.
 *
 * In the file is the holder's mark, a hash of what those who share the directory have to have in common: who waits for
 * the lease in vain can tell whether its rooms are looked after.
 */

#include <stdbool.h>

#include "base/err.h"
#include "base/hash.h"

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

/* Writes the mark of whoever holds the lease. Best effort: on a full disk there is none. */
void lease_mark(const struct lease *lease, const struct hash *mark);

/* Is there a mark, and is it another one? That of a holder who has just gone stands until the next one writes its own. */
bool lease_is_marked_otherwise(int cache_dirfd, const struct hash *mark);

#endif
