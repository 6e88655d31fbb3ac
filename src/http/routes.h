/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_ROUTES_H
#define ROOMCAL_HTTP_ROUTES_H

/*
 * routes — which path is whose
 */

#include "http/message.h"
#include "http/site.h"

/* Fills the reply: 404 for paths we do not have, 405 with Allow for methods other than GET and
 * HEAD, and with CORS_ORIGIN OPTIONS (http/cors), 414 for what is too long. */
void routes_handle(const struct site *site, const struct http_request *request,
                   struct http_reply *reply);

#endif
