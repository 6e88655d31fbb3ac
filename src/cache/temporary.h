/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_TEMPORARY_H
#define ROOMCAL_CACHE_TEMPORARY_H

/*
 * temporary — files in CACHE_DIR that nobody looks for
 *
 * A file that is to take another one's place has a name meanwhile, ".tmp-" and what no other thread
 * or process uses now. A file that only its maker needs has none: it is gone when its descriptor is
 * closed, even if that is because the process was killed.
 */

#define TEMPORARY_NAME_SIZE 64

/* Makes an empty file that can be read and written. Gives its descriptor and its name, or -errno. */
int temporary_create(int dirfd, char ret[static TEMPORARY_NAME_SIZE]);

/* Makes one without a name: its descriptor or -errno. */
int temporary_create_unnamed(int dirfd);

/* Removes the named ones that a killed process left. Only who knows that nobody is making one now
 * may call it. */
void temporary_sweep(int dirfd);

#endif
