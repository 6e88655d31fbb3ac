/* SPDX-License-Identifier: MIT */
#include "gateway.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/problem.h"
#include "http/routes.h"

/* A shelf drops what it found damaged, so a second answer is made of other files. */
#define ANSWERS_MAX 3

static struct slice split_target(struct slice target, struct slice *ret_query)
{
    struct slice path = {0};
    *ret_query = target;
    slice_next(ret_query, '?', &path);
    return path;
}

static struct slice decode_path(struct slice encoded, struct buf *path)
{
    if (encoded.length > GATEWAY_TARGET_MAX)
        return encoded;
    if (!http_decode(encoded, false, path))
        return (struct slice){0};
    return (struct slice){.at = buf_text(path), .length = path->length};
}

void gateway_request(gateway_param *param, void *context, struct buf *path,
                     struct http_request *ret)
{
    struct slice path_info = slice_of(param(context, "PATH_INFO"));
    struct slice target = slice_of(param(context, "REQUEST_URI"));
    const char *query = param(context, "QUERY_STRING");
    struct slice target_query = {0};
    struct slice encoded = split_target(target, &target_query);

    *ret = (struct http_request){
        .method = slice_of(param(context, "REQUEST_METHOD")),
        .query = query ? slice_of(query) : target_query,
        .accept = slice_of(param(context, "HTTP_ACCEPT")),
        .if_none_match = slice_of(param(context, "HTTP_IF_NONE_MATCH")),
        .if_modified_since = slice_of(param(context, "HTTP_IF_MODIFIED_SINCE")),
    };
    if (path_info.length > 0 && path_info.at[0] == '/')
        ret->path = path_info;
    else if (target.length > 0)
        ret->path = decode_path(encoded, path);
    else
        ret->path = slice_of(param(context, "SCRIPT_NAME"));
}

/* What a visitor was sent. */
struct answer {
    int status;
    size_t bytes; /* of the body */
};

static void count_answer(struct ledger *ledger, const struct answer *answer)
{
    ledger_count(ledger, LEDGER_HTTP_REQUESTS, 1);
    ledger_count(ledger, LEDGER_HTTP_BYTES, answer->bytes);
    if (answer->status == 304)
        ledger_count(ledger, LEDGER_HTTP_NOT_MODIFIED, 1);
    else if (answer->status >= 500)
        ledger_count(ledger, LEDGER_HTTP_SERVER_ERRORS, 1);
    else if (answer->status >= 400)
        ledger_count(ledger, LEDGER_HTTP_CLIENT_ERRORS, 1);
}

/* One line a request. A stranger's texts are cut, and no header of the request is shown. */
static void log_request(const struct http_request *request, const struct answer *answer,
                        int64_t begun_ms)
{
    char method[LOG_VALUE_SIZE];
    char path[LOG_VALUE_SIZE];
    char query[LOG_VALUE_SIZE];
    log_event(LOG_LEVEL_DEBUG, "request",
              "method=\"%s\" path=\"%s\" query=\"%s\" status=%d bytes=%zu ms=%" PRId64,
              log_value(request->method, method), log_value(request->path, path),
              log_value(request->query, query), answer->status, answer->bytes,
              clock_ms() - begun_ms);
}

/* One try: HTTP_UNSENT, or what http_reply_send returned. */
static int try_answer(const struct site *site, const struct http_request *request,
                      http_write *write, void *write_context, struct answer *ret)
{
    struct http_reply reply;
    http_reply_init(&reply, site->shelf);
    routes_handle(site, request, &reply);
    int result = http_reply_send(&reply, write, write_context);
    *ret = (struct answer){http_reply_status(&reply), http_reply_body_length(&reply)};
    http_reply_finish(&reply);
    return result;
}

int gateway_answer(const struct site *site, gateway_param *param, void *param_context,
                   http_write *write, void *write_context)
{
    struct buf path = BUF_INIT(GATEWAY_TARGET_MAX);
    struct http_request request;
    struct answer sent = {0};
    int64_t begun_ms = clock_ms();
    int result = HTTP_UNSENT;
    gateway_request(param, param_context, &path, &request);
    for (int i = 0; i < ANSWERS_MAX && result == HTTP_UNSENT; i++)
        result = try_answer(site, &request, write, write_context, &sent);
    if (result == HTTP_UNSENT) {
        sent = (struct answer){.status = 503};
        result = gateway_refuse(503, "The cache is being damaged again and again.", write,
                                write_context);
    }
    count_answer(site->ledger, &sent);
    log_request(&request, &sent, begun_ms);
    buf_finish(&path);
    return result;
}

int gateway_refuse(int status, const char *detail, http_write *write, void *write_context)
{
    struct http_reply reply;
    http_reply_init(&reply, NULL);
    problem_reply(&reply, status, "%s", detail);
    int result = http_reply_send(&reply, write, write_context);
    http_reply_finish(&reply);
    return result;
}
