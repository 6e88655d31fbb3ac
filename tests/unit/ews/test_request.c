/* SPDX-License-Identifier: MIT */
#include "ews/request.h"

#include <errno.h>
#include <expat.h>
#include <stdio.h>
#include <string.h>

#include "plan.h"
#include "unit.h"

static const struct window november = {1793491200, 1796083200}; /* 2026-11-01 to 2026-12-01 */

#define FOLDER                                                                                     \
    "<t:DistinguishedFolderId Id=\"calendar\"><t:Mailbox>"                                         \
    "<t:EmailAddress>r022@example.org</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>"

static void an_envelope_names_its_version(void **state)
{
    static const char *const versions[] = {"Exchange2013_SP1", "Exchange2013", "Exchange2010_SP2"};
    (void)state;

    for (int i = 0; i < REQUEST_VERSIONS; i++) {
        struct buf out = BUF_INIT(REQUEST_ENVELOPE_MAX);
        char expected[REQUEST_ENVELOPE_MAX];

        (void)snprintf(expected, sizeof expected,
                       "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                       "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\""
                       " xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\""
                       " xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\">"
                       "<soap:Header><t:RequestServerVersion Version=\"%s\"/></soap:Header>"
                       "<soap:Body><m:Q/></soap:Body></soap:Envelope>\n",
                       versions[i]);
        assert_int_equal(request_envelope(i, NULL, slice_of("<m:Q/>"), &out), 0);
        assert_string_equal(buf_text(&out), expected);
        buf_finish(&out);
    }
}

static void find_item_asks_for_a_window_of_one_calendar(void **state)
{
    struct buf out = BUF_INIT(REQUEST_SIZE_MAX);
    struct chosen chosen;
    (void)state;

    assert_true(chosen_default(&chosen));
    assert_int_equal(request_find_item(&chosen.plan, "r022@example.org", november, &out), 0);
    assert_string_equal(
        buf_text(&out),
        "<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>"
        "<t:AdditionalProperties><t:FieldURI FieldURI=\"calendar:Start\"/>"
        "<t:FieldURI FieldURI=\"calendar:End\"/>"
        "<t:FieldURI FieldURI=\"calendar:IsAllDayEvent\"/>"
        "<t:FieldURI FieldURI=\"calendar:StartTimeZone\"/>"
        "<t:FieldURI FieldURI=\"calendar:EndTimeZone\"/>"
        "<t:FieldURI FieldURI=\"item:Sensitivity\"/>"
        "<t:FieldURI FieldURI=\"item:Subject\"/>"
        "<t:FieldURI FieldURI=\"calendar:Location\"/>"
        "<t:FieldURI FieldURI=\"calendar:Organizer\"/>"
        "<t:FieldURI FieldURI=\"calendar:UID\"/>"
        "<t:FieldURI FieldURI=\"calendar:RecurrenceId\"/>"
        "<t:FieldURI FieldURI=\"calendar:LegacyFreeBusyStatus\"/>"
        "<t:FieldURI FieldURI=\"calendar:IsCancelled\"/>"
        "<t:FieldURI FieldURI=\"calendar:Duration\"/>"
        "<t:FieldURI FieldURI=\"item:Categories\"/>"
        "<t:FieldURI FieldURI=\"calendar:DateTimeStamp\"/>"
        "<t:FieldURI FieldURI=\"item:LastModifiedTime\"/>"
        "</t:AdditionalProperties></m:ItemShape>"
        "<m:CalendarView MaxEntriesReturned=\"1000\" StartDate=\"2026-11-01T00:00:00Z\""
        " EndDate=\"2026-12-01T00:00:00Z\"/>"
        "<m:ParentFolderIds>" FOLDER "</m:ParentFolderIds></m:FindItem>");
    chosen_finish(&chosen);
    buf_finish(&out);
}

static void get_folder_asks_for_the_id_only(void **state)
{
    struct buf out = BUF_INIT(REQUEST_SIZE_MAX);
    (void)state;

    assert_int_equal(request_get_folder("r022@example.org", &out), 0);
    assert_string_equal(
        buf_text(&out),
        "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>"
        "<m:FolderIds>" FOLDER "</m:FolderIds></m:GetFolder>");
    buf_finish(&out);
}

static void a_change_check_asks_for_two_properties_of_each_calendar(void **state)
{
    static const char *const mailboxes[] = {"r022@example.org", "a&b@x"};
    struct buf out = BUF_INIT(REQUEST_SIZE_MAX);
    (void)state;

    assert_int_equal(request_check_folders(mailboxes, 2, &out), 0);
    assert_string_equal(
        buf_text(&out),
        "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape>"
        "<t:AdditionalProperties>"
        "<t:ExtendedFieldURI PropertyTag=\"0x670A\" PropertyType=\"SystemTime\"/>"
        "<t:ExtendedFieldURI PropertyTag=\"0x670B\" PropertyType=\"Integer\"/>"
        "</t:AdditionalProperties></m:FolderShape><m:FolderIds>" FOLDER
        "<t:DistinguishedFolderId Id=\"calendar\"><t:Mailbox><t:EmailAddress>a&amp;b@x"
        "</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>"
        "</m:FolderIds></m:GetFolder>");
    buf_finish(&out);
}

static void rooms_and_their_lists_are_asked_for(void **state)
{
    struct buf out = BUF_INIT(REQUEST_SIZE_MAX);
    (void)state;

    assert_int_equal(request_get_room_lists(&out), 0);
    assert_string_equal(buf_text(&out), "<m:GetRoomLists/>");
    buf_clear(&out);
    assert_int_equal(request_get_rooms("r&d@example.org", &out), 0);
    assert_string_equal(
        buf_text(&out),
        "<m:GetRooms><m:RoomList><t:EmailAddress>r&amp;d@example.org</t:EmailAddress>"
        "</m:RoomList></m:GetRooms>");
    buf_finish(&out);
}

/* How often the request asks for that element. */
static size_t times_asked(const struct buf *request, const struct field_element *element)
{
    char quoted[128];
    size_t times = 0;

    (void)snprintf(quoted, sizeof quoted, "=\"%s\"", element->uri);
    for (const char *at = buf_text(request); (at = strstr(at, quoted)); at++)
        times++;
    return times;
}

static void find_item_asks_once_for_each_field_that_it_gives(void **state)
{
    struct buf out = BUF_INIT(REQUEST_SIZE_MAX);
    struct chosen chosen;
    (void)state;

    assert_true(chosen_all(&chosen));
    assert_int_equal(request_find_item(&chosen.plan, "r", november, &out), 0);
    assert_null(strstr(buf_text(&out), "item:ItemId"));
    for (size_t i = PLAN_ID + 1; i < chosen.plan.element_count; i++) {
        const struct field_element *element = &chosen.plan.elements[i];
        assert_int_equal(times_asked(&out, element), element->source != FIELD_GET);
    }
    chosen_finish(&chosen);
    buf_finish(&out);
}

static void the_organizers_address_is_an_extended_property(void **state)
{
    struct buf out = BUF_INIT(REQUEST_SIZE_MAX);
    struct chosen chosen = {0};
    (void)state;

    chosen_add(&chosen, "organizer_email");
    assert_true(chosen_make(&chosen));
    assert_int_equal(request_find_item(&chosen.plan, "r", november, &out), 0);
    assert_non_null(strstr(buf_text(&out), "<t:ExtendedFieldURI PropertyTag=\"0x5D02\""
                                           " PropertyType=\"String\"/>"));
    buf_clear(&out);
    assert_int_equal(request_get_item(&chosen.plan, NULL, 0, &out), 0);
    assert_null(strstr(buf_text(&out), "ExtendedFieldURI"));
    chosen_finish(&chosen);
    buf_finish(&out);
}

static void get_item_asks_for_texts_of_some_items(void **state)
{
    static const struct slice ids[] = {{"AAMk+/=1", 8}, {"A\"&<2", 5}};
    struct buf out = BUF_INIT(REQUEST_SIZE_MAX);
    struct chosen chosen;
    (void)state;

    assert_true(chosen_default(&chosen));
    assert_int_equal(request_get_item(&chosen.plan, ids, 2, &out), 0);
    assert_string_equal(
        buf_text(&out),
        "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>"
        "<t:AdditionalProperties><t:FieldURI FieldURI=\"item:Sensitivity\"/>"
        "<t:FieldURI FieldURI=\"item:Subject\"/>"
        "<t:FieldURI FieldURI=\"calendar:Location\"/>"
        "<t:FieldURI FieldURI=\"calendar:Organizer\"/>"
        "<t:FieldURI FieldURI=\"calendar:UID\"/>"
        "<t:FieldURI FieldURI=\"calendar:Duration\"/></t:AdditionalProperties></m:ItemShape>"
        "<m:ItemIds><t:ItemId Id=\"AAMk+/=1\"/><t:ItemId Id=\"A&quot;&amp;&lt;2\"/>"
        "</m:ItemIds></m:GetItem>");
    chosen_finish(&chosen);
    buf_finish(&out);
}

static void get_item_asks_once_for_what_find_item_does_not_give_whole(void **state)
{
    struct buf out = BUF_INIT(REQUEST_SIZE_MAX);
    struct chosen chosen;
    (void)state;

    assert_true(chosen_all(&chosen));
    assert_int_equal(request_get_item(&chosen.plan, NULL, 0, &out), 0);
    for (size_t i = PLAN_ID + 1; i < chosen.plan.element_count; i++) {
        const struct field_element *element = &chosen.plan.elements[i];
        assert_int_equal(times_asked(&out, element),
                         element->source == FIELD_GET || element->is_text || i == PLAN_SENSITIVITY);
    }
    chosen_finish(&chosen);
    buf_finish(&out);
}

static void an_envelope_names_the_room_in_whose_name_it_asks(void **state)
{
    struct buf out = BUF_INIT(REQUEST_ENVELOPE_MAX);
    (void)state;

    assert_int_equal(request_envelope(0, "r022@example.org", slice_of("<m:Q/>"), &out), 0);
    assert_non_null(strstr(
        buf_text(&out),
        "<soap:Header><t:RequestServerVersion Version=\"Exchange2013_SP1\"/>"
        "<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>r022@example.org"
        "</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation></soap:Header>"));
    buf_finish(&out);
}

static void the_longest_address_fits_into_an_envelope(void **state)
{
    struct buf out = BUF_INIT(REQUEST_ENVELOPE_MAX);
    char mailbox[513]; /* of a found room, see cache/room_list.h */
    (void)state;

    memset(mailbox, '"', sizeof mailbox - 1);
    mailbox[sizeof mailbox - 1] = '\0';
    assert_int_equal(request_envelope(0, mailbox, slice_of(""), &out), 0);
    buf_finish(&out);
}

static void an_address_is_escaped(void **state)
{
    struct buf question = BUF_INIT(REQUEST_SIZE_MAX);
    struct buf out = BUF_INIT(REQUEST_SIZE_MAX + REQUEST_ENVELOPE_MAX);
    (void)state;

    assert_int_equal(request_get_folder("\"a&b\"<c>@x", &question), 0);
    assert_int_equal(request_envelope(0, "\"a&b\"<c>@x", slice_of(buf_text(&question)), &out), 0);
    assert_non_null(strstr(buf_text(&out), "<t:EmailAddress>&quot;a&amp;b&quot;&lt;c&gt;@x<"));
    assert_non_null(
        strstr(buf_text(&out), "<t:PrimarySmtpAddress>&quot;a&amp;b&quot;&lt;c&gt;@x<"));
    XML_Parser parser = XML_ParserCreateNS(NULL, ' ');
    assert_int_equal(XML_Parse(parser, out.bytes, (int)out.length, XML_TRUE), XML_STATUS_OK);
    XML_ParserFree(parser);
    buf_finish(&question);
    buf_finish(&out);
}

static void a_full_buffer_is_reported(void **state)
{
    struct buf out = BUF_INIT(100);
    struct chosen chosen;
    (void)state;

    assert_true(chosen_default(&chosen));
    assert_int_equal(request_find_item(&chosen.plan, "r", november, &out), -EOVERFLOW);
    buf_clear(&out);
    assert_int_equal(request_get_folder("r", &out), -EOVERFLOW);
    buf_clear(&out);
    assert_int_equal(request_get_item(&chosen.plan, NULL, 0, &out), -EOVERFLOW);
    chosen_finish(&chosen);
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_envelope_names_its_version),
        cmocka_unit_test(find_item_asks_for_a_window_of_one_calendar),
        cmocka_unit_test(get_folder_asks_for_the_id_only),
        cmocka_unit_test(a_change_check_asks_for_two_properties_of_each_calendar),
        cmocka_unit_test(rooms_and_their_lists_are_asked_for),
        cmocka_unit_test(find_item_asks_once_for_each_field_that_it_gives),
        cmocka_unit_test(the_organizers_address_is_an_extended_property),
        cmocka_unit_test(get_item_asks_for_texts_of_some_items),
        cmocka_unit_test(get_item_asks_once_for_what_find_item_does_not_give_whole),
        cmocka_unit_test(an_envelope_names_the_room_in_whose_name_it_asks),
        cmocka_unit_test(the_longest_address_fits_into_an_envelope),
        cmocka_unit_test(an_address_is_escaped),
        cmocka_unit_test(a_full_buffer_is_reported),
    };

    return cmocka_run_group_tests_name("ews/request", tests, NULL, NULL);
}
