/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <pthread.h>

#include <json-c/json.h>

#include "fixture.h"
#include "http/calendar.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

#define ODD_NAME "R\xC3\xA4um/\\\"2\\\"\\\\&+ x" /* as JSON has it */
#define ALL_ROOMS                                                                                  \
    "[{\"room\":\"R1\",\"items\":[{\"h\":0},{\"h\":1}]},"                                          \
    "{\"room\":\"" ODD_NAME "\",\"items\":[{\"h\":2}]},"                                           \
    "{\"room\":\"A3\",\"items\":[]}]"
#define BUSY "{\"code\":\"http_503\",\"message\":\"Exchange is \\\"busy\\\".\"}"
#define COLD                                                                                       \
    "{\"code\":\"not_fetched_yet\",\"message\":\"This room's calendar has not been fetched "       \
    "yet.\"}"

static int ask_if(struct test_site *test, const char *path, const char *if_none_match,
                  const char *if_modified_since)
{
    return ask_with(test, &(struct http_request){
                              .method = slice_of("GET"),
                              .path = slice_of(path),
                              .if_none_match = slice_of(if_none_match),
                              .if_modified_since = slice_of(if_modified_since),
                          });
}

/* ---- bodies --------------------------------------------------------------------------------- */

static void all_rooms_come_in_their_order(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    assert_string_equal(header(test, "Content-Type"), "application/json");
    assert_string_equal(body(test), ALL_ROOMS);
}

static void one_room_is_a_bare_array(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask(test, "/api/calendar/R1", ""), 200);
    assert_string_equal(body(test), "[{\"h\":0},{\"h\":1}]");
    assert_int_equal(ask(test, "/api/calendar/A3", ""), 200);
    assert_string_equal(body(test), "[]");
}

static void a_rooms_name_may_hold_anything(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask(test, "/api/calendar/R\xC3\xA4um/\"2\"\\&+ x", ""), 200);
    assert_string_equal(body(test), "[{\"h\":2}]");
    assert_int_equal(ask(test, "/api/calendar", "room=R%C3%A4um/%222%22%5C%26%2B+x"), 200);
    struct json_object *list = json_tokener_parse(body(test));
    assert_int_equal(json_object_array_length(list), 1);
    struct json_object *name = json_object_object_get(json_object_array_get_idx(list, 0), "room");
    assert_string_equal(json_object_get_string(name), test->rooms[ROOM_ODD].name);
    json_object_put(list);
}

static void rooms_are_selected_once_each_in_their_order(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask(test, "/api/calendar", "room=A3&room=R1&room=A3"), 200);
    assert_string_equal(body(test), "[{\"room\":\"R1\",\"items\":[{\"h\":0},{\"h\":1}]},"
                                    "{\"room\":\"A3\",\"items\":[]}]");
}

static void a_range_selects_what_overlaps_it(void **state)
{
    static const struct {
        const char *query, *body;
    } rows[] = {
        {"from=2026-11-23T11:00:00Z", "[{\"h\":5}]"},
        {"from=2026-11-23T10:59:59Z", "[{\"h\":1},{\"h\":5}]"},
        {"to=2026-11-23T10:00:00Z", "[{\"h\":0}]"},
        {"to=2026-11-23T10:00:01Z", "[{\"h\":0},{\"h\":1}]"},
        {"from=2026-11-23T09:30:00Z&to=2026-11-23T09:31:00Z", "[{\"h\":0}]"},
        {"from=2026-11-23&to=2026-11-24", "[{\"h\":0},{\"h\":1},{\"h\":5}]"},
        {"from=2026-11-24", "[]"},
    };
    struct test_site *test = *state;

    publish(test, ROOM_PLAIN, "0 1 5");
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(ask(test, "/api/calendar/R1", rows[i].query), 200);
        assert_string_equal(body(test), rows[i].body);
    }
}

/* A long item keeps the search from taking one run: pieces have to be joined. */
static void a_range_in_pieces_is_joined_by_commas(void **state)
{
    struct test_site *test = *state;
    struct room_build build;
    struct room_place place = place_of(test, ROOM_PLAIN);

    room_build_init(&build, place.cache_dirfd);
    for (int i = 0; i < 10; i++) {
        int64_t start = NOW + i * HOUR;
        bool is_long = i == 0 || i == 3;
        char json[2] = {(char)('0' + i), '\0'};
        add_item(&build, start, is_long ? NOW + 24 * HOUR : start + HOUR, slice_of(json), json);
    }
    assert_true(room_build_publish(&build, &place, NOW, TTL, NULL) >= 0);
    room_build_finish(&build);
    assert_int_equal(ask(test, "/api/calendar/R1", "from=2026-11-23T17:00:00Z"), 200);
    assert_string_equal(body(test), "[0,3,8,9]");
}

static void the_items_bytes_are_borrowed_and_not_copied(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask(test, "/api/calendar/R1", ""), 200);
    assert_int_equal(test->reply.own.length, strlen("[]"));
    assert_int_equal(test->reply.view_count, 1);
}

static void a_reply_keeps_its_bytes_when_the_room_is_replaced(void **state)
{
    struct test_site *test = *state;
    struct http_reply later;
    struct http_request request = {.method = slice_of("GET"), .path = slice_of("/api/calendar/R1")};

    publish(test, ROOM_PLAIN, "0 1");
    http_reply_init(&later, test->site.shelf);
    routes_handle(&test->site, &request, &later);
    publish(test, ROOM_PLAIN, "5");
    assert_int_equal(ask(test, "/api/calendar/R1", ""), 200);
    assert_string_equal(body(test), "[{\"h\":5}]");
    buf_clear(&test->sent);
    assert_int_equal(http_reply_send(&later, collect, &test->sent), 0);
    assert_string_equal(body(test), "[{\"h\":0},{\"h\":1}]");
    http_reply_finish(&later);
}

/* ---- freshness ------------------------------------------------------------------------------ */

static void between_expiry_and_refresh_the_body_stays(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    after(TTL + 1);
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    assert_string_equal(body(test), ALL_ROOMS);
}

static void a_failed_room_says_since_when_it_is_stale(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    note_failure(test, ROOM_PLAIN, 60);
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    assert_string_equal(body(test), ALL_ROOMS); /* it has not expired yet */
    after(TTL + 1);
    assert_int_equal(ask(test, "/api/calendar", "room=R1&room=A3"), 200);
    assert_string_equal(body(test), "[{\"room\":\"R1\",\"items\":[{\"h\":0},{\"h\":1}],"
                                    "\"stale_since\":\"2026-11-23T09:05:00Z\"},"
                                    "{\"room\":\"A3\",\"items\":[]}]");
}

static void a_stale_room_alone_says_it_in_a_header(void **state)
{
    struct test_site *test = *state;

    publish(test, ROOM_PLAIN, "0");
    assert_int_equal(ask(test, "/api/calendar/R1", ""), 200);
    assert_null(header(test, "Roomcal-Stale-Since"));
    note_failure(test, ROOM_PLAIN, 60);
    after(TTL + 1);
    assert_int_equal(ask(test, "/api/calendar/R1", ""), 200);
    assert_string_equal(body(test), "[{\"h\":0}]");
    assert_string_equal(header(test, "Roomcal-Stale-Since"), "2026-11-23T09:05:00Z");
}

static void a_lost_room_is_empty_and_says_why(void **state)
{
    struct test_site *test = *state;

    publish(test, ROOM_PLAIN, "0");
    note_failure(test, ROOM_PLAIN, 60);
    note_failure(test, ROOM_LAST, 60); /* which never had any */
    after(TTL + STALE_MAX + 1);
    publish(test, ROOM_ODD, "2");
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    assert_string_equal(body(test), "[{\"room\":\"R1\",\"items\":[],\"error\":" BUSY "},"
                                    "{\"room\":\"" ODD_NAME "\",\"items\":[{\"h\":2}]},"
                                    "{\"room\":\"A3\",\"items\":[],\"error\":" BUSY "}]");
}

static void a_room_that_nobody_has_fetched_says_so(void **state)
{
    struct test_site *test = *state;

    publish(test, ROOM_PLAIN, "0");
    assert_int_equal(ask(test, "/api/calendar", "room=R1&room=A3"), 200);
    assert_string_equal(body(test), "[{\"room\":\"R1\",\"items\":[{\"h\":0}]},"
                                    "{\"room\":\"A3\",\"items\":[],\"error\":" COLD "}]");
}

static void when_nothing_can_be_shown_it_is_503(void **state)
{
    static const struct {
        const char *path, *detail;
    } rows[] = {
        {"/api/calendar", "None of 3 rooms can be shown now. The first, \\\"R1\\\": Exchange is "},
        {"/api/calendar/R1", "Room \\\"R1\\\" cannot be shown now: Exchange is \\\"busy\\\"."},
        {"/api/calendar/A3", "Room \\\"A3\\\" cannot be shown now: This room's calendar has not"},
    };
    struct test_site *test = *state;

    note_failure(test, ROOM_PLAIN, 60);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(ask(test, rows[i].path, ""), 503);
        assert_non_null(strstr(body(test), rows[i].detail));
        assert_string_equal(header(test, "Content-Type"), "application/problem+json");
        assert_string_equal(header(test, "Cache-Control"), "no-store");
        assert_null(header(test, "ETag"));
        assert_non_null(header(test, "Retry-After"));
    }
}

static void retry_after_is_when_the_first_room_is_tried_again(void **state)
{
    static const struct {
        int64_t retry_in_s;
        const char *retry_after;
    } rows[] = {{30, "30"}, {60, "60"}, {61, "60"}, {100000, "60"}, {1, "1"}, {0, "1"}, {-50, "1"}};
    struct test_site *test = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        note_failure(test, ROOM_PLAIN, rows[i].retry_in_s);
        assert_int_equal(ask(test, "/api/calendar/R1", ""), 503);
        assert_string_equal(header(test, "Retry-After"), rows[i].retry_after);
    }
    note_failure(test, ROOM_PLAIN, 3);
    note_failure(test, ROOM_LAST, 2);
    assert_int_equal(ask(test, "/api/calendar", "room=R1&room=A3"), 503);
    assert_string_equal(header(test, "Retry-After"), "2");
    assert_int_equal(ask(test, "/api/calendar", "room=R%C3%A4um/%222%22%5C%26%2B+x"), 503);
    assert_string_equal(header(test, "Retry-After"), "5");
}

/* ---- validators ----------------------------------------------------------------------------- */

static void a_client_that_has_it_gets_304(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    after(10);
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    char *etag = kept_header(test, "ETag");
    char *modified = kept_header(test, "Last-Modified");
    char *cache_control = kept_header(test, "Cache-Control");
    assert_int_equal(strlen(etag), 34);
    assert_int_equal(strspn(etag + 1, "0123456789abcdef"), 32);

    assert_int_equal(ask_if(test, "/api/calendar", etag, NULL), 304);
    assert_int_equal(test->reply.length, 0);
    assert_string_equal(body(test), "");
    assert_string_equal(header(test, "ETag"), etag);
    assert_string_equal(header(test, "Last-Modified"), modified);
    assert_string_equal(header(test, "Cache-Control"), cache_control);
    assert_null(header(test, "Content-Type"));
    assert_null(header(test, "Content-Length"));
    free(etag);
    free(modified);
    free(cache_control);
}

static void an_etag_that_gzip_made_weak_matches(void **state)
{
    struct test_site *test = *state;
    char weak[sizeof test->header + 2];

    publish_all(test);
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    (void)snprintf(weak, sizeof weak, "W/%s", header(test, "ETag"));
    assert_int_equal(ask_if(test, "/api/calendar", weak, NULL), 304);
    assert_int_equal(ask_if(test, "/api/calendar", "\"other\"", NULL), 200);
    assert_int_equal(ask_if(test, "/api/calendar", "*", NULL), 304);
}

/* Asks for the ETag of a query. */
static char *etag_of(struct test_site *test, const char *path, const char *query)
{
    assert_int_equal(ask(test, path, query), 200);
    return kept_header(test, "ETag");
}

static void assert_etags(char *left, char *right, bool equal)
{
    if ((strcmp(left, right) == 0) != equal)
        fail_msg("%s and %s are %s", left, right, equal ? "different" : "equal");
    free(left);
    free(right);
}

static void a_refresh_without_change_keeps_the_etag(void **state)
{
    static const char *const queries[] = {"", "from=2026-11-23", "room=R1"};
    struct test_site *test = *state;

    for (size_t i = 0; i < COUNT(queries); i++) {
        after(0);
        publish_all(test);
        char *before = etag_of(test, "/api/calendar", queries[i]);
        after(TTL + 1);
        assert_etags(before, etag_of(test, "/api/calendar", queries[i]), true);
        before = etag_of(test, "/api/calendar", queries[i]);
        publish_all(test);
        assert_etags(before, etag_of(test, "/api/calendar", queries[i]), true);
    }
}

static void another_body_has_another_etag(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_etags(etag_of(test, "/api/calendar", "room=R1"),
                 etag_of(test, "/api/calendar", "room=A3"), false);
    assert_etags(etag_of(test, "/api/calendar", "room=R1"), etag_of(test, "/api/calendar/R1", ""),
                 false);
    assert_etags(etag_of(test, "/api/calendar/R1", "from=2026-11-23T10:00:00Z"),
                 etag_of(test, "/api/calendar/R1", "to=2026-11-23T10:00:00Z"), false);
    char *before = etag_of(test, "/api/calendar", "");
    publish(test, ROOM_LAST, "7");
    assert_etags(before, etag_of(test, "/api/calendar", ""), false);
}

static void a_change_elsewhere_keeps_a_ranges_etag(void **state)
{
    static const char range[] = "from=2026-11-23T09:00:00Z&to=2026-11-23T12:00:00Z";
    struct test_site *test = *state;

    publish(test, ROOM_PLAIN, "0 1 5");
    char *before = etag_of(test, "/api/calendar/R1", range);
    publish(test, ROOM_PLAIN, "-7 0 1 6");
    assert_etags(before, etag_of(test, "/api/calendar/R1", range), true);
    before = etag_of(test, "/api/calendar/R1", range);
    publish(test, ROOM_PLAIN, "-7 0 2 6");
    assert_etags(before, etag_of(test, "/api/calendar/R1", range), false);
}

static void trouble_changes_the_etag_and_its_end_restores_it(void **state)
{
    static const char *const paths[] = {"/api/calendar", "/api/calendar/R1"};
    struct test_site *test = *state;

    for (size_t i = 0; i < COUNT(paths); i++) {
        after(0);
        publish_all(test);
        char *fresh = etag_of(test, paths[i], "");
        note_failure(test, ROOM_PLAIN, 60);
        after(TTL + 1);
        char *stale = etag_of(test, paths[i], "");
        assert_string_not_equal(fresh, stale);
        publish_all(test);
        assert_etags(etag_of(test, paths[i], ""), fresh, true);
        free(stale);
    }
}

static void last_modified_is_the_latest_change(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    after(100);
    publish(test, ROOM_LAST, "3");
    after(101);
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    assert_string_equal(header(test, "Last-Modified"), "Mon, 23 Nov 2026 09:01:40 GMT");
    assert_int_equal(ask(test, "/api/calendar", "room=R1"), 200);
    assert_string_equal(header(test, "Last-Modified"), "Mon, 23 Nov 2026 09:00:00 GMT");
}

/* A room that is taken out of ROOMS changes the body, but no room file. */
static void a_change_of_the_settings_is_a_modification(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    test->config.changed_at = NOW + 50;
    after(51);
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    assert_string_equal(header(test, "Last-Modified"), "Mon, 23 Nov 2026 09:00:50 GMT");
}

static void if_modified_since_is_answered(void **state)
{
    static const struct {
        const char *since;
        int status;
    } rows[] = {
        {"Mon, 23 Nov 2026 09:00:00 GMT", 304},
        {"Mon, 23 Nov 2026 09:00:01 GMT", 304},
        {"Mon, 23 Nov 2026 08:59:59 GMT", 200},
        {"Monday, 23-Nov-26 09:00:00 GMT", 200},
        {"yesterday", 200},
        {"", 200},
    };
    struct test_site *test = *state;

    publish_all(test);
    after(1);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(ask_if(test, "/api/calendar", NULL, rows[i].since), rows[i].status);
}

static void if_none_match_wins_over_if_modified_since(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    after(1);
    assert_int_equal(ask_if(test, "/api/calendar", "\"other\"", "Mon, 23 Nov 2026 09:00:00 GMT"),
                     200);
    assert_int_equal(ask_if(test, "/api/calendar", "*", "Mon, 23 Nov 2020 09:00:00 GMT"), 304);
}

/* Within the second of a change there may be another one. */
static void a_change_of_this_second_has_no_last_modified(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    assert_null(header(test, "Last-Modified"));
    assert_int_equal(ask_if(test, "/api/calendar", NULL, "Mon, 23 Nov 2026 09:00:00 GMT"), 200);
}

static void trouble_takes_last_modified_away(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    note_failure(test, ROOM_PLAIN, 60);
    after(TTL + 1);
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    assert_null(header(test, "Last-Modified"));
    assert_int_equal(ask_if(test, "/api/calendar", NULL, "Mon, 23 Nov 2026 10:00:00 GMT"), 200);
    assert_int_equal(ask(test, "/api/calendar", "room=A3"), 200); /* not of those without trouble */
    assert_non_null(header(test, "Last-Modified"));
}

/* ---- Cache-Control -------------------------------------------------------------------------- */

static void assert_caches(struct test_site *test, const char *query, int max_age,
                          int stale_if_error)
{
    char expected[128];

    (void)snprintf(expected, sizeof expected,
                   "max-age=%d, stale-while-revalidate=%d, stale-if-error=%d", max_age, TTL,
                   stale_if_error);
    assert_int_equal(ask(test, "/api/calendar", query), 200);
    assert_string_equal(header(test, "Cache-Control"), expected);
}

static void assert_max_age(struct test_site *test, const char *query, int max_age)
{
    assert_caches(test, query, max_age, STALE_MAX);
}

static void caches_may_keep_it_until_the_first_room_expires(void **state)
{
    struct test_site *test = *state;

    publish(test, ROOM_PLAIN, "0");
    assert_max_age(test, "room=R1", TTL);
    after(100);
    publish(test, ROOM_LAST, "0");
    assert_max_age(test, "room=R1", TTL - 100);
    assert_max_age(test, "room=A3", TTL);
    assert_max_age(test, "room=A3&room=R1", TTL - 100);
    after(TTL - 1);
    assert_max_age(test, "room=R1", 1);
    after(TTL);
    assert_max_age(test, "room=R1", 1);
    after(-50); /* the clock was set back: nobody knows how old it is */
    assert_max_age(test, "room=R1", 1);
}

static void caches_ask_again_soon_when_there_is_trouble(void **state)
{
    struct test_site *test = *state;

    publish(test, ROOM_PLAIN, "0");
    assert_caches(test, "room=R1&room=A3", 5, 0); /* A3 is cold */
    note_failure(test, ROOM_LAST, 60);
    assert_caches(test, "room=R1&room=A3", 5, 0); /* lost */
    note_failure(test, ROOM_PLAIN, 60);
    after(TTL + 1);
    assert_caches(test, "room=R1", 5, STALE_MAX - 1); /* stale */
}

/* ---- waiting -------------------------------------------------------------------------------- */

static void *publish_later(void *context)
{
    const struct test_site *test = context;

    publish_all(test);
    shelf_announce(test->site.shelf);
    return NULL;
}

static void a_cold_room_is_waited_for(void **state)
{
    struct test_site *test = *state;
    pthread_t thread;

    test->config.cold_wait_s = 60;
    assert_int_equal(pthread_create(&thread, NULL, publish_later, test), 0);
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    assert_string_equal(body(test), ALL_ROOMS);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* As by a refresher in another process, of which nothing is heard. */
static void *publish_silently(void *context)
{
    publish_all(context);
    return NULL;
}

static void a_room_that_nobody_announces_is_found_too(void **state)
{
    struct test_site *test = *state;
    pthread_t thread;

    test->config.cold_wait_s = 60;
    assert_int_equal(pthread_create(&thread, NULL, publish_silently, test), 0);
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    assert_string_equal(body(test), ALL_ROOMS);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* These would run into the test's time limit if anybody waited. */
static void nobody_waits_for_a_room_that_has_failed(void **state)
{
    struct test_site *test = *state;

    test->config.cold_wait_s = 3600;
    note_failure(test, ROOM_PLAIN, 60);
    assert_int_equal(ask(test, "/api/calendar/R1", ""), 503);
}

static void nobody_waits_when_the_process_ends(void **state)
{
    struct test_site *test = *state;

    test->config.cold_wait_s = 3600;
    atomic_store(&test->stop, true);
    assert_int_equal(ask(test, "/api/calendar", ""), 503);
}

static void nobody_waits_for_rooms_that_were_not_asked_for(void **state)
{
    struct test_site *test = *state;

    test->config.cold_wait_s = 3600;
    publish(test, ROOM_PLAIN, "0");
    assert_int_equal(ask(test, "/api/calendar", "room=R1"), 200);
    assert_int_equal(ask(test, "/api/calendar/R1", ""), 200);
}

static void who_may_not_wait_is_told_to_come_again(void **state)
{
    struct test_site *test = *state;
    struct waiting waiting = {.places = 0};

    test->config.cold_wait_s = 3600;
    test->site.waiting = &waiting;
    assert_int_equal(ask(test, "/api/calendar/R1", ""), 503);
    assert_string_equal(header(test, "Retry-After"), "5");
    assert_string_equal(header(test, "Content-Type"), "application/problem+json");
    assert_non_null(strstr(body(test), "no more visitors can wait for that now"));
    assert_int_equal(ask(test, "/api/calendar", ""), 503);
}

static void who_may_not_wait_is_shown_the_rooms_that_are_there(void **state)
{
    struct test_site *test = *state;
    struct waiting waiting = {.places = 0};

    test->config.cold_wait_s = 3600;
    test->site.waiting = &waiting;
    publish(test, ROOM_PLAIN, "0");
    assert_int_equal(ask(test, "/api/calendar", "room=R1&room=A3"), 200);
    assert_non_null(strstr(body(test), "{\"h\":0}"));
    assert_non_null(strstr(body(test), "no more visitors can wait for that now"));
}

/* ---- mistakes of clients -------------------------------------------------------------------- */

/* ---- room lists ----------------------------------------------------------------------------- */

static void before_the_room_lists_were_fetched_it_is_503(void **state)
{
    static const char *const paths[] = {"/api/calendar", "/api/calendar.ics", "/api/calendar/Lab",
                                        "/api/calendar/Lab.ics"};
    struct test_site *test = *state;

    test->config.room_count = 0;
    test->config.awaits_rooms = true;
    for (size_t i = 0; i < COUNT(paths); i++) {
        assert_int_equal(ask(test, paths[i], ""), 503);
        assert_string_equal(header(test, "Retry-After"), "5");
        assert_non_null(strstr(body(test), "The list of rooms has not been fetched yet."));
    }
    assert_int_equal(ask(test, "/api/calendar", "room=Lab"), 503);
    ledger_set(test->site.ledger, LEDGER_LIST_FAULT, 7);
    assert_int_equal(ask(test, "/api/calendar", ""), 503);
    assert_non_null(strstr(body(test), "has not been fetched yet: Exchange is \\\"busy\\\"."));
}

static void room_lists_without_rooms_are_no_empty_calendar(void **state)
{
    struct test_site *test = *state;

    test->config.room_count = 0;
    assert_int_equal(ask(test, "/api/calendar", ""), 503);
    assert_non_null(strstr(body(test), "The room lists of Exchange have no rooms."));
    assert_int_equal(ask(test, "/api/calendar/Lab", ""), 404);
}

static void rooms_of_rooms_are_shown_before_the_room_lists_were_fetched(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    test->config.awaits_rooms = true;
    assert_int_equal(ask(test, "/api/calendar", ""), 200);
    assert_int_equal(ask(test, "/api/calendar/A3", ""), 200);
    assert_int_equal(ask(test, "/api/calendar/Lab", ""), 503);
}

static void wrong_requests_are_told_what_is_wrong(void **state)
{
    static const struct {
        const char *path, *query;
        int status;
        const char *detail;
    } rows[] = {
        {"/api/calendar", "from=x", 400, "from=x is not understood"},
        {"/api/calendar", "room=", 400, "write a room's name"},
        {"/api/calendar", "room=X", 404, "There is no room \\\"X\\\" here."},
        {"/api/calendar/X", "", 404, "There is no room \\\"X\\\" here; /api/health lists"},
        {"/api/calendar/X", "from=x", 404, "There is no room \\\"X\\\""},
        {"/api/calendar/R1/", "", 404, "There is no room \\\"R1/\\\""},
        {"/api/calendar/\xFF", "", 404, "There is no room \\\"\xEF\xBF\xBD\\\""},
        {"/api/calendar/R1", "to=x", 400, "to=x is not understood"},
        {"/api/calendar/R1", "room=X", 404, "There is no room \\\"X\\\""},
    };
    struct test_site *test = *state;

    publish_all(test);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int status = ask(test, rows[i].path, rows[i].query);
        if (status != rows[i].status || !strstr(body(test), rows[i].detail))
            fail_msg("%s?%s: %d, %s", rows[i].path, rows[i].query, status, body(test));
        assert_string_equal(header(test, "Content-Type"), "application/problem+json");
        assert_string_equal(header(test, "Cache-Control"), "no-store");
    }
}

static void the_path_decides_over_the_room_parameter(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask(test, "/api/calendar/R1", "room=A3"), 200);
    assert_string_equal(body(test), "[{\"h\":0},{\"h\":1}]");
}

#define SITE_TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(all_rooms_come_in_their_order),
        SITE_TEST(one_room_is_a_bare_array),
        SITE_TEST(a_rooms_name_may_hold_anything),
        SITE_TEST(rooms_are_selected_once_each_in_their_order),
        SITE_TEST(a_range_selects_what_overlaps_it),
        SITE_TEST(a_range_in_pieces_is_joined_by_commas),
        SITE_TEST(the_items_bytes_are_borrowed_and_not_copied),
        SITE_TEST(a_reply_keeps_its_bytes_when_the_room_is_replaced),
        SITE_TEST(between_expiry_and_refresh_the_body_stays),
        SITE_TEST(a_failed_room_says_since_when_it_is_stale),
        SITE_TEST(a_stale_room_alone_says_it_in_a_header),
        SITE_TEST(a_lost_room_is_empty_and_says_why),
        SITE_TEST(a_room_that_nobody_has_fetched_says_so),
        SITE_TEST(when_nothing_can_be_shown_it_is_503),
        SITE_TEST(retry_after_is_when_the_first_room_is_tried_again),
        SITE_TEST(a_client_that_has_it_gets_304),
        SITE_TEST(an_etag_that_gzip_made_weak_matches),
        SITE_TEST(a_refresh_without_change_keeps_the_etag),
        SITE_TEST(another_body_has_another_etag),
        SITE_TEST(a_change_elsewhere_keeps_a_ranges_etag),
        SITE_TEST(trouble_changes_the_etag_and_its_end_restores_it),
        SITE_TEST(last_modified_is_the_latest_change),
        SITE_TEST(a_change_of_the_settings_is_a_modification),
        SITE_TEST(if_modified_since_is_answered),
        SITE_TEST(if_none_match_wins_over_if_modified_since),
        SITE_TEST(a_change_of_this_second_has_no_last_modified),
        SITE_TEST(trouble_takes_last_modified_away),
        SITE_TEST(caches_may_keep_it_until_the_first_room_expires),
        SITE_TEST(caches_ask_again_soon_when_there_is_trouble),
        SITE_TEST(a_cold_room_is_waited_for),
        SITE_TEST(who_may_not_wait_is_told_to_come_again),
        SITE_TEST(who_may_not_wait_is_shown_the_rooms_that_are_there),
        SITE_TEST(a_room_that_nobody_announces_is_found_too),
        SITE_TEST(nobody_waits_for_a_room_that_has_failed),
        SITE_TEST(nobody_waits_when_the_process_ends),
        SITE_TEST(nobody_waits_for_rooms_that_were_not_asked_for),
        SITE_TEST(before_the_room_lists_were_fetched_it_is_503),
        SITE_TEST(room_lists_without_rooms_are_no_empty_calendar),
        SITE_TEST(rooms_of_rooms_are_shown_before_the_room_lists_were_fetched),
        SITE_TEST(wrong_requests_are_told_what_is_wrong),
        SITE_TEST(the_path_decides_over_the_room_parameter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
