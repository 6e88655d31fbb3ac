/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CONFIG_READING_H
#define ROOMCAL_CONFIG_READING_H

/*
 * reading — one setting's text into struct config, by the kind of the setting
 *
 * A reader checks the text and stores what it means. What is wrong becomes a sentence among the
 * mistakes; the config then may be incomplete, and is thrown away in the end.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "config/config.h"

enum setting_kind {
    SETTING_ROOMS,
    SETTING_MAILBOXES, /* needs SETTING_ROOMS to be read before */
    SETTING_ROOM_LISTS,
    SETTING_ACCOUNT, /* a text without ':', where Basic authentication splits name and password */
    SETTING_SECRET,
    SETTING_SECRET_FILE,
    SETTING_SERVER,
    SETTING_PROXY,
    SETTING_TOKEN_URL,
    SETTING_ORIGIN,
    SETTING_AUTH,
    SETTING_BINDING,
    SETTING_ACCESS,
    SETTING_TENANT,
    SETTING_TEXT,
    SETTING_PATH,
    SETTING_READABLE_FILE,
    SETTING_GUARDED_FILE, /* a file that holds a secret */
    SETTING_KEYTAB,
    SETTING_TICKETS,
    SETTING_START,
    SETTING_NUMBER,
    SETTING_FIELDS,
    SETTING_LEVEL,
    SETTING_ZONE,
    SETTING_PRIVATE,
};

/* A row of config/settings.h. */
struct setting {
    const char *key;
    enum setting_kind kind;
    size_t offset; /* of its member in struct config */
    const char *fallback;
    int64_t minimum;
    int64_t maximum;
    const char *unit;
    const char *manual;
};

struct reading {
    const struct setting *setting;
    const char *text; /* not empty */
    const char *file; /* where it stands, as mistakes_add wants it */
    int line;
    struct config *config;
    struct mistakes *mistakes;
};

/* 0, also when a mistake was added; -ENOMEM. */
typedef int setting_reader(const struct reading *reading);

/* By the setting's kind. */
setting_reader reading_run;

/* Those of config/lists.c. */
setting_reader reading_rooms;
setting_reader reading_mailboxes;
setting_reader reading_room_lists;
setting_reader reading_fields;

/* Adds the mistake "KEY …" with the setting's place; returns 0, so that a reader can end in one
 * line. */
int reading_reject(const struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What no text of a setting may hold, as "a control character"; NULL: it is fine. */
const char *reading_text_flaw(struct slice text);

/* What a room's name, or its mailbox, may not be, as "a name of over 200 bytes"; NULL: it is fine. */
const char *reading_name_flaw(struct slice name);
const char *reading_mailbox_flaw(struct slice address);

/* Keeps the secret of the file that the text names. */
setting_reader reading_secret_file;

#endif
