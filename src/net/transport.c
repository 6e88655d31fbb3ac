/* SPDX-License-Identifier: MIT */
#include "net/transport.h"

#include <errno.h>
#include <stdlib.h>

struct transport {
    struct connection *connection;
};

int transport_create(const struct config *config, const atomic_bool *stop, struct transport **ret,
                     struct err *err)
{
    struct transport *transport = calloc(1, sizeof *transport);

    if (!transport)
        return err_set(err, -ENOMEM, "not enough memory for a connection to Exchange");
    int error = connection_create(config->endpoint, config, stop, &transport->connection, err);
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
    free(transport);
}

enum transport_result transport_post(struct transport *transport, struct slice body,
                                     const char *mailbox, transport_sink *sink, void *context,
                                     struct transport_reply *ret_reply, struct err *err)
{
    const struct connection_request request = {
        .body = body, .content_type = "text/xml; charset=utf-8", .mailbox = mailbox};

    return connection_post(transport->connection, &request, sink, context, ret_reply, err);
}
