/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_ORGANIZERS_H
#define ROOMCAL_REFRESH_ORGANIZERS_H

/*
 * organizers — which address the organizer of a series has, remembered over refreshes
 *
 * An address that FindItem does not tell costs a GetItem. All meetings of a series share their UID
 * and their organizer, who never changes, so one question does for all of them, and for all
 * refreshes to come: what is known is the memo of the room's file. "There is none" is known too.
 *
 *     memo: entries one behind the other, by key
 *
 *     16 bytes   key: the first of the SHA-256 of the UID
 *      4 bytes   length of the address, the host's own order
 *      …         address
 *
 * Only what was asked for since the memo was read is written to the next one, so what has left the
 * calendar is forgotten.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

#define ORGANIZERS_KEY_SIZE      16u
#define ORGANIZERS_ADDRESS_MAX   1024u /* bytes; a longer one is none (RFC 5321 ends at 254) */
#define ORGANIZERS_ADDRESSES_MAX (32u << 20) /* bytes of all addresses */

struct organizer;

struct organizers {
    struct organizer *slots; /* a hash table */
    size_t slot_count;       /* a power of two, or 0 */
    size_t count;            /* slots in use, at most half of them */
    struct buf addresses;    /* one behind the other */
};

void organizers_init(struct organizers *organizers);
void organizers_finish(struct organizers *organizers);

/* Forgets all and takes over what a memo says: as much of it as makes sense. 0, -ENOMEM,
 * -EOVERFLOW. */
int organizers_read(struct organizers *organizers, struct slice memo);

/* 0 and the address ("" for none), valid until the next call; 1: not known; -ENOMEM. */
int organizers_find(struct organizers *organizers, struct slice uid, struct slice *ret_address);

/* Remembers. An address that is known already stays. 0, -ENOMEM, -EOVERFLOW. */
int organizers_add(struct organizers *organizers, struct slice uid, struct slice address);

/* Appends the memo. The same knowledge gives the same bytes. 0, -ENOMEM, -EOVERFLOW. */
int organizers_write(const struct organizers *organizers, struct buf *out);

#endif
