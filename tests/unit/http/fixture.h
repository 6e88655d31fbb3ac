/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_TESTS_HTTP_FIXTURE_H
#define ROOMCAL_TESTS_HTTP_FIXTURE_H

/*
 * fixture — a site of three rooms with real room files in a directory of its own, and a client for
 * it
 *
 * The clock stands at NOW. No room has a file yet, and nobody waits for one (COLD_WAIT is 0).
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cache/room_build.h"
#include "calendar/render_ical.h"
#include "http/routes.h"
#include "http/site.h"

#define NOW          INT64_C(1795424400) /* 2026-11-23T09:00:00Z */
#define HOUR         INT64_C(3600)
#define TTL          300
#define STALE_MAX    3600
#define FULL_REFRESH 21600
#define LANES        4

enum { ROOM_PLAIN, ROOM_ODD, ROOM_LAST, ROOM_COUNT };

struct test_site {
    char dir[64];
    struct config_room rooms[ROOM_COUNT];
    struct config_item items[1];
    struct config config;
    atomic_bool stop;
    struct site site;
    struct http_reply reply;
    struct buf sent;   /* as the gateway would send it */
    char header[1024]; /* what header() found last */
};

static inline char *text_of(const char *text)
{
    char *copy = slice_copy(slice_of(text));
    assert_non_null(copy);
    return copy;
}

static inline struct login_words explain_login_in_tests(int64_t login)
{
    return login ? (struct login_words){"NTLM", "so it was"} : (struct login_words){0};
}

static inline struct fault_words explain_in_tests(int64_t fault)
{
    if (fault == 7)
        return (struct fault_words){"http_503", "Exchange is \"busy\"."};
    if (fault == FRESHNESS_NOT_REFRESHED)
        return (struct fault_words){"not_refreshed", "Nobody refreshes."};
    return (struct fault_words){"other", "Something else."};
}

static inline struct test_site *site_open(void)
{
    struct test_site *test = calloc(1, sizeof *test);
    struct err err = {""};

    assert_non_null(test);
    (void)snprintf(test->dir, sizeof test->dir, "/tmp/roomcal-test-XXXXXX");
    assert_non_null(mkdtemp(test->dir));
    test->rooms[ROOM_PLAIN] = (struct config_room){text_of("R1"), text_of("r1@example.org")};
    test->rooms[ROOM_ODD] =
        (struct config_room){text_of("R\xC3\xA4um/\"2\"\\&+ x"), text_of("r2@example.org")};
    test->rooms[ROOM_LAST] = (struct config_room){text_of("A3"), text_of("a3@example.org")};
    test->items[0] = (struct config_item){text_of("title"), text_of("subject")};
    test->config = (struct config){
        .rooms = test->rooms,
        .room_count = ROOM_COUNT,
        .username = text_of("CORP\\secret-user"),
        .endpoint = text_of("https://mail.example.org/EWS/Exchange.asmx"),
        .items = test->items,
        .item_count = 1,
        .timezone = text_of("UTC"),
        .cache_dir = test->dir,
        .cache_ttl_s = TTL,
        .stale_max_s = STALE_MAX,
        .full_refresh_s = FULL_REFRESH,
        .lanes = LANES,
    };
    assert_int_equal(config_index_rooms(&test->config), 0);
    clock_set_utc(NOW);
    if (shelf_create(&test->config, &test->site.shelf, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(
        ledger_open(shelf_dirfd(test->site.shelf), &(struct hash){{0}}, &test->site.ledger, &err),
        0);
    test->site.config = &test->config;
    test->site.explain = explain_in_tests;
    test->site.explain_login = explain_login_in_tests;
    test->site.stop = &test->stop;
    http_reply_init(&test->reply, test->site.shelf);
    buf_init(&test->sent, SIZE_MAX / 2);
    return test;
}

static inline void site_remove_directory(const char *path)
{
    DIR *dir = opendir(path);

    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        (void)unlinkat(dirfd(dir), entry->d_name, 0); /* "." and ".." refuse */
    (void)closedir(dir);
    (void)rmdir(path);
}

static inline void site_close(struct test_site *test)
{
    http_reply_finish(&test->reply);
    buf_finish(&test->sent);
    ledger_close(test->site.ledger);
    shelf_destroy(test->site.shelf);
    site_remove_directory(test->dir);
    for (size_t i = 0; i < ROOM_COUNT; i++) {
        free(test->rooms[i].name);
        free(test->rooms[i].mailbox);
    }
    free(test->config.rooms_by_name);
    free(test->items[0].key);
    free(test->items[0].name);
    free(test->config.username);
    free(test->config.endpoint);
    free(test->config.timezone);
    free(test);
    clock_set_utc(-1);
}

static inline int site_setup(void **state)
{
    *state = site_open();
    return 0;
}

static inline int site_teardown(void **state)
{
    site_close(*state);
    return 0;
}

static inline struct room_place place_of(const struct test_site *test, size_t room)
{
    return (struct room_place){
        .cache_dirfd = shelf_dirfd(test->site.shelf),
        .file_name = shelf_file_name(test->site.shelf, room),
        .fingerprint = shelf_fingerprint(test->site.shelf, room),
    };
}

/* Adds an item: its JSON, and its iCalendar form with the id as its UID. */
static inline void add_item(struct room_build *build, int64_t start_utc, int64_t end_utc,
                            struct slice id, const char *json)
{
    char ical[128];
    struct room_build_entry entry = {start_utc, end_utc, .id = id, .json = slice_of(json)};

    (void)snprintf(ical, sizeof ical, RENDER_ICAL_OPENING "%.*s\r\nEND:VEVENT\r\n", (int)id.length,
                   id.at);
    entry.ical = slice_of(ical);
    assert_int_equal(room_build_add(build, &entry), 0);
}

/* Publishes hours as items at the clock's now: "0 1 5" is one at NOW, one an hour later, one five
 * hours later, each an hour long and shown as {"h":0}. */
static inline void publish(const struct test_site *test, size_t room, const char *hours)
{
    struct room_build build;
    struct room_place place = place_of(test, room);
    struct slice rest = slice_of(hours);
    struct slice part;
    struct err err = {""};

    room_build_init(&build, place.cache_dirfd);
    while (slice_next(&rest, ' ', &part)) {
        char json[64];
        int64_t hour;
        if (!slice_int(part, -1000, 1000, &hour))
            continue; /* "" */
        (void)snprintf(json, sizeof json, "{\"h\":%d}", (int)hour);
        add_item(&build, NOW + hour * HOUR, NOW + (hour + 1) * HOUR, part, json);
    }
    if (room_build_publish(&build, &place, clock_utc(), TTL, &err) < 0)
        fail_msg("%s", err.text);
    room_build_finish(&build);
}

static inline void publish_all(const struct test_site *test)
{
    publish(test, ROOM_PLAIN, "0 1");
    publish(test, ROOM_ODD, "2");
    publish(test, ROOM_LAST, "");
}

static inline void note_failure(const struct test_site *test, size_t room, int64_t retry_in_s)
{
    struct room_place place = place_of(test, room);

    assert_int_equal(room_note_failure(&place, 7, clock_utc() + retry_in_s, NULL), 0);
}

/* As the refresher does when Exchange asks for a pause. */
static inline void hold_account(const struct test_site *test, int64_t for_s)
{
    ledger_set(test->site.ledger, LEDGER_HELD_FAULT, 7);
    ledger_set(test->site.ledger, LEDGER_HELD_UNTIL, clock_utc() + for_s);
}

static inline void after(int64_t seconds)
{
    clock_set_utc(NOW + seconds);
}

/* ---- the client ----------------------------------------------------------------------------- */

static inline int collect(void *context, const char *bytes, size_t length)
{
    buf_append(context, bytes, length);
    return buf_error(context);
}

/* Asks and receives; the status. */
static inline int ask_with(struct test_site *test, const struct http_request *request)
{
    http_reply_finish(&test->reply);
    routes_handle(&test->site, request, &test->reply);
    buf_clear(&test->sent);
    assert_int_equal(http_reply_send(&test->reply, collect, &test->sent), 0);
    return http_reply_status(&test->reply);
}

static inline int ask(struct test_site *test, const char *path, const char *query)
{
    return ask_with(test, &(struct http_request){.method = slice_of("GET"),
                                                 .path = slice_of(path),
                                                 .query = slice_of(query)});
}

/* The header's value, NULL where it is missing. */
static inline const char *header(struct test_site *test, const char *name)
{
    char start[64];
    const char *text = buf_text(&test->sent);
    const char *end = strstr(text, "\r\n\r\n");

    (void)snprintf(start, sizeof start, "\r\n%s: ", name);
    const char *at = strstr(text, start);
    if (!at || at >= end)
        return NULL;
    at += strlen(start);
    (void)snprintf(test->header, sizeof test->header, "%.*s", (int)strcspn(at, "\r"), at);
    return test->header;
}

static inline const char *body(const struct test_site *test)
{
    const char *end = strstr(buf_text(&test->sent), "\r\n\r\n");

    assert_non_null(end);
    return end + 4;
}

/* A copy of a header that has to be there; the caller frees it. */
static inline char *kept_header(struct test_site *test, const char *name)
{
    const char *value = header(test, name);

    assert_non_null(value);
    return text_of(value);
}

#endif
