/* SPDX-License-Identifier: MIT */
/*
 * fuzz_room_file — any bytes as a room's file
 *
 * Hashes guard a room file, so bytes alone would be turned away at the door. Here the target makes a file of its
 * input, with one byte of the header changed, and puts the hashes right; `struct making` says how. Besides crashes:
 * whatever is believed lies within the file, a selection has exactly the items that overlap, other settings refuse
 * the file, a copy is believed as well, and a damaged one can be taken out of the way.
 */
#include <string.h>

#include "cache/room_clock.h"
#include "cache/room_copy.h"
#include "cache/room_file.h"
#include "cache/room_versions.h"
#include "fuzz.h"
#include "scratch.h"

#define ROOM      "R\xC3\xA4um 1"
#define NAME      "R%C3%A4um%201.room"
#define COPY      "copy.room"
#define SIZE_MOST ((size_t)1 << 16)
#define NOW       INT64_C(1795424400)

/* How the file is made: the first bytes of the input. */
struct making {
    uint8_t flags;
    uint8_t items;
    uint8_t heaps[ROOM_FORMS]; /* their lengths; the memo is the rest */
    uint8_t change_at[2];      /* in the header … */
    uint8_t change;            /* … where this is added to a byte */
    uint8_t cut;               /* so many bytes are taken off the end */
};

enum {
    AS_IT_IS = 1,  /* the rest of the input is the file */
    ARRANGE = 2,   /* the entries are given an order and places that hold */
    BREAK = 4,     /* the change comes behind the hashes */
    LET_READ = 8,  /* others may read it */
    DIRECTORY = 16 /* it is none */
};

static struct hash fingerprint;
static struct hash other_fingerprint;

/* Of the room, and of one with another mailbox; once. */
static void name_fingerprints(void)
{
    static const struct hash settings = {{1}};
    char name[ROOM_NAME_SIZE];

    must(room_file_fingerprint(&settings, ROOM, "r1@example.org", &fingerprint) == 0);
    must(room_file_fingerprint(&settings, ROOM, "r2@example.org", &other_fingerprint) == 0);
    room_file_name(ROOM, name);
    must(strcmp(name, NAME) == 0);
}

/* ---- making the file ------------------------------------------------------------------------- */

struct image {
    char bytes[ROOM_CONTENT_AT + SIZE_MOST + ROOM_TRAILER_SIZE];
    size_t length;
};

static struct hash hash_of(struct slice bytes)
{
    struct hasher hasher;
    struct hash hash;

    must(hash_begin(&hasher) == 0);
    hash_add(&hasher, bytes.at, bytes.length);
    must(hash_end(&hasher, &hash) == 0);
    return hash;
}

static void add_part(struct image *image, struct room_header *header, enum room_part part,
                     struct slice bytes)
{
    header->parts[part] = (struct room_extent){image->length, bytes.length};
    header->hashes[part] = hash_of(bytes);
    if (bytes.length)
        memcpy(image->bytes + image->length, bytes.at, bytes.length);
    image->length += bytes.length;
}

/* Begins no sooner than the one before; each text behind that of the one before. */
static void arrange(struct room_entry *entries, size_t count, const uint8_t heaps[ROOM_FORMS])
{
    uint64_t ends[ROOM_FORMS] = {0};

    for (size_t i = 0; i < count; i++) {
        struct room_entry *entry = &entries[i];
        if (i && entry->start_utc < entries[i - 1].start_utc)
            entry->start_utc = entries[i - 1].start_utc;
        entry->greatest_end_utc = entry->end_utc;
        if (i && entries[i - 1].greatest_end_utc > entry->end_utc)
            entry->greatest_end_utc = entries[i - 1].greatest_end_utc;
        for (size_t form = 0; form < ROOM_FORMS; form++) {
            bool is_last = i + 1 == count;
            uint64_t separator = form == ROOM_JSON && !is_last;
            uint64_t left = heaps[form] - ends[form];
            uint64_t most = left > separator ? left - separator : 0;
            uint64_t wanted = entry->forms[form].length & 15;
            entry->forms[form].at = ends[form];
            entry->forms[form].length = is_last ? left : wanted < most ? wanted : most;
            ends[form] += entry->forms[form].length + (left > separator ? separator : 0);
        }
    }
}

static void add_entries(struct image *image, struct room_header *header,
                        const struct making *making, struct slice *input)
{
    static struct room_entry entries[UINT8_MAX];
    size_t count = making->items;
    struct slice given = take(input, count * sizeof entries[0]);

    memset(entries, 0, sizeof entries);
    if (given.length)
        memcpy(entries, given.at, given.length);
    if (making->flags & ARRANGE)
        arrange(entries, count, making->heaps);
    add_part(image, header, ROOM_PART_ENTRIES,
             (struct slice){(const char *)entries, count * sizeof entries[0]});
}

static void change(struct room_header *header, const struct making *making)
{
    size_t at = (making->change_at[0] * 256u + making->change_at[1]) % sizeof *header;
    unsigned char *byte = (unsigned char *)header + at;

    *byte = (unsigned char)(*byte + making->change);
}

static void make(const struct making *making, struct slice input, struct image *image)
{
    struct room_header header = {
        .magic = "roomcal",
        .format = ROOM_FORMAT,
        .byte_order = ROOM_BYTE_ORDER,
        .item_count = making->items,
        .fingerprint = fingerprint,
    };
    struct slice clock = take(&input, sizeof(struct room_clock));

    memset(image->bytes, 0, ROOM_CONTENT_AT);
    memcpy(image->bytes + ROOM_CLOCK_AT, clock.at, clock.length);
    image->length = ROOM_CONTENT_AT;
    add_entries(image, &header, making, &input);
    for (size_t form = 0; form < ROOM_FORMS; form++)
        add_part(image, &header, (enum room_part)(ROOM_PART_HEAPS + form),
                 take(&input, making->heaps[form]));
    add_part(image, &header, ROOM_PART_MEMO, input);
    memcpy(image->bytes + image->length, ROOM_TRAILER, ROOM_TRAILER_SIZE);
    image->length += ROOM_TRAILER_SIZE;
    header.file_size = image->length;
    if (!(making->flags & BREAK))
        change(&header, making);
    must(room_header_check(&header, &header.check) == 0);
    if (making->flags & BREAK)
        change(&header, making);
    memcpy(image->bytes, &header, sizeof header);
    image->length -= making->cut < image->length ? making->cut : image->length;
}

static void put(int dirfd, struct slice input)
{
    static struct image image;
    struct making making = {0};
    struct slice given = take(&input, sizeof making);

    (void)unlinkat(dirfd, NAME, 0);
    (void)unlinkat(dirfd, NAME, AT_REMOVEDIR);
    memcpy(&making, given.at, given.length);
    if (making.flags & DIRECTORY) {
        must(mkdirat(dirfd, NAME, 0700) == 0);
        return;
    }
    if (!(making.flags & AS_IT_IS))
        make(&making, input, &image);
    struct slice content =
        making.flags & AS_IT_IS ? input : (struct slice){image.bytes, image.length};
    scratch_write(dirfd, NAME, content, making.flags & LET_READ ? 0644 : 0600);
}

/* ---- what holds for one that is believed ----------------------------------------------------- */

static void must_lie_in(struct slice part, struct slice whole)
{
    must(part.at >= whole.at && part.at + part.length <= whole.at + whole.length);
}

static void check_places(const struct room_file *file)
{
    struct slice map = {file->map, file->size};

    must_lie_in(room_file_memo(file), map);
    for (enum room_form form = 0; form < ROOM_FORMS; form++) {
        must_lie_in(room_file_heap(file, form), map);
        for (size_t i = 0; i < file->item_count; i++)
            must_lie_in(room_file_shown(file, &file->entries[i], form), room_file_heap(file, form));
    }
}

struct selection {
    struct slice heap; /* what is left of it */
    size_t items;
};

/* A room_file_run that has enough with the first piece. */
static int stop_run(void *context, struct slice shown, size_t items)
{
    (void)context;
    (void)shown;
    (void)items;
    return 7;
}

/* A room_file_run. */
static int select_run(void *context, struct slice shown, size_t items)
{
    struct selection *selection = context;

    must(items > 0);
    must_lie_in(shown, selection->heap);
    (void)take(&selection->heap, (size_t)(shown.at + shown.length - selection->heap.at));
    selection->items += items;
    return 0;
}

static size_t count_overlaps(const struct room_file *file, int64_t from_utc, int64_t to_utc)
{
    size_t count = 0;

    for (size_t i = 0; i < file->item_count; i++) {
        const struct room_entry *entry = &file->entries[i];
        bool is_point = entry->start_utc == entry->end_utc && entry->start_utc == from_utc;
        count += entry->start_utc < to_utc && (entry->end_utc > from_utc || is_point);
    }
    return count;
}

static void check_range(const struct room_file *file, int64_t from_utc, int64_t to_utc)
{
    for (enum room_form form = 0; form < ROOM_FORMS; form++) {
        struct selection selection = {.heap = room_file_heap(file, form)};
        must(room_file_select(file, form, from_utc, to_utc, select_run, &selection) == 0);
        must(selection.items == count_overlaps(file, from_utc, to_utc));
    }
}

static void check_selections(const struct room_file *file)
{
    check_range(file, INT64_MIN, INT64_MAX);
    must(room_file_select(file, ROOM_JSON, INT64_MIN, INT64_MAX, stop_run, NULL) ==
         (count_overlaps(file, INT64_MIN, INT64_MAX) ? 7 : 0));
    for (size_t i = 0; i < file->item_count && i < 8; i++) {
        const struct room_entry *entry = &file->entries[i];
        check_range(file, entry->start_utc, INT64_MAX);
        check_range(file, INT64_MIN, entry->end_utc);
        check_range(file, entry->end_utc, file->entries[file->item_count - 1].end_utc);
    }
}

static void check_versions(const struct room_file *file)
{
    static const struct room_version unknown;
    struct room_versions versions;

    must(room_versions_make(file, &versions) == 0);
    for (size_t i = 0; i < file->item_count; i++) {
        const struct room_version *version = &file->entries[i].version;
        const struct room_entry *found = room_versions_find(&versions, version);
        bool is_known = memcmp(version, &unknown, sizeof unknown) != 0;
        must(is_known == (found != NULL));
        must(!found || memcmp(&found->version, version, sizeof *version) == 0);
    }
    room_versions_finish(&versions);
}

static bool is_moment(int64_t utc)
{
    return utc >= 0 && utc <= ROOM_MOMENT_MAX;
}

static void check_times(const struct room_file *file)
{
    struct room_times times = room_file_times(file);
    struct room_basis basis = room_file_basis(file);

    must(is_moment(times.fetched_at) && is_moment(times.changed_at) &&
         is_moment(times.expires_at) && is_moment(times.retry_at) && is_moment(times.failed_at));
    enum freshness freshness = freshness_of(&times, NOW, 3600);
    must(freshness_name(freshness) != NULL);
    must(freshness_due_at(&times, NOW, 3600) >= 0);
    must(freshness_can_show(freshness) || freshness == FRESHNESS_COLD ||
         freshness == FRESHNESS_LOST);
    (void)freshness_fault(&times, freshness);
    (void)basis;
    (void)room_file_superseded(file);
}

static void check_copy(const struct room_file *file, int dirfd)
{
    struct room_place place = {dirfd, COPY, &fingerprint};
    struct room_file copy;

    must(room_copy(file, &place, NULL) == 0);
    must(room_copy(file, &place, NULL) == 1);
    must(room_file_open(dirfd, COPY, &fingerprint, false, &copy, NULL) == 0);
    must(copy.size == file->size && !room_file_superseded(&copy) && room_file_can_show(&copy));
    must(memcmp(room_file_heap_hash(file, ROOM_JSON), room_file_heap_hash(&copy, ROOM_JSON),
                HASH_SIZE) == 0);
    room_file_close(&copy);
    must(unlinkat(dirfd, COPY, 0) == 0);
}

static void check_clock(int dirfd)
{
    struct room_place place = {dirfd, NAME, &fingerprint};
    const struct room_times failure = {
        .failures = 1, .failed_at = NOW, .retry_at = NOW + 60, .fault = 7};
    struct room_file file;

    must(room_clock_fail(&place, &failure, NULL) == 0);
    must(room_file_open(dirfd, NAME, &fingerprint, true, &file, NULL) == 0);
    struct room_times times = room_file_times(&file);
    must(times.failed_at == NOW && times.retry_at == NOW + 60 && times.fault == 7);
    room_file_close(&file);
}

static void check_file(int dirfd)
{
    struct room_file file;
    struct room_file other;

    must(room_file_open(dirfd, NAME, &fingerprint, false, &file, NULL) == 0);
    must(room_file_open(dirfd, NAME, &other_fingerprint, false, &other, NULL) == ROOM_FILE_FOREIGN);
    must(room_file_is_whole(&file));
    check_places(&file);
    check_selections(&file);
    check_versions(&file);
    check_times(&file);
    check_copy(&file, dirfd);
    check_clock(dirfd);
    room_file_close(&file);
}

static void check_condemned(int dirfd, const struct room_file *damaged)
{
    struct room_place place = {dirfd, NAME, &fingerprint};
    struct room_file file;

    must(room_file_is_same(damaged, damaged->device, damaged->inode));
    room_condemn(&place, damaged);
    must(room_file_open(dirfd, NAME, &fingerprint, false, &file, NULL) == 1);
}

/* Any bytes as a room's name. */
static void check_name(struct slice bytes)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-%=";
    char name[ROOM_NAME_SIZE];
    char *room = slice_copy(bytes);

    must(room != NULL);
    room_file_name(room, name);
    size_t length = strnlen(name, sizeof name);
    must(length < sizeof name && length >= 5 && strcmp(name + length - 5, ".room") == 0);
    must(strspn(name, allowed) == length - 5);
    free(room);
}

static void check_life(uint64_t spread)
{
    int64_t ttl_s = (int64_t)(spread % 100000) + 1;
    int64_t life_s = freshness_ttl(ttl_s, spread);

    must(life_s >= 1 && life_s <= ttl_s && 2 * life_s >= ttl_s);
}

/* Any bytes as the version of an item, too. */
static void check_version(struct slice bytes)
{
    struct room_version version;
    struct room_version other;

    must(room_version_of(bytes, slice_of("x"), &version) == 0);
    must(room_version_of(slice_of("x"), bytes, &other) == 0);
    must(slice_is(bytes, "x") == (memcmp(&version, &other, sizeof version) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int dirfd;
    struct room_file file = {0};
    struct err err = {""};

    if (size > SIZE_MOST)
        return 0;
    if (!dirfd) {
        dirfd = scratch_open();
        name_fingerprints();
    }
    struct slice input = {(const char *)data, size};
    check_name(input);
    check_version(input);
    check_life(size);
    put(dirfd, input);
    int result = room_file_open(dirfd, NAME, &fingerprint, false, &file, NULL);
    if (result == 0)
        room_file_close(&file);
    must(room_file_open(dirfd, NAME, &fingerprint, true, &file, &err) == result);
    must(result >= 0 && (result == 0) == !err.text[0]);
    if (result == 0) {
        room_file_close(&file);
        check_file(dirfd);
    } else if (result == ROOM_FILE_DAMAGED) {
        check_condemned(dirfd, &file);
    }
    return 0;
}
