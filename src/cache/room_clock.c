/* SPDX-License-Identifier: MIT */
#include "cache/room_clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

/* The good news last to first would show a moment of failure with new times; in this order every
 * mixture that a reader can see is either the old state or a harmless one. */
void room_clock_set_times(struct room_clock *clock, const struct room_times *times)
{
    atomic_store(&clock->changed_at, times->changed_at);
    atomic_store(&clock->fetched_at, times->fetched_at);
    atomic_store(&clock->expires_at, times->expires_at);
    atomic_store(&clock->retry_at, times->retry_at);
    atomic_store(&clock->failures, times->failures);
    atomic_store(&clock->failed_at, times->failed_at);
    atomic_store(&clock->fault, times->fault);
}

/* The mark last: with the new one only the new rest may be seen. */
void room_clock_set_basis(struct room_clock *clock, const struct room_basis *basis)
{
    atomic_store(&clock->asked_at, basis->asked_at);
    atomic_store(&clock->window_start_utc, basis->window_start_utc);
    atomic_store(&clock->window_end_utc, basis->window_end_utc);
    atomic_store(&clock->step_s, basis->step_s);
    atomic_store(&clock->change_mark[0], basis->change_mark[0]);
    atomic_store(&clock->change_mark[1], basis->change_mark[1]);
}

/* Is it the content that was compared with Exchange? */
static bool has_mark(const struct room_file *file, const int64_t mark[2])
{
    struct room_basis basis = room_file_basis(file);

    return basis.change_mark[0] == mark[0] && basis.change_mark[1] == mark[1];
}

int room_confirm(const struct room_place *place, const int64_t mark[2], int64_t now_utc,
                 int64_t ttl_s, struct err *err)
{
    struct room_file file;
    int result = room_file_open_clock(place, &file, err);

    if (result != 0)
        return result;
    struct room_times times = room_file_times(&file);
    bool is_meant = times.fetched_at > 0 && has_mark(&file, mark);
    if (is_meant) {
        times = (struct room_times){
            .fetched_at = now_utc, .changed_at = times.changed_at, .expires_at = now_utc + ttl_s};
        room_clock_set_times(file.clock, &times);
    }
    room_file_close(&file);
    return is_meant ? 0 : 1;
}

int room_clock_fail(const struct room_place *place, const struct room_times *failure,
                    struct err *err)
{
    struct room_file file;
    int result = room_file_open_clock(place, &file, err);

    if (result != 0)
        return result;
    atomic_store(&file.clock->fault, failure->fault);
    atomic_store(&file.clock->failed_at, failure->failed_at);
    atomic_store(&file.clock->retry_at, failure->retry_at);
    atomic_fetch_add(&file.clock->failures, failure->failures);
    room_file_close(&file);
    return 0;
}

int room_forget_times(const struct room_place *place, int64_t now_utc, struct err *err)
{
    struct room_file file;
    int result = room_file_open_clock(place, &file, err);

    if (result != 0)
        return result;
    if (atomic_load(&file.clock->expires_at) > now_utc)
        atomic_store(&file.clock->expires_at, now_utc);
    atomic_store(&file.clock->retry_at, 0);
    atomic_store(&file.clock->change_mark[0], 0);
    room_file_close(&file);
    return 0;
}

static void mark_condemned(const struct room_place *place, const struct room_file *damaged)
{
    struct room_file file;

    if (room_file_open_clock(place, &file, NULL) != 0)
        return;
    if (room_file_is_same(&file, damaged->device, damaged->inode))
        atomic_store(&file.clock->superseded, ROOM_CONDEMNED);
    room_file_close(&file);
}

void room_condemn(const struct room_place *place, const struct room_file *damaged)
{
    struct stat status;

    mark_condemned(place, damaged);
    if (fstatat(place->cache_dirfd, place->file_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        room_file_is_same(damaged, status.st_dev, status.st_ino))
        (void)unlinkat(place->cache_dirfd, place->file_name, 0);
}
