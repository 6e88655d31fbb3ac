/* SPDX-License-Identifier: MIT */
#include "cache/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/extremes.h"
#include "base/wait.h"
#include "cache/cache_dir.h"
#include "cache/room_clock.h"
#include "cache/room_copy.h"

#define WAIT_SLICE_MS 100

/* A mapping and who holds it: the place on the shelf while it is current, and each view. `file`
 * comes first, so that a view's address is its volume's. */
struct volume {
    struct room_file file;
    size_t references;
};

struct place {
    char file_name[ROOM_NAME_SIZE];
    struct hash fingerprint;
    struct volume *volume;         /* NULL: nothing usable was found when last looked */
    _Atomic int64_t cold_since_ms; /* clock_ms; 0: it is not cold */
    bool is_damaged;               /* when last looked */
    struct err damage;             /* "": none, or shelf_damage has told it */
    bool renewing; /* a thread is opening the file, without the mutex: checking a large one takes
                      time */
};

struct shelf {
    const struct config *config;
    int dirfd;
    size_t count;
    struct place *places;
    pthread_mutex_t mutex; /* guards volumes, their references and `announcements` */
    pthread_cond_t news;
    uint64_t announcements;
};

static int name_places(struct shelf *shelf, const struct config *config)
{
    struct hash settings;
    int error = config_fingerprint(config, &settings);

    for (size_t i = 0; i < shelf->count && !error; i++) {
        const struct config_room *room = &config->rooms[i];
        struct place *place = &shelf->places[i];
        room_file_name(room->name, place->file_name);
        error = room_file_fingerprint(&settings, room->name, room->mailbox, &place->fingerprint);
    }
    return error;
}

int shelf_create(const struct config *config, struct shelf **ret, struct err *err)
{
    struct shelf *shelf = calloc(1, sizeof *shelf);

    if (!shelf)
        return err_set(err, -ENOMEM, "no memory");
    (void)pthread_mutex_init(&shelf->mutex, NULL);
    wait_init(&shelf->news);
    shelf->config = config;
    shelf->dirfd = -1;
    shelf->places = calloc(config->room_count + 1, sizeof *shelf->places);
    shelf->count = shelf->places ? config->room_count : 0;
    int error = shelf->places ? name_places(shelf, config) : -ENOMEM;
    if (error)
        (void)err_set(err, error, "no memory");
    else
        error = shelf->dirfd = cache_dir_open(config->cache_dir, err);
    if (error < 0) {
        shelf_destroy(shelf);
        return error;
    }
    *ret = shelf;
    return 0;
}

/* With the mutex held. */
static void release(struct volume *volume)
{
    if (!volume || --volume->references)
        return;
    room_file_close(&volume->file);
    free(volume);
}

void shelf_destroy(struct shelf *shelf)
{
    if (!shelf)
        return;
    for (size_t i = 0; i < shelf->count; i++)
        release(shelf->places[i].volume);
    free(shelf->places);
    if (shelf->dirfd >= 0)
        (void)close(shelf->dirfd);
    (void)pthread_cond_destroy(&shelf->news);
    (void)pthread_mutex_destroy(&shelf->mutex);
    free(shelf);
}

int shelf_dirfd(const struct shelf *shelf)
{
    return shelf->dirfd;
}

const char *shelf_file_name(const struct shelf *shelf, size_t room)
{
    return shelf->places[room].file_name;
}

const struct hash *shelf_fingerprint(const struct shelf *shelf, size_t room)
{
    return &shelf->places[room].fingerprint;
}

struct room_place shelf_place(const struct shelf *shelf, size_t room)
{
    return (struct room_place){shelf->dirfd, shelf->places[room].file_name,
                               &shelf->places[room].fingerprint};
}

/* Whether the room's name leads to that file. */
static bool has_its_name(const struct shelf *shelf, const struct place *place,
                         const struct room_file *file)
{
    struct stat status;

    return fstatat(shelf->dirfd, place->file_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           room_file_is_same(file, status.st_dev, status.st_ino);
}

/* A file that has its name cannot have been superseded: its clock is damaged, if it says so. */
static int open_sound(const struct shelf *shelf, const struct place *place, struct room_file *ret,
                      struct err *err)
{
    int result =
        room_file_open(shelf->dirfd, place->file_name, &place->fingerprint, false, ret, err);

    if (result != 0 || !room_file_superseded(ret) || !has_its_name(shelf, place, ret))
        return result;
    dev_t device = ret->device;
    ino_t inode = ret->inode;
    room_file_close(ret);
    *ret = (struct room_file){.device = device, .inode = inode};
    return err_set(err, ROOM_FILE_DAMAGED, "%s: its clock is damaged", place->file_name);
}

/* NULL: nothing usable there, or no memory. `damage` says what is wrong with what is there; "" for absence, and for a
 * file that is good to others. */
static struct volume *open_volume(const struct shelf *shelf, const struct place *place,
                                  struct err *damage)
{
    struct volume *volume = calloc(1, sizeof *volume);

    if (!volume)
        return NULL;
    volume->references = 1;
    int result = open_sound(shelf, place, &volume->file, damage);
    if (result == 0)
        return volume;
    if (result == ROOM_FILE_FOREIGN)
        *damage = (struct err){""};
    if (result == ROOM_FILE_DAMAGED)
        room_condemn(&(struct room_place){shelf->dirfd, place->file_name, &place->fingerprint},
                     &volume->file);
    free(volume);
    return NULL;
}

static bool can_show(const struct volume *volume)
{
    return volume && room_file_can_show(&volume->file);
}

/*
 * `superseded` is set in the file that a new one replaces. A file that was removed by hand, or one
 * made with other settings, is not replaced but forgotten: so a mapping that has expired looks
 * whether it still has its name.
 */
static bool is_current(const struct shelf *shelf, const struct place *place)
{
    const struct volume *volume = place->volume;

    if (!can_show(volume) || room_file_superseded(&volume->file))
        return false;
    if (shelf_times_of(shelf, &volume->file).expires_at > clock_utc())
        return true;
    return has_its_name(shelf, place, &volume->file);
}

/* With the mutex held. What is damaged until a good file is there is told once. */
static void note_damage(struct place *place, const struct err *damage)
{
    if (!place->is_damaged)
        place->damage = *damage;
    place->is_damaged = true;
}

/* With the mutex held, which is let go meanwhile. When nothing usable is there, what we have is
 * still good to show, unless it is damaged. */
static void renew(struct shelf *shelf, struct place *place)
{
    struct err damage = {""};

    if (place->volume && !can_show(place->volume)) {
        (void)err_set(&damage, 0, "%s: it was damaged while it was in use", place->file_name);
        note_damage(place, &damage);
        damage = (struct err){""};
    }
    place->renewing = true;
    (void)pthread_mutex_unlock(&shelf->mutex);
    struct volume *newer = open_volume(shelf, place, &damage);
    (void)pthread_mutex_lock(&shelf->mutex);
    place->renewing = false;
    if (newer)
        place->is_damaged = false;
    else if (*damage.text)
        note_damage(place, &damage);
    (void)pthread_cond_broadcast(&shelf->news);
    if (newer || !can_show(place->volume)) {
        release(place->volume);
        place->volume = newer;
    }
}

const struct room_file *shelf_take(struct shelf *shelf, size_t room)
{
    struct place *place = &shelf->places[room];

    (void)pthread_mutex_lock(&shelf->mutex);
    if (!place->renewing && !is_current(shelf, place))
        renew(shelf, place);
    while (place->renewing && !can_show(place->volume))
        (void)pthread_cond_wait(&shelf->news, &shelf->mutex);
    struct volume *volume = place->volume;
    if (volume)
        volume->references++;
    (void)pthread_mutex_unlock(&shelf->mutex);
    return volume ? &volume->file : NULL;
}

/* Writes down what is mapped of a room, and maps what is there then: its clock is the one that goes on. */
static void republish(struct shelf *shelf, size_t room)
{
    struct room_place place = shelf_place(shelf, room);
    const struct room_file *view = shelf_take(shelf, room);

    if (!view)
        return;
    (void)room_copy(view, &place, NULL);
    shelf_drop(shelf, view);
    (void)pthread_mutex_lock(&shelf->mutex);
    if (!shelf->places[room].renewing)
        renew(shelf, &shelf->places[room]);
    (void)pthread_mutex_unlock(&shelf->mutex);
}

int shelf_mend(struct shelf *shelf, struct err *err)
{
    int result = cache_dir_mend(shelf->dirfd, shelf->config->cache_dir, err);

    for (size_t room = 0; result > 0 && room < shelf->count; room++)
        republish(shelf, room);
    return result;
}

bool shelf_damage(struct shelf *shelf, struct err *ret)
{
    bool is_found = false;

    (void)pthread_mutex_lock(&shelf->mutex);
    for (size_t room = 0; room < shelf->count && !is_found; room++) {
        struct err *damage = &shelf->places[room].damage;
        is_found = *damage->text;
        if (is_found)
            *ret = *damage;
        damage->text[0] = '\0';
    }
    (void)pthread_mutex_unlock(&shelf->mutex);
    return is_found;
}

void shelf_drop(struct shelf *shelf, const struct room_file *view)
{
    if (!view)
        return;
    (void)pthread_mutex_lock(&shelf->mutex);
    release((struct volume *)(uintptr_t)view);
    (void)pthread_mutex_unlock(&shelf->mutex);
}

struct room_times shelf_times_of(const struct shelf *shelf, const struct room_file *view)
{
    struct room_times times = view ? room_file_times(view) : (struct room_times){0};
    int64_t latest = times.fetched_at + shelf->config->cache_ttl_s;

    if (times.expires_at > latest)
        times.expires_at = latest;
    return times;
}

struct room_times shelf_times(struct shelf *shelf, size_t room)
{
    const struct room_file *view = shelf_take(shelf, room);
    struct room_times times = shelf_times_of(shelf, view);

    shelf_drop(shelf, view);
    return times;
}

int64_t shelf_cold_for(struct shelf *shelf, size_t room, bool is_cold, int64_t now_ms)
{
    _Atomic int64_t *since_ms = &shelf->places[room].cold_since_ms;
    int64_t before = atomic_load(since_ms);

    if (!is_cold) {
        if (before)
            atomic_store(since_ms, 0);
        return 0;
    }
    if (!before && atomic_compare_exchange_strong(since_ms, &before, now_ms))
        return 0;
    return now_ms - before;
}

void shelf_announce(struct shelf *shelf)
{
    (void)pthread_mutex_lock(&shelf->mutex);
    shelf->announcements++;
    (void)pthread_cond_broadcast(&shelf->news);
    (void)pthread_mutex_unlock(&shelf->mutex);
}

uint64_t shelf_announcements(struct shelf *shelf)
{
    (void)pthread_mutex_lock(&shelf->mutex);
    uint64_t announcements = shelf->announcements;
    (void)pthread_mutex_unlock(&shelf->mutex);
    return announcements;
}

void shelf_wait(struct shelf *shelf, uint64_t seen, int64_t deadline_ms)
{
    int64_t slice_ms = clock_ms() + WAIT_SLICE_MS;
    int64_t until_ms = min_of(slice_ms, deadline_ms);

    (void)pthread_mutex_lock(&shelf->mutex);
    while (shelf->announcements == seen && wait_until(&shelf->news, &shelf->mutex, until_ms))
        ;
    (void)pthread_mutex_unlock(&shelf->mutex);
}
