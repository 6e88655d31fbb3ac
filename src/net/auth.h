/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_AUTH_H
#define ROOMCAL_NET_AUTH_H

/*
 * auth — how one lane signs in: what to send next, and what a reply means for that
 *
 * No I/O: net/transport asks for a leg, sends it, and tells what came back, until that is the answer. One question:
 *
 *     auth_begin
 *     do { auth_next → leg;  send it;  auth_heard(what came back) } while (AUTH_GO_ON)
 *
 * The legs, by scheme. A leg without the question's body is an empty POST, so that the question goes out once, with the
 * last leg:
 *
 *     Basic, Bearer          the question, with the line. A refused token is fetched anew, once a question
 *     NTLM, and NTLM within  type 1 → 401, type 2 → type 3 and the question. From then on the connection is signed in
 *       Negotiate
 *     Kerberos within        nothing, which shows the server's certificate → 401 → ticket and the question. A server
 *       Negotiate            that asks again on a connection that was signed in gets a ticket with each question
 *     auto                   nothing → 401: the server's offer is chosen from (net/login.h), and then as above
 *
 * A handshake belongs to a connection. Legs that must follow each other go over the same one or not at all; if it is gone
 * the handshake starts over, at most AUTH_STARTS_MAX times for a question. A server may ask for the login again at
 * any time, which is a start, too. What it offers is chosen from once a question, and a handshake that it refused is the
 * last: a server whose offer changes must not get more logins than allowed. No question has more than AUTH_LEGS_MAX legs,
 * whatever the server does.
 *
 * Belongs to one lane (thread), as its connection does. Sources: RFC 7235, RFC 7617 (Basic), RFC 6750 (Bearer), RFC 4559
 * (Negotiate), [MS-NTHT] (NTLM).
 */

#include <stdbool.h>

#include "base/err.h"
#include "config/config.h"
#include "net/challenge.h"
#include "net/channel_binding.h"
#include "net/login.h"
#include "net/reply.h"

#define AUTH_STARTS_MAX 3
#define AUTH_LEGS_MAX   16

struct auth;

/* `login` is shared by all lanes. Both must outlive it. 0 or -ENOMEM. */
int auth_create(const struct config *config, struct login *login, struct auth **ret);
void auth_destroy(struct auth *auth); /* wipes what it held; NULL is allowed */

/* What to send. */
struct auth_leg {
    /* The value of the field Authorization, a secret; NULL: no such field. Valid until the next call. */
    const char *authorization;
    bool has_question;  /* with the question's body; else with an empty one */
    bool over_the_same; /* only over the connection that the leg before went over */
};

/* The connection as it is before a leg. */
struct auth_line {
    bool is_open; /* still there, as far as one can know without sending */
    /* Of its certificate; length 0: no TLS, or not connected yet. */
    const struct channel_binding *binding;
};

/* What came back. */
struct auth_heard {
    enum transport_result result;
    const struct transport_reply *reply;
    const struct challenge *challenge; /* of a 401 */
};

enum auth_verdict {
    /* What came back is the question's reply, or its failure. A password that was refused (401) is TRANSPORT_OK, whatever
     * became of the reply's body. */
    AUTH_ANSWERED,
    AUTH_GO_ON,  /* another leg */
    AUTH_FAILED, /* no login; *ret_result says why */
};

/* Before each question: what is counted for a question starts at 0. Whether the connection is signed in stays known. */
void auth_begin(struct auth *auth);

/* TRANSPORT_OK and *ret; or why there is no login: TRANSPORT_LOGIN_…, for a token what fetching it met (`err` has a sentence
 * with both), or TRANSPORT_MEMORY (perhaps none). */
enum transport_result auth_next(struct auth *auth, struct auth_line line, struct auth_leg *ret,
                                struct err *err);

/* After that failed: for how long the token server does not want to be asked again; -1: it does not say. */
int64_t auth_wait_s(const struct auth *auth);

/* With AUTH_FAILED, or a refused password, *ret_result is set; else it stays. `err` gets a sentence with AUTH_FAILED. */
enum auth_verdict auth_heard(struct auth *auth, const struct auth_heard *heard,
                             enum transport_result *ret_result, struct err *err);

#endif
