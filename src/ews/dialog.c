/* SPDX-License-Identifier: MIT */
#include "ews/dialog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "ews/charfilter.h"
#include "net/transport.h"

/* Filtered at once, so that the buffer between filter and parser has a bound */
#define PIECE_MAX 65536
/* Of an error page: read to its end so far, so that the connection can be kept */
#define IGNORED_MAX 65536

struct dialog {
    const struct config *config;
    struct transport *transport;
    struct response *response;
    struct buf filtered;
    struct ews_totals totals;

    /* the question under way */
    struct charfilter filter;
    int parsing;     /* what the parser said last; 0: go on */
    bool has_enough; /* the rest of the reply is of no use */
};

/* ---- life ---- */

int dialog_create(const struct config *config, struct login *login, const atomic_bool *stop,
                  struct dialog **ret, struct err *err)
{
    struct dialog *dialog = calloc(1, sizeof *dialog);

    if (!dialog)
        return err_set(err, -ENOMEM, "not enough memory for a connection to Exchange");
    dialog->config = config;
    buf_init(&dialog->filtered, CHARFILTER_GROWTH(PIECE_MAX));
    int error = transport_create(config, login, stop, &dialog->transport, err);
    if (!error && response_create(&dialog->response))
        error = err_set(err, -ENOMEM, "not enough memory for a connection to Exchange");
    if (error) {
        dialog_destroy(dialog);
        return error;
    }
    *ret = dialog;
    return 0;
}

void dialog_destroy(struct dialog *dialog)
{
    if (!dialog)
        return;
    transport_destroy(dialog->transport);
    response_destroy(dialog->response);
    buf_finish(&dialog->filtered);
    free(dialog);
}

/* ---- the reply as it comes ---- */

/* Exchange answers with SOAP under these two only; what stands under another status is some
 * gateway's page. */
static bool may_hold_soap(const struct transport_reply *reply)
{
    return reply->is_xml && (reply->status == 200 || reply->status == 500);
}

/* Hands the filtered bytes on to the parser. */
static void parse_filtered(struct dialog *dialog)
{
    dialog->parsing = buf_error(&dialog->filtered);
    if (dialog->parsing == 0)
        dialog->parsing =
            response_feed(dialog->response, buf_text(&dialog->filtered), dialog->filtered.length);
    buf_clear(&dialog->filtered);
}

static int take_bytes(void *context, const struct transport_reply *reply, const char *bytes,
                      size_t length)
{
    struct dialog *dialog = context;

    if (!may_hold_soap(reply)) {
        dialog->has_enough = reply->body_bytes > IGNORED_MAX;
        return dialog->has_enough;
    }
    while (length && dialog->parsing == 0) {
        size_t piece = length < PIECE_MAX ? length : PIECE_MAX;

        charfilter_feed(&dialog->filter, bytes, piece, &dialog->filtered);
        parse_filtered(dialog);
        bytes += piece;
        length -= piece;
    }
    dialog->has_enough = dialog->parsing != 0;
    return dialog->has_enough;
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
    text_make_printable(answer->detail, strlen(answer->detail));
}

/* The reply was SOAP, or said so: the parser knows. */
static int judge_soap(struct dialog *dialog, struct ews_answer *answer)
{
    const struct response_outcome *outcome;

    if (dialog->parsing == 0) {
        charfilter_end(&dialog->filter, &dialog->filtered);
        parse_filtered(dialog);
    }
    int error = dialog->parsing < 0 ? dialog->parsing : response_end(dialog->response, &outcome);
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

/* Some statuses mean two things. */
static const struct fault *status_fault(const struct dialog *dialog,
                                        const struct transport_reply *reply)
{
    if (reply->status == 200)
        return fault_by_code(slice_of("reply_not_xml"));
    if (reply->status == 403 && dialog->config->auth == CONFIG_AUTH_BEARER)
        return fault_by_code(slice_of("http_403_online"));
    if (reply->status / 100 == 3 && reply->error_page)
        return fault_by_code(slice_of("http_3xx_error_page"));
    return fault_by_http_status(reply->status);
}

static void judge_status(const struct dialog *dialog, const struct transport_reply *reply,
                         struct ews_answer *answer)
{
    char detail[64 + TRANSPORT_REMARK_SIZE];

    answer->fault = status_fault(dialog, reply);
    (void)snprintf(detail, sizeof detail, "HTTP status %d%s%s%s", reply->status,
                   reply->status == 200 ? ", but no XML" : "", reply->remark[0] ? ", " : "",
                   reply->remark);
    note(answer, detail);
}

static int judge_reply(struct dialog *dialog, const struct transport_reply *reply,
                       struct ews_answer *answer)
{
    if (may_hold_soap(reply))
        return judge_soap(dialog, answer);
    judge_status(dialog, reply, answer);
    return 0;
}

/* A server that refuses a login may hang up before its page is through: the status has said enough.
 */
static bool is_refusal(enum transport_result result, const struct transport_reply *reply)
{
    return result == TRANSPORT_CUT && reply->status && !may_hold_soap(reply);
}

static int judge(struct dialog *dialog, enum transport_result result,
                 const struct transport_reply *reply, const struct err *err,
                 struct ews_answer *answer)
{
    if (result == TRANSPORT_OK || dialog->has_enough || is_refusal(result, reply))
        return judge_reply(dialog, reply, answer);
    if (result == TRANSPORT_STOPPED) {
        answer->stopped = true;
        return 0;
    }
    answer->fault = fault_by_transport(result);
    note(answer, err->text);
    return 0;
}

/* ---- the question ---- */

int dialog_ask(struct dialog *dialog, struct slice request, const char *mailbox,
               const struct response_listener *listener, struct ews_answer *ret)
{
    struct transport_reply reply;
    struct err err = {""};

    dialog->parsing = response_begin(dialog->response, listener);
    if (dialog->parsing)
        return dialog->parsing;
    dialog->has_enough = false;
    charfilter_init(&dialog->filter);
    buf_clear(&dialog->filtered);
    int64_t began_ms = clock_ms();
    enum transport_result result =
        transport_post(dialog->transport, request, mailbox, take_bytes, dialog, &reply, &err);
    dialog->totals.requests++;
    dialog->totals.bytes += (uint64_t)reply.received_bytes;

    struct ews_answer answer = {.wait_s = reply.retry_after_s,
                                .server_utc = reply.server_utc,
                                .took_s = (clock_ms() - began_ms) / 1000,
                                .bytes = reply.received_bytes};
    int error = judge(dialog, result, &reply, &err, &answer);
    if (!error)
        *ret = answer;
    return error;
}

struct ews_totals dialog_totals(const struct dialog *dialog)
{
    return dialog->totals;
}
