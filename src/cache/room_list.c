/* SPDX-License-Identifier: MIT */
#include "cache/room_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/text.h"
#include "cache/temporary.h"

#define FIRST_LINE "roomcal-rooms 1"
#define SOURCE     "source "
#define CHANGED_AT "changed_at "
#define CHECK      "check "
#define HEX_SIZE   (2 * HASH_SIZE + 1)

#define UNUSABLE 1

/* "check ", 64 digits, newline. */
#define CHECK_LINE_LENGTH (sizeof CHECK - 1 + HEX_SIZE)

int room_list_source(const struct config *config, struct hash *ret)
{
    struct hash account;
    struct hasher hasher;
    int error = config_account(config, &account);

    if (error)
        return error;
    (void)hash_begin(&hasher); /* hash_end reports it */
    hash_add_field(&hasher, account.bytes, sizeof account.bytes);
    for (size_t i = 0; i < config->room_list_count; i++)
        hash_add_field(&hasher, config->room_lists[i], strlen(config->room_lists[i]));
    return hash_end(&hasher, ret);
}

static int hash_text(struct slice text, struct hash *ret)
{
    struct hasher hasher;

    (void)hash_begin(&hasher);
    hash_add(&hasher, text.at, text.length);
    return hash_end(&hasher, ret);
}

void room_list_finish(struct room_list *list)
{
    free(list->rooms);
    free(list->text);
    *list = (struct room_list){0};
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_ours(const struct stat *status)
{
    return S_ISREG(status->st_mode) && (status->st_uid == geteuid() || geteuid() == 0) &&
           (status->st_mode & 077) == 0;
}

/* The file's bytes and a NUL, for the caller to free; NULL and errno. */
static char *read_bytes(int fd, size_t size)
{
    char *text = malloc(size + 1);
    size_t length = 0;
    ssize_t more = 1;

    while (text && length < size && more) {
        more = read(fd, text + length, size - length);
        if (more < 0 && errno != EINTR)
            break;
        length += more > 0 ? (size_t)more : 0;
    }
    if (text && length < size) {
        int error = more < 0 ? errno : EIO;
        free(text);
        errno = error;
        return NULL;
    }
    if (text)
        text[size] = '\0';
    return text;
}

static int damaged(struct err *err)
{
    return err_set(err, UNUSABLE, "the list of rooms in CACHE_DIR is damaged; it is fetched again");
}

/* Takes the line off that begins with `key`; false: it is another one. */
static bool take_line(struct slice *rest, const char *key, struct slice *ret)
{
    size_t length = strlen(key);
    struct slice line = {0};

    if (!slice_next(rest, '\n', &line) || !line.at || line.length < length ||
        memcmp(line.at, key, length) != 0)
        return false;
    *ret = (struct slice){line.at + length, line.length - length};
    return true;
}

/* The text before the check line, if it is what that says. */
static int take_checked(struct room_list *list, size_t size, struct slice *ret)
{
    char expected[CHECK_LINE_LENGTH + 1] = CHECK;

    if (size < CHECK_LINE_LENGTH)
        return UNUSABLE;
    struct slice body = {list->text, size - CHECK_LINE_LENGTH};
    int error = hash_text(body, &list->check);
    if (error)
        return error;
    hash_hex(&list->check, HASH_SIZE, expected + sizeof CHECK - 1);
    expected[CHECK_LINE_LENGTH - 1] = '\n';
    if (memcmp(body.at + body.length, expected, CHECK_LINE_LENGTH) != 0)
        return UNUSABLE;
    *ret = body;
    return 0;
}

static size_t count_lines(struct slice text)
{
    size_t lines = 0;

    for (size_t i = 0; i < text.length; i++)
        lines += text.at[i] == '\n';
    return lines;
}

/* Makes texts of the line's two halves, where they lie. */
static bool split_line(char *line, struct found_room *ret)
{
    char *tab = strchr(line, '\t');
    char *end = strchr(line, '\n');

    if (!tab || !end || tab > end)
        return false;
    *tab = '\0';
    *end = '\0';
    *ret = (struct found_room){.name = tab + 1, .mailbox = line};
    return true;
}

static int parse_rooms(struct room_list *list, struct slice lines)
{
    size_t count = count_lines(lines);

    if (!lines.at || count > CONFIG_ROOMS_MAX)
        return UNUSABLE; /* without `at` the line before had no end */
    char *at = list->text + (lines.at - list->text);
    list->rooms = calloc(count + 1, sizeof *list->rooms);
    if (!list->rooms)
        return -ENOMEM;
    for (; list->count < count; list->count++) {
        char *next = strchr(at, '\n');
        if (!next || !split_line(at, &list->rooms[list->count]))
            return UNUSABLE;
        at = next + 1;
    }
    return 0;
}

/* UNUSABLE with "" in `err`: what was parsed is not as we write it. */
static int parse(struct room_list *list, size_t size, const struct hash *source, struct err *err)
{
    char ours[HEX_SIZE];
    struct slice rest;
    struct slice value;
    int error = take_checked(list, size, &rest);

    if (error)
        return error;
    if (!take_line(&rest, FIRST_LINE, &value) || value.length || !take_line(&rest, SOURCE, &value))
        return UNUSABLE;
    hash_hex(source, HASH_SIZE, ours);
    if (!slice_is(value, ours))
        return err_set(err, UNUSABLE,
                       "the list of rooms in CACHE_DIR is that of another server, account or "
                       "ROOM_LIST; it is fetched again");
    if (!take_line(&rest, CHANGED_AT, &value) || !slice_int(value, 0, INT64_MAX, &list->changed_at))
        return UNUSABLE;
    return parse_rooms(list, rest);
}

static int read_file(int fd, const struct hash *source, struct room_list *ret, struct err *err)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return damaged(err);
    if (!is_ours(&status) || status.st_size > (off_t)ROOM_LIST_SIZE_MAX)
        return damaged(err);
    ret->asked_at = status.st_mtim.tv_sec;
    ret->text = read_bytes(fd, (size_t)status.st_size);
    if (!ret->text)
        return errno == ENOMEM ? -ENOMEM : damaged(err);
    int result = parse(ret, (size_t)status.st_size, source, err);
    return result > 0 && !err->text[0] ? damaged(err) : result;
}

int room_list_read(int cache_dirfd, const struct hash *source, struct room_list *ret,
                   struct err *err)
{
    struct room_list list = {0};
    struct err why = {""};
    /* O_NONBLOCK: somebody may have put a FIFO there. */
    int fd = openat(cache_dirfd, ROOM_LIST_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    int result = UNUSABLE;

    if (fd >= 0) {
        result = read_file(fd, source, &list, &why);
        (void)close(fd);
    } else if (errno != ENOENT) {
        (void)err_errno(&why, errno, "cannot read the list of rooms in CACHE_DIR");
    }
    if (result) {
        room_list_finish(&list);
        return err_set(err, result, "%s", why.text);
    }
    *ret = list;
    return 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int by_mailbox(const void *left, const void *right)
{
    const struct found_room *one = left;
    const struct found_room *other = right;
    int order = strcasecmp(one->mailbox, other->mailbox);

    if (!order)
        order = strcmp(one->mailbox, other->mailbox);
    return order ? order : strcmp(one->name, other->name);
}

/* What separates lines and their halves becomes a blank. */
static void append_text(struct buf *text, const char *part)
{
    size_t length = strnlen(part, ROOM_LIST_TEXT_MAX);

    for (size_t i = 0; i < length; i++)
        buf_append_char(text, (unsigned char)part[i] < 0x20 ? ' ' : part[i]);
}

/* The file's text in `text`, and its check. `rooms` are sorted. */
static int render(const struct hash *source, const struct found_room *rooms, size_t count,
                  int64_t changed_at, struct buf *text, struct hash *ret_check)
{
    char hex[HEX_SIZE];

    buf_clear(text);
    hash_hex(source, HASH_SIZE, hex);
    buf_printf(text, FIRST_LINE "\n" SOURCE "%s\n" CHANGED_AT "%lld\n", hex, (long long)changed_at);
    for (size_t i = 0; i < count; i++) {
        append_text(text, rooms[i].mailbox);
        buf_append_char(text, '\t');
        append_text(text, rooms[i].name);
        buf_append_char(text, '\n');
    }
    int error = hash_text((struct slice){buf_text(text), text->length}, ret_check);
    if (error)
        return error;
    hash_hex(ret_check, HASH_SIZE, hex);
    buf_printf(text, CHECK "%s\n", hex);
    return buf_error(text);
}

static int set_mtime(int fd, int64_t utc)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t)utc}};

    return futimens(fd, times) < 0 ? -errno : 0;
}

static int put(int dirfd, const struct buf *text, int64_t now_utc)
{
    char name[TEMPORARY_NAME_SIZE];
    int fd = temporary_create(dirfd, name);

    if (fd < 0)
        return fd;
    int error = io_write_all(fd, buf_text(text), text->length);
    if (!error)
        error = set_mtime(fd, now_utc);
    if (close(fd) < 0 && !error)
        error = -errno;
    if (!error && renameat(dirfd, name, dirfd, ROOM_LIST_FILE) < 0)
        error = -errno;
    if (error)
        (void)unlinkat(dirfd, name, 0);
    return error;
}

/* Does the file say the same? It would, if it had been made of these rooms when it was. */
static bool is_there(int dirfd, const struct hash *source, const struct found_room *rooms,
                     size_t count, struct buf *scratch)
{
    struct room_list old = {0};
    struct hash check = {{0}};

    if (room_list_read(dirfd, source, &old, NULL) != 0)
        return false;
    bool same = render(source, rooms, count, old.changed_at, scratch, &check) == 0 &&
                memcmp(&check, &old.check, sizeof check) == 0;
    room_list_finish(&old);
    return same;
}

static int write_sorted(int dirfd, const struct hash *source, const struct found_room *rooms,
                        size_t count, int64_t now_utc, struct err *err)
{
    struct buf text = BUF_INIT(ROOM_LIST_SIZE_MAX);
    struct hash check;
    bool same = is_there(dirfd, source, rooms, count, &text);
    int error = same ? 0 : render(source, rooms, count, now_utc, &text, &check);

    if (!same && !error)
        error = put(dirfd, &text, now_utc);
    buf_finish(&text);
    if (error)
        return err_errno(err, -error, "cannot keep the list of rooms in CACHE_DIR");
    if (!same)
        return 0;
    error = room_list_touch(dirfd, now_utc, err);
    return error ? error : 1;
}

/* A room may be in several lists. `rooms` are sorted; how many are left. */
static size_t drop_repeated(struct found_room *rooms, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (!kept || strcasecmp(rooms[kept - 1].mailbox, rooms[i].mailbox) != 0)
            rooms[kept++] = rooms[i];
    }
    return kept < CONFIG_ROOMS_MAX ? kept : CONFIG_ROOMS_MAX;
}

int room_list_write(int cache_dirfd, const struct hash *source, const struct found_room *rooms,
                    size_t count, int64_t now_utc, struct err *err)
{
    struct found_room *sorted = calloc(count + 1, sizeof *sorted);

    if (!sorted)
        return err_set(err, -ENOMEM, "no memory");
    if (count) {
        memcpy(sorted, rooms, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, by_mailbox);
    }
    size_t kept = drop_repeated(sorted, count);
    int result = write_sorted(cache_dirfd, source, sorted, kept, now_utc, err);
    free(sorted);
    return result;
}

int room_list_touch(int cache_dirfd, int64_t utc, struct err *err)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t)utc}};

    if (utimensat(cache_dirfd, ROOM_LIST_FILE, times, AT_SYMLINK_NOFOLLOW) == 0 || errno == ENOENT)
        return 0;
    return err_errno(err, errno, "cannot note in CACHE_DIR when the rooms were asked for");
}

/* ---- looking --------------------------------------------------------------------------------- */

static bool is_seen(const struct room_list_watch *watch, const struct stat *status)
{
    return watch->inode == status->st_ino && watch->changed.tv_sec == status->st_ctim.tv_sec &&
           watch->changed.tv_nsec == status->st_ctim.tv_nsec;
}

bool room_list_look(int cache_dirfd, struct room_list_watch *watch)
{
    struct stat status = {0};
    struct room_list list = {0};

    if (fstatat(cache_dirfd, ROOM_LIST_FILE, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        is_seen(watch, &status))
        return false;
    watch->inode = status.st_ino;
    watch->changed = status.st_ctim;
    watch->exists = status.st_ino && room_list_read(cache_dirfd, &watch->source, &list, NULL) == 0;
    if (!watch->exists)
        return false;
    bool is_other = memcmp(&watch->check, &list.check, sizeof list.check) != 0;
    watch->check = list.check;
    watch->asked_at = list.asked_at;
    room_list_finish(&list);
    return is_other;
}
