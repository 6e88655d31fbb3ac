/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "calendar/leaves.h"
#include "calendar/render_json.h"
#include "unit.h"

#define LEAVES 24

/* One attribute, the leaves of its element, and what it becomes. */
struct row {
    const char *attribute;
    struct leaf leaves[LEAVES];
    const char *json;
};

static const struct row rows[] = {
    {"subject", {{"", "Budget"}}, "\"Budget\""},
    {"subject", {{NULL}}, "null"},
    {"subject", {{"", ""}}, "null"},
    {"subject",
     {{"", "a\"b\\c\x01/\xC3\xA9\xF0\x9F\x98\x80"}},
     "\"a\\\"b\\\\c\\u0001/\xC3\xA9\xF0\x9F\x98\x80\""},
    {"location", {{NULL}}, "\"\""},
    {"location", {{"", "R022"}}, "\"R022\""},
    {"organizer_name", {{"Mailbox/Name", "Ann"}}, "\"Ann\""},
    {"organizer_name", {{NULL}}, "\"\""},
    {"organizer", {{"Mailbox/Name", "Ann"}}, "{\"name\":\"Ann\",\"email_address\":null}"},
    {"organizer",
     {{"Mailbox/Name", "Ann"}, {"Mailbox/EmailAddress", "a@b.c"}},
     "{\"name\":\"Ann\",\"email_address\":\"a@b.c\"}"},
    {"organizer", {{NULL}}, "null"},
    {"is_cancelled", {{"", "true"}}, "true"},
    {"is_cancelled", {{"", " 0\n"}}, "false"},
    {"is_cancelled", {{"", "maybe"}}, "null"},
    {"is_cancelled", {{NULL}}, "null"},
    {"size", {{"", "4711"}}, "4711"},
    {"size", {{"", "-2147483648"}}, "-2147483648"},
    {"size", {{"", "4711 bytes"}}, "null"},
    {"datetime_created", {{"", "2026-11-23T10:00:00+01:00"}}, "\"2026-11-23T09:00:00+00:00\""},
    {"datetime_created", {{"", "2026-11-23T09:00:00.25Z"}}, "\"2026-11-23T09:00:00.250000+00:00\""},
    {"datetime_created", {{"", "soon"}}, "null"},
    {"legacy_free_busy_status", {{"", "WorkingElsewhere"}}, "\"WorkingElsewhere\""},
    {"categories", {{"String", "red"}, {"String", "blue"}}, "[\"red\",\"blue\"]"},
    {"categories", {{NULL}}, "null"},
    {"id", {{"@Id", "AAMk"}, {"@ChangeKey", "Dw"}}, "\"AAMk\""},
    {"changekey", {{"@Id", "AAMk"}, {"@ChangeKey", "Dw"}}, "\"Dw\""},
    {"parent_folder_id", {{"@Id", "F"}, {"@ChangeKey", "C"}}, "{\"id\":\"F\",\"changekey\":\"C\"}"},
    {"conversation_id", {{"@Id", "F"}}, "{\"id\":\"F\",\"changekey\":null}"},
    {"appointment_state", {{"", "3"}}, "[\"Meeting\",\"Received\"]"},
    {"appointment_state", {{"", "0"}}, "[]"},
    {"appointment_state", {{NULL}}, "null"},
    {"start", {{"", "2026-11-23T09:00:00Z"}}, "\"2026-11-23T09:00:00+00:00\""},
    {"categories", {{"", ""}}, "[]"},
    {"organizer_email", {{"Value", "a@b.c"}}, "\"a@b.c\""},
    {"organizer_email", {{"Value", "/O=X/CN=a"}}, "\"\""},
    {"organizer_email", {{NULL}}, "\"\""},
    {"mime_content", {{"@CharacterSet", "UTF-8"}, {"", "TUlNRQ=="}}, "\"TUlNRQ==\""},
    {"text_body", {{"@BodyType", "Text"}, {"", "Hello"}}, "\"Hello\""},
    {"body",
     {{"@BodyType", "HTML"}, {"", "<p>Hello</p>"}},
     "{\"body_type\":\"HTML\",\"text\":\"<p>Hello</p>\"}"},
    {"body", {{"@BodyType", "Text"}}, "null"},
    {"unique_body", {{NULL}}, "null"},
    {"headers",
     {{"", ""},
      {"InternetMessageHeader/@HeaderName", "X-One"},
      {"InternetMessageHeader", "1"},
      {"InternetMessageHeader/@HeaderName", "X-Empty"},
      {"InternetMessageHeader/@HeaderName", "X-Two"},
      {"InternetMessageHeader", "2"}},
     "[{\"name\":\"X-One\",\"value\":\"1\"},{\"name\":\"X-Empty\",\"value\":null},"
     "{\"name\":\"X-Two\",\"value\":\"2\"}]"},
    {"headers", {{NULL}}, "null"},
    {"response_objects",
     {{"", ""}, {"AcceptItem", ""}, {"DeclineItem", ""}},
     "[\"AcceptItem\",\"DeclineItem\"]"},
    {"response_objects", {{"", ""}}, "[]"},
    {"effective_rights",
     {{"", ""}, {"CreateAssociated", "true"}, {"Read", "true"}, {"Delete", "false"}},
     "{\"create_associated\":true,\"create_contents\":false,\"create_hierarchy\":false,"
     "\"delete\":false,\"modify\":false,\"read\":true,\"view_private_items\":false}"},
    {"effective_rights", {{NULL}}, "null"},
    {"required_attendees",
     {{"", ""},
      {"Attendee", ""},
      {"Attendee/Mailbox", ""},
      {"Attendee/Mailbox/Name", "Ann"},
      {"Attendee/Mailbox/EmailAddress", "a@b.c"},
      {"Attendee/ResponseType", "Accept"},
      {"Attendee/LastResponseTime", "2026-11-23T09:00:00Z"},
      {"Attendee", ""},
      {"Attendee/Mailbox", ""},
      {"Attendee/Mailbox/Name", "Bob"}},
     "[{\"name\":\"Ann\",\"email_address\":\"a@b.c\",\"response_type\":\"Accept\","
     "\"last_response_time\":\"2026-11-23T09:00:00+00:00\"},{\"name\":\"Bob\","
     "\"email_address\":null,\"response_type\":\"Unknown\",\"last_response_time\":null}]"},
    {"resources", {{"", ""}}, "[]"},
    {"optional_attendees", {{NULL}}, "null"},
    {"attachments",
     {{"", ""},
      {"FileAttachment", ""},
      {"FileAttachment/AttachmentId/@Id", "F"},
      {"FileAttachment/Name", "plan.pdf"},
      {"FileAttachment/ContentType", "application/pdf"},
      {"FileAttachment/Size", "12"},
      {"FileAttachment/IsInline", "false"},
      {"FileAttachment/IsContactPhoto", "false"},
      {"FileAttachment/Content", "AAAA"},
      {"ItemAttachment", ""},
      {"ItemAttachment/AttachmentId/@Id", "I"},
      {"ItemAttachment/Name", "a mail"},
      {"ItemAttachment/LastModifiedTime", "2026-11-23T09:00:00Z"}},
     "[{\"type\":\"ItemAttachment\",\"attachment_id\":{\"id\":\"I\",\"root_id\":null,"
     "\"root_changekey\":null},\"name\":\"a mail\",\"content_type\":null,\"content_id\":null,"
     "\"content_location\":null,\"size\":null,"
     "\"last_modified_time\":\"2026-11-23T09:00:00+00:00\",\"is_inline\":null},"
     "{\"type\":\"FileAttachment\",\"attachment_id\":{\"id\":\"F\",\"root_id\":null,"
     "\"root_changekey\":null},\"name\":\"plan.pdf\",\"content_type\":\"application/pdf\","
     "\"content_id\":null,\"content_location\":null,\"size\":12,\"last_modified_time\":null,"
     "\"is_inline\":false,\"is_contact_photo\":false}]"},
    {"attachments", {{NULL}}, "[]"},
    {"recurrence",
     {{"", ""},
      {"WeeklyRecurrence", ""},
      {"WeeklyRecurrence/Interval", "2"},
      {"WeeklyRecurrence/DaysOfWeek", "Monday Friday"},
      {"WeeklyRecurrence/FirstDayOfWeek", "Sunday"},
      {"EndDateRecurrence", ""},
      {"EndDateRecurrence/StartDate", "2026-11-23+01:00"},
      {"EndDateRecurrence/EndDate", "2027-11-23Z"}},
     "{\"pattern\":{\"type\":\"WeeklyRecurrence\",\"interval\":2,\"weekdays\":[1,5],"
     "\"first_day_of_week\":7},\"boundary\":{\"type\":\"EndDateRecurrence\","
     "\"start\":\"2026-11-23\",\"end\":\"2027-11-23\"}}"},
    {"recurrence",
     {{"", ""},
      {"RelativeYearlyRecurrence", ""},
      {"RelativeYearlyRecurrence/DaysOfWeek", "WeekendDay"},
      {"RelativeYearlyRecurrence/DayOfWeekIndex", "Last"},
      {"RelativeYearlyRecurrence/Month", "February"},
      {"NumberedRecurrence", ""},
      {"NumberedRecurrence/StartDate", "2026-11-23"},
      {"NumberedRecurrence/NumberOfOccurrences", "10"}},
     "{\"pattern\":{\"type\":\"RelativeYearlyRecurrence\",\"weekday\":10,\"week_number\":5,"
     "\"month\":2},\"boundary\":{\"type\":\"NumberedRecurrence\",\"start\":\"2026-11-23\","
     "\"number\":10}}"},
    {"recurrence",
     {{"", ""},
      {"AbsoluteMonthlyRecurrence", ""},
      {"AbsoluteMonthlyRecurrence/Interval", "1"},
      {"AbsoluteMonthlyRecurrence/DayOfMonth", "31"},
      {"NoEndRecurrence", ""},
      {"NoEndRecurrence/StartDate", "soon"}},
     "{\"pattern\":{\"type\":\"AbsoluteMonthlyRecurrence\",\"interval\":1,"
     "\"day_of_month\":31},\"boundary\":{\"type\":\"NoEndRecurrence\",\"start\":null}}"},
    {"recurrence", {{"", ""}, {"LunarRecurrence", ""}}, "{\"pattern\":null,\"boundary\":null}"},
    {"recurrence", {{NULL}}, "null"},
    {"first_occurrence",
     {{"", ""},
      {"ItemId/@Id", "I"},
      {"ItemId/@ChangeKey", "C"},
      {"Start", "2026-11-23T09:00:00Z"},
      {"End", "2026-11-23T10:00:00Z"},
      {"OriginalStart", "2026-11-23T08:00:00Z"}},
     "{\"id\":\"I\",\"changekey\":\"C\",\"start\":\"2026-11-23T09:00:00+00:00\","
     "\"end\":\"2026-11-23T10:00:00+00:00\",\"original_start\":\"2026-11-23T08:00:00+00:00\"}"},
    {"modified_occurrences",
     {{"", ""}, {"Occurrence", ""}, {"Occurrence/ItemId/@Id", "I"}},
     "[{\"id\":\"I\",\"changekey\":null,\"start\":null,\"end\":null,\"original_start\":null}]"},
    {"deleted_occurrences",
     {{"", ""},
      {"DeletedOccurrence", ""},
      {"DeletedOccurrence/Start", "2026-11-23T09:00:00Z"},
      {"DeletedOccurrence", ""},
      {"DeletedOccurrence/Start", "2026-11-30T09:00:00Z"}},
     "[{\"start\":\"2026-11-23T09:00:00+00:00\"},{\"start\":\"2026-11-30T09:00:00+00:00\"}]"},
    {"conflicting_meetings",
     {{"", ""},
      {"CalendarItem", ""},
      {"CalendarItem/ItemId/@Id", "I"},
      {"CalendarItem/ItemId/@ChangeKey", "C"},
      {"CalendarItem/Subject", "Other"},
      {"CalendarItem/Start", "2026-11-23T09:00:00Z"},
      {"CalendarItem/End", "2026-11-23T10:00:00Z"},
      {"CalendarItem/LegacyFreeBusyStatus", "Busy"},
      {"CalendarItem/Location", "R022"}},
     "[{\"id\":\"I\",\"changekey\":\"C\",\"subject\":\"Other\","
     "\"start\":\"2026-11-23T09:00:00+00:00\",\"end\":\"2026-11-23T10:00:00+00:00\","
     "\"legacy_free_busy_status\":\"Busy\",\"location\":\"R022\"}]"},
    {"start_timezone",
     {{"@Name", "(UTC+01:00) Amsterdam"}, {"@Id", "W. Europe Standard Time"}},
     "\"Europe/Berlin\""},
    {"end_timezone", {{"@Name", "Romance Standard Time"}, {"@Id", ""}}, "\"Europe/Paris\""},
    {"end_timezone", {{"@Id", "Customized Time Zone"}}, "\"Customized Time Zone\""},
    {"end_timezone", {{"@Id", ""}}, "null"},
    {"meeting_timezone", {{"@TimeZoneName", "Romance Standard Time"}}, "\"Europe/Paris\""},
    {"enhanced_location",
     {{"", ""},
      {"DisplayName", "R022"},
      {"Annotation", ""},
      {"PostalAddress", ""},
      {"PostalAddress/City", "Bonn"}},
     "{\"display_name\":\"R022\",\"annotation\":null,\"address\":{\"street\":null,"
     "\"city\":\"Bonn\",\"state\":null,\"country\":null,\"postal_code\":null,"
     "\"post_office_box\":null,\"type\":null,\"latitude\":null,\"longitude\":null,"
     "\"accuracy\":null,\"altitude\":null,\"altitude_accuracy\":null,"
     "\"formatted_address\":null,\"location_uri\":null,\"location_source\":null}}"},
    {"join_online_meeting_url",
     {{"", "https://meet.example.org/1"}},
     "\"https://meet.example.org/1\""},
};

/* Renders one item with one attribute under the key "k", in the zone of `local`. */
static void render_one(const char *attribute, const struct leaf *leaves,
                       const struct item_span *span, const struct item_days *days,
                       const char *local, struct buf *out)
{
    struct config_item chosen = {(char[]){"k"}, (char *)(uintptr_t)attribute};
    struct config config = {
        .items = &chosen, .item_count = 1, .private_items = CONFIG_PRIVATE_SHOW};
    struct mistakes mistakes = {0};
    struct timezones *zones;
    struct field_plan plan;
    struct item item;

    assert_int_equal(timezones_create(local, &zones), 0);
    assert_int_equal(field_plan_make(&config, &plan, &mistakes), 0);
    item_init(&item);
    add_leaves(&item, plan.choices[0].element, leaves);
    assert_int_equal(render_json_item(&plan, &item, span, days, zones, out), 0);
    item_finish(&item);
    field_plan_finish(&plan);
    timezones_destroy(zones);
}

static void each_kind_is_written_as_exchangelib_has_it(void **state)
{
    const struct item_span span = {0};
    const struct item_days days = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out = BUF_INIT(4096);
        struct buf expected = BUF_INIT(4096);
        render_one(rows[i].attribute, rows[i].leaves, &span, &days, "UTC", &out);
        buf_printf(&expected, "{\"k\":%s}", rows[i].json);
        assert_string_equal(buf_text(&out), buf_text(&expected));
        buf_finish(&out);
        buf_finish(&expected);
    }
}

static void neighbours_are_told_by_their_times_alone_where_private_items_are_hidden(void **state)
{
    static const struct leaf leaves[] = {{"", ""},
                                         {"CalendarItem", ""},
                                         {"CalendarItem/ItemId/@Id", "I"},
                                         {"CalendarItem/Subject", "Secret"},
                                         {"CalendarItem/Start", "2026-11-23T09:00:00Z"},
                                         {"CalendarItem/LegacyFreeBusyStatus", "Busy"},
                                         {"CalendarItem/Location", "Secret"},
                                         {NULL, NULL}};
    static const enum config_private hiding[] = {CONFIG_PRIVATE_MASK, CONFIG_PRIVATE_OMIT};
    struct config_item chosen = {(char[]){"k"}, (char[]){"adjacent_meetings"}};
    const struct item_span span = {0};
    const struct item_days days = {0};
    struct timezones *zones;

    (void)state;
    assert_int_equal(timezones_create("UTC", &zones), 0);
    for (size_t i = 0; i < sizeof hiding / sizeof hiding[0]; i++) {
        struct config config = {.items = &chosen, .item_count = 1, .private_items = hiding[i]};
        struct mistakes mistakes = {0};
        struct buf out = BUF_INIT(4096);
        struct field_plan plan;
        struct item item;
        assert_int_equal(field_plan_make(&config, &plan, &mistakes), 0);
        item_init(&item);
        add_leaves(&item, plan.choices[0].element, leaves);
        assert_int_equal(render_json_item(&plan, &item, &span, &days, zones, &out), 0);
        assert_string_equal(buf_text(&out), "{\"k\":[{\"start\":\"2026-11-23T09:00:00+00:00\","
                                            "\"end\":null,\"legacy_free_busy_status\":\"Busy\"}]}");
        item_finish(&item);
        field_plan_finish(&plan);
        buf_finish(&out);
    }
    timezones_destroy(zones);
}

static void every_attribute_is_written_even_of_an_item_without_any(void **state)
{
    const struct item_span span = {0};
    const struct item_days days = {0};
    const struct leaf nothing[] = {{NULL, NULL}};
    size_t count;
    const struct field *fields = field_rows(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct buf out = BUF_INIT(4096);
        render_one(fields[i].name, nothing, &span, &days, "UTC", &out);
        assert_memory_equal(buf_text(&out), "{\"k\":", 5);
        buf_finish(&out);
    }
}

#define MONDAY INT64_C(1795392000) /* 2026-11-23T00:00:00Z */

static void all_day_items_are_dates_with_the_last_day_included(void **state)
{
    const struct item_span span = {MONDAY - 3600, MONDAY + 2 * DAY_S - 3600, true};
    const struct item_days days = {MONDAY, MONDAY + DAY_S};
    const struct leaf nothing[] = {{NULL, NULL}};
    struct buf out = BUF_INIT(4096);

    (void)state;
    render_one("start", nothing, &span, &days, "Asia/Tokyo", &out);
    assert_string_equal(buf_text(&out), "{\"k\":\"2026-11-23\"}");
    buf_clear(&out);
    render_one("end", nothing, &span, &days, "Asia/Tokyo", &out);
    assert_string_equal(buf_text(&out), "{\"k\":\"2026-11-24\"}");
    buf_finish(&out);
}

static void date_times_have_the_offset_of_the_local_zone(void **state)
{
    static const struct {
        const char *zone;
        const char *sent;
        const char *json;
    } moments[] = {
        {"Europe/Berlin", "2026-03-29T00:30:00Z", "{\"k\":\"2026-03-29T01:30:00+01:00\"}"},
        {"Europe/Berlin", "2026-03-29T01:30:00Z", "{\"k\":\"2026-03-29T03:30:00+02:00\"}"},
        {"Europe/Berlin", "2026-10-25T00:30:00Z", "{\"k\":\"2026-10-25T02:30:00+02:00\"}"},
        {"Europe/Berlin", "2026-10-25T01:30:00Z", "{\"k\":\"2026-10-25T02:30:00+01:00\"}"},
        {"America/St_Johns", "2026-01-01T00:00:00.5Z",
         "{\"k\":\"2025-12-31T20:30:00.500000-03:30\"}"},
    };
    const struct item_span span = {0};
    const struct item_days days = {0};

    (void)state;
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        const struct leaf leaves[] = {{"", moments[i].sent}, {NULL, NULL}};
        struct buf out = BUF_INIT(4096);
        render_one("start", leaves, &span, &days, moments[i].zone, &out);
        assert_string_equal(buf_text(&out), moments[i].json);
        buf_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_written_as_exchangelib_has_it),
        cmocka_unit_test(neighbours_are_told_by_their_times_alone_where_private_items_are_hidden),
        cmocka_unit_test(every_attribute_is_written_even_of_an_item_without_any),
        cmocka_unit_test(all_day_items_are_dates_with_the_last_day_included),
        cmocka_unit_test(date_times_have_the_offset_of_the_local_zone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
