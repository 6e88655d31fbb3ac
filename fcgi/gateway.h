/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_FCGI_GATEWAY_H
#define ROOMCAL_FCGI_GATEWAY_H

/*
 * gateway — what FastCGI and CGI have in common: parameters in, a CGI response out (RFC 3875)
 */

#include "base/buf.h"
#include "http/message.h"
#include "http/site.h"

/* Bytes of REQUEST_URI that are looked at: what nginx can send */
#define GATEWAY_TARGET_MAX 65535

/* Nobody wants a request's body. As plain CGI so many bytes of it are read all the same before the process ends, and so long
 * is waited for them; as FastCGI it is left to the web server. */
#define GATEWAY_BODY_MAX INT64_C(65536)
#define GATEWAY_BODY_MS  5000

/* A parameter's value, NULL if it was not sent: FCGX_GetParam's shape, and getenv's. */
typedef const char *gateway_param(void *context, const char *name);

/* Fills the request from the parameters; slices borrow from them and from `path`, where the decoded
 * path is put (its limit has to be GATEWAY_TARGET_MAX). The path is PATH_INFO where the web server
 * gives one (CGI under a script's name), else that of REQUEST_URI, else SCRIPT_NAME. A path that
 * cannot be decoded is left empty, and a target over the limit is left as it came: http/routes
 * refuses the one as no path of ours and the other as too long. */
void gateway_request(gateway_param *param, void *context, struct buf *path,
                     struct http_request *ret);

/* Answers one request, counts it in the site's ledger and, at LOG_LEVEL=debug, logs it. Returns what `write` returned: not 0
 * when the visitor has gone. */
int gateway_answer(const struct site *site, gateway_param *param, void *param_context,
                   http_write *write, void *write_context);

/* Answers any request with a problem (http/problem). `detail` is for strangers. Returns as gateway_answer does. */
int gateway_refuse(int status, const char *detail, http_write *write, void *write_context);

/* The two gateways: each runs until it is done and returns the process's exit status. */
int gateway_fcgi_run(int listen_fd);
int gateway_cgi_run(void);

#endif
