/* SPDX-License-Identifier: MIT */
/*
 * fuzz_settings — any .env file, environment and rooms of room lists, through config_load
 *
 * Three texts, split by NUL: the file, the environment as lines NAME=value, and found rooms as lines mailbox<TAB>name.
 * Beside the file lie those that settings may name, see `files`. Besides crashes: what is accepted is within the limits
 * that config/settings.h names, mistakes are sentences of whole characters on one line, there are not too many of them, and
 * none has a secret in it.
 */
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "base/clock.h"
#include "calendar/settings_check.h"
#include "config/config.h"
#include "config/dotenv.h"
#include "config/reading.h"
#include "config/settings.h"
#include "fuzz.h"
#include "scratch.h"

#define INPUT_MAX     16384
#define VARIABLES_MAX 64
#define FOUND_MAX     64
#define CANARY        "hush" /* which no sentence of ours says */
#define NOW           INT64_C(1795424400)

static const struct {
    const char *name;
    const char *content;
    mode_t mode;
} files[] = {
    {"secret", "correct horse\n", 0600},
    {"open", "battery\n", 0644},
    {"empty", "\n", 0600},
    {"lines", "one\ntwo\n", 0600},
    {"password", "staple\r\n", 0440},
    {"ca.pem", "-----BEGIN CERTIFICATE-----\n", 0644},
};

/* Makes the files; their directory. */
static int prepare(void)
{
    int dirfd = scratch_open();

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        scratch_write(dirfd, files[i].name, slice_of(files[i].content), files[i].mode);
    clock_set_utc(NOW);
    return dirfd;
}

/* ---- the input ------------------------------------------------------------------------------- */

/* Each a copy that ends in NUL. */
struct input {
    char *file;
    char *environment;
    char *found;
};

static struct input split(struct slice text)
{
    char *parts[3] = {0};

    for (size_t i = 0; i < 3; i++) {
        struct slice part = {0};
        (void)slice_next(&text, '\0', &part);
        parts[i] = slice_copy(part);
        must(parts[i] != NULL);
    }
    return (struct input){parts[0], parts[1], parts[2]};
}

static void set_environment(char *lines)
{
    static char *variables[VARIABLES_MAX + 1];
    size_t count = 0;

    for (char *line = strtok(lines, "\n"); line && count < VARIABLES_MAX;
         line = strtok(NULL, "\n")) {
        if (strchr(line, '='))
            variables[count++] = line;
    }
    variables[count] = NULL;
    environ = variables;
}

static void clear_environment(void)
{
    static char *none[1];

    environ = none;
}

/* ---- mistakes -------------------------------------------------------------------------------- */

static size_t count_of(struct slice text, struct slice part)
{
    size_t count = 0;

    for (const char *at; (at = memmem(text.at, text.length, part.at, part.length)); count++)
        (void)take(&text, (size_t)(at - text.at) + 1);
    return count;
}

static const char *look_up(const char *name)
{
    return getenv(name);
}

static bool is_secret(const char *key)
{
    return strcmp(key, "PASSWORD") == 0 || strcmp(key, "OAUTH_CLIENT_SECRET") == 0 ||
           strcmp(key, "PROXY") == 0;
}

static bool holds_canary(const struct dotenv *dotenv, const char *key)
{
    const struct dotenv_entry *entry = dotenv_find(dotenv, key);

    return entry && entry->value && strstr(entry->value, CANARY);
}

/* Is the canary in a secret of the file, and in nothing that may be quoted? It may be in several settings by ${…}. */
static bool has_secret(const char *file, struct slice input)
{
#define ROW(key_, kind_, member_, fallback_, minimum_, maximum_, unit_, manual_) #key_,
    static const char *const keys[] = {SETTINGS(ROW)};
#undef ROW
    struct dotenv dotenv = {0};
    bool in_secret = false;
    bool in_other = false;

    if (count_of(input, slice_of(CANARY)) != 1 ||
        dotenv_parse(slice_of(file), look_up, &dotenv) != 0)
        return false;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        bool holds = holds_canary(&dotenv, keys[i]);
        in_secret |= holds && is_secret(keys[i]);
        in_other |= holds && !is_secret(keys[i]);
    }
    dotenv_finish(&dotenv);
    return in_secret && !in_other;
}

static void check_sentence(const char *sentence, bool has_secret)
{
    must_be_utf8(slice_of(sentence));
    for (const char *at = sentence; *at; at++)
        must((unsigned char)*at >= 0x20 && *at != 0x7F);
    must(!has_secret || !strstr(sentence, CANARY));
}

static void check_mistakes(const struct mistakes *mistakes, bool has_secret)
{
    must(mistakes->count > 0 && mistakes->count <= MISTAKES_MAX + 1 && !mistakes->error);
    for (size_t i = 0; i < mistakes->count; i++)
        check_sentence(mistakes->sentences[i], has_secret);
}

/* ---- what is accepted ------------------------------------------------------------------------ */

struct number {
    const char *key;
    enum setting_kind kind;
    size_t offset;
    int64_t minimum;
    int64_t maximum;
};

static void check_numbers(const struct config *config)
{
#define ROW(key_, kind_, member_, fallback_, minimum_, maximum_, unit_, manual_)                   \
    {#key_, SETTING_##kind_, offsetof(struct config, member_), minimum_, maximum_},
    static const struct number numbers[] = {SETTINGS(ROW)};
#undef ROW

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const struct number *number = &numbers[i];
        if (number->kind != SETTING_NUMBER)
            continue;
        int64_t value = *(const int64_t *)(const void *)((const char *)config + number->offset);
        must(value >= number->minimum && value <= number->maximum);
    }
}

static void check_rooms(const struct config *config)
{
    must(config->room_count <= CONFIG_ROOMS_MAX);
    for (size_t i = 0; i < config->room_count; i++) {
        const struct config_room *room = &config->rooms[i];
        must(!reading_name_flaw(slice_of(room->name)));
        must(!reading_mailbox_flaw(slice_of(room->mailbox)));
        must(config_room_index(config, room->name, strlen(room->name)) == (ptrdiff_t)i);
    }
}

/* A secret goes there: nowhere else than it seems, and not in clear text over a wire. */
static void check_address(const char *url)
{
    must(strncmp(url, "https://", 8) == 0 || strncasecmp(url, "http://localhost", 16) == 0 ||
         strncmp(url, "http://127.", 11) == 0 || strncmp(url, "http://[", 8) == 0);
    must(!strpbrk(url, "@?#\\ \t\r\n"));
}

static void check_accepted(const struct config *config)
{
    struct hash hash;

    check_numbers(config);
    check_rooms(config);
    check_address(config->endpoint);
    must(config->auth == CONFIG_AUTH_BEARER || config->username);
    must(!config->username || !strchr(config->username, ':'));
    must(!config->cert_file == !config->key_file);
    must(!config->oauth_cert_file == !config->oauth_key_file);
    must(config->auth != CONFIG_AUTH_BEARER ||
         (config->oauth_token_url && config->access == CONFIG_ACCESS_IMPERSONATION &&
          !config->oauth_client_secret == !!config->oauth_cert_file));
    if (config->oauth_token_url)
        check_address(config->oauth_token_url);
    must(config->room_count > 0 || config->awaits_rooms);
    must(config->item_count > 0 && config->timezone && config->cache_dir);
    must(config_fingerprint(config, &hash) == 0);
}

static void add_found(struct config *config, char *lines)
{
    struct found_room rooms[FOUND_MAX];
    size_t count = 0;
    size_t left_out = 0;
    size_t before = config->room_count;

    for (char *line = strtok(lines, "\n"); line && count < FOUND_MAX; line = strtok(NULL, "\n")) {
        char *tab = strchr(line, '\t');
        if (tab)
            *tab = '\0';
        rooms[count++] = (struct found_room){.name = tab ? tab + 1 : "", .mailbox = line};
    }
    must(config_add_rooms(config, rooms, count, NOW, &left_out) == 0);
    must(!config->awaits_rooms && config->room_count - before + left_out <= count);
    check_rooms(config);
}

/* ---- the target ------------------------------------------------------------------------------ */

/* A file that is nowhere on the disk; `path` names it. */
static int open_file(const char *text, size_t room, char *path)
{
    int fd = memfd_create("env", MFD_CLOEXEC);

    must(fd >= 0 && fchmod(fd, 0600) == 0);
    must(io_write_all(fd, text, strlen(text)) == 0);
    (void)snprintf(path, room, "/proc/self/fd/%d", fd);
    return fd;
}

/* With the files in the current directory, which is libFuzzer's again afterwards. */
static int load_there(int dirfd, const char *path, struct config **ret, struct mistakes *mistakes)
{
    int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    must(before >= 0 && fchdir(dirfd) == 0);
    int result = config_load(path, settings_check, ret, mistakes);
    must(fchdir(before) == 0);
    (void)close(before);
    return result;
}

static void load(int dirfd, struct input *input, struct slice whole)
{
    char path[64];
    struct config *config = NULL;
    struct mistakes mistakes = {0};
    int fd = open_file(input->file, sizeof path, path);

    set_environment(input->environment);
    bool is_secret = has_secret(input->file, whole);
    int result = load_there(dirfd, path, &config, &mistakes);
    clear_environment();
    must(result == 0 || result == 1);
    if (result == 0) {
        must(mistakes.count == 0);
        check_accepted(config);
        add_found(config, input->found);
        config_destroy(config);
    } else {
        check_mistakes(&mistakes, is_secret);
    }
    mistakes_finish(&mistakes);
    (void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int dirfd;
    struct slice whole = {(const char *)data, size};

    if (size > INPUT_MAX)
        return 0;
    if (!dirfd)
        dirfd = prepare();
    struct input input = split(whole);
    load(dirfd, &input, whole);
    free(input.file);
    free(input.environment);
    free(input.found);
    return 0;
}
