/* SPDX-License-Identifier: MIT */
#include "cache/room_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "cache/temporary.h"

/* The clock as it is now; a copy has not been superseded by anything. */
static void copy_first_page(const struct room_file *file, char page[static ROOM_CONTENT_AT])
{
    struct room_clock clock;

    memcpy(page, file->map, ROOM_CONTENT_AT);
    memcpy(&clock, page + ROOM_CLOCK_AT, sizeof clock);
    clock.superseded = ROOM_CURRENT;
    memcpy(page + ROOM_CLOCK_AT, &clock, sizeof clock);
}

/* write(2) itself reads the mapping: what is lost there is an error of the call (EFAULT). */
static int fill(int fd, const struct room_file *file)
{
    char page[ROOM_CONTENT_AT];
    int error = -posix_fallocate(fd, 0, (off_t)file->size);

    copy_first_page(file, page);
    if (!error)
        error = io_write_all(fd, page, sizeof page);
    if (!error)
        error = io_write_all(fd, (const char *)file->map + sizeof page, file->size - sizeof page);
    return error || room_file_is_whole(file) ? error : -EIO;
}

/* Not by rename, which would take a newer file's place. */
static int give_name(const struct room_place *place, const char *temporary)
{
    if (linkat(place->cache_dirfd, temporary, place->cache_dirfd, place->file_name, 0) == 0)
        return 0;
    return errno == EEXIST ? 1 : -errno;
}

int room_copy(const struct room_file *file, const struct room_place *place, struct err *err)
{
    char name[TEMPORARY_NAME_SIZE];
    int fd = temporary_create(place->cache_dirfd, name);

    if (fd < 0)
        return err_errno(err, -fd, "cannot make a file in CACHE_DIR");
    int result = fill(fd, file);
    if (close(fd) < 0 && !result)
        result = -errno;
    if (!result)
        result = give_name(place, name);
    (void)unlinkat(place->cache_dirfd, name, 0);
    if (result < 0)
        return err_errno(err, -result, "cannot write %s in CACHE_DIR", place->file_name);
    return result;
}
