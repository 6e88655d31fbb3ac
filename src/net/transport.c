/* SPDX-License-Identifier: MIT */
#include "net/transport.h"

#include <errno.h>
#include <stdlib.h>

#include "net/auth.h"

/* Of the page that comes with a 401: read to its end so far, so that the connection can be kept */
#define PAGE_MAX 65536

struct transport {
    struct connection *connection;
    struct auth *auth;

    /* the question under way */
    transport_sink *sink;
    void *context;
    int64_t received_bytes; /* by the legs before */
};

int transport_create(const struct config *config, struct login *login, const atomic_bool *stop,
                     struct transport **ret, struct err *err)
{
    struct transport *transport = calloc(1, sizeof *transport);

    if (!transport)
        return err_set(err, -ENOMEM, "not enough memory for a connection to Exchange");
    int error = connection_create(config->endpoint, config, stop, &transport->connection, err);
    if (!error && auth_create(config, login, &transport->auth) < 0)
        error = err_set(err, -ENOMEM, "not enough memory for a connection to Exchange");
    if (error) {
        transport_destroy(transport);
        return error;
    }
    *ret = transport;
    return 0;
}

void transport_destroy(struct transport *transport)
{
    if (!transport)
        return;
    connection_destroy(transport->connection);
    auth_destroy(transport->auth);
    free(transport);
}

/* What comes with a 401 is a page for people. */
static int take_bytes(void *context, const struct transport_reply *reply, const char *bytes,
                      size_t length)
{
    struct transport *transport = context;

    if (reply->status == 401)
        return reply->body_bytes > PAGE_MAX;
    return transport->sink(transport->context, reply, bytes, length);
}

static enum transport_result send_leg(struct transport *transport, const struct auth_leg *leg,
                                      struct slice body, const char *mailbox,
                                      struct transport_reply *ret_reply, struct err *err)
{
    const struct connection_request request = {
        .body = leg->has_question ? body : (struct slice){"", 0},
        .content_type = "text/xml; charset=utf-8",
        .mailbox = mailbox,
        .authorization = leg->authorization,
        .over_the_same = leg->over_the_same,
    };
    enum transport_result result =
        connection_post(transport->connection, &request, take_bytes, transport, ret_reply, err);

    transport->received_bytes += ret_reply->received_bytes;
    ret_reply->received_bytes = transport->received_bytes;
    return result;
}

/* One leg and what it means. */
static enum auth_verdict post_leg(struct transport *transport, struct slice body,
                                  const char *mailbox, enum transport_result *ret,
                                  struct transport_reply *ret_reply, struct err *err)
{
    struct connection *connection = transport->connection;
    const struct auth_line line = {connection_is_open(connection), connection_binding(connection)};
    struct auth_leg leg;

    *ret = auth_next(transport->auth, line, &leg, err);
    if (*ret != TRANSPORT_OK) {
        ret_reply->retry_after_s = auth_wait_s(transport->auth);
        return AUTH_FAILED;
    }
    *ret = send_leg(transport, &leg, body, mailbox, ret_reply, err);
    const struct auth_heard heard = {*ret, ret_reply, connection_challenge(connection)};
    return auth_heard(transport->auth, &heard, ret, err);
}

enum transport_result transport_post(struct transport *transport, struct slice body,
                                     const char *mailbox, transport_sink *sink, void *context,
                                     struct transport_reply *ret_reply, struct err *err)
{
    struct transport_reply reply = {.retry_after_s = -1};
    enum transport_result result;

    transport->sink = sink;
    transport->context = context;
    transport->received_bytes = 0;
    auth_begin(transport->auth);
    do
        *err = (struct err){""};
    while (post_leg(transport, body, mailbox, &result, &reply, err) == AUTH_GO_ON);
    *ret_reply = reply;
    return result;
}
