/* SPDX-License-Identifier: MIT */
#include "cache/room_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/guard.h"

_Static_assert(sizeof(struct room_header) <= ROOM_CLOCK_AT, "the header ends before the clock");
_Static_assert(ROOM_CLOCK_AT + sizeof(struct room_clock) <= ROOM_CONTENT_AT,
               "the clock ends before the content");
_Static_assert(sizeof(struct room_entry) == 72, "entries are stored without holes");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "the clock is shared by processes, so without locks");

void room_file_name(const char *room, char ret[static ROOM_NAME_SIZE])
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    static const char suffix[] = ".room";
    size_t used = 0;

    for (const char *at = room; *at; at++) {
        if (used + 3 + sizeof suffix > ROOM_NAME_SIZE) {
            struct hasher hasher;
            struct hash hash = {{0}};
            (void)hash_begin(&hasher);
            hash_add(&hasher, room, strlen(room));
            /* Without memory the name is that of the zero hash: a file of another room, refused by
             * its fingerprint. */
            (void)hash_end(&hasher, &hash);
            ret[0] = '=';
            hash_hex(&hash, HASH_SIZE, ret + 1);
            used = 1 + 2 * HASH_SIZE;
            break;
        }
        if (strchr(plain, *at))
            ret[used++] = *at;
        else
            used += (size_t)snprintf(ret + used, 4, "%%%02X", (unsigned)(unsigned char)*at);
    }
    memcpy(ret + used, suffix, sizeof suffix);
}

int room_file_fingerprint(const struct hash *settings, const char *room, const char *mailbox,
                          struct hash *ret)
{
    struct hasher hasher;

    (void)hash_begin(&hasher);
    hash_add_field(&hasher, settings->bytes, HASH_SIZE);
    hash_add_field(&hasher, room, strlen(room));
    hash_add_field(&hasher, mailbox, strlen(mailbox));
    return hash_end(&hasher, ret);
}

int room_header_check(const struct room_header *header, struct hash *ret)
{
    struct room_header copy = *header;
    struct hasher hasher;

    memset(&copy.check, 0, sizeof copy.check);
    (void)hash_begin(&hasher);
    hash_add(&hasher, &copy, sizeof copy);
    return hash_end(&hasher, ret);
}

static bool same_hash(const struct hash *left, const struct hash *right)
{
    return memcmp(left->bytes, right->bytes, HASH_SIZE) == 0;
}

/* Who may have written it, and is it a file at all. */
static bool is_ours(const struct stat *status, struct err *err)
{
    if (!S_ISREG(status->st_mode))
        return err_set(err, 0, "it is not a regular file");
    /* root looks at the service's files with the operator's command. */
    if (status->st_uid != geteuid() && geteuid() != 0)
        return err_set(err, 0, "it belongs to another user");
    if (status->st_mode & 077)
        return err_set(err, 0, "others may read or write it");
    if (status->st_size < (off_t)(ROOM_CONTENT_AT + ROOM_TRAILER_SIZE) ||
        (uint64_t)status->st_size > ROOM_FILE_SIZE_MAX)
        return err_set(err, 0, "its size is out of range");
    return true;
}

/* The parts lie one behind the other, from the clock's page to the file's end. Overflow is
 * impossible: every term is checked against the file's size, which is at most ROOM_FILE_SIZE_MAX.
 */
static bool layout_holds(const struct room_header *header, uint64_t size)
{
    uint64_t at = ROOM_CONTENT_AT;

    for (size_t i = 0; i < ROOM_PARTS; i++) {
        const struct room_extent *part = &header->parts[i];
        if (part->at != at || part->length > size - at)
            return false;
        at += part->length;
    }
    return header->file_size == size && at == size - ROOM_TRAILER_SIZE &&
           header->item_count <= ROOM_ITEMS_MAX &&
           header->parts[ROOM_PART_ENTRIES].length ==
               header->item_count * sizeof(struct room_entry);
}

/* 0; 1, ROOM_FILE_FOREIGN or, of the content below, ROOM_FILE_DAMAGED: it does not hold, `err` says why; < 0: that could not be found
 * out. */
static int header_holds(const struct room_header *header, uint64_t size,
                        const struct hash *fingerprint, struct err *err)
{
    static const char magic[8] = "roomcal";
    struct hash found;

    if (memcmp(header->magic, magic, sizeof magic) != 0)
        return err_set(err, 1, "it is no room file");
    if (header->format != ROOM_FORMAT || header->byte_order != ROOM_BYTE_ORDER)
        return err_set(err, ROOM_FILE_FOREIGN, "it is of another version or machine");
    int error = room_header_check(header, &found);
    if (error)
        return err_errno(err, -error, "cannot check its header");
    if (!same_hash(&found, &header->check))
        return err_set(err, 1, "its header is damaged");
    if (!layout_holds(header, size))
        return err_set(err, 1, "its length is wrong");
    if (!same_hash(&header->fingerprint, fingerprint))
        return err_set(err, ROOM_FILE_FOREIGN, "it was made with other settings");
    return 0;
}

static struct slice part_of(const struct room_file *file, enum room_part part)
{
    const struct room_extent *extent = &file->header->parts[part];

    return (struct slice){(const char *)file->map + extent->at, (size_t)extent->length};
}

/* An entry's texts lie in their heaps right behind those of the entry before. `ends` is where each
 * heap's next one has to begin, and is moved on. */
static bool texts_hold(const struct room_file *file, const struct room_entry *entry, bool is_last,
                       uint64_t ends[static ROOM_FORMS])
{
    static const uint64_t separators[ROOM_FORMS] = {[ROOM_JSON] = 1, [ROOM_ICAL] = 0};

    for (size_t form = 0; form < ROOM_FORMS; form++) {
        const struct room_extent *text = &entry->forms[form];
        uint64_t heap = file->header->parts[ROOM_PART_HEAPS + form].length;
        if (text->at != ends[form] || text->at > heap || text->length > heap - text->at)
            return false;
        ends[form] += text->length + (is_last ? 0 : separators[form]);
    }
    return true;
}

static bool entries_hold(const struct room_file *file)
{
    uint64_t ends[ROOM_FORMS] = {0};
    int64_t greatest_end = INT64_MIN;

    for (size_t i = 0; i < file->item_count; i++) {
        const struct room_entry *entry = &file->entries[i];
        if (!texts_hold(file, entry, i + 1 == file->item_count, ends))
            return false;
        if (entry->end_utc > greatest_end)
            greatest_end = entry->end_utc;
        if (entry->greatest_end_utc != greatest_end ||
            (i && entry->start_utc < file->entries[i - 1].start_utc))
            return false;
    }
    for (size_t form = 0; form < ROOM_FORMS; form++) {
        if (ends[form] != file->header->parts[ROOM_PART_HEAPS + form].length)
            return false;
    }
    return true;
}

static int content_holds(const struct room_file *file, struct err *err)
{
    for (size_t i = 0; i < ROOM_PARTS; i++) {
        struct slice bytes = part_of(file, (enum room_part)i);
        struct hasher hasher;
        struct hash hash;
        (void)hash_begin(&hasher);
        hash_add(&hasher, bytes.at, bytes.length);
        int error = hash_end(&hasher, &hash);
        if (error)
            return err_errno(err, -error, "cannot check its content");
        if (!same_hash(&hash, &file->header->hashes[i]))
            return err_set(err, ROOM_FILE_DAMAGED, "its content is damaged");
    }
    if (!entries_hold(file))
        return err_set(err, ROOM_FILE_DAMAGED, "its index is damaged");
    return 0;
}

/* What is mapped, and may be written. */
enum access {
    ACCESS_ALL,            /* all of it, to read */
    ACCESS_ALL_SET_CLOCK,  /* all of it, and the clock may be written */
    ACCESS_ONLY_SET_CLOCK, /* no more than the clock's page, which may be written */
};

static void *map_clock(void *at, int fd)
{
    int flags = at ? MAP_SHARED | MAP_FIXED : MAP_SHARED;

    return mmap(at, ROOM_CONTENT_AT, PROT_READ | PROT_WRITE, flags, fd, 0);
}

/* Everything but the first pages is mapped read-only even for the refresher: the clock's page is
 * mapped a second time over the first, so that a stray write cannot reach an item. */
static void *map_all(int fd, size_t size, bool set_clock)
{
    void *base = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);

    if (base != MAP_FAILED && set_clock && map_clock(base, fd) == MAP_FAILED) {
        int error = errno;
        (void)munmap(base, size);
        errno = error;
        return MAP_FAILED;
    }
    return base;
}

static int map(int fd, const struct stat *status, enum access access, struct room_file *ret,
               struct err *err)
{
    bool all = access != ACCESS_ONLY_SET_CLOCK;
    size_t size = all ? (size_t)status->st_size : ROOM_CONTENT_AT;
    uint64_t since = guard_hits();
    void *base = all ? map_all(fd, size, access == ACCESS_ALL_SET_CLOCK) : map_clock(NULL, fd);

    if (base == MAP_FAILED)
        return err_errno(err, errno, "cannot map it");
    char *bytes = base;
    *ret = (struct room_file){
        .guarded_since = since,
        .map = base,
        .size = size,
        .header = base,
        .clock = (struct room_clock *)(void *)(bytes + ROOM_CLOCK_AT),
        .entries = all ? (const struct room_entry *)(const void *)(bytes + ROOM_CONTENT_AT) : NULL,
        .device = status->st_dev,
        .inode = status->st_ino,
    };
    return 0;
}

/* Looks at all that is mapped. */
static int check(struct room_file *file, const struct stat *status, const struct hash *fingerprint,
                 struct err *err)
{
    int verdict = header_holds(file->header, (uint64_t)status->st_size, fingerprint, err);

    if (verdict != 0 || !file->entries)
        return verdict;
    file->item_count = (size_t)file->header->item_count;
    return content_holds(file, err);
}

static int map_checked(int fd, const struct hash *fingerprint, enum access access,
                       struct room_file *ret, struct err *err)
{
    struct stat status;
    struct room_file file = {0};

    if (fstat(fd, &status) < 0)
        return err_errno(err, errno, "cannot examine it");
    if (!is_ours(&status, err))
        return 1;
    int error = map(fd, &status, access, &file, err);
    if (!file.map)
        return error;
    int verdict = check(&file, &status, fingerprint, err);
    if (verdict == 0 && !room_file_is_whole(&file))
        verdict = err_set(err, ROOM_FILE_DAMAGED, "it cannot be read");
    if (verdict != 0)
        room_file_close(&file);
    if (verdict == ROOM_FILE_DAMAGED)
        file = (struct room_file){.device = status.st_dev, .inode = status.st_ino};
    if (verdict == 0 || verdict == ROOM_FILE_DAMAGED)
        *ret = file;
    return verdict;
}

static int open_with(int cache_dirfd, const char *file_name, const struct hash *fingerprint,
                     enum access access, struct room_file *ret, struct err *err)
{
    /* O_NONBLOCK: somebody may have put a FIFO there, which would wait for a writer. */
    int flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (access == ACCESS_ALL ? O_RDONLY : O_RDWR);
    int fd = openat(cache_dirfd, file_name, flags);

    if (fd < 0 && errno == ENOENT)
        return err_set(err, 1, "%s", "");
    if (fd < 0 && (errno == ELOOP || errno == EISDIR || errno == ENXIO || errno == EACCES))
        return err_set(err, 1, "it is not a regular file of ours");
    if (fd < 0)
        return err_errno(err, errno, "cannot open it");
    int result = map_checked(fd, fingerprint, access, ret, err);
    (void)close(fd);
    return result;
}

/* Puts the file's name before why it could not be opened. */
static int name_it(const char *file_name, int result, struct err *err)
{
    if (result != 0 && err && *err->text)
        (void)err_set(err, result, "%s: %s", file_name, err->text);
    return result;
}

int room_file_open(int cache_dirfd, const char *file_name, const struct hash *fingerprint,
                   bool writable, struct room_file *ret, struct err *err)
{
    enum access access = writable ? ACCESS_ALL_SET_CLOCK : ACCESS_ALL;
    int result = open_with(cache_dirfd, file_name, fingerprint, access, ret, err);

    return name_it(file_name, result, err);
}

int room_file_open_clock(const struct room_place *place, struct room_file *ret, struct err *err)
{
    int result = open_with(place->cache_dirfd, place->file_name, place->fingerprint,
                           ACCESS_ONLY_SET_CLOCK, ret, err);

    return name_it(place->file_name, result == ROOM_FILE_FOREIGN ? 1 : result, err);
}

void room_file_close(struct room_file *file)
{
    if (file->map) {
        /* The map is const for everybody but its owner. */
        (void)munmap((void *)(uintptr_t)file->map, file->size);
    }
    *file = (struct room_file){0};
}

/* The clock has no hash, since it changes: what makes no sense there counts as never, so that nobody's arithmetic
 * overflows. */
static int64_t moment(const _Atomic int64_t *clock)
{
    int64_t utc = atomic_load(clock);

    return utc > 0 && utc <= ROOM_MOMENT_MAX ? utc : 0;
}

/* Times may be written while we look: each is whole, and the order of a publication's stores
 * (expires_at before failures, room_clock.c) makes every mixture a state that was true a moment ago
 * or is now. */
struct room_times room_file_times(const struct room_file *file)
{
    const struct room_clock *clock = file->clock;

    return (struct room_times){
        .fetched_at = moment(&clock->fetched_at),
        .changed_at = moment(&clock->changed_at),
        .expires_at = moment(&clock->expires_at),
        .retry_at = moment(&clock->retry_at),
        .failures = moment(&clock->failures),
        .failed_at = moment(&clock->failed_at),
        .fault = moment(&clock->fault),
    };
}

struct room_basis room_file_basis(const struct room_file *file)
{
    const struct room_clock *clock = file->clock;

    return (struct room_basis){
        .asked_at = atomic_load(&clock->asked_at),
        .change_mark = {atomic_load(&clock->change_mark[0]), atomic_load(&clock->change_mark[1])},
        .window_start_utc = atomic_load(&clock->window_start_utc),
        .window_end_utc = atomic_load(&clock->window_end_utc),
        .step_s = atomic_load(&clock->step_s),
    };
}

bool room_file_superseded(const struct room_file *file)
{
    return atomic_load(&file->clock->superseded) != ROOM_CURRENT;
}

bool room_file_can_show(const struct room_file *file)
{
    return atomic_load(&file->clock->superseded) != ROOM_CONDEMNED && room_file_is_whole(file);
}

bool room_file_is_same(const struct room_file *file, dev_t device, ino_t inode)
{
    return file->device == device && file->inode == inode;
}

/* The trailer first: looking at it may be what finds the damage. */
bool room_file_is_whole(const struct room_file *file)
{
    const char *trailer = (const char *)file->map + file->size - ROOM_TRAILER_SIZE;
    bool has_its_end = !file->entries || memcmp(trailer, ROOM_TRAILER, ROOM_TRAILER_SIZE) == 0;

    return has_its_end && !guard_has_hit(file->map, file->size, file->guarded_since);
}

struct slice room_file_heap(const struct room_file *file, enum room_form form)
{
    return part_of(file, ROOM_PART_HEAPS + form);
}

struct slice room_file_memo(const struct room_file *file)
{
    return part_of(file, ROOM_PART_MEMO);
}

const struct hash *room_file_heap_hash(const struct room_file *file, enum room_form form)
{
    return &file->header->hashes[ROOM_PART_HEAPS + form];
}

/* The texts of neighbours in the index are neighbours in the heap: one piece. */
static struct slice piece(const struct room_file *file, enum room_form form,
                          const struct room_entry *first, const struct room_entry *last)
{
    uint64_t begin = first->forms[form].at;
    uint64_t end = last->forms[form].at + last->forms[form].length;

    return (struct slice){room_file_heap(file, form).at + begin, (size_t)(end - begin)};
}

struct slice room_file_shown(const struct room_file *file, const struct room_entry *entry,
                             enum room_form form)
{
    return piece(file, form, entry, entry);
}

/* The first entry at or behind which something may end after `from`; the greatest end so far only
 * grows. */
static size_t first_ending_after(const struct room_file *file, int64_t from_utc)
{
    size_t low = 0;
    size_t high = file->item_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        /* Not `>`: an item without length that begins at `from` is inside. */
        if (file->entries[middle].greatest_end_utc >= from_utc)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool overlaps(const struct room_entry *entry, int64_t from_utc, int64_t to_utc)
{
    bool without_length = entry->start_utc == entry->end_utc;

    return entry->start_utc < to_utc &&
           (entry->end_utc > from_utc || (without_length && entry->start_utc == from_utc));
}

int room_file_select(const struct room_file *file, enum room_form form, int64_t from_utc,
                     int64_t to_utc, room_file_run *run, void *context)
{
    size_t at = from_utc == INT64_MIN ? 0 : first_ending_after(file, from_utc);

    while (at < file->item_count && file->entries[at].start_utc < to_utc) {
        size_t first = at;
        while (at < file->item_count && overlaps(&file->entries[at], from_utc, to_utc))
            at++;
        if (at == first) {
            at++;
            continue;
        }
        struct slice shown = piece(file, form, &file->entries[first], &file->entries[at - 1]);
        int stopped = run(context, shown, at - first);
        if (stopped)
            return stopped;
    }
    return 0;
}
