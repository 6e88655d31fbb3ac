/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar/render_ical.h"
#include "unit.h"

#define MONDAY INT64_C(1795392000) /* 2026-11-23T00:00:00Z */
#define HOUR   INT64_C(3600)
#define DAY    (24 * HOUR)

/* An item under way, with a plan that shows what ITEM_FIELDS shows by default, and its address. */
struct fixture {
    struct config_item chosen[8];
    struct config config;
    struct field_plan plan;
    struct item item;
    struct item_span span;
    struct item_days days;
    struct buf out;
};

static void plan_of(struct fixture *fixture, const char *names)
{
    struct slice rest = slice_of(names);
    struct slice name;
    struct mistakes mistakes = {0};

    field_plan_finish(&fixture->plan);
    for (size_t i = 0; i < fixture->config.item_count; i++)
        free(fixture->chosen[i].name);
    fixture->config.item_count = 0;
    while (slice_next(&rest, ' ', &name)) {
        char *copy = slice_copy(name);
        assert_non_null(copy);
        fixture->chosen[fixture->config.item_count++] = (struct config_item){copy, copy};
    }
    fixture->config.items = fixture->chosen;
    assert_int_equal(field_plan_make(&fixture->config, &fixture->plan, &mistakes), 0);
}

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    plan_of(fixture, "title start end location organizer_name");
    item_init(&fixture->item);
    fixture->out = BUF_INIT(1 << 20);
    fixture->span = (struct item_span){MONDAY + 9 * HOUR, MONDAY + 10 * HOUR, false};
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;

    field_plan_finish(&fixture->plan);
    for (size_t i = 0; i < fixture->config.item_count; i++)
        free(fixture->chosen[i].name);
    item_finish(&fixture->item);
    buf_finish(&fixture->out);
    free(fixture);
    return 0;
}

static void add(struct fixture *fixture, size_t element, const char *path, const char *text)
{
    item_add(&fixture->item, element, slice_of(path), slice_of(text));
}

static const char *rendered(struct fixture *fixture)
{
    buf_clear(&fixture->out);
    assert_int_equal(render_ical_item(&fixture->plan, &fixture->item, &fixture->span,
                                      &fixture->days, &fixture->out),
                     0);
    return buf_text(&fixture->out);
}

/* The event has that line. */
static void assert_line(struct fixture *fixture, const char *line)
{
    char whole[512];

    (void)snprintf(whole, sizeof whole, "\r\n%s\r\n", line);
    if (!strstr(rendered(fixture), whole))
        fail_msg("no line \"%s\" in:\n%s", line, buf_text(&fixture->out));
}

/* The event has no line that begins so. */
static void assert_no_line(struct fixture *fixture, const char *start)
{
    char begin_of_line[128];

    (void)snprintf(begin_of_line, sizeof begin_of_line, "\r\n%s", start);
    if (strstr(rendered(fixture), begin_of_line))
        fail_msg("a line \"%s\" in:\n%s", start, buf_text(&fixture->out));
}

/* ---- an event ------------------------------------------------------------------------------- */

static void an_item_is_one_vevent(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, PLAN_ID, "@Id", "AAMk");
    add(fixture, PLAN_UID, "", "0400");
    add(fixture, PLAN_RECURRENCE_ID, "", "2026-11-23T08:30:00Z");
    add(fixture, PLAN_STAMP, "", "2026-11-02T08:15:00Z");
    add(fixture, PLAN_LAST_MODIFIED, "", "2026-11-03T08:15:00Z");
    add(fixture, PLAN_SUBJECT, "", "Budget");
    add(fixture, PLAN_LOCATION, "", "R022");
    add(fixture, PLAN_CATEGORIES, "String", "Finance");
    add(fixture, PLAN_CATEGORIES, "String", "A, B");
    add(fixture, PLAN_FREE_BUSY, "", "Busy");
    add(fixture, PLAN_SENSITIVITY, "", "Normal");
    add(fixture, PLAN_ORGANIZER, "Mailbox/Name", "Ann");
    assert_string_equal(rendered(fixture), "BEGIN:VEVENT\r\n"
                                           "UID:0400\r\n"
                                           "RECURRENCE-ID:20261123T083000Z\r\n"
                                           "DTSTAMP:20261102T081500Z\r\n"
                                           "LAST-MODIFIED:20261103T081500Z\r\n"
                                           "DTSTART:20261123T090000Z\r\n"
                                           "DTEND:20261123T100000Z\r\n"
                                           "SUMMARY:Budget\r\n"
                                           "LOCATION:R022\r\n"
                                           "CATEGORIES:Finance,A\\, B\r\n"
                                           "STATUS:CONFIRMED\r\n"
                                           "TRANSP:OPAQUE\r\n"
                                           "X-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\n"
                                           "CLASS:PUBLIC\r\n"
                                           "ORGANIZER;CN=\"Ann\":invalid:nomail\r\n"
                                           "END:VEVENT\r\n");
}

static void what_is_missing_is_left_out(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, PLAN_UID, "", "0400");
    assert_string_equal(rendered(fixture), "BEGIN:VEVENT\r\n"
                                           "UID:0400\r\n"
                                           "DTSTAMP:20261123T090000Z\r\n"
                                           "DTSTART:20261123T090000Z\r\n"
                                           "DTEND:20261123T100000Z\r\n"
                                           "STATUS:CONFIRMED\r\n"
                                           "TRANSP:OPAQUE\r\n"
                                           "END:VEVENT\r\n");
}

static void every_event_begins_with_the_opening(void **state)
{
    struct fixture *fixture = *state;

    assert_memory_equal(rendered(fixture), RENDER_ICAL_OPENING, strlen(RENDER_ICAL_OPENING));
}

static void an_item_without_a_uid_has_its_id_s_hash_and_no_recurrence_id(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, PLAN_ID, "@Id", "AAMk");
    add(fixture, PLAN_UID, "", " ");
    add(fixture, PLAN_RECURRENCE_ID, "", "2026-11-23T08:30:00Z");
    assert_non_null(strstr(rendered(fixture), "UID:c25edb1f5b227227eb64a039607a6ce5\r\n"));
    assert_no_line(fixture, "RECURRENCE-ID");
}

static void the_stamp_is_never_the_moment_of_the_fetch(void **state)
{
    struct fixture *fixture = *state;

    assert_line(fixture, "DTSTAMP:20261123T090000Z");
    add(fixture, PLAN_LAST_MODIFIED, "", "2026-11-03T08:15:00Z");
    assert_line(fixture, "DTSTAMP:20261103T081500Z");
    add(fixture, PLAN_STAMP, "", "2026-11-02T09:15:00+01:00");
    assert_line(fixture, "DTSTAMP:20261102T081500Z");
}

static void a_sequence_number_is_told_where_it_was_asked_for(void **state)
{
    struct fixture *fixture = *state;

    assert_no_line(fixture, "SEQUENCE");
    plan_of(fixture, "title appointment_sequence_number");
    add(fixture, (size_t)field_plan_element(&fixture->plan, slice_of("AppointmentSequenceNumber")),
        "", "2");
    assert_line(fixture, "SEQUENCE:2");
}

/* ---- times ---------------------------------------------------------------------------------- */

static void an_item_without_length_has_no_end(void **state)
{
    struct fixture *fixture = *state;

    fixture->span.end_utc = fixture->span.start_utc;
    assert_line(fixture, "DTSTART:20261123T090000Z");
    assert_no_line(fixture, "DTEND");
}

static void an_all_day_item_is_dates_with_an_exclusive_end(void **state)
{
    struct fixture *fixture = *state;

    fixture->span = (struct item_span){MONDAY - HOUR, MONDAY + 2 * DAY - HOUR, true};
    fixture->days = (struct item_days){MONDAY, MONDAY + DAY};
    assert_line(fixture, "DTSTART;VALUE=DATE:20261123");
    assert_line(fixture, "DTEND;VALUE=DATE:20261125");
}

static void an_all_day_occurrence_is_recognised_by_its_planned_day(void **state)
{
    struct fixture *fixture = *state;

    fixture->span = (struct item_span){MONDAY - HOUR, MONDAY + DAY - HOUR, true};
    fixture->days = (struct item_days){MONDAY, MONDAY};
    add(fixture, PLAN_UID, "", "0400");
    add(fixture, PLAN_RECURRENCE_ID, "", "2026-11-22T23:00:00Z");
    assert_line(fixture, "RECURRENCE-ID;VALUE=DATE:20261123");
    item_drop(&fixture->item, PLAN_RECURRENCE_ID);
    add(fixture, PLAN_RECURRENCE_ID, "", "2026-10-24T22:00:00Z"); /* in summer time */
    assert_line(fixture, "RECURRENCE-ID;VALUE=DATE:20261025");
    item_drop(&fixture->item, PLAN_RECURRENCE_ID);
    add(fixture, PLAN_RECURRENCE_ID, "", "2026-11-24T23:00:00Z");
    assert_line(fixture, "RECURRENCE-ID;VALUE=DATE:20261125");
}

static void an_occurrence_that_became_all_day_keeps_its_planned_time(void **state)
{
    struct fixture *fixture = *state;

    fixture->span = (struct item_span){MONDAY - HOUR, MONDAY + DAY - HOUR, true};
    fixture->days = (struct item_days){MONDAY, MONDAY};
    add(fixture, PLAN_UID, "", "0400");
    add(fixture, PLAN_RECURRENCE_ID, "", "2026-11-23T14:00:00Z");
    assert_line(fixture, "RECURRENCE-ID:20261123T140000Z");
}

static void the_last_days_there_are_do_not_overflow(void **state)
{
    struct fixture *fixture = *state;

    fixture->span = (struct item_span){INT64_C(253402214400), INT64_C(253402300799), true};
    fixture->days = (struct item_days){INT64_C(253402214400), INT64_C(253402214400)};
    assert_line(fixture, "DTSTART;VALUE=DATE:99991231");
    assert_no_line(fixture, "DTEND");
}

/* ---- words ---------------------------------------------------------------------------------- */

static void a_word_of_exchange_s_has_its_line(void **state)
{
    static const struct {
        size_t element;
        const char *word, *line;
    } rows[] = {
        {PLAN_IS_CANCELLED, "true", "STATUS:CANCELLED"},
        {PLAN_IS_CANCELLED, "1", "STATUS:CANCELLED"},
        {PLAN_IS_CANCELLED, "false", "STATUS:CONFIRMED"},
        {PLAN_FREE_BUSY, "Tentative", "STATUS:TENTATIVE"},
        {PLAN_FREE_BUSY, "Free", "TRANSP:TRANSPARENT"},
        {PLAN_FREE_BUSY, "Tentative", "TRANSP:OPAQUE"},
        {PLAN_FREE_BUSY, "NoData", "TRANSP:OPAQUE"},
        {PLAN_FREE_BUSY, "Free", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"},
        {PLAN_FREE_BUSY, "Tentative", "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE"},
        {PLAN_FREE_BUSY, "OOF", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"},
        {PLAN_FREE_BUSY, "WorkingElsewhere", "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE"},
        {PLAN_SENSITIVITY, "Normal", "CLASS:PUBLIC"},
        {PLAN_SENSITIVITY, "Personal", "CLASS:X-PERSONAL"},
        {PLAN_SENSITIVITY, "Private", "CLASS:PRIVATE"},
        {PLAN_SENSITIVITY, "Confidential", "CLASS:CONFIDENTIAL"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        item_clear(&fixture->item);
        add(fixture, rows[i].element, "", rows[i].word);
        assert_line(fixture, rows[i].line);
    }
}

static void a_word_that_nobody_knows_has_no_line(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, PLAN_FREE_BUSY, "", "NoData");
    add(fixture, PLAN_SENSITIVITY, "", "Secret");
    assert_no_line(fixture, "X-MICROSOFT-CDO-BUSYSTATUS");
    assert_no_line(fixture, "CLASS");
}

static void a_cancelled_item_is_cancelled_also_when_tentative(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, PLAN_IS_CANCELLED, "", "true");
    add(fixture, PLAN_FREE_BUSY, "", "Tentative");
    assert_line(fixture, "STATUS:CANCELLED");
}

/* ---- who sees what -------------------------------------------------------------------------- */

static void what_json_does_not_show_icalendar_does_not_either(void **state)
{
    static const struct {
        const char *fields;
        bool subject, location, organizer;
    } rows[] = {
        {"start end", false, false, false},
        {"subject", true, false, false},
        {"location", false, true, false},
        {"organizer", false, false, true},
    };
    struct fixture *fixture = *state;

    add(fixture, PLAN_SUBJECT, "", "Budget");
    add(fixture, PLAN_LOCATION, "", "R022");
    add(fixture, PLAN_ORGANIZER, "Mailbox/Name", "Ann");
    add(fixture, PLAN_CATEGORIES, "String", "Finance");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        plan_of(fixture, rows[i].fields);
        const char *text = rendered(fixture);
        assert_int_equal(strstr(text, "SUMMARY") != NULL, rows[i].subject);
        assert_int_equal(strstr(text, "CATEGORIES") != NULL, rows[i].subject);
        assert_int_equal(strstr(text, "LOCATION") != NULL, rows[i].location);
        assert_int_equal(strstr(text, "ORGANIZER") != NULL, rows[i].organizer);
    }
}

static void an_address_is_told_where_it_was_asked_for_and_is_one(void **state)
{
    struct fixture *fixture = *state;

    plan_of(fixture, "organizer_name organizer_email");
    add(fixture, PLAN_ORGANIZER, "Mailbox/Name", "Ann");
    add(fixture, (size_t)fixture->plan.address, "Value", "/O=EXCHANGELABS/CN=ann");
    assert_line(fixture, "ORGANIZER;CN=\"Ann\":invalid:nomail");
    item_drop(&fixture->item, (size_t)fixture->plan.address);
    add(fixture, (size_t)fixture->plan.address, "Value", "ann+x@example.org");
    assert_line(fixture, "ORGANIZER;CN=\"Ann\":mailto:ann+x@example.org");
    plan_of(fixture, "organizer_email");
    assert_line(fixture, "ORGANIZER:mailto:ann+x@example.org");
}

/* ---- errors --------------------------------------------------------------------------------- */

static void an_event_over_the_buffer_s_limit_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct buf small = BUF_INIT(100);

    assert_true(render_ical_item(&fixture->plan, &fixture->item, &fixture->span, &fixture->days,
                                 &small) < 0);
    buf_finish(&small);
}

/* ---- the calendar --------------------------------------------------------------------------- */

static void a_calendar_says_what_it_is_and_how_often_to_ask(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(render_ical_begin("R, 1", slice_of(""), 300, &fixture->out), 0);
    assert_int_equal(render_ical_end(&fixture->out), 0);
    assert_string_equal(buf_text(&fixture->out),
                        "BEGIN:VCALENDAR\r\n"
                        "VERSION:2.0\r\n"
                        "PRODID:-//roomcal//roomcal " ROOMCAL_VERSION "//EN\r\n"
                        "CALSCALE:GREGORIAN\r\n"
                        "METHOD:PUBLISH\r\n"
                        "X-WR-CALNAME:R\\, 1\r\n"
                        "REFRESH-INTERVAL;VALUE=DURATION:PT300S\r\n"
                        "X-PUBLISHED-TTL:PT300S\r\n"
                        "END:VCALENDAR\r\n");
}

static void a_calendar_s_description_is_there_if_there_is_one(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(render_ical_begin("R", slice_of("a\nb"), 300, &fixture->out), 0);
    assert_non_null(strstr(buf_text(&fixture->out), "\r\nX-WR-CALDESC:a\\nb\r\n"));
}

static void a_room_before_the_uid_keeps_the_lines_whole(void **state)
{
    struct fixture *fixture = *state;
    char uid[72]; /* fills the rest of a line behind "UID:" */
    char expected[256];

    memset(uid, '7', sizeof uid - 1);
    uid[sizeof uid - 1] = '\0';
    add(fixture, PLAN_UID, "", uid);
    char *event = strdup(rendered(fixture) + strlen(RENDER_ICAL_OPENING));
    buf_clear(&fixture->out);
    assert_int_equal(render_ical_opening("R\xC3\xA4um; 2", &fixture->out), 0);
    buf_append_text(&fixture->out, event);
    (void)snprintf(expected, sizeof expected,
                   "BEGIN:VEVENT\r\nRESOURCES:R\xC3\xA4um\\; 2\r\n"
                   "UID:R\xC3\xA4um\\; 2/\r\n %s\r\nDTSTAMP:",
                   uid);
    assert_memory_equal(buf_text(&fixture->out), expected, strlen(expected));
    free(event);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_item_is_one_vevent),
        TEST(what_is_missing_is_left_out),
        TEST(every_event_begins_with_the_opening),
        TEST(an_item_without_a_uid_has_its_id_s_hash_and_no_recurrence_id),
        TEST(the_stamp_is_never_the_moment_of_the_fetch),
        TEST(a_sequence_number_is_told_where_it_was_asked_for),
        TEST(an_item_without_length_has_no_end),
        TEST(an_all_day_item_is_dates_with_an_exclusive_end),
        TEST(an_all_day_occurrence_is_recognised_by_its_planned_day),
        TEST(an_occurrence_that_became_all_day_keeps_its_planned_time),
        TEST(the_last_days_there_are_do_not_overflow),
        TEST(a_word_of_exchange_s_has_its_line),
        TEST(a_word_that_nobody_knows_has_no_line),
        TEST(a_cancelled_item_is_cancelled_also_when_tentative),
        TEST(what_json_does_not_show_icalendar_does_not_either),
        TEST(an_address_is_told_where_it_was_asked_for_and_is_one),
        TEST(an_event_over_the_buffer_s_limit_is_an_error),
        TEST(a_calendar_says_what_it_is_and_how_often_to_ask),
        TEST(a_calendar_s_description_is_there_if_there_is_one),
        TEST(a_room_before_the_uid_keeps_the_lines_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
