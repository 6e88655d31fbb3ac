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

static void log_request(const struct http_request *request, const struct http_reply *reply,
                        int64_t begun_ms)
{
    char method[LOG_VALUE_SIZE];
    char path[LOG_VALUE_SIZE];
    log_event(LOG_LEVEL_DEBUG, "request",
              "method=\"%s\" path=\"%s\" status=%d bytes=%zu ms=%" PRId64,
              log_value(request->method, method), log_value(request->path, path),
              reply->error ? 500 : reply->status, reply->length, clock_ms() - begun_ms);
}

/* One try: HTTP_UNSENT, or what http_reply_send returned. */
static int answer(const struct site *site, const struct http_request *request, http_write *write,
                  void *write_context)
{
    int64_t begun_ms = clock_ms();
    struct http_reply reply;
    http_reply_init(&reply, site->shelf);
    routes_handle(site, request, &reply);
    int result = http_reply_send(&reply, write, write_context);
    if (result != HTTP_UNSENT)
        log_request(request, &reply, begun_ms);
    http_reply_finish(&reply);
    return result;
}

int gateway_answer(const struct site *site, gateway_param *param, void *param_context,
                   http_write *write, void *write_context)
{
    struct buf path = BUF_INIT(GATEWAY_TARGET_MAX);
    struct http_request request;
    int result = HTTP_UNSENT;
    gateway_request(param, param_context, &path, &request);
    for (int i = 0; i < ANSWERS_MAX && result == HTTP_UNSENT; i++)
        result = answer(site, &request, write, write_context);
    if (result == HTTP_UNSENT)
        result = gateway_refuse(503, "The cache is being damaged again and again.", write,
                                write_context);
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
