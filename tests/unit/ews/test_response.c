/* SPDX-License-Identifier: MIT */
#include "ews/response.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan.h"
#include "replies.h"
#include "unit.h"

/* ---- a reply, parsed ---- */

struct reading {
    struct chosen chosen;
    struct response *response;
    struct response_listener listener;
    const struct response_outcome *outcome;
    struct buf leaves; /* "Subject|path|text\n" each, "--\n" behind each item */
    int returned;      /* by the last response_feed */
    int answer;        /* what the item callback gives back */
};

static int take_item(void *context, const struct item *item)
{
    struct reading *reading = context;

    for (size_t i = 0; i < item->leaf_count; i++) {
        const struct item_leaf *leaf = &item->leaves[i];
        struct slice text = item_leaf_text(item, i);

        buf_printf(&reading->leaves, "%s|%.*s|%.*s\n",
                   reading->chosen.plan.elements[leaf->element].element, (int)leaf->path_length,
                   item->bytes.bytes + leaf->path_at, (int)text.length, text.at);
    }
    buf_append_text(&reading->leaves, "--\n");
    return reading->answer;
}

static int take_refusal(void *context, const struct fault *fault, const char *detail)
{
    struct reading *reading = context;

    buf_printf(&reading->leaves, "refused|%s|%s\n", fault->code, detail);
    return reading->answer;
}

static int take_folder(void *context, struct slice committed, struct slice deleted)
{
    struct reading *reading = context;

    buf_printf(&reading->leaves, "%.*s|%.*s\n", (int)committed.length, committed.at,
               (int)deleted.length, deleted.at);
    return reading->answer;
}

static int take_address(void *context, struct slice name, struct slice mailbox)
{
    struct reading *reading = context;

    buf_printf(&reading->leaves, "%.*s <%.*s>\n", (int)name.length, name.at, (int)mailbox.length,
               mailbox.at);
    return reading->answer;
}

static const struct response_listener for_one_folder = {0};
static const struct response_listener for_folders = {.on_folder = take_folder,
                                                     .on_refusal = take_refusal};
static const struct response_listener for_addresses = {.on_address = take_address};
static const struct response_listener for_a_list = {.on_item = take_item};
static const struct response_listener for_several = {.on_item = take_item,
                                                     .on_refusal = take_refusal};

/* The plan and the context are added to the listener. */
static void begin_reading(struct reading *reading, const struct response_listener *listener)
{
    *reading = (struct reading){.leaves = BUF_INIT(64u << 20), .listener = *listener};
    assert_true(chosen_all(&reading->chosen));
    reading->listener.context = reading;
    if (listener->on_item)
        reading->listener.plan = &reading->chosen.plan;
    assert_int_equal(response_create(&reading->response), 0);
    assert_int_equal(response_begin(reading->response, &reading->listener), 0);
}

static void begin(struct reading *reading)
{
    begin_reading(reading, &for_a_list);
}

static void finish(struct reading *reading)
{
    response_destroy(reading->response);
    chosen_finish(&reading->chosen);
    buf_finish(&reading->leaves);
}

/* Starts anew, feeds in pieces of `chunk` bytes and ends. */
static void feed(struct reading *reading, const char *document, size_t length, size_t chunk)
{
    buf_clear(&reading->leaves);
    reading->returned = 0;
    assert_int_equal(response_begin(reading->response, &reading->listener), 0);
    for (size_t at = 0; at < length && !reading->returned; at += chunk)
        reading->returned = response_feed(reading->response, document + at,
                                          length - at < chunk ? length - at : chunk);
    int ended = response_end(reading->response, &reading->outcome);
    if (ended)
        reading->returned = ended;
}

static const char *fault_code(const struct reading *reading)
{
    return reading->outcome->fault ? reading->outcome->fault->code : "";
}

static const size_t chunks[] = {1, 2, 3, 5, 7, 1u << 30};
#define CHUNK_COUNT (sizeof chunks / sizeof chunks[0])

static void assert_bytes_give(const char *document, size_t length,
                              const struct response_listener *listener, const char *fault,
                              const char *leaves)
{
    struct reading reading;

    begin_reading(&reading, listener);
    for (size_t i = 0; i < CHUNK_COUNT; i++) {
        feed(&reading, document, length, chunks[i]);
        if (strcmp(fault_code(&reading), fault) != 0)
            print_message("# chunks of %zu: %s\n", chunks[i], document);
        assert_string_equal(fault_code(&reading), fault);
        if (leaves)
            assert_string_equal(buf_text(&reading.leaves), leaves);
    }
    finish(&reading);
}

static void assert_gives(const char *document, const char *fault, const char *leaves)
{
    assert_bytes_give(document, strlen(document), &for_a_list, fault, leaves);
}

/* The same for a reply to GetItem. */
static void assert_several_give(const char *document, const char *fault, const char *leaves)
{
    assert_bytes_give(document, strlen(document), &for_several, fault, leaves);
}

/* For one look at the outcome; the caller finishes. */
static struct reading read_whole(const char *document)
{
    struct reading reading;

    begin(&reading);
    feed(&reading, document, strlen(document), SIZE_MAX);
    return reading;
}

#define ID_LEAVES "ItemId|@Id|AAMk\nItemId|@ChangeKey|DwAA\n"

/* ---- items ---- */

static void leaves_are_collected_as_item_h_draws_them(void **state)
{
    (void)state;
    assert_gives(ONE("<t:Subject>Jour fixe</t:Subject>"
                     "<t:Start>2026-11-23T09:00:00Z</t:Start>"
                     "<t:Organizer><t:Mailbox><t:Name>Ann</t:Name>"
                     "<t:RoutingType>SMTP</t:RoutingType></t:Mailbox></t:Organizer>"
                     "<t:Categories><t:String>a</t:String><t:String>b</t:String></t:Categories>"),
                 "",
                 ID_LEAVES "Subject||Jour fixe\n"
                           "Start||2026-11-23T09:00:00Z\n"
                           "Organizer||\nOrganizer|Mailbox|\n"
                           "Organizer|Mailbox/Name|Ann\nOrganizer|Mailbox/RoutingType|SMTP\n"
                           "Categories||\nCategories|String|a\nCategories|String|b\n"
                           "--\n");
}

static void odd_shapes_keep_to_the_rule_of_leaves(void **state)
{
    (void)state;
    assert_gives(ONE("<t:Subject/><t:Location> </t:Location><t:When><!-- -->x<!-- -->y</t:When>"
                     "<t:Categories>lost<t:String>a</t:String>lost</t:Categories>"
                     "<t:UID a='1'>u</t:UID>"
                     "<t:Organizer b='2'><t:Mailbox c='3' xml:lang='de'><t:Name d='4'/>"
                     "<t:A><t:B>deep</t:B></t:A><t:C/></t:Mailbox><t:D/></t:Organizer>"),
                 "",
                 ID_LEAVES "Subject||\nLocation|| \nWhen||xy\nCategories||\nCategories|String|a\n"
                           "UID|@a|1\nUID||u\n"
                           "Organizer|@b|2\nOrganizer||\nOrganizer|Mailbox/@c|3\n"
                           "Organizer|Mailbox/@lang|de\nOrganizer|Mailbox|\n"
                           "Organizer|Mailbox/Name/@d|4\nOrganizer|Mailbox/A|\n"
                           "Organizer|Mailbox/A/B|deep\n"
                           "Organizer|Mailbox/C|\nOrganizer|D|\n--\n");
}

static void of_a_list_of_structures_each_shows_where_it_begins(void **state)
{
    (void)state;
    assert_gives(ONE("<t:RequiredAttendees>"
                     "<t:Attendee><t:Mailbox><t:Name>A</t:Name></t:Mailbox></t:Attendee>"
                     "<t:Attendee><t:ResponseType>Accept</t:ResponseType></t:Attendee>"
                     "</t:RequiredAttendees>"),
                 "",
                 ID_LEAVES "RequiredAttendees||\n"
                           "RequiredAttendees|Attendee|\nRequiredAttendees|Attendee/Mailbox|\n"
                           "RequiredAttendees|Attendee/Mailbox/Name|A\n"
                           "RequiredAttendees|Attendee|\n"
                           "RequiredAttendees|Attendee/ResponseType|Accept\n--\n");
}

static void what_was_not_asked_for_is_passed_over(void **state)
{
    (void)state;
    assert_gives(
        LIST(WHOLE, "<t:Message><t:Subject>no</t:Subject></t:Message>" ITEM(
                        "<t:Unheard><t:Subject>no</t:Subject></t:Unheard><t:Unknown x='1'/>"
                        "<x:Subject xmlns:x='urn:other'>no</x:Subject>"
                        "<m:Subject>no</m:Subject><Subject>no</Subject>"
                        "<t:Subject>yes</t:Subject>")),
        "", ID_LEAVES "Subject||yes\n--\n");
}

static void items_come_in_order_each_for_itself(void **state)
{
    (void)state;
    assert_gives(LIST(WHOLE, ITEM("<t:Subject>1</t:Subject>") "\r\n " ITEM(
                                 "<t:Location>2</t:Location>") "<t:CalendarItem/>"),
                 "", ID_LEAVES "Subject||1\n--\n" ID_LEAVES "Location||2\n--\n--\n");
}

static void an_empty_list_is_a_success(void **state)
{
    struct reading reading = read_whole(LIST(WHOLE, ""));
    (void)state;

    assert_null(reading.outcome->fault);
    assert_true(reading.outcome->answered);
    assert_true(reading.outcome->complete);
    assert_false(reading.outcome->truncated);
    assert_int_equal(reading.outcome->items, 0);
    assert_int_equal(reading.outcome->back_off_ms, -1);
    assert_string_equal(reading.outcome->detail, "");
    finish(&reading);
}

static void any_prefixes_will_do(void **state)
{
    (void)state;
    assert_gives("<Envelope xmlns='" SOAP_NS "'><Body>"
                 "<FindItemResponse xmlns='" MESSAGES_NS "'><ResponseMessages>"
                 "<FindItemResponseMessage ResponseClass='Success'>"
                 "<ResponseCode>NoError</ResponseCode><RootFolder IncludesLastItemInRange='true'>"
                 "<q:Items xmlns:q='" TYPES_NS "'><CalendarItem xmlns='" TYPES_NS "'>"
                 "<Subject>a</Subject><z:UID xmlns:z='" TYPES_NS "'>b</z:UID>"
                 "</CalendarItem></q:Items></RootFolder></FindItemResponseMessage>"
                 "</ResponseMessages></FindItemResponse></Body></Envelope>",
                 "", "Subject||a\nUID||b\n--\n");
}

static void cdata_and_references_are_text(void **state)
{
    (void)state;
    assert_gives(ONE("<t:Subject>a &amp; b<![CDATA[ <c> & &#x1A; ]]>&#x41;&#xD;</t:Subject>"), "",
                 ID_LEAVES "Subject||a & b <c> & &#x1A; A\r\n--\n");
}

static void a_byte_order_mark_is_no_trouble(void **state)
{
    (void)state;
    assert_gives("\xEF\xBB\xBF" ONE("<t:Subject>x</t:Subject>"), "", ID_LEAVES "Subject||x\n--\n");
}

static void utf16_is_read(void **state)
{
    static const char ascii[] = "<s:Envelope xmlns:s='" SOAP_NS "' xmlns:m='" MESSAGES_NS
                                "' xmlns:t='" TYPES_NS "'><s:Body><m:R><m:ResponseMessages><m:M>"
                                "<m:ResponseCode>NoError</m:ResponseCode><m:RootFolder><t:Items>"
                                "<t:CalendarItem><t:Subject>sixteen</t:Subject></t:CalendarItem>"
                                "</t:Items></m:RootFolder></m:M></m:ResponseMessages></m:R>"
                                "</s:Body></s:Envelope>";
    char wide[2 * sizeof ascii] = "\xFF\xFE";
    (void)state;

    for (size_t i = 0; i < sizeof ascii - 1; i++)
        wide[2 + 2 * i] = ascii[i];
    assert_bytes_give(wide, 2 * sizeof ascii, &for_a_list, "", "Subject||sixteen\n--\n");
}

static void a_folder_reply_without_anybody_to_tell_is_good_if_it_says_so(void **state)
{
    static const char document[] =
        FOLDERS(FOLDER("<t:FolderId Id='a'/>" PROPERTY("0x670A", "2026-11-23T09:00:00Z")));
    struct reading reading;
    (void)state;

    begin_reading(&reading, &for_one_folder);
    feed(&reading, document, sizeof document - 1, SIZE_MAX);
    assert_null(reading.outcome->fault);
    assert_true(reading.outcome->answered);
    assert_int_equal(reading.outcome->items, 0);
    finish(&reading);

    assert_gives(document, "unexpected_reply", ""); /* to a question for items */
}

static void without_a_plan_no_item_is_handed_on(void **state)
{
    static const char document[] = ONE("<t:Subject>x</t:Subject>");
    struct reading reading;
    (void)state;

    begin_reading(&reading, &for_one_folder);
    feed(&reading, document, sizeof document - 1, SIZE_MAX);
    assert_null(reading.outcome->fault);
    assert_int_equal(reading.outcome->items, 0);
    finish(&reading);
}

static void what_the_callback_returns_ends_the_parsing(void **state)
{
    static const char document[] = LIST(WHOLE, ITEM("") ITEM("") ITEM(""));
    struct reading reading;
    (void)state;

    begin(&reading);
    for (size_t i = 0; i < CHUNK_COUNT; i++) {
        reading.answer = -ENOSPC;
        feed(&reading, document, sizeof document - 1, chunks[i]);
        assert_int_equal(reading.returned, -ENOSPC);
        assert_string_equal(buf_text(&reading.leaves), ID_LEAVES "--\n");
        assert_int_equal(response_feed(reading.response, "x", 1), -ENOSPC);
    }
    finish(&reading);
}

static void a_reset_forgets_everything(void **state)
{
    static const char refused[] = REFUSED("ErrorServerBusy", "");
    static const char good[] = ONE("<t:Subject>x</t:Subject>");
    struct reading reading;
    (void)state;

    begin(&reading);
    feed(&reading, refused, sizeof refused - 1, SIZE_MAX);
    feed(&reading, "<!DOCTYPE", 9, SIZE_MAX);
    feed(&reading, good, sizeof good - 20, 7);
    feed(&reading, good, sizeof good - 1, 7);
    assert_string_equal(fault_code(&reading), "");
    assert_string_equal(reading.outcome->detail, "");
    assert_string_equal(buf_text(&reading.leaves), ID_LEAVES "Subject||x\n--\n");
    finish(&reading);
}

/* ---- how the request went ---- */

static void a_list_that_is_not_whole_says_so(void **state)
{
    static const struct {
        const char *document;
        bool truncated;
    } rows[] = {
        {LIST("IncludesLastItemInRange=\"false\"", ITEM("")), true},
        {LIST("IncludesLastItemInRange=\"0\"", ITEM("")), true},
        {LIST("IncludesLastItemInRange=\"true\"", ITEM("")), false},
        {LIST("", ITEM("")), false},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reading reading = read_whole(rows[i].document);
        assert_null(reading.outcome->fault);
        assert_int_equal(reading.outcome->truncated, rows[i].truncated);
        assert_int_equal(reading.outcome->items, 1);
        finish(&reading);
    }
}

static void a_response_code_is_a_fault(void **state)
{
    struct reading reading = read_whole(REFUSED("ErrorFolderNotFound", ""));
    (void)state;

    assert_string_equal(fault_code(&reading), "ErrorFolderNotFound");
    assert_string_equal(reading.outcome->detail, "ErrorFolderNotFound: Der Ordner fehlt.");
    assert_false(reading.outcome->answered);
    assert_true(reading.outcome->complete);
    finish(&reading);
}

static void class_and_code_decide_together(void **state)
{
    static const struct {
        const char *document, *fault;
    } rows[] = {
        {RESPONSE(MESSAGE("Warning", "<m:ResponseCode>NoError</m:ResponseCode><m:RootFolder/>")),
         ""},
        {RESPONSE(MESSAGE("Success", "<m:RootFolder/>")), ""},
        {RESPONSE(MESSAGE("Success", "<m:ResponseCode> NoError\n</m:ResponseCode><m:RootFolder/>")),
         ""},
        {RESPONSE(
             MESSAGE("Warning", "<m:ResponseCode>ErrorBatchProcessingStopped</m:ResponseCode>")),
         "ErrorBatchProcessingStopped"},
        {RESPONSE(MESSAGE("Error", "")), "unknown_response_code"},
        {RESPONSE(MESSAGE("Error", "<m:ResponseCode>NoError</m:ResponseCode>")),
         "unknown_response_code"},
        {REFUSED("ErrorFromTheFuture", ""), "unknown_response_code"},
        {REFUSED("ErrorExceededFindCountLimit",
                 "<m:MessageXml><t:Value Name=\"PolicyLimit\">1000</t:Value></m:MessageXml>"),
         "ErrorExceededFindCountLimit"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_gives(rows[i].document, rows[i].fault, "");
}

static void the_inner_code_decides_behind_an_internal_error(void **state)
{
#define INNER(code)                                                                                \
    "<m:MessageXml><t:Value Name=\"Other\">x</t:Value><t:Value "                                   \
    "Name=\"InnerErrorResponseCode\">" code "</t:Value></m:MessageXml>"
    (void)state;

    assert_gives(REFUSED("ErrorInternalServerError", INNER("ErrorServerBusy")), "ErrorServerBusy",
                 "");
    assert_gives(REFUSED("ErrorInternalServerError", INNER("")), "ErrorInternalServerError", "");
    assert_gives(REFUSED("ErrorFolderNotFound", INNER("ErrorServerBusy")), "ErrorFolderNotFound",
                 "");
#undef INNER
}

static void a_soap_fault_names_its_code_and_how_long_to_wait(void **state)
{
    struct reading reading = read_whole(BUSY("297749"));
    (void)state;

    assert_string_equal(fault_code(&reading), "ErrorServerBusy");
    assert_int_equal(reading.outcome->back_off_ms, 297749);
    assert_string_equal(reading.outcome->detail, "ErrorServerBusy: Try later.");
    finish(&reading);
}

static void an_unreadable_wait_is_none(void **state)
{
    static const char *const documents[] = {BUSY("soon"), BUSY("-1"), BUSY(""),
                                            BUSY("99999999999999999999")};
    (void)state;

    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        struct reading reading = read_whole(documents[i]);
        assert_string_equal(fault_code(&reading), "ErrorServerBusy");
        assert_int_equal(reading.outcome->back_off_ms, -1);
        finish(&reading);
    }
}

static void a_soap_fault_without_detail_is_known_by_its_faultcode(void **state)
{
    (void)state;
    assert_gives(FAULT("a:ErrorSchemaValidation", ""), "ErrorSchemaValidation", "");
    assert_gives(FAULT("s:Client", ""), "unknown_response_code", "");
    assert_gives(FAULT("", ""), "unknown_response_code", "");
}

static void anything_but_one_response_message_is_unexpected(void **state)
{
#define GOOD MESSAGE("Success", "<m:ResponseCode>NoError</m:ResponseCode><m:RootFolder/>")
    static const char *const documents[] = {ENVELOPE(""), RESPONSE(""), RESPONSE(GOOD GOOD),
                                            ENVELOPE("<m:FindItemResponse/>"),
                                            ENVELOPE("<x:R xmlns:x='urn:other'/>")};
    (void)state;

    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++)
        assert_gives(documents[i], "unexpected_reply", "");
#undef GOOD
}

/* ---- several items ---- */

static void each_of_several_items_is_told_of_by_itself(void **state)
{
    (void)state;
    assert_several_give(
        SEVERAL(GOT(ITEM("<t:Subject>1</t:Subject>")) NOT_GOT("ErrorItemNotFound") GOT(ITEM(""))),
        "",
        ID_LEAVES "Subject||1\n--\n"
                  "refused|ErrorItemNotFound|ErrorItemNotFound: Das fehlt.\n" ID_LEAVES "--\n");
}

static void several_items_may_all_be_refused(void **state)
{
    (void)state;
    assert_several_give(SEVERAL(NOT_GOT("ErrorItemNotFound") NOT_GOT("ErrorFromTheFuture")), "",
                        "refused|ErrorItemNotFound|ErrorItemNotFound: Das fehlt.\n"
                        "refused|unknown_response_code|ErrorFromTheFuture: Das fehlt.\n");
}

static void what_one_message_said_does_not_outlast_it(void **state)
{
    (void)state;
    assert_several_give(
        SEVERAL(
            "<m:M ResponseClass='Error'><m:MessageText>x</m:MessageText>"
            "<m:ResponseCode>ErrorInternalServerError</m:ResponseCode><m:MessageXml>"
            "<t:Value Name='InnerErrorResponseCode'>ErrorServerBusy</t:Value></m:MessageXml></m:M>"
            "<m:M ResponseClass='Error'>"
            "<m:ResponseCode>ErrorInternalServerError</m:ResponseCode></m:M>"
            "<m:M ResponseClass='Success'><m:Items>" ITEM("") "</m:Items></m:M>"),
        "",
        "refused|ErrorServerBusy|ErrorServerBusy: x\n"
        "refused|ErrorInternalServerError|ErrorInternalServerError: \n" ID_LEAVES "--\n");
}

static void the_tail_of_a_stopped_batch_is_refused(void **state)
{
    (void)state;
    assert_several_give(
        SEVERAL(GOT(ITEM("")) "<m:M ResponseClass='Warning'><m:ResponseCode>"
                              "ErrorBatchProcessingStopped</m:ResponseCode><m:Items/></m:M>"),
        "", ID_LEAVES "--\nrefused|ErrorBatchProcessingStopped|ErrorBatchProcessingStopped: \n");
}

static void a_message_of_several_has_one_item_or_none_if_refused(void **state)
{
    static const char *const documents[] = {
        SEVERAL(GOT("")),
        SEVERAL(GOT(ITEM("") ITEM(""))),
        SEVERAL(GOT("<t:Message/>")),
        SEVERAL("<m:M ResponseClass='Error'><m:ResponseCode>ErrorItemNotFound</m:ResponseCode>"
                "<m:Items>" ITEM("") "</m:Items></m:M>"),
        SEVERAL(""),
    };
    (void)state;

    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++)
        assert_several_give(documents[i], "unexpected_reply", NULL);
}

static void a_refusal_of_the_whole_question_is_a_fault(void **state)
{
    (void)state;
    assert_several_give(BUSY("5000"), "ErrorServerBusy", "");
}

static void what_nobody_asked_for_is_unexpected(void **state)
{
    static const char *const documents[] = {SEVERAL(GOT(ITEM(""))),
                                            SEVERAL(NOT_GOT("ErrorItemNotFound"))};
    struct reading reading;
    (void)state;

    begin_reading(&reading, &for_several);
    reading.answer = 1;
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        feed(&reading, documents[i], strlen(documents[i]), SIZE_MAX);
        assert_string_equal(fault_code(&reading), "unexpected_reply");
    }
    finish(&reading);
}

/* ---- several folders ---- */

static void assert_folders_give(const char *document, const char *fault, const char *told)
{
    assert_bytes_give(document, strlen(document), &for_folders, fault, told);
}

static void each_of_several_folders_is_told_of_by_itself(void **state)
{
    (void)state;
    assert_folders_give(FOLDERS(FOLDER("<t:FolderId Id='a' ChangeKey='b'/>" PROPERTY(
                            "0x670A", "2026-11-23T09:00:00Z") PROPERTY("0x670B", "7"))
                                    NO_FOLDER("ErrorNonExistentMailbox")
                                        FOLDER(PROPERTY("0x670B", "8") PROPERTY("0x670A", "x"))),
                        "",
                        "2026-11-23T09:00:00Z|7\n"
                        "refused|ErrorNonExistentMailbox|ErrorNonExistentMailbox: Nein.\n"
                        "x|8\n");
}

static void a_property_is_known_by_its_number(void **state)
{
    (void)state;
    assert_folders_give(FOLDERS(FOLDER(PROPERTY("0x670a", "a") PROPERTY("26379", " 9 "))), "",
                        "a|9\n");
    assert_folders_give(FOLDERS(FOLDER(PROPERTY("0x670C", "a") PROPERTY("", "9"))), "", "|\n");
}

static void a_folder_may_leave_the_properties_out(void **state)
{
    (void)state;
    assert_folders_give(FOLDERS(FOLDER(PROPERTY("0x670A", "a") PROPERTY("0x670B", "1"))
                                    FOLDER("<t:FolderId Id='a'/>")
                                        FOLDER("<t:ExtendedProperty><t:Value>9</t:Value>"
                                               "</t:ExtendedProperty>") FOLDER("")),
                        "", "a|1\n|\n|\n|\n");
}

static void folders_may_have_any_prefix(void **state)
{
    (void)state;
    assert_folders_give(
        "<Envelope xmlns='" SOAP_NS "'><Body><GetFolderResponse xmlns='" MESSAGES_NS "'>"
        "<ResponseMessages><GetFolderResponseMessage ResponseClass='Success'>"
        "<ResponseCode>NoError</ResponseCode><Folders><q:CalendarFolder xmlns:q='" TYPES_NS "'>"
        "<ExtendedProperty xmlns='" TYPES_NS "'><q:ExtendedFieldURI PropertyTag='0x670A'/>"
        "<Value>a</Value></ExtendedProperty>"
        "<ExtendedProperty><q:ExtendedFieldURI PropertyTag='0x670B'/><q:Value>no</q:Value>"
        "</ExtendedProperty></q:CalendarFolder></Folders></GetFolderResponseMessage>"
        "</ResponseMessages></GetFolderResponse></Body></Envelope>",
        "", "a|\n");
}

static void a_message_of_several_has_one_folder_or_none_if_refused(void **state)
{
    static const char *const documents[] = {
        SEVERAL(GOT("")),
        FOLDERS("<m:M ResponseClass='Success'><m:Folders><t:Folder/><t:Folder/></m:Folders></m:M>"),
        FOLDERS("<m:M ResponseClass='Error'><m:ResponseCode>ErrorFolderNotFound</m:ResponseCode>"
                "<m:Folders><t:Folder/></m:Folders></m:M>"),
        FOLDERS(""),
        LIST(WHOLE, ITEM("")),
    };
    (void)state;

    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++)
        assert_folders_give(documents[i], "unexpected_reply", NULL);
}

/* ---- rooms and their lists ---- */

static void assert_addresses_give(const char *document, const char *fault, const char *told)
{
    assert_bytes_give(document, strlen(document), &for_addresses, fault, told);
}

static void rooms_and_their_lists_are_told_in_order(void **state)
{
    (void)state;
    assert_addresses_give(
        ROOMS(ROOM("<t:Name>R022</t:Name><t:EmailAddress>r022@example.org</t:EmailAddress>"
                   "<t:RoutingType>SMTP</t:RoutingType><t:MailboxType>Mailbox</t:MailboxType>")
                  ROOM("<t:EmailAddress> r023@example.org </t:EmailAddress>")),
        "", "R022 <r022@example.org>\n <r023@example.org>\n");
    assert_addresses_give(
        ROOM_LISTS("<t:Address><t:Name>H&#xE4;user &amp; Hof</t:Name>"
                   "<t:EmailAddress>rooms@example.org</t:EmailAddress></t:Address>"),
        "", "H\xC3\xA4user & Hof <rooms@example.org>\n");
}

static void there_may_be_no_rooms_at_all(void **state)
{
    (void)state;
    assert_addresses_give(ROOMS(""), "", "");
    assert_addresses_give(ROOM_LISTS(""), "", "");
    assert_addresses_give(ENVELOPE("<m:GetRoomListsResponse ResponseClass='Success'>"
                                   "<m:ResponseCode>NoError</m:ResponseCode>"
                                   "</m:GetRoomListsResponse>"),
                          "", "");
}

static void a_room_without_mail_address_is_passed_over(void **state)
{
    (void)state;
    assert_addresses_give(
        ROOMS(ROOM("<t:Name>a</t:Name><t:EmailAddress>a@x</t:EmailAddress>")
                  ROOM("<t:Name>b</t:Name>") ROOM("<t:Name>c</t:Name><t:EmailAddress/>")
                      ROOM("<t:Name>d</t:Name><t:EmailAddress>/o=x/cn=d</t:EmailAddress>"
                           "<t:RoutingType>EX</t:RoutingType>") "<t:Room/>"),
        "", "a <a@x>\n");
}

static void rooms_may_have_any_prefix(void **state)
{
    (void)state;
    assert_addresses_give("<Envelope xmlns='" SOAP_NS "'><Body>"
                          "<GetRoomsResponse ResponseClass='Success' xmlns='" MESSAGES_NS "'>"
                          "<ResponseCode>NoError</ResponseCode><Rooms>"
                          "<Room xmlns='" TYPES_NS "'><z:Id xmlns:z='" TYPES_NS "'>"
                          "<EmailAddress>a@x</EmailAddress></z:Id></Room>"
                          "<Room><Id><EmailAddress>no@x</EmailAddress></Id></Room>"
                          "</Rooms></GetRoomsResponse></Body></Envelope>",
                          "", " <a@x>\n");
}

static void a_refusal_of_rooms_is_a_fault(void **state)
{
    (void)state;
    assert_addresses_give(ENVELOPE("<m:GetRoomsResponse ResponseClass='Error'>"
                                   "<m:MessageText>x</m:MessageText>"
                                   "<m:ResponseCode>ErrorAccessDenied</m:ResponseCode>"
                                   "</m:GetRoomsResponse>"),
                          "ErrorAccessDenied", "");
    assert_addresses_give(BUSY("5000"), "ErrorServerBusy", "");
}

static void a_second_answer_with_rooms_is_unexpected(void **state)
{
#define ANSWER "<m:GetRoomsResponse ResponseClass='Success'><m:Rooms/></m:GetRoomsResponse>"
    (void)state;
    assert_addresses_give(ENVELOPE(ANSWER), "", "");
    assert_addresses_give(ENVELOPE(ANSWER ANSWER), "unexpected_reply", "");
#undef ANSWER
}

static void what_the_takers_of_folders_and_rooms_return_ends_the_parsing(void **state)
{
    static const char folders[] = FOLDERS(FOLDER("") FOLDER(""));
    static const char rooms[] = ROOMS(ROOM("<t:EmailAddress>a@x</t:EmailAddress>")
                                          ROOM("<t:EmailAddress>b@x</t:EmailAddress>"));
    struct reading reading;
    (void)state;

    begin_reading(&reading, &for_folders);
    reading.answer = -ENOSPC;
    feed(&reading, folders, sizeof folders - 1, SIZE_MAX);
    assert_int_equal(reading.returned, -ENOSPC);
    assert_string_equal(buf_text(&reading.leaves), "|\n");
    finish(&reading);

    begin_reading(&reading, &for_addresses);
    reading.answer = -ENOSPC;
    feed(&reading, rooms, sizeof rooms - 1, SIZE_MAX);
    assert_int_equal(reading.returned, -ENOSPC);
    assert_string_equal(buf_text(&reading.leaves), " <a@x>\n");
    finish(&reading);
}

/* ---- texts for the log ---- */

static void a_long_text_for_the_log_is_cut_at_a_character(void **state)
{
    struct buf document = BUF_INIT(1u << 16);
    (void)state;

    buf_append_text(&document, FAULT("a:ErrorX", "<Message>"));
    document.length = (size_t)(strstr(document.bytes, "<Message>") + 9 - document.bytes);
    for (int i = 0; i < 500; i++)
        buf_append_text(&document, "\xE2\x82\xAC");
    buf_append_text(&document, "</Message></detail></s:Fault></s:Body></s:Envelope>");

    struct reading reading = read_whole(buf_text(&document));
    const char *detail = reading.outcome->detail;
    assert_string_equal(fault_code(&reading), "unknown_response_code");
    assert_true(strlen(detail) > sizeof reading.outcome->detail - 5);
    assert_int_equal(utf8_valid_prefix(detail, strlen(detail)), strlen(detail));
    finish(&reading);
    buf_finish(&document);
}

/* ---- broken replies ---- */

static void a_broken_reply_has_a_fault_of_its_own(void **state)
{
    static const struct {
        const char *document, *fault;
    } rows[] = {
        {"", "reply_not_xml"},
        {"Service Unavailable", "reply_not_xml"},
        {"<?xml version='1.0'?>", "reply_not_xml"},
        {"<html><body>Sign in</body></html>", "reply_not_soap"},
        {"<Envelope/>", "reply_not_soap"},
        {"<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'/>", "reply_not_soap"},
        {"<!DOCTYPE html><html/>", "reply_doctype"},
        {"<?xml version='1.0'?><!DOCTYPE s:Envelope [<!ENTITY a 'aaaa'>]>" ONE(""),
         "reply_doctype"},
        {ENVELOPE("<m:A></m:B>"), "reply_malformed"},
        {ENVELOPE("\x01"), "reply_malformed"},
        {ENVELOPE("&undefined;"), "reply_malformed"},
        {ENVELOPE("<nobody:A/>"), "reply_malformed"},
        {ONE("") "<more/>", "reply_malformed"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_gives(rows[i].document, rows[i].fault, NULL);
}

static void a_reply_cut_anywhere_is_no_success(void **state)
{
    static const char document[] = ONE("<t:Subject>x</t:Subject>");
    struct reading reading;
    (void)state;

    begin(&reading);
    for (size_t length = 0; length < sizeof document - 1; length++) {
        feed(&reading, document, length, SIZE_MAX);
        assert_non_null(reading.outcome->fault);
        assert_false(reading.outcome->complete);
        if (length > 120) /* the envelope's tag is over */
            assert_string_equal(fault_code(&reading), "reply_truncated");
    }
    finish(&reading);
}

static void what_exchange_said_outlasts_a_cut(void **state)
{
    static const char document[] = REFUSED("ErrorServerBusy", "");
    struct reading reading;
    (void)state;

    begin(&reading);
    feed(&reading, document, sizeof document - 5, SIZE_MAX);
    assert_string_equal(fault_code(&reading), "ErrorServerBusy");
    finish(&reading);
}

static void a_parse_error_is_told_with_its_place(void **state)
{
    struct reading reading = read_whole(ENVELOPE("<m:A></m:B>"));
    (void)state;

    assert_int_equal(reading.returned, 1);
    assert_non_null(strstr(reading.outcome->detail, "mismatched tag in line 1, column "));
    finish(&reading);
}

/* ---- limits ---- */

static void append_times(struct buf *buf, size_t times, const char *text)
{
    for (size_t i = 0; i < times; i++)
        buf_append_text(buf, text);
}

/* `first`, `times` × `repeated`, `last`, in the place of the item's content. */
static void assert_limit(const char *first, size_t times, const char *repeated, const char *last,
                         const char *fault)
{
    static const char frame[] = ONE("|");
    const char *middle = strchr(frame, '|');
    struct buf document = BUF_INIT(64u << 20);
    struct reading reading;

    buf_append(&document, frame, (size_t)(middle - frame));
    buf_append_text(&document, first);
    append_times(&document, times, repeated);
    buf_append_text(&document, last);
    buf_append_text(&document, middle + 1);
    begin(&reading);
    feed(&reading, document.bytes, document.length, 4096);
    assert_string_equal(fault_code(&reading), fault);
    feed(&reading, document.bytes, document.length, SIZE_MAX);
    assert_string_equal(fault_code(&reading), fault);
    finish(&reading);
    buf_finish(&document);
}

static void depth_is_limited(void **state)
{
    struct buf closing = BUF_INIT(1u << 20);
    (void)state;

    /* Envelope … CalendarItem and Organizer are nine. */
    append_times(&closing, RESPONSE_DEPTH_MAX - 9, "</t:a>");
    buf_append_text(&closing, "</t:Organizer>");
    assert_limit("<t:Organizer>", RESPONSE_DEPTH_MAX - 9, "<t:a>", buf_text(&closing), "");
    assert_limit("<t:Organizer>", RESPONSE_DEPTH_MAX - 8, "<t:a>", "", "reply_too_deep");
    assert_limit("<t:Unknown>", 100000, "<t:a>", "", "reply_too_deep");
    buf_finish(&closing);
}

static void attributes_are_limited(void **state)
{
    struct buf tag = BUF_INIT(1u << 20);
    (void)state;

    buf_append_text(&tag, "<t:Subject");
    for (int i = 0; i < RESPONSE_ATTRIBUTES_MAX; i++)
        buf_printf(&tag, " a%d='x'", i);
    assert_limit(buf_text(&tag), 0, "", "/>", "");
    assert_limit(buf_text(&tag), 0, "", " b='x'/>", "reply_too_many_attributes");
    tag.bytes[3] = 'x'; /* nobody asked for it */
    assert_limit(buf_text(&tag), 0, "", " b='x'/>", "reply_too_many_attributes");
    buf_finish(&tag);
}

static void the_text_of_an_element_is_limited(void **state)
{
    (void)state;
    assert_limit("<t:Subject>", RESPONSE_TEXT_MAX, "x", "</t:Subject>", "");
    assert_limit("<t:Subject>", RESPONSE_TEXT_MAX + 1, "x", "</t:Subject>", "reply_text_too_long");
    assert_limit("<t:Unheard>", RESPONSE_TEXT_MAX + 1, "x", "</t:Unheard>", "");
}

static void a_tag_without_end_is_limited(void **state)
{
    (void)state;
    /* expat looks at long tags ever more seldom, so the limit is no sharper than a factor of two.
     */
    assert_limit("<t:Unknown a='", RESPONSE_TAG_MAX / 2 - 65536, "x", "'/>", "");
    assert_limit("<t:Unknown a='", RESPONSE_TAG_MAX + 2 * 65536, "x", "'/>", "reply_text_too_long");
    assert_limit("<!-- ", RESPONSE_TAG_MAX + 2 * 65536, "x", "-->", "reply_text_too_long");
}

/* Feeds so much that nobody asked for, in between items. */
static void feed_barren(struct reading *reading, size_t bytes)
{
    static const char piece[] = "<t:Unheard>of</t:Unheard>";
    struct buf many = BUF_INIT(1u << 20);

    append_times(&many, 1000, piece);
    for (size_t fed = 0; fed < bytes && !reading->returned; fed += many.length)
        reading->returned = response_feed(reading->response, many.bytes, many.length);
    buf_finish(&many);
}

static void what_nobody_asked_for_is_limited(void **state)
{
    static const char frame[] = LIST(WHOLE, "|");
    static const char item[] = ITEM("");
    size_t before = (size_t)(strchr(frame, '|') - frame);
    struct reading reading;
    (void)state;

    begin(&reading);
    assert_int_equal(response_feed(reading.response, frame, before), 0);
    feed_barren(&reading, RESPONSE_BARREN_MAX / 4 * 3);
    assert_int_equal(response_feed(reading.response, item, strlen(item)), 0);
    feed_barren(&reading, RESPONSE_BARREN_MAX / 4 * 3);
    assert_int_equal(reading.returned, 0);
    feed_barren(&reading, RESPONSE_BARREN_MAX / 2);
    assert_int_equal(reading.returned, 1);
    assert_int_equal(response_end(reading.response, &reading.outcome), 0);
    assert_string_equal(fault_code(&reading), "too_large");
    finish(&reading);
}

static void the_size_of_an_item_is_limited(void **state)
{
    struct buf subject = BUF_INIT(1u << 20);
    (void)state;

    buf_append_text(&subject, "<t:Subject>");
    append_times(&subject, 10000, "text ");
    buf_append_text(&subject, "</t:Subject>");
    assert_limit("", 80, buf_text(&subject), "", "");
    assert_limit("", 90, buf_text(&subject), "", "reply_item_too_large");
    assert_limit("<t:Categories>", ITEM_LEAVES_MAX - 3, "<t:S/>", "</t:Categories>", "");
    assert_limit("<t:Categories>", ITEM_LEAVES_MAX - 2, "<t:S/>", "</t:Categories>",
                 "reply_item_too_large");
    buf_finish(&subject);
}

static void one_long_name_is_no_long_path(void **state)
{
    struct buf name = BUF_INIT(2u << 20);
    (void)state;

    append_times(&name, 30000, "long_name_");
    for (int i = 0; i < 5; i++) {
        struct buf tags = BUF_INIT(16u << 20);
        for (int k = 0; k < i; k++)
            buf_printf(&tags, "<t:%s>", buf_text(&name));
        for (int k = 0; k < i; k++)
            buf_printf(&tags, "</t:%s>", buf_text(&name));
        assert_limit("<t:Organizer>", 1, buf_text(&tags), "</t:Organizer>",
                     i <= 3 ? "" : "reply_text_too_long");
        buf_finish(&tags);
    }
    buf_finish(&name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_are_collected_as_item_h_draws_them),
        cmocka_unit_test(odd_shapes_keep_to_the_rule_of_leaves),
        cmocka_unit_test(of_a_list_of_structures_each_shows_where_it_begins),
        cmocka_unit_test(what_was_not_asked_for_is_passed_over),
        cmocka_unit_test(items_come_in_order_each_for_itself),
        cmocka_unit_test(an_empty_list_is_a_success),
        cmocka_unit_test(any_prefixes_will_do),
        cmocka_unit_test(cdata_and_references_are_text),
        cmocka_unit_test(a_byte_order_mark_is_no_trouble),
        cmocka_unit_test(utf16_is_read),
        cmocka_unit_test(without_a_plan_no_item_is_handed_on),
        cmocka_unit_test(a_folder_reply_without_anybody_to_tell_is_good_if_it_says_so),
        cmocka_unit_test(what_the_callback_returns_ends_the_parsing),
        cmocka_unit_test(a_reset_forgets_everything),
        cmocka_unit_test(a_list_that_is_not_whole_says_so),
        cmocka_unit_test(a_response_code_is_a_fault),
        cmocka_unit_test(class_and_code_decide_together),
        cmocka_unit_test(the_inner_code_decides_behind_an_internal_error),
        cmocka_unit_test(a_soap_fault_names_its_code_and_how_long_to_wait),
        cmocka_unit_test(an_unreadable_wait_is_none),
        cmocka_unit_test(a_soap_fault_without_detail_is_known_by_its_faultcode),
        cmocka_unit_test(anything_but_one_response_message_is_unexpected),
        cmocka_unit_test(each_of_several_items_is_told_of_by_itself),
        cmocka_unit_test(several_items_may_all_be_refused),
        cmocka_unit_test(what_one_message_said_does_not_outlast_it),
        cmocka_unit_test(the_tail_of_a_stopped_batch_is_refused),
        cmocka_unit_test(a_message_of_several_has_one_item_or_none_if_refused),
        cmocka_unit_test(a_refusal_of_the_whole_question_is_a_fault),
        cmocka_unit_test(what_nobody_asked_for_is_unexpected),
        cmocka_unit_test(each_of_several_folders_is_told_of_by_itself),
        cmocka_unit_test(a_property_is_known_by_its_number),
        cmocka_unit_test(a_folder_may_leave_the_properties_out),
        cmocka_unit_test(folders_may_have_any_prefix),
        cmocka_unit_test(a_message_of_several_has_one_folder_or_none_if_refused),
        cmocka_unit_test(rooms_and_their_lists_are_told_in_order),
        cmocka_unit_test(there_may_be_no_rooms_at_all),
        cmocka_unit_test(a_room_without_mail_address_is_passed_over),
        cmocka_unit_test(rooms_may_have_any_prefix),
        cmocka_unit_test(a_refusal_of_rooms_is_a_fault),
        cmocka_unit_test(a_second_answer_with_rooms_is_unexpected),
        cmocka_unit_test(what_the_takers_of_folders_and_rooms_return_ends_the_parsing),
        cmocka_unit_test(a_long_text_for_the_log_is_cut_at_a_character),
        cmocka_unit_test(a_broken_reply_has_a_fault_of_its_own),
        cmocka_unit_test(a_reply_cut_anywhere_is_no_success),
        cmocka_unit_test(what_exchange_said_outlasts_a_cut),
        cmocka_unit_test(a_parse_error_is_told_with_its_place),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(attributes_are_limited),
        cmocka_unit_test(the_text_of_an_element_is_limited),
        cmocka_unit_test(a_tag_without_end_is_limited),
        cmocka_unit_test(what_nobody_asked_for_is_limited),
        cmocka_unit_test(the_size_of_an_item_is_limited),
        cmocka_unit_test(one_long_name_is_no_long_path),
    };

    return cmocka_run_group_tests_name("ews/response", tests, NULL, NULL);
}
