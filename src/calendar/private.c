/* SPDX-License-Identifier: MIT */
#include "calendar/private.h"

#include <stdio.h>

#include "base/hash.h"

#define TITLE      "Private"
#define PREFIX     "private-"
#define HASH_BYTES ((size_t)16) /* of SHA-256: enough that no two items meet */

bool private_is(const struct item *item)
{
    struct slice sensitivity;

    if (!item_get(item, PLAN_SENSITIVITY, "", &sensitivity))
        return false;
    sensitivity = slice_trim(sensitivity);
    return sensitivity.length > 0 && !slice_is(sensitivity, "Normal");
}

bool private_is_hidden(const struct field_plan *plan, const struct item *item)
{
    return plan->hides_private && private_is(item);
}

/* Puts a hash in the place of a text that would lead back to the item. */
static int put_hash(struct item *item, size_t element, const char *path, struct slice text)
{
    char digest[sizeof PREFIX + 2 * HASH_BYTES] = PREFIX;
    struct hasher hasher;
    struct hash hash;

    (void)hash_begin(&hasher); /* hash_end reports it */
    hash_add_field(&hasher, PREFIX, sizeof PREFIX - 1);
    hash_add_field(&hasher, text.at, text.length);
    int error = hash_end(&hasher, &hash);
    if (error)
        return error;
    hash_hex(&hash, HASH_BYTES, digest + sizeof PREFIX - 1);
    item_add(item, element, slice_of(path), slice_of(digest));
    return 0;
}

/* Occurrences of a series share a UID but not an id: each gets a UID of its own, because
 * RECURRENCE-ID, which would tell them apart, is gone. */
static int put_identity(const struct item *item, struct item *ret)
{
    struct slice id = {0};
    struct slice changekey = {0};

    (void)item_get(item, PLAN_ID, "@Id", &id);
    (void)item_get(item, PLAN_ID, "@ChangeKey", &changekey);
    int error = put_hash(ret, PLAN_ID, "@Id", id);
    if (!error)
        error = put_hash(ret, PLAN_ID, "@ChangeKey", changekey);
    return error ? error : put_hash(ret, PLAN_UID, "", id);
}

int private_mask(const struct item *item, struct item *ret)
{
    static const size_t kept[] = {PLAN_START, PLAN_END, PLAN_IS_ALL_DAY, PLAN_FREE_BUSY,
                                  PLAN_DURATION};

    item_clear(ret);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        struct slice text;
        if (item_get(item, kept[i], "", &text))
            item_add(ret, kept[i], slice_of(""), text);
    }
    item_add(ret, PLAN_SUBJECT, slice_of(""), slice_of(TITLE));
    int error = put_identity(item, ret);
    return error ? error : ret->error;
}
