/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_CACHE_DIR_H
#define ROOMCAL_CACHE_CACHE_DIR_H

/*
 * cache_dir — the directory CACHE_DIR
 *
 * It is ours and closed to others (0700). All files in it are named relative to its descriptor, which keeps its number
 * for as long as the process lives: when the directory is removed or replaced, the new one is put behind the same number,
 * so that whoever borrowed it goes on.
 */

#include "base/err.h"

/* Opens it, making it if it is not there. The descriptor, or < 0: it cannot be made or opened, is not ours, or others
 * may read or write it. */
int cache_dir_open(const char *path, struct err *err);

/* What cache_dir_open would find wrong with it, but nothing is made: 0 also where it is not there. */
int cache_dir_check(const char *path, struct err *err);

/* Looks whether `fd` is still the directory of that path, and one that we can work in. 0; 1: it was not, the path's
 * directory was opened, and made if need be, and is `fd` from now on; < 0: `fd` is as it was, and `err` says what is
 * wrong: as cache_dir_open, or it cannot be written to. */
int cache_dir_mend(int fd, const char *path, struct err *err);

#endif
