/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CONFIG_SECRET_FILE_H
#define ROOMCAL_CONFIG_SECRET_FILE_H

/*
 * secret_file — reads a file that holds a secret, if nobody else can read it
 */

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum secret_guard {
    SECRET_OURS,    /* it has to belong to us or root, and be closed to group and others */
    SECRET_SYSTEMD, /* it lies in $CREDENTIALS_DIRECTORY, which systemd guards: whatever its mode */
};

/* 0 and *ret, a BUF_SECRET to finish; else < 0 and `err` goes on a sentence about the file:
 * "is open to others (mode 0644); run: chmod 600 .env". -ENOENT: there is none; -EFBIG: more than
 * `limit` bytes; -EPERM: refused; other codes are the system's. Only regular files are read; a
 * symbolic link to one is fine. */
int secret_file_read(const char *path, enum secret_guard guard, size_t limit, struct buf *ret,
                     struct err *err);

/* The same without reading, for a file that a library will read: 0 if that could be opened. Of any size. */
int secret_file_check(const char *path, enum secret_guard guard, struct err *err);

/* SECRET_SYSTEMD for a path that begins with $CREDENTIALS_DIRECTORY/. */
enum secret_guard secret_file_guard(const char *path);

#endif
