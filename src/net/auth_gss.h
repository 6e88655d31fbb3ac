/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_AUTH_GSS_H
#define ROOMCAL_NET_AUTH_GSS_H

/*
 * auth_gss — logging in with NTLM or Kerberos: the tokens of one connection after the other. The home of GSS-API
 * (RFC 2743), together with net/gss_credential and net/gss_failure, which are parts of it.
 *
 * An object belongs to one lane, that is one thread, and is used for one connection at a time. It makes the tokens that
 * go behind "Authorization: NTLM" or "Negotiate" and takes those that come behind "WWW-Authenticate:"; it sends nothing
 * itself, but Kerberos asks its KDC for tickets, as /etc/krb5.conf says, and so the first leg may wait for the network.
 *
 *     NTLM, NEGOTIATE_NTLM    →  token (LEG)     ←  401, token     →  token (LAST)     ←  anything but 401
 *     KERBEROS                →  token (LAST)    ←  anything but 401
 *
 * The object's name of the server is HTTP@host, with the host of EXCHANGE_SERVER; whether DNS has a say in which name is
 * meant is for krb5.conf (dns_canonicalize_hostname). Nothing is delegated, for Exchange needs nobody's tickets but its
 * own; and the server does not have to prove itself (no GSS_C_MUTUAL_FLAG), for TLS has done that, and Kerberos would
 * need another leg for it, whose answer IIS sends with the reply when it is too late.
 *
 * The credential:
 *   NTLM       USERNAME and PASSWORD by the package gss-ntlmssp. "DOMAIN\user" names the domain, "user@domain" (UPN) goes
 *              out as it is without one, as Windows and all other clients do it, and so does "user". NTLM_USER_FILE and
 *              winbind, which gss-ntlmssp would ask too, are never asked.
 *   KERBEROS   the keytab KRB5_CLIENT_KTNAME, with tickets in KRB5CCNAME or else in memory; or the tickets of KRB5CCNAME
 *              alone. If there is neither keytab nor ticket, USERNAME and PASSWORD: "user@domain" is user@DOMAIN, "user"
 *              and "DOMAIN\user" are user in krb5.conf's default realm.
 * It is acquired with the first token, kept for the next connections, and acquired anew when it is about to expire; a
 * keytab's tickets are so renewed for ever. Secrets are never copied here. (gss-ntlmssp 1.2.0 loses six kilobytes, without
 * the password, for each credential: once an object, then.)
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "config/config.h"
#include "net/channel_binding.h"

/* Bytes of a token of ours in base64: see CHALLENGE_TOKEN_MAX. */
#define AUTH_GSS_TOKEN_MAX (64 << 10)

enum auth_gss_kind {
    AUTH_GSS_NTLM,           /* MS-NLMP as it is, for the scheme NTLM */
    AUTH_GSS_KERBEROS,       /* Kerberos inside SPNEGO (RFC 4178), for Negotiate */
    AUTH_GSS_NEGOTIATE_NTLM, /* NTLM inside SPNEGO, for Negotiate */
    AUTH_GSS_KINDS
};

/* Unless it is LEG, LAST or DONE, `err` has a sentence that says what to do, with the words of GSS-API. */
enum auth_gss_result {
    AUTH_GSS_LEG,  /* a token is to be sent, and the server must answer with one */
    AUTH_GSS_LAST, /* a token is to be sent, and it is the last: with it goes the question itself */
    AUTH_GSS_DONE, /* the server's token was the last */
    AUTH_GSS_NO_MECHANISM,  /* gss-ntlmssp is not installed */
    AUTH_GSS_NO_CREDENTIAL, /* no keytab, no ticket, no password */
    AUTH_GSS_EXPIRED,       /* the ticket has */
    AUTH_GSS_CLOCK_SKEW,    /* our clock and theirs are too far apart */
    AUTH_GSS_REFUSED,       /* the KDC: wrong password, old keytab, unknown or locked user */
    AUTH_GSS_NO_SERVICE,    /* the KDC has no HTTP/host */
    AUTH_GSS_UNREACHABLE,   /* no KDC answers */
    AUTH_GSS_BAD_TOKEN,     /* what came from the server is no answer to what we sent */
    AUTH_GSS_MEMORY,
    AUTH_GSS_FAILED, /* anything else: the sentence has GSS-API's words */
};

struct auth_gss;

/* `config` must outlive it. 0 or -ENOMEM; nothing is acquired yet. */
int auth_gss_create(const struct config *config, enum auth_gss_kind kind, struct auth_gss **ret,
                    struct err *err);
void auth_gss_destroy(struct auth_gss *gss); /* NULL is allowed */

/* The next token. `token_base64` is the server's as it came, empty for the first leg of a connection (a handshake under
 * way is forgotten then). `binding` is that of this connection; length 0: none is sent, which a server that demands
 * Extended Protection refuses, and one that merely allows it accepts. After LEG and LAST `ret_base64` holds the token
 * and nothing else; else it is empty. Give it a limit of AUTH_GSS_TOKEN_MAX. */
enum auth_gss_result auth_gss_step(struct auth_gss *gss, struct slice token_base64,
                                   const struct channel_binding *binding, struct buf *ret_base64,
                                   struct err *err);

/* The connection is gone: the next token is that of a first leg. The credential stays. */
void auth_gss_reset(struct auth_gss *gss);

/* Can this machine speak NTLM (gss-ntlmssp)? For AUTH=auto. */
bool auth_gss_ntlm_available(void);

/* Is there a keytab or a ticket (not: a password) that gives a Kerberos credential now? For AUTH=auto. A keytab is tried
 * at the KDC. false: `err` says why. */
bool auth_gss_kerberos_available(const struct config *config, struct err *err);

#endif
