/* SPDX-License-Identifier: MIT */
#include "net/token_request.h"

#include <errno.h>

#include "base/clock.h"
#include "net/connection.h"
#include "net/form.h"
#include "net/jwt.h"

#define FORM_MAX 65536

static const char assertion_type[] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/* ---- the form ---- */

static int append_assertion(const struct config *config, struct buf *form, struct err *err)
{
    struct buf assertion = BUF_SECRET(JWT_ASSERTION_MAX);
    int error = jwt_append_assertion(config, clock_utc(), &assertion, err);

    form_append_field(form, "client_assertion_type", assertion_type);
    form_append_field(form, "client_assertion", buf_text(&assertion));
    buf_finish(&assertion);
    return error;
}

static enum transport_result fill_form(const struct config *config, struct buf *form,
                                       struct err *err)
{
    int error = 0;

    form_append_field(form, "grant_type", "client_credentials");
    form_append_field(form, "client_id", config->oauth_client_id);
    form_append_field(form, "scope", config->oauth_scope);
    if (config->oauth_cert_file)
        error = append_assertion(config, form, err);
    else
        form_append_field(form, "client_secret", config->oauth_client_secret);
    if (buf_error(form) || error == -ENOMEM)
        return TRANSPORT_MEMORY;
    return error ? TRANSPORT_LOGIN_TOKEN_UNSIGNED : TRANSPORT_OK;
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
    return token_reply_read(config, reply.status, (struct slice){body->bytes, body->length},
                            ret_token, &ret->life_s, err);
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
