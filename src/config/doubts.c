/* SPDX-License-Identifier: MIT */
#include "config/doubts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* One letter in four, so that PATH is not taken for AUTH, and two at most. */
static bool is_slip_of(const char *name, const char *key)
{
    size_t slips_max = strlen(key) < 8 ? 1 : 2;

    return strcasecmp(name, key) == 0 || text_distance(name, key) <= slips_max;
}

/* The key that was meant. NULL: the name is a key, or like none. */
static const char *meant(const char *name, const char *const *keys, size_t key_count)
{
    const char *near = NULL;

    for (size_t i = 0; i < key_count; i++) {
        if (strcmp(name, keys[i]) == 0)
            return NULL;
        if (is_slip_of(name, keys[i]))
            near = keys[i];
    }
    return near;
}

void doubts_of_names(const struct source *source, const char *const *keys, size_t key_count,
                     struct mistakes *doubts)
{
    for (size_t i = 0; i < source->dotenv.count; i++) {
        const struct dotenv_entry *entry = &source->dotenv.entries[i];
        const char *key = meant(entry->name, keys, key_count);
        if (key)
            mistakes_add(doubts, source->file, entry->line,
                         "%s is no setting of roomcal; did you mean %s?", entry->name, key);
    }
}

static int compare_mailboxes(const struct config_room *left, const struct config_room *right)
{
    return strcasecmp(left->mailbox, right->mailbox);
}

/* Rooms with the same mailbox stay in the order of ROOMS. */
static int by_mailbox(const void *left, const void *right)
{
    const struct config_room *const *one = left;
    const struct config_room *const *other = right;
    int order = compare_mailboxes(*one, *other);

    return order ? order : (*one > *other) - (*one < *other);
}

int doubts_of_mailboxes(const struct source *source, const struct config *config,
                        struct mistakes *doubts)
{
    const struct given given = given_find(source, "ROOM_EMAILS");
    const struct config_room **sorted = calloc(config->room_count + 1, sizeof *sorted);

    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < config->room_count; i++)
        sorted[i] = &config->rooms[i];
    qsort(sorted, config->room_count, sizeof *sorted, by_mailbox);
    for (size_t i = 1; i < config->room_count; i++) {
        if (compare_mailboxes(sorted[i - 1], sorted[i]) == 0)
            mistakes_add(doubts, given.file, given.line,
                         "ROOM_EMAILS has %s twice: %s and %s show the same calendar",
                         sorted[i]->mailbox, sorted[i - 1]->name, sorted[i]->name);
    }
    free(sorted);
    return 0;
}
