/* SPDX-License-Identifier: MIT */
#include "ews/client.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "ews/request.h"
#include "net/server.h"
#include "net/transport.h"
#include "plan.h"
#include "replies.h"
#include "unit.h"

static const struct window november = {1793491200, 1796083200}; /* 2026-11-01 to 2026-12-01 */

/* ---- a client and its server ---- */

struct bench {
    struct server *server;
    struct chosen chosen;
    char endpoint[64];
    char username[8];
    char password[8];
    struct config config;
    atomic_bool stop;
    struct login *login;
    struct ews_client *client;

    struct ews_answer answer;
    size_t items;
    char subject[64]; /* the last item's */
    int item_returns;
};

static int take_item(void *context, const struct item *item)
{
    struct bench *bench = context;
    ptrdiff_t element = field_plan_element(&bench->chosen.plan, slice_of("Subject"));
    struct slice subject = {0};

    bench->items++;
    (void)item_get(item, (size_t)element, "", &subject);
    (void)snprintf(bench->subject, sizeof bench->subject, "%.*s", (int)subject.length, subject.at);
    return bench->item_returns;
}

static void begin(struct bench *bench)
{
    struct err err;

    *bench = (struct bench){.username = "u", .password = "p", .server = server_start(NULL)};
    (void)snprintf(bench->endpoint, sizeof bench->endpoint, "http://127.0.0.1:%d/",
                   server_port(bench->server));
    bench->config = (struct config){
        .endpoint = bench->endpoint,
        .username = bench->username,
        .password = bench->password,
        .auth = CONFIG_AUTH_BASIC,
        .request_timeout_s = 60,
    };
    assert_true(chosen_default(&bench->chosen));
    assert_int_equal(login_create(&bench->config, &bench->stop, &bench->login), 0);
    assert_int_equal(ews_client_create(&bench->config, bench->login, &bench->chosen.plan,
                                       &bench->stop, &bench->client, &err),
                     0);
}

static void finish(struct bench *bench)
{
    ews_client_destroy(bench->client);
    login_destroy(bench->login);
    server_stop(bench->server);
    chosen_finish(&bench->chosen);
}

/* The server answers with this from now on. `head` ends without Content-Length, which is added. */
static void will_answer(struct bench *bench, struct buf *answer, const char *head, const char *body,
                        enum server_then then)
{
    buf_clear(answer);
    buf_printf(answer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", head, strlen(body));
    buf_append_text(answer, body);
    server_answer_text(bench->server, buf_text(answer), then);
}

static int find(struct bench *bench, const char *head, const char *body)
{
    struct buf answer = BUF_INIT(4u << 20);

    bench->items = 0;
    will_answer(bench, &answer, head, body, SERVER_KEEP);
    int error =
        ews_find_items(bench->client, "r@example.org", november, take_item, bench, &bench->answer);
    buf_finish(&answer);
    return error;
}

static const char *fault_code(const struct bench *bench)
{
    return bench->answer.fault ? bench->answer.fault->code : "";
}

#define XML  "\r\nContent-Type: text/xml; charset=utf-8"
#define HTML "\r\nContent-Type: text/html"

/* ---- answers ---- */

static void items_are_asked_for_and_handed_on(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    assert_int_equal(
        find(&bench, "200 OK" XML, LIST(WHOLE, ITEM("") ITEM("<t:Subject>b</t:Subject>"))), 0);
    assert_string_equal(fault_code(&bench), "");
    assert_false(bench.answer.stopped);
    assert_int_equal(bench.answer.items, 2);
    assert_int_equal(bench.answer.wait_s, -1);
    assert_int_equal(bench.items, 2);
    assert_string_equal(bench.subject, "b");
    assert_non_null(strstr(server_request(bench.server), "<m:FindItem "));
    assert_non_null(strstr(server_request(bench.server), "StartDate=\"2026-11-01T00:00:00Z\""));
    assert_non_null(strstr(server_request(bench.server), "\r\nX-AnchorMailbox: r@example.org\r\n"));
    finish(&bench);
}

static void characters_that_xml_forbids_do_no_harm(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    assert_int_equal(find(&bench, "200 OK" XML, "\r\n" ONE("<t:Subject>a&#x1A;b\xFF</t:Subject>")),
                     0);
    assert_string_equal(fault_code(&bench), "");
    assert_string_equal(bench.subject, "a\xEF\xBF\xBD"
                                       "b\xEF\xBF\xBD");
    finish(&bench);
}

/* ---- versions ---- */

#define REFUSED_VERSION(code)                                                                      \
    "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault>"            \
    "<detail><e:ResponseCode xmlns:e='x'>" code "</e:ResponseCode></detail></s:Fault></s:Body>"    \
    "</s:Envelope>"

static void a_refused_version_is_followed_by_the_one_before_and_a_new_beginning(void **state)
{
    static const char *const refusals[] = {
        REFUSED_VERSION("ErrorInvalidServerVersion"),
        REFUSED_VERSION("ErrorIncorrectSchemaVersion"),
        REFUSED_VERSION("ErrorInvalidSchemaVersionForMailboxVersion"),
    };
    struct bench bench;
    (void)state;

    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        begin(&bench);
        assert_int_equal(find(&bench, "500 Internal" XML, refusals[i]), 0);
        assert_non_null(strstr(refusals[i], fault_code(&bench)));
        assert_int_equal(ews_client_totals(bench.client).requests, REQUEST_VERSIONS);
        assert_non_null(strstr(server_request(bench.server), "Version=\"Exchange2010_SP2\""));
        assert_int_equal(find(&bench, "200 OK" XML, ONE("")), 0);
        assert_string_equal(fault_code(&bench), "");
        assert_int_equal(ews_client_totals(bench.client).requests, REQUEST_VERSIONS + 1);
        assert_non_null(strstr(server_request(bench.server), "Version=\"Exchange2013_SP1\""));
        finish(&bench);
    }
}

/* ---- several items ---- */

#define DETAILS(id, subject)                                                                       \
    GOT("<t:CalendarItem><t:ItemId Id=\"" id "\"/><t:Subject>" subject                             \
        "</t:Subject></t:CalendarItem>")

struct taken {
    struct buf told; /* "0 subject\n" or "1 code\n" */
    int returns;
};

static int take_details(void *context, const struct ews_details *details)
{
    struct taken *taken = context;
    struct slice subject = {0};

    if (details->item)
        (void)item_get(details->item, PLAN_SUBJECT, "", &subject);
    else
        subject = slice_of(details->fault->code);
    buf_printf(&taken->told, "%zu %.*s\n", details->place, (int)subject.length, subject.at);
    return taken->returns;
}

static const struct slice three_ids[] = {{"A1", 2}, {"A2", 2}, {"A3", 2}};

/* Asks for three items. */
static int get(struct bench *bench, const char *body, struct taken *taken)
{
    struct buf answer = BUF_INIT(1u << 20);

    buf_clear(&taken->told);
    will_answer(bench, &answer, "200 OK" XML, body, SERVER_KEEP);
    int error = ews_get_items(bench->client, "r@example.org", three_ids, 3, take_details, taken,
                              &bench->answer);
    buf_finish(&answer);
    return error;
}

static void details_are_told_in_the_order_of_the_ids(void **state)
{
    struct taken taken = {.told = BUF_INIT(1u << 16)};
    struct bench bench;
    (void)state;

    begin(&bench);
    assert_int_equal(
        get(&bench,
            SEVERAL(DETAILS("A1", "one") NOT_GOT("ErrorItemNotFound") DETAILS("A3", "three")),
            &taken),
        0);
    assert_string_equal(fault_code(&bench), "");
    assert_string_equal(buf_text(&taken.told), "0 one\n1 ErrorItemNotFound\n2 three\n");
    assert_int_equal(bench.answer.items, 2);
    assert_non_null(strstr(server_request(bench.server), "<t:ItemId Id=\"A2\"/>"));
    assert_non_null(strstr(server_request(bench.server), "\r\nX-AnchorMailbox: r@example.org\r\n"));
    buf_finish(&taken.told);
    finish(&bench);
}

static void details_of_other_items_than_asked_for_are_unexpected(void **state)
{
    static const struct {
        const char *body, *told;
    } rows[] = {
        {SEVERAL(DETAILS("A1", "one") DETAILS("A2", "two")), "0 one\n1 two\n"},
        {SEVERAL(DETAILS("A1", "one") DETAILS("A3", "three") DETAILS("A2", "two")), "0 one\n"},
        {SEVERAL(DETAILS("A1", "1") DETAILS("A2", "2") DETAILS("A3", "3") DETAILS("A1", "1")),
         "0 1\n1 2\n2 3\n"},
        {SEVERAL(DETAILS("A1", "1") DETAILS("A2", "2") DETAILS("A3", "3")
                     NOT_GOT("ErrorItemNotFound")),
         "0 1\n1 2\n2 3\n"},
        {SEVERAL(GOT("<t:CalendarItem/>")), ""},
    };
    struct taken taken = {.told = BUF_INIT(1u << 16)};
    struct bench bench;
    (void)state;

    begin(&bench);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(get(&bench, rows[i].body, &taken), 0);
        assert_string_equal(fault_code(&bench), "unexpected_reply");
        assert_string_equal(buf_text(&taken.told), rows[i].told);
    }
    buf_finish(&taken.told);
    finish(&bench);
}

static void a_question_for_items_can_be_refused_or_ended(void **state)
{
    struct taken taken = {.told = BUF_INIT(1u << 16)};
    struct bench bench;
    (void)state;

    begin(&bench);
    assert_int_equal(get(&bench, BUSY("1001"), &taken), 0);
    assert_string_equal(fault_code(&bench), "ErrorServerBusy");
    assert_int_equal(bench.answer.wait_s, 2);
    assert_string_equal(buf_text(&taken.told), "");
    taken.returns = -ENOSPC;
    assert_int_equal(get(&bench, SEVERAL(DETAILS("A1", "one") DETAILS("A2", "two")), &taken),
                     -ENOSPC);
    assert_string_equal(buf_text(&taken.told), "0 one\n");
    buf_finish(&taken.told);
    finish(&bench);
}

static void a_folder_is_asked_for(void **state)
{
    static const char body[] =
        ENVELOPE("<m:GetFolderResponse><m:ResponseMessages><m:GetFolderResponseMessage "
                 "ResponseClass=\"Success\"><m:ResponseCode>NoError</m:ResponseCode>"
                 "</m:GetFolderResponseMessage></m:ResponseMessages></m:GetFolderResponse>");
    struct buf answer = BUF_INIT(1u << 20);
    struct bench bench;
    (void)state;

    begin(&bench);
    will_answer(&bench, &answer, "200 OK" XML, body, SERVER_KEEP);
    assert_int_equal(ews_get_folder(bench.client, "r@example.org", &bench.answer), 0);
    assert_string_equal(fault_code(&bench), "");
    assert_non_null(strstr(server_request(bench.server), "<m:GetFolder>"));

    will_answer(&bench, &answer, "200 OK" XML, REFUSED("ErrorFolderNotFound", ""), SERVER_KEEP);
    assert_int_equal(ews_get_folder(bench.client, "r@example.org", &bench.answer), 0);
    assert_string_equal(fault_code(&bench), "ErrorFolderNotFound");
    buf_finish(&answer);
    finish(&bench);
}

/* ---- several folders ---- */

#define CHECKED(committed, deleted)                                                                \
    FOLDER(PROPERTY("0x670A", committed) PROPERTY("0x670B", deleted))

static int take_folder(void *context, const struct ews_folder *folder)
{
    struct taken *taken = context;

    buf_printf(&taken->told, "%zu %s%.*s %.*s%s\n", folder->place,
               folder->fault ? folder->fault->code : "", (int)folder->committed.length,
               folder->committed.at, (int)folder->deleted.length, folder->deleted.at,
               folder->reason);
    return taken->returns;
}

/* Asks for three folders. */
static int check(struct bench *bench, const char *body, struct taken *taken)
{
    static const char *const mailboxes[] = {"r1@example.org", "r2@example.org", "r3@example.org"};
    struct buf answer = BUF_INIT(1u << 20);

    buf_clear(&taken->told);
    will_answer(bench, &answer, "200 OK" XML, body, SERVER_KEEP);
    int error = ews_check_folders(bench->client, mailboxes, 3, take_folder, taken, &bench->answer);
    buf_finish(&answer);
    return error;
}

static void folders_are_told_in_the_order_of_the_mailboxes(void **state)
{
    struct taken taken = {.told = BUF_INIT(1u << 16)};
    struct bench bench;
    (void)state;

    begin(&bench);
    assert_int_equal(check(&bench,
                           FOLDERS(CHECKED("2026-11-23T09:00:00Z", "7")
                                       NO_FOLDER("ErrorNonExistentMailbox") FOLDER("")),
                           &taken),
                     0);
    assert_string_equal(fault_code(&bench), "");
    assert_string_equal(buf_text(&taken.told),
                        "0 2026-11-23T09:00:00Z 7\n"
                        "1 ErrorNonExistentMailbox ErrorNonExistentMailbox: Nein.\n"
                        "2  \n");
    assert_non_null(strstr(server_request(bench.server), "<t:EmailAddress>r3@example.org<"));
    assert_non_null(
        strstr(server_request(bench.server), "\r\nX-AnchorMailbox: r1@example.org\r\n"));
    buf_finish(&taken.told);
    finish(&bench);
}

static void the_tail_that_a_batch_stopped_at_is_refused_one_by_one(void **state)
{
    struct taken taken = {.told = BUF_INIT(1u << 16)};
    struct bench bench;
    (void)state;

    begin(&bench);
    assert_int_equal(check(&bench,
                           FOLDERS(CHECKED("a", "1") NO_FOLDER("ErrorBatchProcessingStopped")
                                       NO_FOLDER("ErrorBatchProcessingStopped")),
                           &taken),
                     0);
    assert_string_equal(fault_code(&bench), "");
    assert_string_equal(buf_text(&taken.told),
                        "0 a 1\n"
                        "1 ErrorBatchProcessingStopped ErrorBatchProcessingStopped: Nein.\n"
                        "2 ErrorBatchProcessingStopped ErrorBatchProcessingStopped: Nein.\n");
    buf_finish(&taken.told);
    finish(&bench);
}

static void throttling_that_says_for_how_long_is_that_of_the_whole_question(void **state)
{
    struct taken taken = {.told = BUF_INIT(1u << 16)};
    struct bench bench;
    (void)state;

    begin(&bench);
    assert_int_equal(check(&bench,
                           FOLDERS(CHECKED("a", "1") BUSY_FOLDER("1001")
                                       NO_FOLDER("ErrorBatchProcessingStopped")),
                           &taken),
                     0);
    assert_string_equal(fault_code(&bench), "ErrorServerBusy");
    assert_string_equal(bench.answer.detail, "ErrorServerBusy: Nein.");
    assert_int_equal(bench.answer.wait_s, 2);
    assert_int_equal(
        check(&bench, FOLDERS(CHECKED("a", "1") CHECKED("b", "1") NO_FOLDER("ErrorServerBusy")),
              &taken),
        0);
    assert_string_equal(fault_code(&bench), "");
    buf_finish(&taken.told);
    finish(&bench);
}

static void fewer_folders_than_asked_for_or_more_are_unexpected(void **state)
{
    static const struct {
        const char *body, *told;
    } rows[] = {
        {FOLDERS(CHECKED("a", "1") CHECKED("b", "2")), "0 a 1\n1 b 2\n"},
        {FOLDERS(CHECKED("a", "1") CHECKED("b", "2") CHECKED("c", "3") CHECKED("d", "4")),
         "0 a 1\n1 b 2\n2 c 3\n"},
        {FOLDERS(CHECKED("a", "1") CHECKED("b", "2") CHECKED("c", "3")
                     NO_FOLDER("ErrorFolderNotFound")),
         "0 a 1\n1 b 2\n2 c 3\n"},
        {FOLDERS(""), ""},
    };
    struct taken taken = {.told = BUF_INIT(1u << 16)};
    struct bench bench;
    (void)state;

    begin(&bench);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(check(&bench, rows[i].body, &taken), 0);
        assert_string_equal(fault_code(&bench), "unexpected_reply");
        assert_string_equal(buf_text(&taken.told), rows[i].told);
    }
    buf_finish(&taken.told);
    finish(&bench);
}

static void a_question_for_folders_can_be_refused_or_ended(void **state)
{
    struct taken taken = {.told = BUF_INIT(1u << 16)};
    struct bench bench;
    (void)state;

    begin(&bench);
    assert_int_equal(check(&bench, BUSY("1001"), &taken), 0);
    assert_string_equal(fault_code(&bench), "ErrorServerBusy");
    assert_int_equal(bench.answer.wait_s, 2);
    assert_string_equal(buf_text(&taken.told), "");
    taken.returns = -ENOSPC;
    assert_int_equal(check(&bench, FOLDERS(CHECKED("a", "1") CHECKED("b", "2")), &taken), -ENOSPC);
    assert_string_equal(buf_text(&taken.told), "0 a 1\n");
    buf_finish(&taken.told);
    finish(&bench);
}

/* ---- rooms ---- */

static int take_address(void *context, const struct ews_address *address)
{
    struct taken *taken = context;

    buf_printf(&taken->told, "%.*s <%.*s>\n", (int)address->name.length, address->name.at,
               (int)address->mailbox.length, address->mailbox.at);
    return taken->returns;
}

static void rooms_and_their_lists_are_asked_for_and_told(void **state)
{
    struct taken taken = {.told = BUF_INIT(1u << 16)};
    struct buf answer = BUF_INIT(1u << 16);
    struct bench bench;
    (void)state;

    begin(&bench);
    will_answer(&bench, &answer, "200 OK" XML,
                ROOM_LISTS("<t:Address><t:Name>Main</t:Name>"
                           "<t:EmailAddress>main@example.org</t:EmailAddress></t:Address>"),
                SERVER_KEEP);
    assert_int_equal(ews_get_room_lists(bench.client, take_address, &taken, &bench.answer), 0);
    assert_string_equal(fault_code(&bench), "");
    assert_string_equal(buf_text(&taken.told), "Main <main@example.org>\n");
    assert_non_null(strstr(server_request(bench.server), "<m:GetRoomLists/>"));
    assert_null(strstr(server_request(bench.server), "X-AnchorMailbox"));

    buf_clear(&taken.told);
    will_answer(&bench, &answer, "200 OK" XML,
                ROOMS(ROOM("<t:Name>R022</t:Name><t:EmailAddress>r022@x</t:EmailAddress>")),
                SERVER_KEEP);
    assert_int_equal(
        ews_get_rooms(bench.client, "main@example.org", take_address, &taken, &bench.answer), 0);
    assert_string_equal(fault_code(&bench), "");
    assert_string_equal(buf_text(&taken.told), "R022 <r022@x>\n");
    assert_non_null(
        strstr(server_request(bench.server), "<t:EmailAddress>main@example.org</t:EmailAddress>"));
    buf_finish(&answer);
    buf_finish(&taken.told);
    finish(&bench);
}

static void a_question_for_rooms_can_be_refused_or_ended(void **state)
{
    struct taken taken = {.told = BUF_INIT(1u << 16), .returns = -ENOSPC};
    struct buf answer = BUF_INIT(1u << 16);
    struct bench bench;
    (void)state;

    begin(&bench);
    will_answer(&bench, &answer, "500 Internal" XML, BUSY("1001"), SERVER_KEEP);
    assert_int_equal(ews_get_rooms(bench.client, "l", take_address, &taken, &bench.answer), 0);
    assert_string_equal(fault_code(&bench), "ErrorServerBusy");
    will_answer(&bench, &answer, "200 OK" XML, ROOMS(ROOM("<t:EmailAddress>a@x</t:EmailAddress>")),
                SERVER_KEEP);
    assert_int_equal(ews_get_rooms(bench.client, "l", take_address, &taken, &bench.answer),
                     -ENOSPC);
    buf_finish(&answer);
    buf_finish(&taken.told);
    finish(&bench);
}

/* ---- anything else ---- */

/* ---- in the name of a room ---- */

#define IN_THE_NAME_OF(mailbox) "<t:PrimarySmtpAddress>" mailbox "</t:PrimarySmtpAddress>"

static void begin_impersonating(struct bench *bench)
{
    static char name[] = "R001";
    static char mailbox[] = "r1@example.org";
    static struct config_room room = {name, mailbox};

    begin(bench);
    bench->config.access = CONFIG_ACCESS_IMPERSONATION;
    bench->config.rooms = &room;
    bench->config.room_count = 1;
}

static void a_question_can_be_asked_in_the_name_of_its_mailbox(void **state)
{
    struct buf answer = BUF_INIT(1u << 16);
    struct bench bench;
    (void)state;

    begin_impersonating(&bench);
    will_answer(&bench, &answer, "200 OK" XML, REFUSED("ErrorFolderNotFound", ""), SERVER_KEEP);
    assert_int_equal(ews_get_folder(bench.client, "r022@x", &bench.answer), 0);
    assert_non_null(strstr(server_request(bench.server), IN_THE_NAME_OF("r022@x")));
    assert_non_null(strstr(server_request(bench.server), "\r\nX-AnchorMailbox: r022@x\r\n"));

    bench.config.access = CONFIG_ACCESS_DELEGATE;
    assert_int_equal(ews_get_folder(bench.client, "r022@x", &bench.answer), 0);
    assert_null(strstr(server_request(bench.server), "Impersonation"));
    buf_finish(&answer);
    finish(&bench);
}

static void room_lists_are_asked_for_in_the_name_of_the_first_room(void **state)
{
    struct taken taken = {.told = BUF_INIT(1u << 16)};
    struct buf answer = BUF_INIT(1u << 16);
    struct bench bench;
    (void)state;

    begin_impersonating(&bench);
    will_answer(&bench, &answer, "200 OK" XML, REFUSED("ErrorFolderNotFound", ""), SERVER_KEEP);
    assert_int_equal(ews_get_room_lists(bench.client, take_address, &taken, &bench.answer), 0);
    assert_non_null(strstr(server_request(bench.server), IN_THE_NAME_OF("r1@example.org")));
    assert_int_equal(ews_get_rooms(bench.client, "l@x", take_address, &taken, &bench.answer), 0);
    assert_non_null(strstr(server_request(bench.server), IN_THE_NAME_OF("r1@example.org")));
    assert_non_null(
        strstr(server_request(bench.server), "\r\nX-AnchorMailbox: r1@example.org\r\n"));
    buf_finish(&answer);
    buf_finish(&taken.told);
    finish(&bench);
}

static void status_type_and_body_decide_in_this_order(void **state)
{
    static const struct {
        const char *head, *body, *fault;
        int64_t wait_s;
    } rows[] = {
        {"200 OK" XML, ONE(""), "", -1},
        {"200 OK" XML, LIST("IncludesLastItemInRange=\"false\"", ITEM("")), "reply_list_truncated",
         -1},
        {"200 OK" XML, REFUSED("ErrorExceededFindCountLimit", ""), "ErrorExceededFindCountLimit",
         -1},
        {"200 OK" XML, BUSY("1001"), "ErrorServerBusy", 2},
        {"500 Internal" XML, BUSY("297749"), "ErrorServerBusy", 298},
        {"500 Internal" XML, BUSY("86400001"), "ErrorServerBusy", 86400},
        {"500 Internal" XML "\r\nRetry-After: 400", BUSY("297749"), "ErrorServerBusy", 400},
        {"500 Internal" XML, "", "reply_not_xml", -1},
        {"500 Internal" HTML, "<html>Server Error in '/EWS' Application.</html>", "http_500", -1},
        {"200 OK" HTML, "<html>Sign in</html>", "reply_not_xml", -1},
        {"200 OK", "", "reply_not_xml", -1},
        {"200 OK" XML, "<html>Sign in</html>", "reply_not_soap", -1},
        {"200 OK" XML, "<!DOCTYPE html><html/>", "reply_doctype", -1},
        {"200 OK" XML, "<s:Envelope xmlns:s=\"" SOAP_NS "\">", "reply_truncated", -1},
        {"200 OK" XML, ONE("") "\xC3", "reply_malformed", -1},
        {"302 Found" HTML "\r\nLocation: /owa/", "", "http_3xx", -1},
        {"302 Found" HTML "\r\nLocation: https://x/EWS/genericerrorpage.htm?aspxerrorpath=/", "",
         "http_3xx_error_page", -1},
        {"401 No" HTML "\r\nWWW-Authenticate: Basic realm=\"x\"", "<html/>", "http_401", -1},
        {"401 No" HTML "\r\nWWW-Authenticate: Negotiate", "<html/>", "http_401_no_scheme", -1},
        {"403 No" XML, ONE(""), "http_403", -1},
        {"404 Not Found" HTML, "<html/>", "http_404", -1},
        {"429 Slow" HTML "\r\nRetry-After: 30", "<html/>", "http_429", 30},
        {"503 Busy" HTML "\r\nRetry-After: 7", "<html/>", "http_503", 7},
        {"418 Teapot" HTML, "", "http_4xx", -1},
    };
    struct bench bench;
    (void)state;

    begin(&bench);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(find(&bench, rows[i].head, rows[i].body), 0);
        assert_string_equal(fault_code(&bench), rows[i].fault);
        assert_int_equal(bench.answer.wait_s, rows[i].wait_s);
    }
    finish(&bench);
}

static void the_log_is_told_what_exchange_or_libcurl_said(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    (void)find(&bench, "200 OK" XML, REFUSED("ErrorFromTheFuture", ""));
    assert_string_equal(bench.answer.detail, "ErrorFromTheFuture: Der Ordner fehlt.");
    (void)find(&bench, "200 OK" HTML, "<html/>");
    assert_string_equal(bench.answer.detail, "HTTP status 200, but no XML");
    (void)find(&bench, "503 Busy" HTML, "<html/>");
    assert_string_equal(bench.answer.detail, "HTTP status 503");
    finish(&bench);
}

/* C1 is allowed in XML, and begins a command to some terminals. */
static void what_exchange_said_is_one_line_that_a_terminal_can_show(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    (void)find(&bench, "200 OK" XML,
               RESPONSE(MESSAGE("Error", "<m:MessageText>a\nb \xC2\x9B"
                                         "31m \xC3\xA4</m:MessageText>"
                                         "<m:ResponseCode>ErrorFolderNotFound</m:ResponseCode>")));
    assert_non_null(strstr(bench.answer.detail, "a?b ??31m \xC3\xA4"));
    finish(&bench);
}

static void the_servers_own_time_is_told(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    (void)find(&bench, "200 OK" XML "\r\nDate: Mon, 23 Nov 2026 09:00:00 GMT", ONE(""));
    assert_int_equal(bench.answer.server_utc, 1795424400);
    (void)find(&bench, "200 OK" XML, ONE(""));
    assert_int_equal(bench.answer.server_utc, 0);
    finish(&bench);
}

static void a_connection_is_kept_over_an_error_page(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    (void)find(&bench, "503 Busy" HTML, "<html>Busy</html>");
    (void)find(&bench, "500 Internal" XML, BUSY("1"));
    (void)find(&bench, "200 OK" XML, ONE(""));
    assert_string_equal(fault_code(&bench), "");
    assert_int_equal(server_connections(bench.server), 1);
    finish(&bench);
}

static void what_is_fed_to_nobody_is_not_read_for_ever(void **state)
{
    static const struct {
        const char *answer;
        const char *fault;
    } rows[] = {
        {"HTTP/1.1 503 Busy" HTML "\r\n\r\n<p>", "http_503"},
        {"HTTP/1.1 200 OK" XML "\r\n\r\n<p>", "reply_not_soap"},
    };
    struct bench bench;
    (void)state;

    begin(&bench);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        server_answer(bench.server, (struct server_answer){rows[i].answer, strlen(rows[i].answer),
                                                           3, SERVER_REPEAT});
        assert_int_equal(
            ews_find_items(bench.client, "r", november, take_item, &bench, &bench.answer), 0);
        assert_string_equal(fault_code(&bench), rows[i].fault);
        assert_true(bench.answer.bytes < 1 << 20);
    }
    finish(&bench);
}

static void a_refusal_counts_though_its_page_is_cut(void **state)
{
    static const struct {
        const char *answer, *fault;
    } rows[] = {
        {"HTTP/1.1 401 No" HTML "\r\nWWW-Authenticate: Basic\r\nContent-Length: 99\r\n\r\n<h",
         "http_401"},
        {"HTTP/1.1 200 OK" XML "\r\nContent-Length: 99\r\n\r\n<s:Envelope", "cut"},
        {"", "unreachable"},
    };
    struct bench bench;
    (void)state;

    begin(&bench);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        server_answer_text(bench.server, rows[i].answer, SERVER_CLOSE);
        assert_int_equal(
            ews_find_items(bench.client, "r", november, take_item, &bench, &bench.answer), 0);
        assert_string_equal(fault_code(&bench), rows[i].fault);
        assert_true(bench.answer.detail[0] != '\0');
    }
    finish(&bench);
}

static void an_error_of_the_item_callback_is_returned(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    bench.answer.items = 77;
    bench.item_returns = -ENOSPC;
    assert_int_equal(find(&bench, "200 OK" XML, LIST(WHOLE, ITEM("") ITEM(""))), -ENOSPC);
    assert_int_equal(bench.items, 1);
    assert_int_equal(bench.answer.items, 77); /* untouched */
    bench.item_returns = 0;
    assert_int_equal(find(&bench, "200 OK" XML, LIST(WHOLE, ITEM("") ITEM(""))), 0);
    assert_int_equal(bench.items, 2);
    finish(&bench);
}

static void *stop_once_asked(void *data)
{
    struct bench *bench = data;

    server_wait(bench->server, 1);
    atomic_store(&bench->stop, true);
    return NULL;
}

/* Over 64 KiB of a good reply, then nothing. */
static void stopping_is_no_fault(void **state)
{
    struct buf answer = BUF_INIT(1u << 20);
    struct bench bench;
    pthread_t thread;
    (void)state;

    begin(&bench);
    buf_append_text(&answer, "HTTP/1.1 200 OK" XML "\r\n\r\n<s:Envelope xmlns:s=\"" SOAP_NS "\">");
    for (int i = 0; i < 100000; i++)
        buf_append_char(&answer, ' ');
    server_answer_text(bench.server, buf_text(&answer), SERVER_STALL);
    assert_int_equal(pthread_create(&thread, NULL, stop_once_asked, &bench), 0);
    assert_int_equal(ews_find_items(bench.client, "r", november, take_item, &bench, &bench.answer),
                     0);
    pthread_join(thread, NULL);
    assert_true(bench.answer.stopped);
    assert_null(bench.answer.fault);
    buf_finish(&answer);
    finish(&bench);
}

static void totals_count_requests_and_bytes(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench);
    (void)find(&bench, "200 OK" XML, ONE(""));
    int64_t first = bench.answer.bytes;
    (void)find(&bench, "503 Busy" HTML, "<html/>");
    struct ews_totals totals = ews_client_totals(bench.client);
    assert_int_equal(totals.requests, 2);
    assert_true(first > (int64_t)sizeof ONE(""));
    assert_int_equal(totals.bytes, first + bench.answer.bytes);
    finish(&bench);
}

static int set_up(void **state)
{
    (void)state;
    return connection_global_init(NULL);
}

static int tear_down(void **state)
{
    (void)state;
    connection_global_finish();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_asked_for_and_handed_on),
        cmocka_unit_test(characters_that_xml_forbids_do_no_harm),
        cmocka_unit_test(a_refused_version_is_followed_by_the_one_before_and_a_new_beginning),
        cmocka_unit_test(details_are_told_in_the_order_of_the_ids),
        cmocka_unit_test(details_of_other_items_than_asked_for_are_unexpected),
        cmocka_unit_test(a_question_for_items_can_be_refused_or_ended),
        cmocka_unit_test(a_folder_is_asked_for),
        cmocka_unit_test(folders_are_told_in_the_order_of_the_mailboxes),
        cmocka_unit_test(the_tail_that_a_batch_stopped_at_is_refused_one_by_one),
        cmocka_unit_test(throttling_that_says_for_how_long_is_that_of_the_whole_question),
        cmocka_unit_test(fewer_folders_than_asked_for_or_more_are_unexpected),
        cmocka_unit_test(a_question_for_folders_can_be_refused_or_ended),
        cmocka_unit_test(rooms_and_their_lists_are_asked_for_and_told),
        cmocka_unit_test(a_question_for_rooms_can_be_refused_or_ended),
        cmocka_unit_test(a_question_can_be_asked_in_the_name_of_its_mailbox),
        cmocka_unit_test(room_lists_are_asked_for_in_the_name_of_the_first_room),
        cmocka_unit_test(status_type_and_body_decide_in_this_order),
        cmocka_unit_test(the_log_is_told_what_exchange_or_libcurl_said),
        cmocka_unit_test(what_exchange_said_is_one_line_that_a_terminal_can_show),
        cmocka_unit_test(the_servers_own_time_is_told),
        cmocka_unit_test(a_connection_is_kept_over_an_error_page),
        cmocka_unit_test(what_is_fed_to_nobody_is_not_read_for_ever),
        cmocka_unit_test(a_refusal_counts_though_its_page_is_cut),
        cmocka_unit_test(an_error_of_the_item_callback_is_returned),
        cmocka_unit_test(stopping_is_no_fault),
        cmocka_unit_test(totals_count_requests_and_bytes),
    };

    return cmocka_run_group_tests_name("ews/client", tests, set_up, tear_down);
}
