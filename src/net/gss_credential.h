/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_GSS_CREDENTIAL_H
#define ROOMCAL_NET_GSS_CREDENTIAL_H

/*
 * gss_credential — who we are, for GSS-API: made of the settings (net/auth_gss.h says how). A part of net/auth_gss.
 */

#include <gssapi/gssapi.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"
#include "net/auth_gss.h"

/* The mechanisms of a kind. */
struct gss_kind {
    gss_OID mech;  /* which makes and reads the tokens */
    gss_OID inner; /* the one that SPNEGO may choose; NULL if `mech` is not SPNEGO */
    int legs;      /* tokens that we send; SPNEGO itself would wait for the server's last word */
};

const struct gss_kind *gss_kind_of(enum auth_gss_kind kind);

/* Is there a library on this machine for all that the kind needs? */
bool gss_kind_available(enum auth_gss_kind kind);

/* Zeroed: none. */
struct gss_credential {
    gss_cred_id_t handle;  /* for the kind's `mech` */
    gss_cred_id_t tickets; /* KERBEROS: for krb5 itself, which can say why it fails */
    int64_t expires_utc;   /* INT64_MAX: never */
    char cache[64];        /* the ticket cache in memory that is ours alone; "": none */
};

/* AUTH_GSS_DONE and the credential, or one of the failures. `ret` must be none before, and is none after a failure. A
 * Kerberos ticket may have expired all the same: that is told when it is used. */
enum auth_gss_result gss_credential_acquire(const struct config *config, enum auth_gss_kind kind,
                                            struct gss_credential *ret, struct err *err);

/* The same for KERBEROS, but for no other use than to see whether keytab or tickets would do; not by PASSWORD. */
enum auth_gss_result gss_credential_try_tickets(const struct config *config, struct err *err);

/* Afterwards it is none. */
void gss_credential_release(struct gss_credential *credential);

#endif
