/* SPDX-License-Identifier: MIT */
#include "ews/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "ews/request.h"

struct ews_client {
    const struct config *config;
    const struct field_plan *plan;
    struct dialog *dialog;
    struct buf question;
    struct buf envelope;
    int version; /* that is spoken, see request_envelope */
};

/* ---- life ---- */

int ews_client_create(const struct config *config, struct login *login,
                      const struct field_plan *plan, const atomic_bool *stop,
                      struct ews_client **ret, struct err *err)
{
    struct ews_client *client = calloc(1, sizeof *client);

    if (!client)
        return err_set(err, -ENOMEM, "not enough memory for a connection to Exchange");
    client->config = config;
    client->plan = plan;
    buf_init(&client->question, REQUEST_SIZE_MAX);
    buf_init(&client->envelope, REQUEST_SIZE_MAX + REQUEST_ENVELOPE_MAX);
    int error = dialog_create(config, login, stop, &client->dialog, err);
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
    dialog_destroy(client->dialog);
    buf_finish(&client->question);
    buf_finish(&client->envelope);
    free(client);
}

/* ---- questions ---- */

/* In whose name, where it is not the account's. */
static const char *impersonated(const struct ews_client *client, const char *mailbox)
{
    return client->config->access == CONFIG_ACCESS_IMPERSONATION ? mailbox : NULL;
}

/* Once, in the version that is spoken. */
static int ask_once(struct ews_client *client, const char *mailbox,
                    const struct response_listener *listener, struct ews_answer *ret)
{
    struct slice question = {client->question.bytes, client->question.length};

    buf_clear(&client->envelope);
    int error = request_envelope(client->version, impersonated(client, mailbox), question,
                                 &client->envelope);
    struct slice envelope = {client->envelope.bytes, client->envelope.length};
    return error ? error : dialog_ask(client->dialog, envelope, mailbox, listener, ret);
}

static bool refuses_version(const struct fault *fault)
{
    static const char *const codes[] = {
        "ErrorInvalidServerVersion",
        "ErrorIncorrectSchemaVersion",
        "ErrorInvalidSchemaVersionForMailboxVersion",
    };

    for (size_t i = 0; fault && i < sizeof codes / sizeof codes[0]; i++) {
        if (strcmp(fault->code, codes[i]) == 0)
            return true;
    }
    return false;
}

/* Sends the question that is in the buffer; `mailbox` routes it, NULL: it concerns none. A server that is too old for
 * the version is asked again at once in the one before, which stays. One that refuses all is in some other trouble: the
 * next question begins with the newest again. */
static int ask(struct ews_client *client, const char *mailbox,
               const struct response_listener *listener, struct ews_answer *ret)
{
    struct ews_answer answer;
    int error = ask_once(client, mailbox, listener, &answer);

    while (!error && refuses_version(answer.fault) && ++client->version < REQUEST_VERSIONS)
        error = ask_once(client, mailbox, listener, &answer);
    if (client->version == REQUEST_VERSIONS)
        client->version = 0;
    if (!error)
        *ret = answer;
    return error;
}

int ews_find_items(struct ews_client *client, const char *mailbox, struct window window,
                   response_item *on_item, void *context, struct ews_answer *ret)
{
    const struct response_listener listener = {
        .plan = client->plan, .on_item = on_item, .context = context};

    buf_clear(&client->question);
    int error = request_find_item(client->plan, mailbox, window, &client->question);
    return error ? error : ask(client, mailbox, &listener, ret);
}

int ews_get_folder(struct ews_client *client, const char *mailbox, struct ews_answer *ret)
{
    static const struct response_listener listener = {0};

    buf_clear(&client->question);
    int error = request_get_folder(mailbox, &client->question);
    return error ? error : ask(client, mailbox, &listener, ret);
}

/* ---- questions for several, which are answered in their order ---- */

struct batch {
    size_t count;
    size_t place; /* whose turn it is */
    void *context;
    const struct fault *throttled; /* what one of them was refused with is said of the account */
    char detail[sizeof((struct ews_answer *)0)->detail];
};

static void note_throttling(struct batch *batch, const struct fault *fault, const char *detail)
{
    if (fault->action != FAULT_REST || batch->throttled)
        return;
    batch->throttled = fault;
    (void)snprintf(batch->detail, sizeof batch->detail, "%s", detail);
}

static void judge_batch(const struct batch *batch, struct ews_answer *answer)
{
    if (answer->fault || answer->stopped)
        return;
    if (batch->place < batch->count)
        answer->fault = fault_by_code(slice_of("unexpected_reply"));
    if (!batch->throttled || answer->wait_s < 0)
        return;
    answer->fault = batch->throttled;
    memcpy(answer->detail, batch->detail, sizeof answer->detail);
}

/* As `ask`. An answer to fewer than were asked for is none; throttling with a time to wait for is the whole question's,
 * whichever it came with. Without one, Exchange says it of a batch that was too large, too. */
static int ask_for(struct ews_client *client, const struct batch *batch, const char *mailbox,
                   const struct response_listener *listener, struct ews_answer *ret)
{
    struct ews_answer answer;
    int error = ask(client, mailbox, listener, &answer);

    if (error)
        return error;
    judge_batch(batch, &answer);
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
    note_throttling(&items->batch, fault, detail);
    struct ews_details details = {items->batch.place++, NULL, fault, detail};
    return items->on_details(items->batch.context, &details);
}

int ews_get_items(struct ews_client *client, const char *mailbox, const struct slice *ids,
                  size_t count, ews_take_details *on_details, void *context, struct ews_answer *ret)
{
    struct item_batch items = {{.count = count, .context = context}, ids, on_details};
    const struct response_listener listener = {
        .plan = client->plan,
        .on_item = hand_on_details,
        .on_refusal = hand_on_item_refusal,
        .context = &items,
    };

    buf_clear(&client->question);
    int error = request_get_item(client->plan, ids, count, &client->question);
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
    note_throttling(&folders->batch, fault, detail);
    struct ews_folder folder = {.place = folders->batch.place++, .fault = fault, .reason = detail};
    return folders->on_folder(folders->batch.context, &folder);
}

int ews_check_folders(struct ews_client *client, const char *const *mailboxes, size_t count,
                      ews_take_folder *on_folder, void *context, struct ews_answer *ret)
{
    struct folder_batch folders = {{.count = count, .context = context}, on_folder};
    const struct response_listener listener = {
        .on_folder = hand_on_folder,
        .on_refusal = hand_on_folder_refusal,
        .context = &folders,
    };

    buf_clear(&client->question);
    int error = request_check_folders(mailboxes, count, &client->question);
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

/* The address book is nobody's, but who may only ask in the name of a room asks in that of the first. */
static const char *address_book_mailbox(const struct ews_client *client)
{
    return client->config->room_count ? impersonated(client, client->config->rooms[0].mailbox)
                                      : NULL;
}

/* Sends the question that is in the buffer. */
static int ask_for_addresses(struct ews_client *client, ews_take_address *on_address, void *context,
                             struct ews_answer *ret)
{
    struct address_taker taker = {on_address, context};
    const struct response_listener listener = {.on_address = hand_on_address, .context = &taker};

    return ask(client, address_book_mailbox(client), &listener, ret);
}

int ews_get_room_lists(struct ews_client *client, ews_take_address *on_list, void *context,
                       struct ews_answer *ret)
{
    buf_clear(&client->question);
    int error = request_get_room_lists(&client->question);
    return error ? error : ask_for_addresses(client, on_list, context, ret);
}

int ews_get_rooms(struct ews_client *client, const char *list, ews_take_address *on_room,
                  void *context, struct ews_answer *ret)
{
    buf_clear(&client->question);
    int error = request_get_rooms(list, &client->question);
    return error ? error : ask_for_addresses(client, on_room, context, ret);
}

struct ews_totals ews_client_totals(const struct ews_client *client)
{
    return dialog_totals(client->dialog);
}
