/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_FCGI_GATEWAY_H
#define ROOMCAL_FCGI_GATEWAY_H

/*
 * gateway — what FastCGI and CGI have in common: parameters in, a CGI response out (RFC 3875)
 */

#include "base/buf.h"
#include "http/message.h"

/* A parameter's value, NULL if it was not sent: FCGX_GetParam's shape, and getenv's. */
typedef const char *gateway_param(void *context, const char *name);

/* Fills the request from the parameters; slices borrow from them and from `path`, where the decoded path is put. The
 * path is PATH_INFO where the web server gives one (CGI under a script's name), else that of REQUEST_URI. */
void gateway_request(gateway_param *param, void *context, struct buf *path,
                     struct http_request *ret);

/* The two gateways: each runs until it is done and returns the process's exit status. */
int gateway_fcgi_run(int listen_fd);
int gateway_cgi_run(void);

#endif
