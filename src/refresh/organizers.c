/* SPDX-License-Identifier: MIT */
#include "refresh/organizers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define SLOTS_AT_FIRST 64

struct key {
    unsigned char bytes[ORGANIZERS_KEY_SIZE];
};

struct organizer {
    struct key key;
    bool is_known;  /* the slot is in use */
    bool is_wanted; /* it was asked for, so it goes into the next memo */
    uint32_t length;
    size_t at; /* in `addresses` */
};

/* What stands before each address in the memo. */
struct memo_head {
    struct key key;
    uint32_t length;
};

void organizers_init(struct organizers *organizers)
{
    *organizers = (struct organizers){.addresses = BUF_INIT(ORGANIZERS_ADDRESSES_MAX)};
}

void organizers_finish(struct organizers *organizers)
{
    free(organizers->slots);
    buf_finish(&organizers->addresses);
    organizers_init(organizers);
}

static int key_of(struct slice uid, struct key *ret)
{
    struct hasher hasher;
    struct hash hash;

    (void)hash_begin(&hasher);
    hash_add(&hasher, uid.at, uid.length);
    int error = hash_end(&hasher, &hash);
    if (!error)
        memcpy(ret->bytes, hash.bytes, sizeof ret->bytes);
    return error;
}

/* ---- the table ---- */

/* The key's slot, or the free one where it belongs; there is always a free one. */
static struct organizer *slot_of(const struct organizers *organizers, const struct key *key)
{
    size_t at;

    memcpy(&at, key->bytes, sizeof at);
    for (;; at++) {
        struct organizer *slot = &organizers->slots[at & (organizers->slot_count - 1)];
        if (!slot->is_known || memcmp(&slot->key, key, sizeof *key) == 0)
            return slot;
    }
}

static int grow(struct organizers *organizers)
{
    struct organizers grown = *organizers;

    grown.slot_count = organizers->slot_count ? organizers->slot_count * 2 : SLOTS_AT_FIRST;
    grown.slots = calloc(grown.slot_count, sizeof *grown.slots);
    if (!grown.slots)
        return -ENOMEM;
    for (size_t i = 0; i < organizers->slot_count; i++) {
        const struct organizer *old = &organizers->slots[i];
        if (old->is_known)
            *slot_of(&grown, &old->key) = *old;
    }
    free(organizers->slots);
    *organizers = grown;
    return 0;
}

static int keep(struct organizers *organizers, const struct key *key, struct slice address,
                bool is_wanted)
{
    if (organizers->count * 2 >= organizers->slot_count && grow(organizers) < 0)
        return -ENOMEM;
    struct organizer *slot = slot_of(organizers, key);
    if (slot->is_known) {
        slot->is_wanted |= is_wanted;
        return 0;
    }
    size_t at = organizers->addresses.length;
    buf_append(&organizers->addresses, address.at, address.length);
    if (buf_error(&organizers->addresses))
        return buf_error(&organizers->addresses);
    *slot = (struct organizer){*key, true, is_wanted, (uint32_t)address.length, at};
    organizers->count++;
    return 0;
}

static struct slice address_of(const struct organizers *organizers, const struct organizer *slot)
{
    return (struct slice){buf_text(&organizers->addresses) + slot->at, slot->length};
}

int organizers_find(struct organizers *organizers, struct slice uid, struct slice *ret_address)
{
    struct key key;
    int error = key_of(uid, &key);

    if (error)
        return error;
    struct organizer *slot = organizers->slot_count ? slot_of(organizers, &key) : NULL;
    if (!slot || !slot->is_known)
        return 1;
    slot->is_wanted = true;
    *ret_address = address_of(organizers, slot);
    return 0;
}

int organizers_add(struct organizers *organizers, struct slice uid, struct slice address)
{
    struct key key;
    int error = key_of(uid, &key);

    if (address.length > ORGANIZERS_ADDRESS_MAX)
        address.length = 0;
    return error ? error : keep(organizers, &key, address, true);
}

/* ---- the memo ---- */

static void forget(struct organizers *organizers)
{
    if (organizers->slot_count)
        memset(organizers->slots, 0, organizers->slot_count * sizeof *organizers->slots);
    organizers->count = 0;
    buf_clear(&organizers->addresses);
}

/* Takes an entry off the memo's front. false: there is no whole one. */
static bool next_entry(struct slice *memo, struct memo_head *ret_head, struct slice *ret_address)
{
    if (memo->length < sizeof *ret_head)
        return false;
    memcpy(ret_head, memo->at, sizeof *ret_head);
    size_t left = memo->length - sizeof *ret_head;
    if (ret_head->length > ORGANIZERS_ADDRESS_MAX || ret_head->length > left)
        return false;
    *ret_address = (struct slice){memo->at + sizeof *ret_head, ret_head->length};
    *memo = (struct slice){ret_address->at + ret_address->length, left - ret_address->length};
    return true;
}

int organizers_read(struct organizers *organizers, struct slice memo)
{
    struct memo_head head;
    struct slice address;
    int error = 0;

    forget(organizers);
    while (!error && next_entry(&memo, &head, &address))
        error = keep(organizers, &head.key, address, false);
    return error;
}

static int by_key(const void *left, const void *right)
{
    const struct organizer *const *a = left;
    const struct organizer *const *b = right;

    return memcmp(&(*a)->key, &(*b)->key, sizeof(struct key));
}

/* The wanted ones; *ret has room for all. */
static size_t choose(const struct organizers *organizers, const struct organizer **ret)
{
    size_t count = 0;

    for (size_t i = 0; i < organizers->slot_count; i++) {
        if (organizers->slots[i].is_wanted)
            ret[count++] = &organizers->slots[i];
    }
    return count;
}

int organizers_write(const struct organizers *organizers, struct buf *out)
{
    const struct organizer **wanted = calloc(organizers->count + 1, sizeof(struct organizer *));

    if (!wanted)
        return -ENOMEM;
    size_t count = choose(organizers, wanted);
    qsort(wanted, count, sizeof(struct organizer *), by_key);
    for (size_t i = 0; i < count; i++) {
        struct memo_head head = {wanted[i]->key, wanted[i]->length};
        struct slice address = address_of(organizers, wanted[i]);
        buf_append(out, &head, sizeof head);
        buf_append(out, address.at, address.length);
    }
    free(wanted);
    return buf_error(out);
}
