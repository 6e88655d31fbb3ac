/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CONFIG_CONFIG_H
#define ROOMCAL_CONFIG_CONFIG_H

/*
 * config — the settings of one run, checked
 *
 * Read once from the .env file and, for keys that the file lacks, from the environment; immutable
 * afterwards. The file wins, because desktops export USERNAME. What settings there are stands in
 * config/settings.h. All mistakes are found in one pass and kept as sentences with their line
 * numbers. Unknown keys are left alone: the file may serve other programs too.
 *
 * ITEM_FIELDS is kept as written here (`items`): what a field is, is known a layer above
 * (calendar/field.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"

#define CONFIG_ROOMS_MAX      10000
#define CONFIG_ROOM_LISTS_MAX 100

/* PRIVATE_ITEMS: what becomes of items that are not meant for everyone, see calendar/private.h. */
enum config_private { CONFIG_PRIVATE_MASK, CONFIG_PRIVATE_OMIT, CONFIG_PRIVATE_SHOW };

/* AUTH */
enum config_auth {
    CONFIG_AUTH_AUTO,
    CONFIG_AUTH_BASIC,
    CONFIG_AUTH_NTLM,
    CONFIG_AUTH_NEGOTIATE,
    CONFIG_AUTH_BEARER,
};

/* CHANNEL_BINDING: whether the login names the TLS connection that it is for (RFC 5929). */
enum config_binding { CONFIG_BINDING_AUTO, CONFIG_BINDING_OFF, CONFIG_BINDING_REQUIRED };

/* ACCESS: with whose rights calendars are read, the account's or each room's own. */
enum config_access { CONFIG_ACCESS_DELEGATE, CONFIG_ACCESS_IMPERSONATION };

struct config_room {
    char *name;    /* as in the URL and the JSON: UTF-8, 1–200 bytes, unique */
    char *mailbox; /* SMTP address */
};

/* A room of a room list, as it was found: anything may stand there. */
struct found_room {
    const char *name;
    const char *mailbox;
};

/* WINDOW_START: a moment, or so many days before today's midnight. */
struct config_start {
    bool relative;
    int64_t at_utc; /* if not relative */
    int64_t days;   /* if relative: 30 means thirty days back */
};

/* One element of ITEM_FIELDS: "key=name", or "name" alone, which then is the key too. */
struct config_item {
    char *key;  /* in the JSON */
    char *name; /* the attribute */
};

/* What was wrong, one sentence each: ".env line 3: ROOM_EMAILS is a list of 2, ROOMS of 3; …". */
struct mistakes {
    char **sentences;
    size_t count;
    int error; /* -ENOMEM: a sentence could not be kept, so an empty list proves nothing; else 0 */
};

/* Sentences kept, and one more that says so: a file that is no .env at all has thousands. */
#define MISTAKES_MAX 50

/* Texts that are not set are NULL, unless a default is named. Secrets are those of base/secret. */
struct config {
    /* the rooms */
    struct config_room *rooms; /* those of ROOMS, behind them those of config_add_rooms */
    size_t room_count;
    const struct config_room **rooms_by_name; /* the same, sorted: config_index_rooms */
    char **room_lists;                        /* their addresses; "*" alone: all that there are */
    size_t room_list_count;
    bool awaits_rooms; /* there are room lists, and config_add_rooms was not called yet */

    /* the way to Exchange */
    char *endpoint; /* whole URL, https:// (or http:// to loopback) */
    char *proxy;    /* a secret: http[s]://[user[:password]@]host:port, the user percent-encoded */
    char *ca_file;  /* NULL: the system's */
    char *cert_file;
    char *key_file; /* by default `cert_file`; set together with it */
    int64_t lanes;
    int64_t request_timeout_s;

    /* the login */
    enum config_auth auth;
    enum config_binding channel_binding;
    enum config_access access; /* by default as AUTH has it */
    char *username;            /* set unless `auth` is BEARER */
    char *password; /* a secret; NULL only if `auth` is BEARER, or Kerberos has what follows */
    char *krb5_client_ktname; /* the keytab, as MIT names it: a path, perhaps behind "FILE:" */
    char *krb5ccname;         /* the ticket cache, as MIT names it: "KEYRING:…" too */

    /* the application of AUTH=bearer: all but one of secret and certificate are set then */
    char *oauth_tenant; /* may be NULL beside an OAUTH_TOKEN_URL */
    char *oauth_client_id;
    char *oauth_client_secret; /* a secret */
    char *oauth_cert_file;
    char *oauth_key_file;  /* by default `oauth_cert_file`; set together with it */
    char *oauth_token_url; /* by default made from the tenant; https:// (or http:// to loopback) */
    char *oauth_scope;

    /* what is shown */
    struct config_start window_start;
    int64_t window_days; /* ahead of today */
    struct config_item *items;
    size_t item_count;
    char *timezone; /* as written: which names there are is known a layer above */
    enum config_private private_items;

    /* the cache */
    char *cache_dir;
    int64_t cache_ttl_s;
    int64_t stale_max_s;
    int64_t full_refresh_s;
    int64_t cold_wait_s;

    /* the program */
    char *cors_origin; /* "*", or as a browser writes an origin: lower case, no default port */
    int64_t threads;
    enum log_level log_level;

    /* For the mistakes that calendar/settings_check finds; 0: not in the file. */
    int item_fields_line;
    int timezone_line;
    char *env_file; /* the file that was read; NULL when there was none */
    /* Sentences about what is allowed, but perhaps not meant: config/doubts.h. */
    struct mistakes doubts;
    /* When that file or the room lists were last changed (UTC); without a file, when the settings were read. */
    int64_t changed_at;
};

/* Adds a sentence; `line` 0 leaves "line N" away, `file` NULL names the environment. Bytes of it that are not UTF-8, or
 * control characters, are kept as '?'. */
void mistakes_add(struct mistakes *mistakes, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Frees the sentences; there are none then. NULL is allowed. */
void mistakes_finish(struct mistakes *mistakes);

/* What a layer above finds wrong with settings that are well formed here: it adds its mistakes, so
 * that they are reported together with all others. 0, or -ENOMEM. */
typedef int config_check(const struct config *config, struct mistakes *mistakes);

/* Reads `path`, or if NULL the file named by ROOMCAL_ENV, or ./.env if there is one; then the
 * environment. 0 and *ret (free with config_destroy); 1: there were mistakes, *ret is untouched;
 * -ENOMEM. `check` may be NULL; it sees a config whose other settings may be wrong or missing.
 *
 * "KEY=" means the default, and for a key without default it is a mistake; in the file it hides the
 * environment's value all the same. Mistakes are, besides wrong values: a file that cannot be read,
 * one that others may read or write (mode & 077; the sentence has the chmod), a secret's file that
 * is empty or over 4 KiB, settings that contradict each other. */
int config_load(const char *path, config_check *check, struct config **ret,
                struct mistakes *mistakes);

/* Overwrites the secrets and frees all. NULL is allowed. */
void config_destroy(struct config *config);

/* Adds the rooms of the room lists behind those of ROOMS, sorted by name, so that both have at most CONFIG_ROOMS_MAX.
 * `changed_at`: when the lists began to say so. A room whose mailbox ROOM_EMAILS has is that of ROOMS and keeps the name
 * it has there; one that comes twice is taken once. Mailboxes are compared without regard to case.
 *
 * A name that ROOMS could not have (too long, empty, a control character) is replaced by the mailbox's local part. A
 * name that another room has too gets that behind it, "Lab (lab2)", whoever came first: a name that went from one room
 * to another would show visitors the wrong calendar. What then still has no name or mailbox of its own is left out,
 * and what is too many. Names are copied. 0 and *ret_left_out: how many; -ENOMEM: the config is of no use any more. */
int config_add_rooms(struct config *config, const struct found_room *found, size_t count,
                     int64_t changed_at, size_t *ret_left_out);

/* Makes the index that config_room_index looks in. config_load and config_add_rooms have done it; who changes `rooms` otherwise,
 * or a name in it, does it again. 0; -ENOMEM: nothing may be looked up any more. */
int config_index_rooms(struct config *config);

/* The place of a room in `rooms`; -1: no such room. Names are compared byte by byte, as they stand in a URL, so that case
 * counts. `length` bytes of `name`, which may be any. */
ptrdiff_t config_room_index(const struct config *config, const char *name, size_t length);

/* SHA-256 over every setting that a room file's content depends on, but for the room: the account
 * (below), ACCESS (a room itself sees what the account may not), window, ITEM_FIELDS, TIMEZONE,
 * PRIVATE_ITEMS. Never over a secret. 0 or -ENOMEM. */
int config_fingerprint(const struct config *config, struct hash *ret);

/* SHA-256 over what processes that share a CACHE_DIR have to have in common: the fingerprint, and the rooms with their
 * mailboxes; with ROOM_LIST the lists instead, because their rooms come and go. 0 or -ENOMEM. */
int config_common(const struct config *config, struct hash *ret);

/* SHA-256 over whose account it is: endpoint, and username or, with AUTH=bearer, client id and token URL
 * (which has the tenant). 0 or -ENOMEM. */
int config_account(const struct config *config, struct hash *ret);

#endif
