/* SPDX-License-Identifier: MIT */
/*
 * load — config_load: finds the texts, has each read by its kind, and looks once at the whole
 */
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/datetime.h"
#include "config/dotenv.h"
#include "config/doubts.h"
#include "config/given.h"
#include "config/reading.h"
#include "config/secret_file.h"
#include "config/settings.h"
#include "config/whole.h"

#define ROW(key_, kind_, member_, fallback_, minimum_, maximum_, unit_, manual_)                   \
    {.key = #key_,                                                                                 \
     .kind = SETTING_##kind_,                                                                      \
     .offset = offsetof(struct config, member_),                                                   \
     .fallback = (fallback_),                                                                      \
     .minimum = (minimum_),                                                                        \
     .maximum = (maximum_),                                                                        \
     .unit = (unit_),                                                                              \
     .manual = (manual_)},
static const struct setting settings[] = {SETTINGS(ROW)};
#undef ROW

#define SETTING_COUNT (sizeof settings / sizeof settings[0])

/* One run of config_load. */
struct loader {
    struct source source;
    config_check *check;
    struct config *config;
    struct mistakes *mistakes;
};

/* ---- the file -------------------------------------------------------------------------------- */

static const char *environment(const char *name)
{
    return getenv(name);
}

/* Reports where the text stops being UTF-8. */
static bool reject_encoding(struct mistakes *mistakes, const char *file, struct slice text)
{
    size_t good = utf8_valid_prefix(text.at, text.length);
    int line = 1;

    if (good == text.length)
        return false;
    for (size_t i = 0; i < good; i++)
        line += text.at[i] == '\n';
    mistakes_add(mistakes, file, line, "this is not UTF-8; save the file in that encoding");
    return true;
}

static void reject_bad_lines(struct mistakes *mistakes, const char *file,
                             const struct dotenv *dotenv)
{
    /* The line may hold a password, so it is not repeated. */
    for (size_t i = 0; i < dotenv->bad_count; i++)
        mistakes_add(mistakes, file, dotenv->bad_lines[i],
                     "this is not NAME=value; is a quote left open, or is there text behind a"
                     " closing quote, a blank inside the name, or ':' in place of '='?");
}

static int parse_file(struct loader *loader, const char *file, struct slice text)
{
    struct source *source = &loader->source;

    if (reject_encoding(loader->mistakes, file, text))
        return 1;
    int error = dotenv_parse(text, environment, &source->dotenv);
    if (error == -EFBIG) {
        mistakes_add(loader->mistakes, file, 0, "its values grow by ${…} to over %u bytes",
                     DOTENV_VALUES_MAX);
        return 1;
    }
    if (error)
        return error;
    reject_bad_lines(loader->mistakes, file, &source->dotenv);
    loader->config->env_file = strdup(file);
    source->file = loader->config->env_file;
    return source->file ? 0 : -ENOMEM;
}

/* Which rooms there are, and what is shown of them, changed when the settings did: Last-Modified
 * has to know. */
static int64_t last_change(const char *file)
{
    struct stat status;

    if (!file || stat(file, &status) < 0)
        return clock_utc();
    /* A restored file has its old mtime; its ctime tells. */
    return status.st_mtime > status.st_ctime ? status.st_mtime : status.st_ctime;
}

/* 0; 1: there were mistakes that make going on useless; -ENOMEM. */
static int read_file(struct loader *loader, const char *path)
{
    const char *variable = path ? NULL : getenv("ROOMCAL_ENV");
    const char *named = variable && *variable ? variable : path;
    const char *file = named ? named : ".env";
    struct buf text = {0};
    struct err err = {0};
    int error = secret_file_read(file, secret_file_guard(file), DOTENV_TEXT_MAX, &text, &err);

    if (error == -ENOENT && !named)
        return 0;
    if (error == -ENOMEM)
        return error;
    if (error) {
        mistakes_add(loader->mistakes, file, 0, "%s %s",
                     named && !path ? "this file, which ROOMCAL_ENV names," : "this file",
                     err.text);
        return 1;
    }
    error = parse_file(loader, file, (struct slice){buf_text(&text), text.length});
    buf_finish(&text);
    return error;
}

/* ---- one setting ----------------------------------------------------------------------------- */

static bool is_auth(const struct source *source, const char *word)
{
    const char *text = given_find(source, "AUTH").text;

    return strcasecmp(text && *text ? text : "auto", word) == 0;
}

/* Rooms and addresses may both be missing where the rooms come from Exchange, and a user where an
 * application signs in. */
static bool is_dispensable(const struct source *source, const struct setting *setting)
{
    bool is_of_rooms = setting->kind == SETTING_ROOMS || setting->kind == SETTING_MAILBOXES;

    if (setting->kind == SETTING_ACCOUNT)
        return is_auth(source, "bearer");
    return is_of_rooms && given_is(source, "ROOM_LIST") && !given_is(source, "ROOMS") &&
           !given_is(source, "ROOM_EMAILS");
}

static int read_setting(const struct loader *loader, const struct setting *setting)
{
    struct given given = given_find(&loader->source, setting->key);
    bool empty = !given.text || !*given.text;
    struct reading reading = {.setting = setting,
                              .text = empty ? setting->fallback : given.text,
                              .file = given.file,
                              .line = given.line,
                              .config = loader->config,
                              .mistakes = loader->mistakes};

    if (given.bare)
        return reading_reject(&reading, "has no '='; write %s=value, or remove the line",
                              setting->key);
    if (!reading.text && is_dispensable(&loader->source, setting))
        return 0;
    if (!reading.text)
        return reading_reject(&reading, "is %s. %s", given.text ? "empty" : "not set",
                              setting->manual);
    return *reading.text ? reading_run(&reading) : 0;
}

static int read_settings(const struct loader *loader)
{
    int error = 0;

    for (size_t i = 0; !error && i < SETTING_COUNT; i++)
        error = read_setting(loader, &settings[i]);
    return error;
}

/* ---- the password that systemd brings -------------------------------------------------------- */

/* The path of the credential, for the caller to free; NULL: there is none, or no memory (*ret_error
 * then). */
static char *find_credential(int *ret_error)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    char *path = NULL;

    if (!directory || !*directory)
        return NULL;
    if (asprintf(&path, "%s/password", directory) < 0) {
        *ret_error = -ENOMEM;
        return NULL;
    }
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}

/* Kerberos may have a keytab or tickets in place of a password. */
static bool needs_password(const struct source *source)
{
    bool has_kerberos = given_is(source, "KRB5_CLIENT_KTNAME") || given_is(source, "KRB5CCNAME");
    bool takes_kerberos = is_auth(source, "auto") || is_auth(source, "negotiate");

    return !(has_kerberos && takes_kerberos);
}

static int read_credential(const struct loader *loader)
{
    static const struct setting credential = {.key = "$CREDENTIALS_DIRECTORY",
                                              .offset = offsetof(struct config, password)};
    int error = 0;

    if (is_auth(&loader->source, "bearer"))
        return 0;
    if (given_is(&loader->source, "PASSWORD") || given_is(&loader->source, "PASSWORD_FILE"))
        return 0;
    char *path = find_credential(&error);
    if (path) {
        struct reading reading = {.setting = &credential,
                                  .text = path,
                                  .config = loader->config,
                                  .mistakes = loader->mistakes};
        error = reading_secret_file(&reading);
    } else if (!error && needs_password(&loader->source)) {
        mistakes_add(loader->mistakes, loader->source.file, 0,
                     "there is no password; set PASSWORD, or PASSWORD_FILE to a file that holds it,"
                     " or give the systemd unit LoadCredential=password:/path");
    }
    free(path);
    return error;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* No file, and nothing in the environment that only we would set: desktops export USERNAME. */
static bool is_newcomer(const struct source *source)
{
    return !source->file && !given_is(source, "ROOMS") && !given_is(source, "ROOM_EMAILS") &&
           !given_is(source, "EXCHANGE_SERVER");
}

/* Of settings without a mistake only: those come first. */
static int find_doubts(const struct loader *loader)
{
    struct mistakes *doubts = &loader->config->doubts;
    const char *keys[SETTING_COUNT];

    for (size_t i = 0; i < SETTING_COUNT; i++)
        keys[i] = settings[i].key;
    doubts_of_names(&loader->source, keys, SETTING_COUNT, doubts);
    int error = doubts_of_mailboxes(&loader->source, loader->config, doubts);
    return error ? error : doubts->error;
}

static int read_all(struct loader *loader)
{
    if (is_newcomer(&loader->source)) {
        mistakes_add(loader->mistakes, ".env", 0,
                     "there is no such file here; copy .env.example to .env, fill in its first"
                     " lines and run: chmod 600 .env (or name another file in ROOMCAL_ENV)");
        return 1;
    }
    int error = read_settings(loader);
    if (!error)
        error = read_credential(loader);
    if (error)
        return error;
    error = whole_settle(&loader->source, loader->config, loader->mistakes);
    if (error)
        return error;
    loader->config->item_fields_line = given_find(&loader->source, "ITEM_FIELDS").line;
    loader->config->timezone_line = given_find(&loader->source, "TIMEZONE").line;
    return loader->check ? loader->check(loader->config, loader->mistakes) : 0;
}

static int load(struct loader *loader, const char *path)
{
    int error = read_file(loader, path);

    loader->config->changed_at = last_change(loader->source.file);
    if (!error)
        error = read_all(loader);
    if (!error && loader->mistakes->error)
        error = loader->mistakes->error;
    if (!error && !loader->mistakes->count)
        error = find_doubts(loader);
    return !error && loader->mistakes->count ? 1 : error;
}

int config_load(const char *path, config_check *check, struct config **ret,
                struct mistakes *mistakes)
{
    struct loader loader = {
        .check = check, .config = calloc(1, sizeof *loader.config), .mistakes = mistakes};
    int error = loader.config ? load(&loader, path) : -ENOMEM;

    dotenv_finish(&loader.source.dotenv);
    if (error) {
        config_destroy(loader.config);
        return error;
    }
    *ret = loader.config;
    return 0;
}
