/* SPDX-License-Identifier: MIT */
#include "net/token_request.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "net/connection.h"
#include "net/jwt.h"

#define FORM_MAX   65536
#define REASON_MAX 280

static const char assertion_type[] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/* ---- the form ---- */

static bool is_unreserved(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || (byte && strchr("-._~", byte));
}

/* application/x-www-form-urlencoded, RFC 6749, B */
static void append_byte(struct buf *form, char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    const char code[] = {'%', digits[(unsigned char)byte >> 4], digits[byte & 0xF]};

    if (is_unreserved(byte))
        buf_append_char(form, byte);
    else
        buf_append(form, code, sizeof code);
}

static void append_encoded(struct buf *form, const char *value)
{
    for (; *value; value++)
        append_byte(form, *value);
}

static void append_field(struct buf *form, const char *name, const char *value)
{
    buf_append_text(form, form->length ? "&" : "");
    buf_append_text(form, name);
    buf_append_char(form, '=');
    append_encoded(form, value);
}

static int append_assertion(const struct config *config, struct buf *form, struct err *err)
{
    struct buf assertion = BUF_SECRET(JWT_ASSERTION_MAX);
    int error = jwt_append_assertion(config, clock_utc(), &assertion, err);

    append_field(form, "client_assertion_type", assertion_type);
    append_field(form, "client_assertion", buf_text(&assertion));
    buf_finish(&assertion);
    return error;
}

static enum transport_result fill_form(const struct config *config, struct buf *form,
                                       struct err *err)
{
    int error = 0;

    append_field(form, "grant_type", "client_credentials");
    append_field(form, "client_id", config->oauth_client_id);
    append_field(form, "scope", config->oauth_scope);
    if (config->oauth_cert_file)
        error = append_assertion(config, form, err);
    else
        append_field(form, "client_secret", config->oauth_client_secret);
    if (buf_error(form) || error == -ENOMEM)
        return TRANSPORT_MEMORY;
    return error ? TRANSPORT_LOGIN_TOKEN_UNSIGNED : TRANSPORT_OK;
}

/* ---- what the answer says ---- */

static bool is_token_byte(char byte)
{
    return is_unreserved(byte) || byte == '+' || byte == '/' || byte == '=';
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
    *ret = life_s < OAUTH_LIFE_MAX_S ? life_s : OAUTH_LIFE_MAX_S;
    return life_s > 0;
}

static bool is_bearer(const struct json_map *map)
{
    struct slice type;

    return json_map_text(map, "token_type", &type) && type.length == strlen("Bearer") &&
           strncasecmp(type.at, "Bearer", type.length) == 0;
}

static enum transport_result read_token(const struct json_map *map, struct buf *ret_token,
                                        struct token_answer *ret, struct err *err)
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
    ret->life_s = life_s;
    return buf_error(ret_token) ? TRANSPORT_MEMORY : TRANSPORT_OK;
}

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
    struct buf sent = BUF_SECRET(FORM_MAX);

    if (!secret || !text.length)
        return false;
    append_encoded(&sent, secret);
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

static enum transport_result read_reply(const struct config *config, int status,
                                        const struct buf *body, struct buf *ret_token,
                                        struct token_answer *ret, struct err *err)
{
    struct json_map map;
    enum transport_result result;

    if (json_map_read((struct slice){body->bytes, body->length}, &map))
        return refuse(config, status, NULL, err);
    if (status == 200)
        result = read_token(&map, ret_token, ret, err);
    else
        result = refuse(config, status, &map, err);
    json_map_finish(&map);
    return result;
}

/* ---- the exchange ---- */

static int take_bytes(void *context, const struct transport_reply *reply, const char *bytes,
                      size_t length)
{
    struct buf *body = context;

    (void)reply;
    buf_append(body, bytes, length);
    return buf_error(body);
}

/* There was no whole answer. The results of net/connection are about Exchange, but for our own files and PROXY. */
static enum transport_result failure_of(enum transport_result result)
{
    static const struct {
        enum transport_result from, to;
    } rows[] = {
        {TRANSPORT_STOPPED, TRANSPORT_STOPPED},
        {TRANSPORT_MEMORY, TRANSPORT_MEMORY},
        {TRANSPORT_TOO_LARGE, TRANSPORT_LOGIN_TOKEN_BROKEN},
        {TRANSPORT_TLS, TRANSPORT_LOGIN_TOKEN_TLS},
        {TRANSPORT_TLS_EXPIRED, TRANSPORT_LOGIN_TOKEN_TLS},
        {TRANSPORT_TLS_NOT_YET_VALID, TRANSPORT_LOGIN_TOKEN_TLS},
        {TRANSPORT_TLS_WRONG_HOST, TRANSPORT_LOGIN_TOKEN_TLS},
        {TRANSPORT_TLS_SELF_SIGNED, TRANSPORT_LOGIN_TOKEN_TLS},
        {TRANSPORT_TLS_UNKNOWN_AUTHORITY, TRANSPORT_LOGIN_TOKEN_TLS},
        {TRANSPORT_TLS_WEAK, TRANSPORT_LOGIN_TOKEN_TLS},
        {TRANSPORT_TLS_OLD, TRANSPORT_LOGIN_TOKEN_TLS},
        {TRANSPORT_TLS_NONE, TRANSPORT_LOGIN_TOKEN_TLS},
        {TRANSPORT_TLS_CLIENT_WANTED, TRANSPORT_LOGIN_TOKEN_TLS},
        {TRANSPORT_TLS_CLIENT_REFUSED, TRANSPORT_LOGIN_TOKEN_TLS},
        {TRANSPORT_TLS_CLIENT_FILES, TRANSPORT_TLS_CLIENT_FILES},
        {TRANSPORT_TLS_CA_FILE, TRANSPORT_TLS_CA_FILE},
        {TRANSPORT_PROXY_UNREACHABLE, TRANSPORT_PROXY_UNREACHABLE},
        {TRANSPORT_PROXY_TLS, TRANSPORT_PROXY_TLS},
        {TRANSPORT_PROXY_LOGIN, TRANSPORT_PROXY_LOGIN},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].from == result)
            return rows[i].to;
    }
    return TRANSPORT_LOGIN_TOKEN_UNREACHABLE;
}

/* `body` gets the answer; *ret has its status. */
static enum transport_result post(const struct config *config, const atomic_bool *stop,
                                  const struct buf *form, struct buf *body,
                                  struct transport_reply *ret, struct err *err)
{
    const struct connection_request request = {
        .body = {form->bytes, form->length},
        .content_type = "application/x-www-form-urlencoded",
    };
    struct connection *connection;
    struct err reason = {""};

    if (connection_create(config->oauth_token_url, config, stop, &connection, err))
        return TRANSPORT_MEMORY;
    enum transport_result result =
        connection_post(connection, &request, take_bytes, body, ret, &reason);
    connection_destroy(connection);
    if (buf_error(body)) {
        (void)err_set(err, 0, "the token server's answer is over %d bytes", OAUTH_REPLY_MAX);
        return TRANSPORT_LOGIN_TOKEN_BROKEN;
    }
    if (result == TRANSPORT_OK)
        return result;
    (void)err_set(err, 0, "no answer from the token server: %s", reason.text);
    return failure_of(result);
}

static enum transport_result exchange(const struct config *config, const atomic_bool *stop,
                                      struct buf *form, struct buf *body, struct buf *ret_token,
                                      struct token_answer *ret, struct err *err)
{
    struct transport_reply reply = {.retry_after_s = -1};

    enum transport_result result = fill_form(config, form, err);
    if (result != TRANSPORT_OK)
        return result;
    result = post(config, stop, form, body, &reply, err);
    ret->wait_s = reply.retry_after_s;
    if (result != TRANSPORT_OK)
        return result;
    return read_reply(config, reply.status, body, ret_token, ret, err);
}

enum transport_result token_request(const struct config *config, const atomic_bool *stop,
                                    struct buf *ret_token, struct token_answer *ret,
                                    struct err *err)
{
    struct buf form = BUF_SECRET(FORM_MAX);
    struct buf body = BUF_SECRET(OAUTH_REPLY_MAX);

    *ret = (struct token_answer){.wait_s = -1};
    enum transport_result result = exchange(config, stop, &form, &body, ret_token, ret, err);
    buf_finish(&form);
    buf_finish(&body);
    if (result == TRANSPORT_MEMORY)
        (void)err_set(err, 0, "not enough memory for a token");
    return result;
}
