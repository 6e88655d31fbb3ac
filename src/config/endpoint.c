/* SPDX-License-Identifier: MIT */
#include "config/endpoint.h"

#include <ctype.h>

#include "base/buf.h"
#include "config/url.h"

#define DEFAULT_PATH "/EWS/Exchange.asmx"

/* ---- putting together ------------------------------------------------------------------------ */

static int compose(const struct url *url, struct slice path, char **ret)
{
    struct buf text = BUF_SECRET(SIZE_MAX / 2); /* a proxy may have a password */

    buf_append_text(&text, url->plain ? "http://" : "https://");
    buf_append(&text, url->user.at, url->user.length);
    if (url->has_user)
        buf_append_char(&text, '@');
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

/* ---- checks ---------------------------------------------------------------------------------- */

/* A path other than "/". */
static bool has_path(const struct url *url)
{
    return url->path.length > 1;
}

static const char *check_safety(const struct url *url)
{
    if (url->plain && !url_is_loopback(url))
        return "would send the password in clear text; write https:// (http:// is for localhost"
               " only)";
    return NULL;
}

static const char *check_server(const struct url *url)
{
    if (url->has_user)
        return "names a user or password; they belong into USERNAME and PASSWORD";
    return check_safety(url);
}

static const char *check_token_url(const struct url *url)
{
    if (!url->has_scheme)
        return "has to begin with https://";
    if (url->has_user)
        return "names a user or password; they belong into OAUTH_CLIENT_ID and"
               " OAUTH_CLIENT_SECRET";
    return check_safety(url);
}

static const char *check_proxy(const struct url *url)
{
    if (!url->has_scheme || !url->has_port)
        return "has to be http://host:port, perhaps with user:password@ before the host";
    return has_path(url) ? "has a path, which no proxy has" : NULL;
}

static const char *check_origin(const struct url *url)
{
    if (!url->has_scheme || url->has_user || has_path(url))
        return "has to be https://host or https://host:port, or *";
    return NULL;
}

/* ---- the settings ---------------------------------------------------------------------------- */

typedef const char *url_check(const struct url *url);

/* 0 and *ret, or 1 and a sentence. */
static int parse(struct slice text, url_check *check, struct url *ret, struct err *err)
{
    const char *flaw = url_split(text, ret);

    if (!flaw)
        flaw = check(ret);
    return flaw ? err_set(err, 1, "%s", flaw) : 0;
}

int endpoint_parse(struct slice text, char **ret, struct err *err)
{
    struct url url = {0};
    int error = parse(text, check_server, &url, err);

    return error ? error : compose(&url, has_path(&url) ? url.path : slice_of(DEFAULT_PATH), ret);
}

int endpoint_parse_token_url(struct slice text, char **ret, struct err *err)
{
    struct url url = {0};
    int error = parse(text, check_token_url, &url, err);

    return error ? error : compose(&url, url.path, ret);
}

int endpoint_parse_proxy(struct slice text, char **ret, struct err *err)
{
    struct url url = {0};
    int error = parse(text, check_proxy, &url, err);

    return error ? error : compose(&url, slice_of(""), ret);
}

int endpoint_parse_origin(struct slice text, char **ret, struct err *err)
{
    struct url url = {0};
    int error = parse(text, check_origin, &url, err);

    if (error)
        return error;
    if (slice_is(url.port, url.plain ? "80" : "443")) {
        url.has_port = false;
        url.port = slice_of("");
    }
    error = compose(&url, slice_of(""), ret);
    for (char *at = error ? NULL : *ret; at && *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return error;
}
