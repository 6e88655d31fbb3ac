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
    struct response *list;    /* reads the answer to FindItem */
    struct response *details; /* reads the answer to GetItem */
    struct response *folder;  /* reads the answer to GetFolder */
    struct buf request;
    struct buf filtered;
    struct ews_totals totals;

    /* the question under way */
    response_item *on_item;       /* FindItem */
    ews_take_details *on_details; /* GetItem */
    void *context;
    const struct slice *ids;
    size_t id_count;
    size_t place;              /* of the id whose turn it is */
    struct response *response; /* which of the three reads the answer */
    struct charfilter filter;
    int parsing;     /* what the parser said last; 0: go on */
    bool has_enough; /* the rest of the reply is of no use */
};

/* ---- life ---- */

static int hand_on(void *context, const struct item *item)
{
    struct ews_client *client = context;

    return client->on_item(client->context, item);
}

/* Exchange answers in the order of the question. What it does not keep to would give a meeting the
 * details of another. */
static bool is_its_turn(const struct ews_client *client, const struct item *item)
{
    struct slice id;

    return client->place < client->id_count && item_get(item, PLAN_ID, "@Id", &id) &&
           slice_equal(id, client->ids[client->place]);
}

static int hand_on_details(void *context, const struct item *item)
{
    struct ews_client *client = context;

    if (!is_its_turn(client, item))
        return 1;
    struct ews_details details = {client->place++, item, NULL, ""};
    return client->on_details(client->context, &details);
}

static int hand_on_refusal(void *context, const struct fault *fault, const char *detail)
{
    struct ews_client *client = context;

    if (client->place == client->id_count)
        return 1;
    struct ews_details details = {client->place++, NULL, fault, detail};
    return client->on_details(client->context, &details);
}

static int create_responses(struct ews_client *client, const struct field_plan *plan)
{
    const struct response_listener list = {plan, hand_on, NULL, client};
    const struct response_listener details = {plan, hand_on_details, hand_on_refusal, client};
    const struct response_listener folder = {NULL, NULL, NULL, client};
    int error = response_create(&list, &client->list);

    if (!error)
        error = response_create(&details, &client->details);
    return error ? error : response_create(&folder, &client->folder);
}

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
    if (!error && create_responses(client, plan))
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
    response_destroy(client->list);
    response_destroy(client->details);
    response_destroy(client->folder);
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

/* Sends the request that is in the buffer. */
static int ask(struct ews_client *client, const char *mailbox, struct response *response,
               struct ews_answer *ret)
{
    struct slice body = {client->request.bytes, client->request.length};
    struct transport_reply reply;
    struct err err = {""};

    client->response = response;
    client->parsing = response_reset(response);
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
    client->on_item = on_item;
    client->context = context;
    buf_clear(&client->request);
    int error = request_find_item(client->plan, mailbox, window, &client->request);
    return error ? error : ask(client, mailbox, client->list, ret);
}

int ews_get_items(struct ews_client *client, const char *mailbox, const struct slice *ids,
                  size_t count, ews_take_details *on_details, void *context, struct ews_answer *ret)
{
    struct ews_answer answer;

    client->on_details = on_details;
    client->context = context;
    client->ids = ids;
    client->id_count = count;
    client->place = 0;
    buf_clear(&client->request);
    int error = request_get_item(client->plan, ids, count, &client->request);
    if (!error)
        error = ask(client, mailbox, client->details, &answer);
    if (error)
        return error;
    if (!answer.fault && !answer.stopped && client->place < count)
        answer.fault = fault_by_code(slice_of("unexpected_reply"));
    *ret = answer;
    return 0;
}

int ews_get_folder(struct ews_client *client, const char *mailbox, struct ews_answer *ret)
{
    buf_clear(&client->request);
    int error = request_get_folder(mailbox, &client->request);
    return error ? error : ask(client, mailbox, client->folder, ret);
}

struct ews_totals ews_client_totals(const struct ews_client *client)
{
    return client->totals;
}
