/* SPDX-License-Identifier: MIT */
#include "config/endpoint.h"

#include "base/buf.h"
#include "config/url.h"

#define DEFAULT_PATH "/EWS/Exchange.asmx"

static int compose(const struct url *url, char **ret)
{
    bool has_path = url->path.length > 1;
    struct slice path = has_path ? url->path : slice_of(DEFAULT_PATH);
    struct buf text = BUF_INIT(SIZE_MAX / 2);

    buf_append_text(&text, url->plain ? "http://" : "https://");
    buf_append(&text, url->host.at, url->host.length);
    if (url->has_port)
        buf_append_char(&text, ':');
    buf_append(&text, url->port.at, url->port.length);
    buf_append(&text, path.at, path.length);
    int error = buf_error(&text);
    if (error)
        buf_finish(&text);
    else
        *ret = text.bytes;
    return error;
}

static const char *check(const struct url *url)
{
    if (url->has_user)
        return "names a user or password; they belong into USERNAME and PASSWORD";
    if (url->plain && !url_is_loopback(url))
        return "would send the password in clear text; write https:// (http:// is for localhost"
               " only)";
    return NULL;
}

int endpoint_parse(struct slice text, char **ret, struct err *err)
{
    struct url url;
    const char *flaw = url_split(text, &url);

    if (!flaw)
        flaw = check(&url);
    return flaw ? err_set(err, 1, "%s", flaw) : compose(&url, ret);
}
