/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_BASE_IO_H
#define ROOMCAL_BASE_IO_H

/*
 * io — write(2) as callers mean it
 */

#include <stddef.h>

/* Writes all of it, over short writes and interruptions. 0 or -errno; some may be written then. */
int io_write_all(int fd, const char *bytes, size_t length);

#endif
