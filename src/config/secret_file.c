/* SPDX-License-Identifier: MIT */
#include "config/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)4096) /* bytes that are read at once */

static int check_guard(const char *path, const struct stat *status, struct err *err)
{
    mode_t mode = status->st_mode & 07777;
    uid_t us = geteuid();

    /* root reads the service user's file with the operator's command. */
    if (status->st_uid != us && status->st_uid != 0 && us != 0)
        return err_set(err, -EPERM,
                       "belongs to user %u, who is neither root nor the user of roomcal (%u); run: "
                       "chown %u %s",
                       (unsigned)status->st_uid, (unsigned)us, (unsigned)us, path);
    if (mode & 077)
        return err_set(err, -EPERM, "is open to others (mode %04o); run: chmod 600 %s",
                       (unsigned)mode, path);
    return 0;
}

static int check(int fd, const char *path, enum secret_guard guard, struct err *err)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return err_errno(err, errno, "cannot be examined");
    if (!S_ISREG(status.st_mode))
        return err_set(err, -EPERM, "is not a regular file");
    return guard == SECRET_OURS ? check_guard(path, &status, err) : 0;
}

/* Up to one byte more than allowed. */
static int read_all(int fd, size_t limit, struct buf *buf, struct err *err)
{
    while (buf->length <= limit) {
        size_t left = limit + 1 - buf->length;
        size_t piece = left < PIECE ? left : PIECE;
        char *to = buf_reserve(buf, piece);
        if (!to)
            return err_errno(err, ENOMEM, "cannot be read");
        ssize_t got = TEMP_FAILURE_RETRY(read(fd, to, piece));
        if (got < 0)
            return err_errno(err, errno, "cannot be read");
        if (got == 0)
            return 0;
        buf_grown(buf, (size_t)got);
    }
    return err_set(err, -EFBIG, "is larger than %zu bytes", limit);
}

/* The descriptor, or < 0. */
static int open_checked(const char *path, enum secret_guard guard, struct err *err)
{
    /* O_NONBLOCK: a FIFO without a writer must not keep us. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 && errno == EACCES)
        return err_set(err, -EACCES,
                       "cannot be opened by user %u: Permission denied; it has to belong to the "
                       "user that runs roomcal, or to come from systemd (roomcal-fcgi(8), SYSTEMD)",
                       (unsigned)geteuid());
    if (fd < 0)
        return err_errno(err, errno, "cannot be opened");
    int error = check(fd, path, guard, err);
    if (!error)
        return fd;
    (void)close(fd);
    return error;
}

int secret_file_read(const char *path, enum secret_guard guard, size_t limit, struct buf *ret,
                     struct err *err)
{
    struct buf buf = BUF_SECRET(limit + 1);
    int fd = open_checked(path, guard, err);

    if (fd < 0)
        return fd;
    int error = read_all(fd, limit, &buf, err);
    (void)close(fd);
    if (error)
        buf_finish(&buf);
    else
        *ret = buf;
    return error;
}

int secret_file_check(const char *path, enum secret_guard guard, struct err *err)
{
    int fd = open_checked(path, guard, err);

    if (fd < 0)
        return fd;
    (void)close(fd);
    return 0;
}

enum secret_guard secret_file_guard(const char *path)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    size_t length = directory ? strlen(directory) : 0;
    bool is_inside = length && strncmp(path, directory, length) == 0 && path[length] == '/';

    return is_inside && !strstr(path, "/../") ? SECRET_SYSTEMD : SECRET_OURS;
}
