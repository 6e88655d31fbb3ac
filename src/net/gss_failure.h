/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_GSS_FAILURE_H
#define ROOMCAL_NET_GSS_FAILURE_H

/*
 * gss_failure — what GSS-API's two numbers mean, and what an administrator can do about it. A part of net/auth_gss.
 */

#include <gssapi/gssapi.h>

#include "base/err.h"
#include "net/auth_gss.h"

/* A call that needed nothing from the server has failed: the result that `major` and `minor` stand for; `err` gets the
 * sentence. `mech` is the mechanism that was called: SPNEGO gives numbers of its own to what its mechanisms say, so for a
 * cause ask the mechanism itself. */
enum auth_gss_result gss_failure(OM_uint32 major, OM_uint32 minor, gss_OID mech, struct err *err);

/* A call that was given the server's token has failed: it is the token's fault, AUTH_GSS_BAD_TOKEN, if not the memory's. */
enum auth_gss_result gss_failure_of_token(OM_uint32 major, OM_uint32 minor, gss_OID mech,
                                          struct err *err);

#endif
