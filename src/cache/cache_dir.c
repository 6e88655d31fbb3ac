/* SPDX-License-Identifier: MIT */
#include "cache/cache_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/* root looks into the service's directory with the operator's command. */
static int check_owner(const struct stat *status, const char *path, struct err *err)
{
    if (status->st_uid == geteuid() || geteuid() == 0)
        return 0;
    return err_set(err, -EPERM,
                   "CACHE_DIR %s belongs to another user (uid %ld, we are %ld); run as that "
                   "user, or name another directory",
                   path, (long)status->st_uid, (long)geteuid());
}

static int check_directory(int fd, const char *path, struct err *err)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return err_errno(err, errno, "cannot examine CACHE_DIR %s", path);
    int error = check_owner(&status, path, err);
    if (error)
        return error;
    if (status.st_mode & 077)
        return err_set(err, -EPERM, "others may read or write CACHE_DIR; run: chmod 700 %s", path);
    return 0;
}

/* Of another user's directory the owner says more than "Permission denied". */
static int refuse(int error, const char *path, struct err *err)
{
    struct stat status;
    int reason = error == EACCES && stat(path, &status) == 0 ? check_owner(&status, path, err) : 0;

    return reason ? reason : err_errno(err, error, "cannot open CACHE_DIR %s", path);
}

static int open_directory(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return refuse(errno, path, err);
    int error = check_directory(fd, path, err);
    if (error) {
        (void)close(fd);
        return error;
    }
    return fd;
}

int cache_dir_open(const char *path, struct err *err)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return err_errno(
            err, errno,
            "CACHE_DIR is missing and cannot be made (as root: install -d -m 700 -o %ld %s)",
            (long)geteuid(), path);
    return open_directory(path, err);
}

int cache_dir_check(const char *path, struct err *err)
{
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    int fd = open_directory(path, err);
    if (fd < 0)
        return fd;
    (void)close(fd);
    return 0;
}

static bool is_at(int fd, const char *path)
{
    struct stat here;
    struct stat there;

    return fstat(fd, &here) == 0 && stat(path, &there) == 0 && here.st_dev == there.st_dev &&
           here.st_ino == there.st_ino;
}

/* root may write everywhere but on a disk that is read-only. */
static int check_writable(int fd, const char *path, struct err *err)
{
    if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
        return err_errno(err, errno, "cannot write to CACHE_DIR %s", path);
    return 0;
}

int cache_dir_mend(int fd, const char *path, struct err *err)
{
    if (is_at(fd, path)) {
        int error = check_directory(fd, path, err);
        return error ? error : check_writable(fd, path, err);
    }
    int newer = cache_dir_open(path, err);
    if (newer < 0)
        return newer;
    /* In one step: nobody ever meets a number without a directory. */
    int moved = dup3(newer, fd, O_CLOEXEC);
    int error = moved < 0 ? err_errno(err, errno, "cannot open CACHE_DIR %s", path) : 0;
    (void)close(newer);
    return error ? error : 1;
}
