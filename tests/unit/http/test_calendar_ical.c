/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fixture.h"

#define EVENT(uid) "BEGIN:VEVENT\r\nUID:" uid "\r\nEND:VEVENT\r\n"
#define EVENT_IN(room, uid)                                                                        \
    "BEGIN:VEVENT\r\nRESOURCES:" room "\r\nUID:" room "/\r\n " uid "\r\nEND:VEVENT\r\n"
#define CALENDAR(name, description, events)                                                        \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//roomcal//roomcal " ROOMCAL_VERSION                \
    "//EN\r\nCALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\nX-WR-CALNAME:" name "\r\n" description        \
    "REFRESH-INTERVAL;VALUE=DURATION:PT300S\r\nX-PUBLISHED-TTL:PT300S\r\n" events                  \
    "END:VCALENDAR\r\n"
#define ODD_NAME "R\xC3\xA4um/\"2\"\\\\&+ x" /* as iCalendar has it */

static int ask_accepting(struct test_site *test, const char *path, const char *accept)
{
    return ask_with(test, &(struct http_request){
                              .method = slice_of("GET"),
                              .path = slice_of(path),
                              .accept = slice_of(accept),
                          });
}

static bool is_ical(struct test_site *test)
{
    const char *type = header(test, "Content-Type");

    return type && strcmp(type, "text/calendar; charset=utf-8") == 0;
}

/* ---- bodies --------------------------------------------------------------------------------- */

static void a_room_alone_is_its_events_as_they_are(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask(test, "/api/calendar/R1.ics", ""), 200);
    assert_true(is_ical(test));
    assert_string_equal(body(test), CALENDAR("R1", "", EVENT("0") EVENT("1")));
    assert_int_equal(ask(test, "/api/calendar/A3.ics", ""), 200);
    assert_string_equal(body(test), CALENDAR("A3", "", ""));
}

static void all_rooms_are_one_calendar_whose_events_tell_their_room(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask(test, "/api/calendar.ics", ""), 200);
    assert_true(is_ical(test));
    assert_string_equal(body(test),
                        CALENDAR("Meeting rooms", "",
                                 EVENT_IN("R1", "0") EVENT_IN("R1", "1") EVENT_IN(ODD_NAME, "2")));
}

static void rooms_and_ranges_are_selected_as_in_json(void **state)
{
    struct test_site *test = *state;

    publish(test, ROOM_PLAIN, "0 1 5");
    publish(test, ROOM_LAST, "1 2");
    publish(test, ROOM_ODD, "1");
    assert_int_equal(ask(test, "/api/calendar.ics",
                         "room=A3&room=R1&from=2026-11-23T10:00:00Z&to=2026-11-23T11:00:00Z"),
                     200);
    assert_string_equal(body(test),
                        CALENDAR("Meeting rooms", "", EVENT_IN("R1", "1") EVENT_IN("A3", "1")));
    assert_int_equal(ask(test, "/api/calendar/R1.ics", "from=2026-11-23T11:00:00Z"), 200);
    assert_string_equal(body(test), CALENDAR("R1", "", EVENT("5")));
    assert_int_equal(ask(test, "/api/calendar.ics", "from=yesterday"), 400);
    assert_int_equal(ask(test, "/api/calendar.ics", "room=R9"), 404);
}

static void events_in_pieces_are_all_there(void **state)
{
    struct test_site *test = *state;
    struct room_build build;
    struct room_place place = place_of(test, ROOM_PLAIN);

    publish_all(test);
    room_build_init(&build, place.cache_dirfd);
    add_item(&build, NOW, NOW + 9 * HOUR, slice_of("long"), "0");
    add_item(&build, NOW + HOUR, NOW + 2 * HOUR, slice_of("short"), "1");
    add_item(&build, NOW + 3 * HOUR, NOW + 4 * HOUR, slice_of("later"), "2");
    assert_true(room_build_publish(&build, &place, NOW, TTL, NULL) >= 0);
    room_build_finish(&build);
    assert_int_equal(ask(test, "/api/calendar.ics", "room=R1&from=2026-11-23T11:30:00Z"), 200);
    assert_string_equal(
        body(test), CALENDAR("Meeting rooms", "", EVENT_IN("R1", "long") EVENT_IN("R1", "later")));
}

static void an_item_without_an_event_is_passed_over(void **state)
{
    const struct room_build_entry entry = {NOW, NOW + 1, .id = slice_of("x"),
                                           .json = slice_of("{}")};
    struct test_site *test = *state;
    struct room_build build;
    struct room_place place = place_of(test, ROOM_PLAIN);

    room_build_init(&build, place.cache_dirfd);
    assert_int_equal(room_build_add(&build, &entry), 0);
    assert_true(room_build_publish(&build, &place, NOW, TTL, NULL) >= 0);
    room_build_finish(&build);
    assert_int_equal(ask(test, "/api/calendar.ics", "room=R1"), 200);
    assert_string_equal(body(test), CALENDAR("Meeting rooms", "", ""));
}

static void head_tells_of_the_body(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask(test, "/api/calendar/R1.ics", ""), 200);
    char *length = kept_header(test, "Content-Length");
    assert_int_equal(
        ask_with(test, &(struct http_request){.method = slice_of("HEAD"),
                                              .path = slice_of("/api/calendar/R1.ics")}),
        200);
    assert_string_equal(header(test, "Content-Length"), length);
    assert_string_equal(body(test), "");
    free(length);
}

/* ---- trouble -------------------------------------------------------------------------------- */

static void trouble_is_told_in_the_description(void **state)
{
    struct test_site *test = *state;

    publish(test, ROOM_PLAIN, "0");
    note_failure(test, ROOM_LAST, 60);
    after(TTL + 1);
    note_failure(test, ROOM_PLAIN, 60);
    assert_int_equal(ask(test, "/api/calendar.ics", "room=R1&room=A3"), 200);
    assert_string_equal(body(test),
                        CALENDAR("Meeting rooms",
                                 "X-WR-CALDESC:R1 as of 2026-11-23T09:05:00Z.\\nA3 is missing: "
                                 "Exchange is \"bu\r\n sy\".\r\n",
                                 EVENT_IN("R1", "0")));
}

static void a_stale_room_alone_says_it_in_a_header_too(void **state)
{
    struct test_site *test = *state;

    publish(test, ROOM_PLAIN, "0");
    after(TTL + 1);
    note_failure(test, ROOM_PLAIN, 60);
    assert_int_equal(ask(test, "/api/calendar/R1.ics", ""), 200);
    assert_string_equal(header(test, "Roomcal-Stale-Since"), "2026-11-23T09:05:00Z");
    assert_non_null(strstr(body(test), "X-WR-CALDESC:R1 as of 2026-11-23T09:05:00Z.\r\n"));
}

static void what_cannot_be_shown_at_all_is_503(void **state)
{
    struct test_site *test = *state;

    note_failure(test, ROOM_PLAIN, 60);
    assert_int_equal(ask(test, "/api/calendar/R1.ics", ""), 503);
    assert_string_equal(header(test, "Content-Type"), "application/problem+json");
    assert_int_equal(ask(test, "/api/calendar.ics", "room=R1"), 503);
}

/* ---- validators ----------------------------------------------------------------------------- */

static void the_two_forms_have_different_etags_which_their_clients_get_304_for(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask(test, "/api/calendar/A3", ""), 200);
    char *json = kept_header(test, "ETag");
    assert_int_equal(ask(test, "/api/calendar/A3.ics", ""), 200);
    char *ical = kept_header(test, "ETag");
    assert_string_not_equal(json, ical);
    struct http_request request = {.method = slice_of("GET"),
                                   .path = slice_of("/api/calendar/A3.ics"),
                                   .if_none_match = slice_of(ical)};
    assert_int_equal(ask_with(test, &request), 304);
    assert_string_equal(body(test), "");
    request.if_none_match = slice_of(json);
    assert_int_equal(ask_with(test, &request), 200);
    free(json);
    free(ical);
}

static void assert_same_etag(struct test_site *test, const char *path, const char *query,
                             char *before, bool same)
{
    assert_int_equal(ask(test, path, query), 200);
    assert_int_equal(strcmp(header(test, "ETag"), before) == 0, same);
    free(before);
}

static char *etag_of(struct test_site *test, const char *path, const char *query)
{
    assert_int_equal(ask(test, path, query), 200);
    return kept_header(test, "ETag");
}

static void a_change_elsewhere_keeps_a_ranges_etag(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    char *range = etag_of(test, "/api/calendar.ics", "to=2026-11-23T10:00:00Z");
    char *whole = etag_of(test, "/api/calendar.ics", "");
    publish(test, ROOM_PLAIN, "0 7");
    assert_same_etag(test, "/api/calendar.ics", "to=2026-11-23T10:00:00Z", range, true);
    assert_same_etag(test, "/api/calendar.ics", "", whole, false);
}

static void a_change_that_json_does_not_show_keeps_its_etag(void **state)
{
    struct test_site *test = *state;
    struct room_build build;
    struct room_place place = place_of(test, ROOM_PLAIN);

    publish(test, ROOM_PLAIN, "0");
    char *json = etag_of(test, "/api/calendar/R1", "");
    char *ical = etag_of(test, "/api/calendar/R1.ics", "");
    room_build_init(&build, place.cache_dirfd);
    add_item(&build, NOW, NOW + HOUR, slice_of("another"), "{\"h\":0}");
    assert_true(room_build_publish(&build, &place, NOW, TTL, NULL) >= 0);
    room_build_finish(&build);
    assert_same_etag(test, "/api/calendar/R1", "", json, true);
    assert_same_etag(test, "/api/calendar/R1.ics", "", ical, false);
}

/* ---- which form ----------------------------------------------------------------------------- */

static void the_accept_header_chooses_the_form(void **state)
{
    static const char *const paths[] = {"/api/calendar", "/api/calendar/R1"};
    struct test_site *test = *state;

    publish_all(test);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ask_accepting(test, paths[i], "text/calendar"), 200);
        assert_true(is_ical(test));
        assert_string_equal(header(test, "Vary"), "Accept");
        assert_int_equal(ask_accepting(test, paths[i], "*/*"), 200);
        assert_string_equal(header(test, "Content-Type"), "application/json");
        assert_string_equal(header(test, "Vary"), "Accept");
    }
}

static void the_same_form_is_the_same_reply_by_either_way(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    char *by_path = etag_of(test, "/api/calendar.ics", "");
    assert_int_equal(ask_accepting(test, "/api/calendar", "text/calendar"), 200);
    assert_string_equal(header(test, "ETag"), by_path);
    free(by_path);
}

static void an_extension_wins_and_nothing_varies(void **state)
{
    static const char *const paths[] = {"/api/calendar.ics", "/api/calendar/R1.ics"};
    struct test_site *test = *state;

    publish_all(test);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ask_accepting(test, paths[i], "application/json"), 200);
        assert_true(is_ical(test));
        assert_null(header(test, "Vary"));
    }
}

static void an_accept_that_we_cannot_meet_is_406_with_what_there_is(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask_accepting(test, "/api/calendar", "text/html"), 406);
    assert_string_equal(header(test, "Content-Type"), "application/problem+json");
    assert_string_equal(header(test, "Vary"), "Accept");
    assert_non_null(strstr(body(test), "application"));
    assert_non_null(strstr(body(test), "text/calendar"));
}

static void a_304_varies_too(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask_with(test, &(struct http_request){.method = slice_of("GET"),
                                                           .path = slice_of("/api/calendar"),
                                                           .if_none_match = slice_of("*")}),
                     304);
    assert_string_equal(header(test, "Vary"), "Accept");
}

static void health_is_json_whatever_is_accepted(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask_accepting(test, "/api/health", "text/calendar"), 200);
    assert_string_equal(header(test, "Content-Type"), "application/json");
    assert_null(header(test, "Vary"));
}

static void a_room_whose_name_ends_so_has_the_first_claim(void **state)
{
    struct test_site *test = *state;

    free(test->rooms[ROOM_LAST].name);
    test->rooms[ROOM_LAST].name = text_of("R1.ics");
    assert_int_equal(config_index_rooms(&test->config), 0);
    publish_all(test);
    assert_int_equal(ask(test, "/api/calendar/R1.ics", ""), 200);
    assert_string_equal(body(test), "[]");
    assert_int_equal(ask(test, "/api/calendar/R1.ics.ics", ""), 200);
    assert_string_equal(body(test), CALENDAR("R1.ics", "", ""));
}

static void an_extension_alone_is_no_room(void **state)
{
    struct test_site *test = *state;

    publish_all(test);
    assert_int_equal(ask(test, "/api/calendar/.ics", ""), 404);
    assert_int_equal(ask(test, "/api/calendar/R9.ics", ""), 404);
    assert_non_null(strstr(body(test), "R9.ics"));
    assert_int_equal(ask(test, "/api/calendar/R1.ICS", ""), 404);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_room_alone_is_its_events_as_they_are),
        TEST(all_rooms_are_one_calendar_whose_events_tell_their_room),
        TEST(rooms_and_ranges_are_selected_as_in_json),
        TEST(events_in_pieces_are_all_there),
        TEST(an_item_without_an_event_is_passed_over),
        TEST(head_tells_of_the_body),
        TEST(trouble_is_told_in_the_description),
        TEST(a_stale_room_alone_says_it_in_a_header_too),
        TEST(what_cannot_be_shown_at_all_is_503),
        TEST(the_two_forms_have_different_etags_which_their_clients_get_304_for),
        TEST(a_change_elsewhere_keeps_a_ranges_etag),
        TEST(a_change_that_json_does_not_show_keeps_its_etag),
        TEST(the_accept_header_chooses_the_form),
        TEST(the_same_form_is_the_same_reply_by_either_way),
        TEST(an_extension_wins_and_nothing_varies),
        TEST(an_accept_that_we_cannot_meet_is_406_with_what_there_is),
        TEST(a_304_varies_too),
        TEST(health_is_json_whatever_is_accepted),
        TEST(a_room_whose_name_ends_so_has_the_first_claim),
        TEST(an_extension_alone_is_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
