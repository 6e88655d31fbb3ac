/* SPDX-License-Identifier: MIT */
#include "ews/client.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "ews/charfilter.h"
#include "ews/request.h"
#include "net/transport.h"

/* Filtered at once, so that the buffer between filter and parser has a bound */
#define PIECE_MAX 65536
/* Of an error page: read to its end so far, so that the connection can be kept */
#define IGNORED_MAX 65536

struct ews_client {
    const struct field_plan *plan;
    struct transport *transport;
    struct response *response;
    struct buf request;
    struct buf filtered;
    struct ews_totals totals;

    /* the question under way */
    struct charfilter filter;
    int parsing;     /* what the parser said last; 0: go on */
    bool has_enough; /* the rest of the reply is of no use */
};

/* ---- life ---- */

int ews_client_create(const struct config *config, const struct field_plan *plan,
                      const atomic_bool *stop, struct ews_client **ret, struct err *err)
{
    struct ews_client *client = calloc(1, sizeof *client);

    if (!client)
        return err_set(err, -ENOMEM, "not enough memory for a connection to Exchange");
    client->plan = plan;
    buf_init(&client->request, REQUEST_SIZE_MAX);
    buf_init(&client->filtered, CHARFILTER_GROWTH(PIECE_MAX));
    int error = transport_create(config, stop, &client->transport, err);
    if (!error && response_create(&client->response))
        error = err_set(err, -ENOMEM, "not enough memory for a connection to Exchange");
    if (error) {
        ews_client_destroy(client);
        return error;
    }
    *ret = client;
    return 0;
}

void ews_client_destroy(struct ews_client *client)
{
    if (!client)
        return;
    transport_destroy(client->transport);
    response_destroy(client->response);
    buf_finish(&client->request);
    buf_finish(&client->filtered);
    free(client);
}

/* ---- the reply as it comes ---- */

/* Exchange answers with SOAP under these two only; what stands under another status is some
 * gateway's page. */
static bool may_hold_soap(const struct transport_reply *reply)
{
    return reply->is_xml && (reply->status == 200 || reply->status == 500);
}

/* Hands the filtered bytes on to the parser. */
static void parse_filtered(struct ews_client *client)
{
    client->parsing = buf_error(&client->filtered);
    if (client->parsing == 0)
        client->parsing =
            response_feed(client->response, buf_text(&client->filtered), client->filtered.length);
    buf_clear(&client->filtered);
}

static int take_bytes(void *context, const struct transport_reply *reply, const char *bytes,
                      size_t length)
{
    struct ews_client *client = context;

    if (!may_hold_soap(reply)) {
        client->has_enough = reply->body_bytes > IGNORED_MAX;
        return client->has_enough;
    }
    while (length && client->parsing == 0) {
        size_t piece = length < PIECE_MAX ? length : PIECE_MAX;

        charfilter_feed(&client->filter, bytes, piece, &client->filtered);
        parse_filtered(client);
        bytes += piece;
        length -= piece;
    }
    client->has_enough = client->parsing != 0;
    return client->has_enough;
}

/* ---- what it means ---- */

/* What is asked for beyond a day is taken as a day, as transport does. */
static int64_t seconds_of_ms(int64_t ms)
{
    int64_t wait_s = ms < 0 ? -1 : ms / 1000 + (ms % 1000 != 0);

    return wait_s < TRANSPORT_WAIT_MAX_S ? wait_s : TRANSPORT_WAIT_MAX_S;
}

static void note(struct ews_answer *answer, const char *detail)
{
    (void)snprintf(answer->detail, sizeof answer->detail, "%.*s", (int)sizeof answer->detail - 1,
                   detail);
}

/* The reply was SOAP, or said so: the parser knows. */
static int judge_soap(struct ews_client *client, struct ews_answer *answer)
{
    const struct response_outcome *outcome;

    if (client->parsing == 0) {
        charfilter_end(&client->filter, &client->filtered);
        parse_filtered(client);
    }
    int error = client->parsing < 0 ? client->parsing : response_end(client->response, &outcome);
    if (error)
        return error;
    int64_t back_off_s = seconds_of_ms(outcome->back_off_ms);
    answer->fault = outcome->fault;
    answer->items = outcome->items;
    answer->wait_s = back_off_s > answer->wait_s ? back_off_s : answer->wait_s;
    note(answer, outcome->detail);
    if (!answer->fault && outcome->truncated)
        answer->fault = fault_by_code(slice_of("reply_list_truncated"));
    return 0;
}

/* A login that fails because only other schemes are allowed is no wrong password. */
static const struct fault *status_fault(const struct transport_reply *reply)
{
    if (reply->status == 200)
        return fault_by_code(slice_of("reply_not_xml"));
    if (reply->status == 401 && !reply->basic_offered)
        return fault_by_code(slice_of("http_401_no_basic"));
    return fault_by_http_status(reply->status);
}

static void judge_status(const struct transport_reply *reply, struct ews_answer *answer)
{
    char detail[64];

    answer->fault = status_fault(reply);
    (void)snprintf(detail, sizeof detail, "HTTP status %d%s", reply->status,
                   reply->status == 200 ? ", but no XML" : "");
    note(answer, detail);
}

static int judge_reply(struct ews_client *client, const struct transport_reply *reply,
                       struct ews_answer *answer)
{
    if (may_hold_soap(reply))
        return judge_soap(client, answer);
    judge_status(reply, answer);
    return 0;
}

/* A server that refuses a login may hang up before its page is through: the status has said enough.
 */
static bool is_refusal(enum transport_result result, const struct transport_reply *reply)
{
    return result == TRANSPORT_CUT && reply->status && !may_hold_soap(reply);
}

static int judge(struct ews_client *client, enum transport_result result,
                 const struct transport_reply *reply, const struct err *err,
                 struct ews_answer *answer)
{
    if (result == TRANSPORT_OK || client->has_enough || is_refusal(result, reply))
        return judge_reply(client, reply, answer);
    if (result == TRANSPORT_STOPPED) {
        answer->stopped = true;
        return 0;
    }
    answer->fault = fault_by_transport(result);
    note(answer, err->text);
    return 0;
}

/* ---- questions ---- */

/* Sends the request that is in the buffer; `mailbox` routes it, NULL: anywhere. */
static int ask(struct ews_client *client, const char *mailbox,
               const struct response_listener *listener, struct ews_answer *ret)
{
    struct slice body = {client->request.bytes, client->request.length};
    struct transport_reply reply;
    struct err err = {""};

    client->parsing = response_begin(client->response, listener);
    if (client->parsing)
        return client->parsing;
    client->has_enough = false;
    charfilter_init(&client->filter);
    buf_clear(&client->filtered);
    enum transport_result result =
        transport_post(client->transport, body, mailbox, take_bytes, client, &reply, &err);
    client->totals.requests++;
    client->totals.bytes += (uint64_t)reply.received_bytes;

    struct ews_answer answer = {.wait_s = reply.retry_after_s,
                                .server_utc = reply.server_utc,
                                .bytes = reply.received_bytes};
    int error = judge(client, result, &reply, &err, &answer);
    if (!error)
        *ret = answer;
    return error;
}

int ews_find_items(struct ews_client *client, const char *mailbox, struct window window,
                   response_item *on_item, void *context, struct ews_answer *ret)
{
    const struct response_listener listener = {
        .plan = client->plan, .on_item = on_item, .context = context};

    buf_clear(&client->request);
    int error = request_find_item(client->plan, mailbox, window, &client->request);
    return error ? error : ask(client, mailbox, &listener, ret);
}

int ews_get_folder(struct ews_client *client, const char *mailbox, struct ews_answer *ret)
{
    static const struct response_listener listener = {0};

    buf_clear(&client->request);
    int error = request_get_folder(mailbox, &client->request);
    return error ? error : ask(client, mailbox, &listener, ret);
}

/* ---- questions for several, which are answered in their order ---- */

struct batch {
    size_t count;
    size_t place; /* whose turn it is */
    void *context;
};

/* As `ask`. An answer to fewer than were asked for is none. */
static int ask_for(struct ews_client *client, const struct batch *batch, const char *mailbox,
                   const struct response_listener *listener, struct ews_answer *ret)
{
    struct ews_answer answer;
    int error = ask(client, mailbox, listener, &answer);

    if (error)
        return error;
    if (!answer.fault && !answer.stopped && batch->place < batch->count)
        answer.fault = fault_by_code(slice_of("unexpected_reply"));
    *ret = answer;
    return 0;
}

struct item_batch {
    struct batch batch;
    const struct slice *ids;
    ews_take_details *on_details;
};

/* What does not keep to the order would give a meeting the details of another. */
static bool is_its_turn(const struct item_batch *items, const struct item *item)
{
    struct slice id;

    return items->batch.place < items->batch.count && item_get(item, PLAN_ID, "@Id", &id) &&
           slice_equal(id, items->ids[items->batch.place]);
}

static int hand_on_details(void *context, const struct item *item)
{
    struct item_batch *items = context;

    if (!is_its_turn(items, item))
        return 1;
    struct ews_details details = {items->batch.place++, item, NULL, ""};
    return items->on_details(items->batch.context, &details);
}

static int hand_on_item_refusal(void *context, const struct fault *fault, const char *detail)
{
    struct item_batch *items = context;

    if (items->batch.place == items->batch.count)
        return 1;
    struct ews_details details = {items->batch.place++, NULL, fault, detail};
    return items->on_details(items->batch.context, &details);
}

int ews_get_items(struct ews_client *client, const char *mailbox, const struct slice *ids,
                  size_t count, ews_take_details *on_details, void *context, struct ews_answer *ret)
{
    struct item_batch items = {{count, 0, context}, ids, on_details};
    const struct response_listener listener = {
        .plan = client->plan,
        .on_item = hand_on_details,
        .on_refusal = hand_on_item_refusal,
        .context = &items,
    };

    buf_clear(&client->request);
    int error = request_get_item(client->plan, ids, count, &client->request);
    return error ? error : ask_for(client, &items.batch, mailbox, &listener, ret);
}

struct folder_batch {
    struct batch batch;
    ews_take_folder *on_folder;
};

static int hand_on_folder(void *context, struct slice committed, struct slice deleted)
{
    struct folder_batch *folders = context;

    if (folders->batch.place == folders->batch.count)
        return 1;
    struct ews_folder folder = {
        .place = folders->batch.place++,
        .committed = committed,
        .deleted = deleted,
        .reason = "",
    };
    return folders->on_folder(folders->batch.context, &folder);
}

static int hand_on_folder_refusal(void *context, const struct fault *fault, const char *detail)
{
    struct folder_batch *folders = context;

    if (folders->batch.place == folders->batch.count)
        return 1;
    struct ews_folder folder = {.place = folders->batch.place++, .fault = fault, .reason = detail};
    return folders->on_folder(folders->batch.context, &folder);
}

int ews_check_folders(struct ews_client *client, const char *const *mailboxes, size_t count,
                      ews_take_folder *on_folder, void *context, struct ews_answer *ret)
{
    struct folder_batch folders = {{count, 0, context}, on_folder};
    const struct response_listener listener = {
        .on_folder = hand_on_folder,
        .on_refusal = hand_on_folder_refusal,
        .context = &folders,
    };

    buf_clear(&client->request);
    int error = request_check_folders(mailboxes, count, &client->request);
    return error ? error : ask_for(client, &folders.batch, mailboxes[0], &listener, ret);
}

/* ---- questions for rooms ---- */

struct address_taker {
    ews_take_address *on_address;
    void *context;
};

static int hand_on_address(void *context, struct slice name, struct slice mailbox)
{
    const struct address_taker *taker = context;
    const struct ews_address address = {name, mailbox};

    return taker->on_address(taker->context, &address);
}

/* Sends the request that is in the buffer. It concerns the address book, no mailbox. */
static int ask_for_addresses(struct ews_client *client, ews_take_address *on_address, void *context,
                             struct ews_answer *ret)
{
    struct address_taker taker = {on_address, context};
    const struct response_listener listener = {.on_address = hand_on_address, .context = &taker};

    return ask(client, NULL, &listener, ret);
}

int ews_get_room_lists(struct ews_client *client, ews_take_address *on_list, void *context,
                       struct ews_answer *ret)
{
    buf_clear(&client->request);
    int error = request_get_room_lists(&client->request);
    return error ? error : ask_for_addresses(client, on_list, context, ret);
}

int ews_get_rooms(struct ews_client *client, const char *list, ews_take_address *on_room,
                  void *context, struct ews_answer *ret)
{
    buf_clear(&client->request);
    int error = request_get_rooms(list, &client->request);
    return error ? error : ask_for_addresses(client, on_room, context, ret);
}

struct ews_totals ews_client_totals(const struct ews_client *client)
{
    return client->totals;
}
