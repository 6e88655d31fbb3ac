/* SPDX-License-Identifier: MIT */
/*
 * fuzz_room_list — any bytes as CACHE_DIR/rooms
 *
 * The first byte: 0 puts first lines and check line round the rest, so that it is believed; 1 only the check line; 2
 * gives it as it is. Besides crashes: what was read are texts of the file, what was read can be written, and what
 * was written is there, and can be used as rooms.
 */
#include <string.h>

#include "base/buf.h"
#include "cache/room_list.h"
#include "config/reading.h"
#include "fuzz.h"
#include "scratch.h"

enum { WHOLE, CHECKED, AS_IT_IS };

static const struct hash source = {{7}};
static const struct hash other_source = {{8}};

static void add_check(struct buf *text)
{
    struct hasher hasher;
    struct hash hash;
    char hex[2 * HASH_SIZE + 1];

    must(hash_begin(&hasher) == 0);
    hash_add(&hasher, buf_text(text), text->length);
    must(hash_end(&hasher, &hash) == 0);
    hash_hex(&hash, HASH_SIZE, hex);
    buf_printf(text, "check %s\n", hex);
}

static void write_list(int dirfd, struct slice input)
{
    struct buf text = BUF_INIT(SIZE_MAX / 2);
    char hex[2 * HASH_SIZE + 1];
    uint8_t how = take_byte(&input);

    hash_hex(&source, HASH_SIZE, hex);
    if (how == WHOLE)
        buf_printf(&text, "roomcal-rooms 1\nsource %s\nchanged_at 1795424400\n", hex);
    buf_append(&text, input.at, input.length);
    if (how == WHOLE || how == CHECKED)
        add_check(&text);
    scratch_write(dirfd, ROOM_LIST_FILE, (struct slice){buf_text(&text), text.length}, 0600);
    buf_finish(&text);
}

static void check_texts(const struct room_list *list)
{
    must(list->count <= CONFIG_ROOMS_MAX && list->changed_at >= 0);
    for (size_t i = 0; i < list->count; i++) {
        const struct found_room *room = &list->rooms[i];
        must(room->mailbox >= list->text && room->mailbox <= room->name);
        must(!strpbrk(room->mailbox, "\t\n") && !strchr(room->name, '\n'));
    }
}

static void check_writing(int dirfd, const struct room_list *list)
{
    struct room_list written = {0};
    int64_t now_utc = 1800000000;

    must(room_list_write(dirfd, &source, list->rooms, list->count, now_utc, NULL) >= 0);
    must(room_list_write(dirfd, &source, list->rooms, list->count, now_utc + 1, NULL) == 1);
    must(room_list_read(dirfd, &source, &written, NULL) == 0);
    must(written.count <= list->count && written.asked_at == now_utc + 1);
    room_list_finish(&written);
}

static void check_use(const struct room_list *list)
{
    struct config *config = calloc(1, sizeof *config);
    size_t left_out = 0;

    must(config != NULL);
    must(config_add_rooms(config, list->rooms, list->count, list->changed_at, &left_out) == 0);
    must(config->room_count + left_out <= list->count);
    for (size_t i = 0; i < config->room_count; i++) {
        const char *name = config->rooms[i].name;
        must(!reading_name_flaw(slice_of(name)));
        must(!reading_mailbox_flaw(slice_of(config->rooms[i].mailbox)));
        must(config_room_index(config, name, strlen(name)) == (ptrdiff_t)i);
    }
    config_destroy(config);
}

/* Any texts as the addresses of two lists: whose they are depends on each. */
static void check_sources(struct slice text)
{
    static char endpoint[] = "https://mail.example.org/EWS/Exchange.asmx";
    static char username[] = "roomcal";
    char *lists[] = {slice_copy(text), username};
    struct config config = {
        .endpoint = endpoint, .username = username, .room_lists = lists, .room_list_count = 2};
    struct hash both;
    struct hash one;

    must(lists[0] && room_list_source(&config, &both) == 0);
    config.room_list_count = 1;
    must(room_list_source(&config, &one) == 0);
    must(memcmp(&both, &one, sizeof both) != 0);
    free(lists[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int dirfd;
    struct room_list list = {0};
    struct room_list_watch watch = {.source = source};
    struct err err = {""};

    if (!dirfd)
        dirfd = scratch_open();
    check_sources((struct slice){(const char *)data, size});
    write_list(dirfd, (struct slice){(const char *)data, size});
    int result = room_list_read(dirfd, &source, &list, &err);
    must(result == 0 || (result == 1 && err.text[0]));
    must(room_list_look(dirfd, &watch) == (result == 0) && watch.exists == (result == 0));
    must(!room_list_look(dirfd, &watch));
    if (result == 0) {
        struct room_list other = {0};
        must(room_list_read(dirfd, &other_source, &other, NULL) == 1);
        check_texts(&list);
        check_use(&list);
        check_writing(dirfd, &list);
    }
    room_list_finish(&list);
    return 0;
}
