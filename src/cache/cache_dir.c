/* SPDX-License-Identifier: MIT */
#include "cache/cache_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_directory(int fd, const char *path, struct err *err)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return err_errno(err, errno, "cannot examine CACHE_DIR %s", path);
    /* root looks into the service's directory with the operator's command. */
    if (status.st_uid != geteuid() && geteuid() != 0)
        return err_set(err, -EPERM,
                       "CACHE_DIR %s belongs to another user (uid %ld, we are %ld); run as that "
                       "user, or name another directory",
                       path, (long)status.st_uid, (long)geteuid());
    if (status.st_mode & 077)
        return err_set(err, -EPERM, "others may read or write CACHE_DIR; run: chmod 700 %s", path);
    return 0;
}

int cache_dir_open(const char *path, struct err *err)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return err_errno(err, errno, "cannot make CACHE_DIR %s", path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "cannot open CACHE_DIR %s", path);
    int error = check_directory(fd, path, err);
    if (error) {
        (void)close(fd);
        return error;
    }
    return fd;
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
