/* SPDX-License-Identifier: MIT */
#include "cache/room_build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/extremes.h"
#include "base/io.h"
#include "cache/room_clock.h"
#include "cache/temporary.h"

void room_build_init(struct room_build *build, int cache_dirfd)
{
    *build = (struct room_build){
        .ids = BUF_INIT(ROOM_BUILD_IDS_MAX),
        .memo = BUF_INIT(ROOM_MEMO_MAX),
    };
    spool_init(&build->texts, cache_dirfd, ROOM_BUILD_MEMORY, ROOM_FILE_SIZE_MAX);
}

void room_build_finish(struct room_build *build)
{
    free(build->items);
    build->items = NULL;
    build->count = 0;
    build->room = 0;
    buf_finish(&build->ids);
    buf_finish(&build->memo);
    build->basis = (struct room_basis){0};
    spool_finish(&build->texts);
}

void room_build_clear(struct room_build *build)
{
    build->count = 0;
    buf_clear(&build->ids);
    spool_clear(&build->texts);
    buf_clear(&build->memo);
    build->basis = (struct room_basis){0};
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

/* Into `ids`, into `texts`; where it is there. */
static struct room_extent keep_id(struct room_build *build, struct slice id)
{
    struct room_extent extent = {build->ids.length, id.length};

    buf_append(&build->ids, id.at, id.length);
    return extent;
}

static struct room_extent keep_text(struct room_build *build, struct slice text)
{
    struct room_extent extent = {spool_length(&build->texts), text.length};

    spool_append(&build->texts, text.at, text.length);
    return extent;
}

int room_build_add(struct room_build *build, const struct room_build_entry *entry)
{
    if (build->count == ROOM_ITEMS_MAX)
        return -EOVERFLOW;
    if (build->count == build->room && grow(build) < 0)
        return -ENOMEM;
    struct room_build_item item = {
        .start_utc = entry->start_utc,
        .end_utc = entry->end_utc,
        .version = entry->version,
        .arrival = build->count,
    };
    item.id = keep_id(build, entry->id);
    item.forms[ROOM_JSON] = keep_text(build, entry->json);
    item.forms[ROOM_ICAL] = keep_text(build, entry->ical);
    if (buf_error(&build->ids))
        return buf_error(&build->ids);
    if (spool_error(&build->texts))
        return spool_error(&build->texts);
    build->items[build->count++] = item;
    return 0;
}

void room_build_basis(struct room_build *build, const struct room_basis *basis)
{
    build->basis = *basis;
}

int room_build_memo(struct room_build *build, struct slice memo)
{
    buf_clear(&build->memo);
    buf_append(&build->memo, memo.at, memo.length);
    return buf_error(&build->memo);
}

/* ---- order -------------------------------------------------------------------------------- */

static int compare_ids(const struct room_build_item *a, const struct room_build_item *b,
                       const char *ids)
{
    uint64_t shorter = a->id.length < b->id.length ? a->id.length : b->id.length;
    int order = memcmp(ids + a->id.at, ids + b->id.at, shorter);

    return order ? order : (a->id.length > b->id.length) - (a->id.length < b->id.length);
}

static int by_id_latest_first(const void *left, const void *right, void *ids)
{
    const struct room_build_item *a = left;
    const struct room_build_item *b = right;
    int order = compare_ids(a, b, ids);

    return order ? order : (a->arrival < b->arrival) - (a->arrival > b->arrival);
}

static int by_time(const void *left, const void *right, void *ids)
{
    const struct room_build_item *a = left;
    const struct room_build_item *b = right;

    if (a->start_utc != b->start_utc)
        return a->start_utc < b->start_utc ? -1 : 1;
    if (a->end_utc != b->end_utc)
        return a->end_utc < b->end_utc ? -1 : 1;
    return compare_ids(a, b, ids);
}

static void drop_duplicates(struct room_build *build, char *ids)
{
    size_t kept = 0;

    qsort_r(build->items, build->count, sizeof *build->items, by_id_latest_first, ids);
    for (size_t i = 0; i < build->count; i++) {
        if (!kept || compare_ids(&build->items[kept - 1], &build->items[i], ids) != 0)
            build->items[kept++] = build->items[i];
    }
    build->count = kept;
}

static void arrange(struct room_build *build)
{
    char *ids = build->ids.bytes;

    if (!build->count)
        return;
    drop_duplicates(build, ids);
    qsort_r(build->items, build->count, sizeof *build->items, by_time, ids);
}

/* ---- content -------------------------------------------------------------------------------- */

/* Everything behind the clock's page, part by part and in pieces: to a hash, and to a file. */
typedef int give_part(struct room_build *build, spool_take *take, void *context);

static int give_entries(struct room_build *build, spool_take *take, void *context)
{
    struct room_entry entry = {.greatest_end_utc = INT64_MIN};
    uint64_t ends[ROOM_FORMS] = {0};
    int error = 0;

    for (size_t i = 0; i < build->count && !error; i++) {
        const struct room_build_item *item = &build->items[i];
        entry.start_utc = item->start_utc;
        entry.end_utc = item->end_utc;
        entry.greatest_end_utc = max_of(entry.greatest_end_utc, item->end_utc);
        entry.version = item->version;
        for (size_t form = 0; form < ROOM_FORMS; form++) {
            entry.forms[form] = (struct room_extent){ends[form], item->forms[form].length};
            ends[form] += item->forms[form].length;
        }
        ends[ROOM_JSON]++; /* the comma */
        error = take(context, &entry, sizeof entry);
    }
    return error;
}

static int give_text(struct room_build *build, size_t place, enum room_form form, spool_take *take,
                     void *context)
{
    const struct room_extent *text = &build->items[place].forms[form];

    return spool_read(&build->texts, text->at, text->length, take, context);
}

static int give_json(struct room_build *build, spool_take *take, void *context)
{
    int error = 0;

    for (size_t i = 0; i < build->count && !error; i++) {
        if (i)
            error = take(context, ",", 1);
        if (!error)
            error = give_text(build, i, ROOM_JSON, take, context);
    }
    return error;
}

static int give_ical(struct room_build *build, spool_take *take, void *context)
{
    int error = 0;

    for (size_t i = 0; i < build->count && !error; i++)
        error = give_text(build, i, ROOM_ICAL, take, context);
    return error;
}

static int give_memo(struct room_build *build, spool_take *take, void *context)
{
    return take(context, buf_text(&build->memo), build->memo.length);
}

static give_part *const parts[ROOM_PARTS] = {
    [ROOM_PART_ENTRIES] = give_entries,
    [ROOM_PART_HEAPS + ROOM_JSON] = give_json,
    [ROOM_PART_HEAPS + ROOM_ICAL] = give_ical,
    [ROOM_PART_MEMO] = give_memo,
};

static int give_content(struct room_build *build, spool_take *take, void *context)
{
    int error = 0;

    for (size_t i = 0; i < ROOM_PARTS && !error; i++)
        error = parts[i](build, take, context);
    return error;
}

/* A part's hash and how long it is. */
struct measure {
    struct hasher hasher;
    uint64_t length;
};

static int take_into_measure(void *context, const void *bytes, size_t length)
{
    struct measure *measure = context;

    hash_add(&measure->hasher, bytes, length);
    measure->length += length;
    return 0;
}

static int measure_part(struct room_build *build, size_t part, struct room_header *header)
{
    struct measure measure = {.length = 0};

    (void)hash_begin(&measure.hasher);
    int unread = parts[part](build, take_into_measure, &measure);
    header->parts[part] = (struct room_extent){header->file_size, measure.length};
    header->file_size += measure.length;
    int error = hash_end(&measure.hasher, &header->hashes[part]);
    return unread ? unread : error;
}

static int make_header(struct room_build *build, const struct hash *fingerprint,
                       struct room_header *ret)
{
    struct room_header header = {
        .magic = "roomcal",
        .format = ROOM_FORMAT,
        .byte_order = ROOM_BYTE_ORDER,
        .file_size = ROOM_CONTENT_AT,
        .item_count = build->count,
        .fingerprint = *fingerprint,
    };
    int error = 0;

    for (size_t i = 0; i < ROOM_PARTS && !error; i++)
        error = measure_part(build, i, &header);
    header.file_size += ROOM_TRAILER_SIZE;
    if (!error && header.file_size > ROOM_FILE_SIZE_MAX)
        error = -EOVERFLOW;
    if (!error)
        error = room_header_check(&header, &header.check);
    if (!error)
        *ret = header;
    return error;
}

/* ---- the file -------------------------------------------------------------------------------- */

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
                            const struct room_basis *basis, char page[static ROOM_CONTENT_AT])
{
    struct room_clock clock = {
        .fetched_at = times->fetched_at,
        .changed_at = times->changed_at,
        .expires_at = times->expires_at,
        .retry_at = times->retry_at,
        .failures = times->failures,
        .failed_at = times->failed_at,
        .fault = times->fault,
        .change_mark = {basis->change_mark[0], basis->change_mark[1]},
        .asked_at = basis->asked_at,
        .window_start_utc = basis->window_start_utc,
        .window_end_utc = basis->window_end_utc,
        .step_s = basis->step_s,
    };

    memset(page, 0, ROOM_CONTENT_AT);
    memcpy(page, header, sizeof *header);
    memcpy(page + ROOM_CLOCK_AT, &clock, sizeof clock);
}

static int fill(int fd, struct room_build *build, const struct room_header *header,
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
    make_first_page(header, times, &build->basis, page);
    error = take_into_file(writer, page, sizeof page);
    if (!error)
        error = give_content(build, take_into_file, writer);
    if (!error)
        error = take_into_file(writer, ROOM_TRAILER, ROOM_TRAILER_SIZE);
    if (!error)
        error = flush(writer);
    free(writer);
    return error;
}

/* An empty directory that has the room's name gives way, as any other thing there does. */
static int take_name(const struct room_place *place, const char *temporary)
{
    int dirfd = place->cache_dirfd;
    int result = renameat(dirfd, temporary, dirfd, place->file_name);

    if (result < 0 && errno == EISDIR && unlinkat(dirfd, place->file_name, AT_REMOVEDIR) == 0)
        result = renameat(dirfd, temporary, dirfd, place->file_name);
    return result < 0 ? -errno : 0;
}

static int write_file(struct room_build *build, const struct room_place *place,
                      const struct room_header *header, const struct room_times *times,
                      struct err *err)
{
    char name[TEMPORARY_NAME_SIZE];
    int fd = temporary_create(place->cache_dirfd, name);

    if (fd < 0)
        return err_errno(err, -fd, "cannot make a file in CACHE_DIR");
    int error = fill(fd, build, header, times);
    if (close(fd) < 0 && !error)
        error = -errno;
    if (!error)
        error = take_name(place, name);
    if (error) {
        (void)unlinkat(place->cache_dirfd, name, 0);
        return err_errno(err, -error, "cannot write %s in CACHE_DIR", place->file_name);
    }
    return 0;
}

/* ---- publishing ------------------------------------------------------------------------------ */

static bool same_parts(const struct room_header *a, const struct room_header *b, size_t first,
                       size_t count)
{
    return memcmp(&a->hashes[first], &b->hashes[first], count * sizeof a->hashes[0]) == 0;
}

/* `old` has no map when there is no usable file. */
static int replace_or_touch(struct room_build *build, const struct room_place *place,
                            const struct room_header *header, struct room_file *old,
                            int64_t now_utc, int64_t ttl_s, struct err *err)
{
    struct room_times before = old->map ? room_file_times(old) : (struct room_times){0};
    struct room_times times = {.fetched_at = now_utc, .expires_at = now_utc + ttl_s};
    bool same = old->map && same_parts(header, old->header, 0, ROOM_PARTS);
    bool same_shown = old->map && same_parts(header, old->header, ROOM_PART_HEAPS, ROOM_FORMS);

    /* "Nothing known" and "known to be empty" have the same content, but not the same meaning. */
    times.changed_at = same_shown && before.fetched_at ? before.changed_at
                                                       : max_of(now_utc, before.changed_at + 1);
    if (same) {
        room_clock_set_basis(old->clock, &build->basis);
        room_clock_set_times(old->clock, &times);
        return ROOM_UNCHANGED;
    }
    int error = write_file(build, place, header, &times, err);
    if (error)
        return error;
    if (old->map)
        atomic_store(&old->clock->superseded, ROOM_SUPERSEDED);
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
    if (result == ROOM_FILE_DAMAGED)
        room_condemn(place, &old);
    result = replace_or_touch(build, place, &header, &old, now_utc, ttl_s, err);
    room_file_close(&old);
    return result;
}

static int write_empty_file(const struct room_place *place, const struct room_times *times,
                            struct err *err)
{
    struct room_build nothing;
    struct room_header header;

    room_build_init(&nothing, place->cache_dirfd);
    int error = make_header(&nothing, place->fingerprint, &header);
    return error ? error : write_file(&nothing, place, &header, times, err);
}

int room_note_failure(const struct room_place *place, int64_t fault, int64_t retry_at,
                      struct err *err)
{
    struct room_times times = {
        .failures = 1, .failed_at = clock_utc(), .fault = fault, .retry_at = retry_at};
    int result = room_clock_fail(place, &times, err);

    return result > 0 ? write_empty_file(place, &times, err) : result;
}

void room_sweep(int cache_dirfd)
{
    temporary_sweep(cache_dirfd);
}
