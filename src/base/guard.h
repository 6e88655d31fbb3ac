/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_BASE_GUARD_H
#define ROOMCAL_BASE_GUARD_H

/*
 * guard — mapped files that lose their bytes
 *
 * Reading a mapped page that the file no longer has, because somebody cut it short, or that the disk cannot read,
 * raises SIGBUS (mmap(2)), which would end the process. With the guard, the page becomes one of zeros and the thread
 * reads on; the guard notes where that was. So who reads from a mapping asks afterwards whether it was hit, and throws
 * away what it made of the bytes if so:
 *
 *     since = guard_hits();   map = mmap(…);   … read, copy …   if (guard_has_hit(map, size, since)) drop it all;
 *
 * It cannot tell our mappings from others: a library that is cut short while we run gives zeros too. Any other SIGBUS
 * ends the process as ever.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Hits whose places are remembered; of older ones it is not known whom they hit. */
#define GUARD_PLACES 64

/* Installs the handler, for the whole process and for good: main programs do it first of all. */
void guard_install(void);

/* How many pages were replaced until now. */
uint64_t guard_hits(void);

/* True if one of the hits since the `since`th was in `size` bytes from `map` on, or if there were so many since that
 * nobody knows. Fast while there was none. Thread-safe: who has read a zero of the guard gets true. */
bool guard_has_hit(const void *map, size_t size, uint64_t since);

#endif
