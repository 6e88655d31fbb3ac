/* SPDX-License-Identifier: MIT */
#include "net/token_reply.h"

#include <string.h>
#include <strings.h>

#include "base/extremes.h"
#include "base/json.h"
#include "net/form.h"

#define REASON_MAX 280
#define SENT_MAX   65536 /* bytes of a secret as it stood in the form */

/* ---- a token ---- */

/* Of b64token (RFC 6750, 2.1), wherever '=' stands. */
static bool is_token_byte(char byte)
{
    return form_is_unreserved(byte) || byte == '+' || byte == '/' || byte == '=';
}

/* It will stand in a header. */
static bool is_token(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!is_token_byte(text.at[i]))
            return false;
    }
    return text.length > 0 && text.length <= OAUTH_TOKEN_MAX;
}

/* A number; version 1 of Entra ID's endpoint makes a text of it. */
static bool read_life(const struct json_map *map, int64_t *ret)
{
    struct slice text;
    int64_t life_s = 0;

    if (json_map_text(map, "expires_in", &text))
        (void)slice_int(text, 0, INT64_MAX, &life_s);
    else
        (void)json_map_int(map, "expires_in", &life_s);
    *ret = min_of(life_s, OAUTH_LIFE_MAX_S);
    return life_s > 0;
}

static bool is_bearer(const struct json_map *map)
{
    struct slice type;

    return json_map_text(map, "token_type", &type) && type.length == strlen("Bearer") &&
           strncasecmp(type.at, "Bearer", type.length) == 0;
}

static enum transport_result read_token(const struct json_map *map, struct buf *ret_token,
                                        int64_t *ret_life_s, struct err *err)
{
    struct slice token;
    int64_t life_s;

    if (!is_bearer(map) || !json_map_text(map, "access_token", &token) || !is_token(token) ||
        !read_life(map, &life_s)) {
        (void)err_set(err, 0,
                      "the token server's answer lacks a token_type Bearer, an access_token of at "
                      "most %d bytes or a positive expires_in",
                      OAUTH_TOKEN_MAX);
        return TRANSPORT_LOGIN_TOKEN_BROKEN;
    }
    buf_append(ret_token, token.at, token.length);
    if (buf_error(ret_token))
        return TRANSPORT_MEMORY;
    *ret_life_s = life_s;
    return TRANSPORT_OK;
}

/* ---- a refusal ---- */

/* The part of a stranger's text that a log can show. */
static void append_printable(struct buf *reason, struct slice text)
{
    for (size_t i = 0; i < text.length && reason->length < REASON_MAX; i++) {
        bool is_printable = text.at[i] >= ' ' && text.at[i] <= '~';
        buf_append_char(reason, is_printable ? text.at[i] : '?');
    }
}

/* As it is, or as it stood in the form. Without memory to look: it may. (An assertion is longer than REASON_MAX, and
 * nothing without its end.) */
static bool holds_secret(struct slice text, const struct config *config)
{
    const char *secret = config->oauth_client_secret;
    struct buf sent = BUF_SECRET(SENT_MAX);

    if (!secret || !text.length)
        return false;
    form_append_encoded(&sent, secret);
    bool holds = buf_error(&sent) || memmem(text.at, text.length, secret, strlen(secret)) ||
                 memmem(text.at, text.length, sent.bytes, sent.length);
    buf_finish(&sent);
    return holds;
}

/* ": error: error_description" */
static void append_reason(struct buf *reason, const struct json_map *map,
                          const struct config *config)
{
    static const char *const keys[] = {"error", "error_description"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct slice text;
        if (!json_map_text(map, keys[i], &text))
            continue;
        buf_append_text(reason, ": ");
        append_printable(reason,
                         holds_secret(text, config) ? slice_of("(repeats the secret)") : text);
    }
}

/* By the status first; what is no refusal by it may be one by its error. */
static enum transport_result refusal_of(int status, struct slice error)
{
    if (status == 429)
        return TRANSPORT_LOGIN_TOKEN_BUSY;
    if (status >= 500 || slice_is(error, "temporarily_unavailable") ||
        slice_is(error, "server_error"))
        return TRANSPORT_LOGIN_TOKEN_UNREACHABLE;
    return error.length ? TRANSPORT_LOGIN_REFUSED : TRANSPORT_LOGIN_TOKEN_BROKEN;
}

/* `map` is NULL if the answer is none. */
static enum transport_result refuse(const struct config *config, int status,
                                    const struct json_map *map, struct err *err)
{
    struct buf reason = BUF_INIT((size_t)2 * REASON_MAX);
    struct slice error = {0};

    if (map) {
        (void)json_map_text(map, "error", &error);
        append_reason(&reason, map, config);
    }
    (void)err_set(err, 0, "the token server answers with HTTP status %d%s%s", status,
                  map ? "" : ", which is no token", buf_text(&reason));
    buf_finish(&reason);
    return refusal_of(status, error);
}

/* ---- either ---- */

enum transport_result token_reply_read(const struct config *config, int status, struct slice body,
                                       struct buf *ret_token, int64_t *ret_life_s, struct err *err)
{
    struct json_map map;
    enum transport_result result;

    if (json_map_read(body, &map))
        return refuse(config, status, NULL, err);
    if (status == 200)
        result = read_token(&map, ret_token, ret_life_s, err);
    else
        result = refuse(config, status, &map, err);
    json_map_finish(&map);
    return result;
}
