/* SPDX-License-Identifier: MIT */
#include "config/reading.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/datetime.h"
#include "base/secret.h"
#include "config/endpoint.h"
#include "config/secret_file.h"

#define SECRET_FILE_MAX 4096 /* bytes, a newline at the end included */

/* ---- what readers share ---------------------------------------------------------------------- */

int reading_reject(const struct reading *reading, const char *format, ...)
{
    va_list arguments;
    char *sentence = NULL;

    va_start(arguments, format);
    int length = vasprintf(&sentence, format, arguments);
    va_end(arguments);
    if (length < 0)
        return -ENOMEM;
    mistakes_add(reading->mistakes, reading->file, reading->line, "%s %s", reading->setting->key,
                 sentence);
    free(sentence);
    return 0;
}

static bool has_control(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text_control_size((struct slice){text.at + i, text.length - i}))
            return true;
    }
    return false;
}

const char *reading_text_flaw(struct slice text)
{
    if (utf8_valid_prefix(text.at, text.length) < text.length)
        return "bytes that are not UTF-8";
    return has_control(text) ? "a control character" : NULL;
}

static int reject_control(const struct reading *reading)
{
    return reading_reject(reading, "holds a control character; inside double quotes a backslash and"
                                   " a letter make one, so write it in single quotes");
}

static int reject_length(const struct reading *reading)
{
    return reading_reject(reading, "is longer than %" PRId64 " bytes", reading->setting->maximum);
}

static void *member(const struct reading *reading)
{
    return (char *)reading->config + reading->setting->offset;
}

static int keep_text(const struct reading *reading, const char *text)
{
    char **place = member(reading);
    char *copy = strdup(text);

    if (!copy)
        return -ENOMEM;
    free(*place);
    *place = copy;
    return 0;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static int read_text(const struct reading *reading)
{
    struct slice text = slice_of(reading->text);

    if (has_control(text))
        return reject_control(reading);
    if (reading_text_flaw(text))
        return reading_reject(reading, "holds %s", reading_text_flaw(text));
    if (text.length > (size_t)reading->setting->maximum)
        return reject_length(reading);
    return keep_text(reading, reading->text);
}

static int read_account(const struct reading *reading)
{
    if (strchr(reading->text, ':'))
        return reading_reject(reading, "holds a ':', which no account name can");
    return read_text(reading);
}

static int read_readable_file(const struct reading *reading)
{
    struct err err = {0};

    if (access(reading->text, R_OK) == 0)
        return read_text(reading);
    (void)err_errno(&err, errno, "cannot be read");
    return reading_reject(reading, "names %s, which %s", reading->text, err.text);
}

typedef int address_parse(struct slice text, char **ret, struct err *err);

static int read_address(const struct reading *reading, address_parse *parse)
{
    struct slice text = slice_trim(slice_of(reading->text));
    struct err err = {0};

    if (text.length > (size_t)reading->setting->maximum)
        return reject_length(reading);
    int error = parse(text, member(reading), &err);
    return error > 0 ? reading_reject(reading, "%s", err.text) : error;
}

static int read_server(const struct reading *reading)
{
    return read_address(reading, endpoint_parse);
}

static int read_token_url(const struct reading *reading)
{
    return read_address(reading, endpoint_parse_token_url);
}

static int read_origin(const struct reading *reading)
{
    if (strcmp(reading->text, "*") == 0)
        return keep_text(reading, reading->text);
    return read_address(reading, endpoint_parse_origin);
}

/* It becomes a part of a URL's path. */
static int read_tenant(const struct reading *reading)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";

    if (reading->text[strspn(reading->text, allowed)])
        return reading_reject(reading, "holds something else than letters, digits, '-' and '.';"
                                       " write the tenant's id or one of its domains");
    return read_text(reading);
}

/* ---- secrets --------------------------------------------------------------------------------- */

static int keep_secret(const struct reading *reading, struct slice secret)
{
    char **place = member(reading);
    char *copy = secret_copy(secret);

    if (!copy)
        return -ENOMEM;
    secret_free(*place);
    *place = copy;
    return 0;
}

/* Bytes of any encoding; control characters are forbidden by RFC 7617, section 2. */
static int read_secret(const struct reading *reading)
{
    struct slice text = slice_of(reading->text);

    if (has_control(text))
        return reject_control(reading);
    if (text.length > (size_t)reading->setting->maximum)
        return reject_length(reading);
    return keep_secret(reading, text);
}

/* It may hold a password. */
static int read_proxy(const struct reading *reading)
{
    char **place = member(reading);
    int error = read_address(reading, endpoint_parse_proxy);
    char *proxy = *place;

    *place = NULL;
    if (!error && proxy)
        error = keep_secret(reading, slice_of(proxy));
    secret_forget(proxy);
    return error;
}

/* Without the one line end that editors and echo put behind it. */
static struct slice strip_line_end(struct slice text)
{
    if (text.length && text.at[text.length - 1] == '\n') {
        text.length--;
        if (text.length && text.at[text.length - 1] == '\r')
            text.length--;
    }
    return text;
}

static int keep_content(const struct reading *reading, struct slice secret)
{
    if (secret.length == 0)
        return reading_reject(reading, "names %s, which is empty", reading->text);
    if (has_control(secret))
        return reading_reject(reading,
                              "names %s, which holds more than one line or a control"
                              " character",
                              reading->text);
    return keep_secret(reading, secret);
}

int reading_secret_file(const struct reading *reading)
{
    enum secret_guard guard = secret_file_guard(reading->text);
    struct buf text = {0};
    struct err err = {0};
    int error = secret_file_read(reading->text, guard, SECRET_FILE_MAX, &text, &err);

    if (error)
        return error == -ENOMEM
                   ? error
                   : reading_reject(reading, "names %s, which %s", reading->text, err.text);
    error = keep_content(reading, strip_line_end((struct slice){buf_text(&text), text.length}));
    buf_finish(&text);
    return error;
}

/* Its member already has what the setting of the same name without _FILE holds. */
static int read_secret_file(const struct reading *reading)
{
    const char *key = reading->setting->key;
    char *const *place = member(reading);

    if (*place)
        return reading_reject(reading, "is set and %.*s too; remove one of them",
                              (int)(strlen(key) - strlen("_FILE")), key);
    return reading_secret_file(reading);
}

/* ---- files of secrets that a library reads --------------------------------------------------- */

/* 0, and the text is kept if `path` may be used; `may_be_missing`: something else makes it later. */
static int keep_guarded(const struct reading *reading, const char *path, bool may_be_missing)
{
    struct err err = {0};
    int error = secret_file_check(path, secret_file_guard(path), &err);

    if (error && !(may_be_missing && error == -ENOENT))
        return reading_reject(reading, "names %s, which %s", path, err.text);
    return read_text(reading);
}

static int read_guarded_file(const struct reading *reading)
{
    return keep_guarded(reading, reading->text, false);
}

/* The path behind "FILE:", or that is the whole text; NULL: the text is of another of MIT's types, see
 * https://web.mit.edu/kerberos/krb5-1.20/doc/basic/ccache_def.html */
static const char *kerberos_path(const char *text)
{
    if (strncmp(text, "FILE:", 5) == 0)
        return text + 5;
    return strchr(text, ':') ? NULL : text;
}

static int read_keytab(const struct reading *reading)
{
    const char *path = kerberos_path(reading->text);

    if (!path)
        return reading_reject(reading, "names no file; write its path, or FILE: and its path");
    return keep_guarded(reading, path, false);
}

static int read_tickets(const struct reading *reading)
{
    const char *path = kerberos_path(reading->text);

    return path ? keep_guarded(reading, path, true) : read_text(reading);
}

/* ---- numbers and choices --------------------------------------------------------------------- */

static int read_number(const struct reading *reading)
{
    const struct setting *setting = reading->setting;

    if (slice_int(slice_trim(slice_of(reading->text)), setting->minimum, setting->maximum,
                  member(reading)))
        return 0;
    return reading_reject(reading,
                          "is \"%.40s\"; write a whole number from %" PRId64 " to %" PRId64 " (%s)",
                          reading->text, setting->minimum, setting->maximum, setting->unit);
}

/* The words of all choices, and what each means in the enum of its member. */
static const struct choice {
    const char *word;
    enum setting_kind kind;
    unsigned value;
} choices[] = {
    {"auto", SETTING_AUTH, CONFIG_AUTH_AUTO},
    {"basic", SETTING_AUTH, CONFIG_AUTH_BASIC},
    {"ntlm", SETTING_AUTH, CONFIG_AUTH_NTLM},
    {"negotiate", SETTING_AUTH, CONFIG_AUTH_NEGOTIATE},
    {"bearer", SETTING_AUTH, CONFIG_AUTH_BEARER},
    {"auto", SETTING_BINDING, CONFIG_BINDING_AUTO},
    {"off", SETTING_BINDING, CONFIG_BINDING_OFF},
    {"required", SETTING_BINDING, CONFIG_BINDING_REQUIRED},
    {"delegate", SETTING_ACCESS, CONFIG_ACCESS_DELEGATE},
    {"impersonation", SETTING_ACCESS, CONFIG_ACCESS_IMPERSONATION},
    {"mask", SETTING_PRIVATE, CONFIG_PRIVATE_MASK},
    {"omit", SETTING_PRIVATE, CONFIG_PRIVATE_OMIT},
    {"show", SETTING_PRIVATE, CONFIG_PRIVATE_SHOW},
    {"error", SETTING_LEVEL, LOG_LEVEL_ERROR},
    {"warning", SETTING_LEVEL, LOG_LEVEL_WARNING},
    {"info", SETTING_LEVEL, LOG_LEVEL_INFO},
    {"debug", SETTING_LEVEL, LOG_LEVEL_DEBUG},
};

#define IS_AN_INT(type) (sizeof(type) == sizeof(unsigned))
_Static_assert(IS_AN_INT(enum config_auth) && IS_AN_INT(enum config_binding) &&
                   IS_AN_INT(enum config_access) && IS_AN_INT(enum config_private) &&
                   IS_AN_INT(enum log_level),
               "read_choice writes them all");

/* In upper or lower case. */
static int read_choice(const struct reading *reading)
{
    unsigned *value = member(reading);

    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        const struct choice *choice = &choices[i];
        if (choice->kind != reading->setting->kind || strcasecmp(choice->word, reading->text) != 0)
            continue;
        *value = choice->value;
        return 0;
    }
    return reading_reject(reading, "is \"%.40s\", which is none of its words; write %s",
                          reading->text, reading->setting->unit);
}

/* "-30d". */
static bool parse_days_back(const struct reading *reading, struct slice text, int64_t *ret)
{
    if (text.length < 3 || text.at[0] != '-' || text.at[text.length - 1] != 'd')
        return false;
    struct slice digits = {text.at + 1, text.length - 2};
    return slice_int(digits, reading->setting->minimum, reading->setting->maximum, ret);
}

static int read_start(const struct reading *reading)
{
    struct slice text = slice_trim(slice_of(reading->text));
    struct config_start *start = member(reading);
    int64_t days_most = reading->setting->maximum;

    start->relative = parse_days_back(reading, text, &start->days);
    if (start->relative)
        return 0;
    if (!date_parse(text, &start->at_utc) && !datetime_parse(text, false, &start->at_utc, NULL))
        return reading_reject(reading,
                              "is \"%.40s\"; write a date (2026-11-23), a moment"
                              " (2026-11-23T09:00:00Z) or days before today (-30d, at most"
                              " -%" PRId64 "d)",
                              reading->text, days_most);
    /* Each year is a request for each room. */
    if (start->at_utc < clock_utc() - days_most * DAY_S)
        return reading_reject(reading, "is more than %" PRId64 " days ago", days_most);
    return 0;
}

/* ---- the table ------------------------------------------------------------------------------- */

int reading_run(const struct reading *reading)
{
    static setting_reader *const readers[] = {
        [SETTING_ROOMS] = reading_rooms,
        [SETTING_MAILBOXES] = reading_mailboxes,
        [SETTING_ROOM_LISTS] = reading_room_lists,
        [SETTING_ACCOUNT] = read_account,
        [SETTING_SECRET] = read_secret,
        [SETTING_SECRET_FILE] = read_secret_file,
        [SETTING_SERVER] = read_server,
        [SETTING_PROXY] = read_proxy,
        [SETTING_TOKEN_URL] = read_token_url,
        [SETTING_ORIGIN] = read_origin,
        [SETTING_AUTH] = read_choice,
        [SETTING_BINDING] = read_choice,
        [SETTING_ACCESS] = read_choice,
        [SETTING_TENANT] = read_tenant,
        [SETTING_TEXT] = read_text,
        [SETTING_PATH] = read_text,
        [SETTING_READABLE_FILE] = read_readable_file,
        [SETTING_GUARDED_FILE] = read_guarded_file,
        [SETTING_KEYTAB] = read_keytab,
        [SETTING_TICKETS] = read_tickets,
        [SETTING_START] = read_start,
        [SETTING_NUMBER] = read_number,
        [SETTING_FIELDS] = reading_fields,
        [SETTING_LEVEL] = read_choice,
        [SETTING_ZONE] = read_text,
        [SETTING_PRIVATE] = read_choice,
    };

    return readers[reading->setting->kind](reading);
}
