/* SPDX-License-Identifier: MIT */
#include "http/problem.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"

#define BODY_MAX 8192u

static int put_problem(int status, const char *detail, struct buf *out)
{
    struct json json;

    json_begin(&json);
    json_open_map(&json, NULL);
    json_put_text(&json, "type", slice_of("about:blank"));
    json_put_text(&json, "title", slice_of(http_reason(status)));
    json_put_int(&json, "status", status);
    json_put_text(&json, "detail", slice_of(detail));
    json_close(&json);
    return json_finish(&json, out);
}

void problem_reply(struct http_reply *reply, int status, const char *detail_format, ...)
{
    struct buf body = BUF_INIT(BODY_MAX);
    char detail[PROBLEM_DETAIL_MAX + 1]; /* a longer one is cut */
    va_list arguments;

    va_start(arguments, detail_format);
    (void)vsnprintf(detail, sizeof detail, detail_format, arguments);
    va_end(arguments);
    http_reply_reset(reply);
    reply->status = status;
    http_reply_header(reply, "Content-Type", "application/problem+json");
    http_reply_header(reply, "Cache-Control", "no-store");
    http_reply_fail(reply, put_problem(status, detail, &body));
    http_reply_write(reply, (struct slice){buf_text(&body), body.length});
    buf_finish(&body);
}
