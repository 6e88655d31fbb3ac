/* SPDX-License-Identifier: MIT */
#include "cache/room_build.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#define TEMPORARY_PREFIX ".tmp-"

void room_build_init(struct room_build *build)
{
    *build = (struct room_build){.heap = BUF_INIT(ROOM_FILE_SIZE_MAX / 2)};
}

void room_build_finish(struct room_build *build)
{
    free(build->items);
    buf_finish(&build->heap);
    room_build_init(build);
}

void room_build_clear(struct room_build *build)
{
    build->count = 0;
    buf_clear(&build->heap);
}

static int grow(struct room_build *build)
{
    size_t room = build->room ? build->room * 2 : 256;
    struct room_build_item *items = realloc(build->items, room * sizeof *items);

    if (!items)
        return -ENOMEM;
    build->items = items;
    build->room = room;
    return 0;
}

int room_build_add(struct room_build *build, int64_t start_utc, int64_t end_utc, struct slice id,
                   struct slice json)
{
    if (build->count == ROOM_ITEMS_MAX)
        return -EOVERFLOW;
    if (build->count == build->room && grow(build) < 0)
        return -ENOMEM;
    struct room_build_item item = {
        .start_utc = start_utc,
        .end_utc = end_utc,
        .id_at = build->heap.length,
        .id_length = id.length,
        .json_at = build->heap.length + id.length,
        .json_length = json.length,
        .arrival = build->count,
    };
    buf_append(&build->heap, id.at, id.length);
    buf_append(&build->heap, json.at, json.length);
    if (buf_error(&build->heap))
        return buf_error(&build->heap);
    build->items[build->count++] = item;
    return 0;
}

/* ---- order -------------------------------------------------------------------------------- */

static int compare_ids(const struct room_build_item *a, const struct room_build_item *b,
                       const char *heap)
{
    size_t shorter = a->id_length < b->id_length ? a->id_length : b->id_length;
    int order = memcmp(heap + a->id_at, heap + b->id_at, shorter);

    return order ? order : (a->id_length > b->id_length) - (a->id_length < b->id_length);
}

static int by_id_latest_first(const void *left, const void *right, void *heap)
{
    const struct room_build_item *a = left;
    const struct room_build_item *b = right;
    int order = compare_ids(a, b, heap);

    return order ? order : (a->arrival < b->arrival) - (a->arrival > b->arrival);
}

static int by_time(const void *left, const void *right, void *heap)
{
    const struct room_build_item *a = left;
    const struct room_build_item *b = right;

    if (a->start_utc != b->start_utc)
        return a->start_utc < b->start_utc ? -1 : 1;
    if (a->end_utc != b->end_utc)
        return a->end_utc < b->end_utc ? -1 : 1;
    return compare_ids(a, b, heap);
}

static void drop_duplicates(struct room_build *build, char *heap)
{
    size_t kept = 0;

    qsort_r(build->items, build->count, sizeof *build->items, by_id_latest_first, heap);
    for (size_t i = 0; i < build->count; i++) {
        if (!kept || compare_ids(&build->items[kept - 1], &build->items[i], heap) != 0)
            build->items[kept++] = build->items[i];
    }
    build->count = kept;
}

static void arrange(struct room_build *build)
{
    char *heap = build->heap.bytes;

    if (!build->count)
        return;
    drop_duplicates(build, heap);
    qsort_r(build->items, build->count, sizeof *build->items, by_time, heap);
}

/* ---- content -------------------------------------------------------------------------------- */

/* Everything behind the clock page, in pieces: to a hash, and to a file. */
typedef int take_bytes(void *context, const void *bytes, size_t length);

static int give_entries(const struct room_build *build, take_bytes *take, void *context)
{
    int64_t greatest_end = INT64_MIN;
    uint64_t json_at = 0;
    int error = 0;

    for (size_t i = 0; i < build->count && !error; i++) {
        const struct room_build_item *item = &build->items[i];
        if (item->end_utc > greatest_end)
            greatest_end = item->end_utc;
        struct room_entry entry = {item->start_utc, item->end_utc, greatest_end, json_at,
                                   item->json_length};
        error = take(context, &entry, sizeof entry);
        json_at += item->json_length + 1; /* the comma */
    }
    return error;
}

static int give_heap(const struct room_build *build, take_bytes *take, void *context)
{
    int error = 0;

    for (size_t i = 0; i < build->count && !error; i++) {
        const struct room_build_item *item = &build->items[i];
        if (i)
            error = take(context, ",", 1);
        if (!error)
            error = take(context, build->heap.bytes + item->json_at, item->json_length);
    }
    return error;
}

static int give_content(const struct room_build *build, take_bytes *take, void *context)
{
    int error = give_entries(build, take, context);

    return error ? error : give_heap(build, take, context);
}

static int take_into_hash(void *context, const void *bytes, size_t length)
{
    hash_add(context, bytes, length);
    return 0;
}

static uint64_t heap_length(const struct room_build *build)
{
    uint64_t length = build->count ? build->count - 1 : 0;

    for (size_t i = 0; i < build->count; i++)
        length += build->items[i].json_length;
    return length;
}

static int make_header(const struct room_build *build, const struct hash *fingerprint,
                       struct room_header *ret)
{
    struct hasher hasher;
    struct room_header header = {
        .magic = "roomcal",
        .format = ROOM_FORMAT,
        .byte_order = ROOM_BYTE_ORDER,
        .item_count = build->count,
        .json_at = ROOM_CONTENT_AT + build->count * sizeof(struct room_entry),
        .json_length = heap_length(build),
        .fingerprint = *fingerprint,
    };

    header.file_size = header.json_at + header.json_length;
    if (header.file_size > ROOM_FILE_SIZE_MAX)
        return -EOVERFLOW;
    (void)hash_begin(&hasher);
    (void)give_content(build, take_into_hash, &hasher);
    int error = hash_end(&hasher, &header.content);
    if (!error)
        error = room_header_check(&header, &header.check);
    if (!error)
        *ret = header;
    return error;
}

/* ---- the file ---------------------------------------------------------------------------------
 */

/* Gathers small pieces into large writes. */
struct writer {
    int fd;
    size_t used;
    char bytes[65536];
};

static int flush(struct writer *writer)
{
    int error = io_write_all(writer->fd, writer->bytes, writer->used);

    writer->used = 0;
    return error;
}

static int take_into_file(void *context, const void *bytes, size_t length)
{
    struct writer *writer = context;
    int error = 0;

    if (length > sizeof writer->bytes - writer->used)
        error = flush(writer);
    if (!error && length > sizeof writer->bytes)
        return io_write_all(writer->fd, bytes, length);
    if (!error) {
        memcpy(writer->bytes + writer->used, bytes, length);
        writer->used += length;
    }
    return error;
}

/* Header and clock as the first page of a file. */
static void make_first_page(const struct room_header *header, const struct room_times *times,
                            char page[static ROOM_CONTENT_AT])
{
    struct room_clock clock = {
        .fetched_at = times->fetched_at,
        .changed_at = times->changed_at,
        .expires_at = times->expires_at,
        .retry_at = times->retry_at,
        .failures = times->failures,
        .fault = times->fault,
    };

    memset(page, 0, ROOM_CONTENT_AT);
    memcpy(page, header, sizeof *header);
    memcpy(page + ROOM_CLOCK_AT, &clock, sizeof clock);
}

static int fill(int fd, const struct room_build *build, const struct room_header *header,
                const struct room_times *times)
{
    char page[ROOM_CONTENT_AT];
    /* Reserved first: a full disk shows now, not as a SIGBUS in a reader. */
    int error = -posix_fallocate(fd, 0, (off_t)header->file_size);
    struct writer *writer = error ? NULL : malloc(sizeof *writer);

    if (error)
        return error;
    if (!writer)
        return -ENOMEM;
    writer->fd = fd;
    writer->used = 0;
    make_first_page(header, times, page);
    error = take_into_file(writer, page, sizeof page);
    if (!error)
        error = give_content(build, take_into_file, writer);
    if (!error)
        error = flush(writer);
    free(writer);
    return error;
}

/* A name that no other thread or process uses now. */
static void temporary_name(char ret[static 64])
{
    static atomic_uint counter;

    (void)snprintf(ret, 64, TEMPORARY_PREFIX "%ld-%u", (long)getpid(),
                   atomic_fetch_add(&counter, 1));
}

static int write_file(const struct room_build *build, const struct room_place *place,
                      const struct room_header *header, const struct room_times *times,
                      struct err *err)
{
    char name[64];

    temporary_name(name);
    int fd =
        openat(place->cache_dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(err, errno, "cannot make a file in CACHE_DIR");
    int error = fill(fd, build, header, times);
    if (close(fd) < 0 && !error)
        error = -errno;
    if (!error && renameat(place->cache_dirfd, name, place->cache_dirfd, place->file_name) < 0)
        error = -errno;
    if (error) {
        (void)unlinkat(place->cache_dirfd, name, 0);
        return err_errno(err, -error, "cannot write %s in CACHE_DIR", place->file_name);
    }
    return 0;
}

/* ---- publishing ---------------------------------------------------------------------------------
 */

/* The good news last to first would show a moment of failure with new times; in this order every
 * mixture that a reader can see is either the old state or a harmless one. */
static void set_times(struct room_clock *clock, const struct room_times *times)
{
    atomic_store(&clock->changed_at, times->changed_at);
    atomic_store(&clock->fetched_at, times->fetched_at);
    atomic_store(&clock->expires_at, times->expires_at);
    atomic_store(&clock->retry_at, times->retry_at);
    atomic_store(&clock->failures, times->failures);
    atomic_store(&clock->fault, times->fault);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* `old` has no map when there is no usable file. */
static int replace_or_touch(const struct room_build *build, const struct room_place *place,
                            const struct room_header *header, struct room_file *old,
                            int64_t now_utc, int64_t ttl_s, struct err *err)
{
    struct room_times before = old->map ? room_file_times(old) : (struct room_times){0};
    struct room_times times = {.fetched_at = now_utc, .expires_at = now_utc + ttl_s};
    bool same =
        old->map && memcmp(header->content.bytes, old->header->content.bytes, HASH_SIZE) == 0;

    /* "Nothing known" and "known to be empty" have the same content, but not the same meaning. */
    times.changed_at =
        same && before.fetched_at ? before.changed_at : later(now_utc, before.changed_at + 1);
    if (same) {
        set_times(old->clock, &times);
        return ROOM_UNCHANGED;
    }
    int error = write_file(build, place, header, &times, err);
    if (error)
        return error;
    if (old->map)
        atomic_store(&old->clock->superseded, 1);
    return ROOM_REPLACED;
}

int room_build_publish(struct room_build *build, const struct room_place *place, int64_t now_utc,
                       int64_t ttl_s, struct err *err)
{
    struct room_header header;
    struct room_file old = {0};

    arrange(build);
    int result = make_header(build, place->fingerprint, &header);
    if (result)
        return err_errno(err, -result, "cannot build %s", place->file_name);
    result =
        room_file_open(place->cache_dirfd, place->file_name, place->fingerprint, true, &old, err);
    if (result < 0)
        return result;
    result = replace_or_touch(build, place, &header, &old, now_utc, ttl_s, err);
    room_file_close(&old);
    return result;
}

static int write_empty_file(const struct room_place *place, const struct room_times *times,
                            struct err *err)
{
    struct room_build nothing;
    struct room_header header;

    room_build_init(&nothing);
    int error = make_header(&nothing, place->fingerprint, &header);
    return error ? error : write_file(&nothing, place, &header, times, err);
}

int room_note_failure(const struct room_place *place, int64_t fault, int64_t retry_at,
                      struct err *err)
{
    struct room_times times = {.failures = 1, .fault = fault, .retry_at = retry_at};
    struct room_file file;
    int result =
        room_file_open(place->cache_dirfd, place->file_name, place->fingerprint, true, &file, err);

    if (result < 0)
        return result;
    if (result > 0)
        return write_empty_file(place, &times, err);
    atomic_store(&file.clock->fault, fault);
    atomic_store(&file.clock->retry_at, retry_at);
    atomic_fetch_add(&file.clock->failures, 1);
    room_file_close(&file);
    return 0;
}

int room_forget_times(const struct room_place *place, int64_t now_utc, struct err *err)
{
    struct room_file file;
    int result =
        room_file_open(place->cache_dirfd, place->file_name, place->fingerprint, true, &file, err);

    if (result != 0)
        return result;
    if (atomic_load(&file.clock->expires_at) > now_utc)
        atomic_store(&file.clock->expires_at, now_utc);
    atomic_store(&file.clock->retry_at, 0);
    room_file_close(&file);
    return 0;
}

void room_sweep(int cache_dirfd)
{
    int fd = openat(cache_dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);

    if (!directory) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strncmp(entry->d_name, TEMPORARY_PREFIX, strlen(TEMPORARY_PREFIX)) == 0)
            (void)unlinkat(cache_dirfd, entry->d_name, 0);
    }
    (void)closedir(directory);
}
