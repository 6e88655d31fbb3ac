/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CONFIG_DOUBTS_H
#define ROOMCAL_CONFIG_DOUBTS_H

/*
 * doubts — settings that are allowed, and yet look like a slip
 *
 * The file may serve other programs too, so a name that is not ours is no mistake; and two names may be meant for one
 * mailbox. Either is what a slip looks like as well: `roomcal check` tells of them, and nothing else is different.
 */

#include "config/config.h"
#include "config/given.h"

/* Names in the file that are not among `keys`, but nearly: another letter or two, or small letters for capitals. Without
 * memory `doubts->error` says so. */
void doubts_of_names(const struct source *source, const char *const *keys, size_t key_count,
                     struct mistakes *doubts);

/* Rooms of ROOMS with the same mailbox, whatever the case of its letters. 0 or -ENOMEM. */
int doubts_of_mailboxes(const struct source *source, const struct config *config,
                        struct mistakes *doubts);

#endif
