/* SPDX-License-Identifier: MIT */
#include "cache/room_versions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int room_version_of(struct slice id, struct slice changekey, struct room_version *ret)
{
    struct hasher hasher;
    struct hash hash;

    (void)hash_begin(&hasher);
    hash_add_field(&hasher, id.at, id.length);
    hash_add_field(&hasher, changekey.at, changekey.length);
    int error = hash_end(&hasher, &hash);
    if (!error)
        memcpy(ret->bytes, hash.bytes, sizeof ret->bytes);
    return error;
}

static int compare(const struct room_file *file, uint32_t place, const struct room_version *version)
{
    return memcmp(file->entries[place].version.bytes, version->bytes, ROOM_VERSION_SIZE);
}

static int by_version(const void *left, const void *right, void *context)
{
    const struct room_file *file = context;
    const uint32_t *a = left;
    const uint32_t *b = right;

    return compare(file, *a, &file->entries[*b].version);
}

int room_versions_make(const struct room_file *file, struct room_versions *ret)
{
    /* One more, because calloc may give NULL for nothing. */
    uint32_t *places = calloc(file->item_count + 1, sizeof *places);

    if (!places)
        return -ENOMEM;
    for (size_t i = 0; i < file->item_count; i++)
        places[i] = (uint32_t)i;
    qsort_r(places, file->item_count, sizeof *places, by_version, (void *)(uintptr_t)file);
    *ret = (struct room_versions){.file = file, .places = places};
    return 0;
}

void room_versions_finish(struct room_versions *versions)
{
    free(versions->places);
    *versions = (struct room_versions){0};
}

const struct room_entry *room_versions_find(const struct room_versions *versions,
                                            const struct room_version *version)
{
    static const struct room_version unknown;
    size_t low = 0;
    size_t high = versions->places ? versions->file->item_count : 0;

    if (memcmp(version, &unknown, sizeof unknown) == 0)
        return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(versions->file, versions->places[middle], version);
        if (order == 0)
            return &versions->file->entries[versions->places[middle]];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
