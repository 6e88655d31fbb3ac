/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_TESTS_ROOM_DIR_H
#define ROOMCAL_TESTS_ROOM_DIR_H

/*
 * room_dir — a CACHE_DIR of its own for a test, and the place of one room in it
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache/room_build.h"
#include "cache/room_versions.h"
#include "unit.h"

struct room_dir {
    char path[64];
    int fd;
    struct hash fingerprint;
    struct room_place place;
};

static inline void room_dir_begin(struct room_dir *dir)
{
    (void)snprintf(dir->path, sizeof dir->path, "/tmp/roomcal-unit-XXXXXX");
    assert_non_null(mkdtemp(dir->path));
    dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir->fd >= 0);
    memset(&dir->fingerprint, 7, sizeof dir->fingerprint);
    dir->place = (struct room_place){dir->fd, "a.room", &dir->fingerprint};
}

/* Calls `visit` with each name but "." and ".."; returns how many there are. */
static inline int room_dir_each(const struct room_dir *dir,
                                void (*visit)(const struct room_dir *, const char *))
{
    DIR *stream = opendir(dir->path);
    int count = 0;

    assert_non_null(stream);
    for (struct dirent *entry; (entry = readdir(stream));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (visit)
            visit(dir, entry->d_name);
    }
    (void)closedir(stream);
    return count;
}

static inline void room_dir_remove(const struct room_dir *dir, const char *name)
{
    (void)unlinkat(dir->fd, name, 0);
}

static inline void room_dir_end(struct room_dir *dir)
{
    (void)room_dir_each(dir, room_dir_remove);
    (void)close(dir->fd);
    (void)rmdir(dir->path);
}

/* An item that shows `shown`: in JSON in quotes, in iCalendar in '<' and '>'. Its version is that of
 * its id without a ChangeKey. */
static inline int room_dir_try(struct room_build *build, int64_t start_utc, int64_t end_utc,
                               const char *id, const char *shown)
{
    char json[64];
    char ical[64];
    struct room_build_entry entry = {.start_utc = start_utc, .end_utc = end_utc};

    (void)snprintf(json, sizeof json, "\"%s\"", shown);
    (void)snprintf(ical, sizeof ical, "<%s>", shown);
    entry.id = slice_of(id);
    entry.json = slice_of(json);
    entry.ical = slice_of(ical);
    assert_int_equal(room_version_of(entry.id, slice_of(""), &entry.version), 0);
    return room_build_add(build, &entry);
}

static inline void room_dir_add(struct room_build *build, int64_t start_utc, int64_t end_utc,
                                const char *name)
{
    assert_int_equal(room_dir_try(build, start_utc, end_utc, name, name), 0);
}

static inline void room_dir_open(const struct room_dir *dir, struct room_file *ret)
{
    struct err err = {""};
    int result = room_file_open(dir->fd, dir->place.file_name, &dir->fingerprint, false, ret, &err);

    assert_string_equal(err.text, "");
    assert_int_equal(result, 0);
}

#endif
