/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_LOGIN_H
#define ROOMCAL_NET_LOGIN_H

/*
 * login — how this process signs in to Exchange, known to all its lanes
 *
 * With AUTH=auto the first lane asks the server what it offers, and the choice counts for all, until a login is refused:
 * then the server is asked again. With AUTH=bearer it holds the token that all lanes send (net/oauth.h).
 *
 * What was chosen and why is one number for the ledger, so that health can tell, and a later process need not ask; its
 * words are here. Thread-safe.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"
#include "net/challenge.h"
#include "net/oauth.h"

/* Stored in the ledger: numbers stay. */
enum login_scheme {
    LOGIN_UNKNOWN = 0, /* AUTH=auto, and nobody has asked yet */
    LOGIN_BASIC = 1,
    LOGIN_NTLM = 2,
    LOGIN_KERBEROS = 3,       /* within Negotiate */
    LOGIN_NEGOTIATE_NTLM = 4, /* NTLM within Negotiate */
    LOGIN_BEARER = 5,
    LOGIN_SCHEMES
};

/* Why. Stored in the ledger, too. */
enum login_reason {
    LOGIN_AS_SET = 0,         /* AUTH names it */
    LOGIN_HAS_TICKET = 1,     /* Negotiate is offered, and there is a keytab or a ticket */
    LOGIN_NO_TICKET = 2,      /* NTLM is offered, and there is neither, or no Negotiate */
    LOGIN_ONLY_NEGOTIATE = 3, /* NTLM is not offered but within Negotiate, and there is neither */
    LOGIN_ONLY_BASIC = 4,     /* nothing else is offered */
    LOGIN_NO_NTLM_HERE = 5,   /* Basic, because this machine has no NTLM mechanism */
    LOGIN_NO_KERBEROS = 6,    /* AUTH=negotiate, but Kerberos does not know server or account */
    LOGIN_REASONS
};

struct login_choice {
    enum login_scheme scheme;
    enum login_reason reason;
};

struct login;

/* `config` and `stop` must outlive it; `stop` ends the fetching of a token. 0 or -ENOMEM. */
int login_create(const struct config *config, const atomic_bool *stop, struct login **ret);
void login_destroy(struct login *login); /* NULL is allowed */

/* What counts now. */
struct login_choice login_choice(struct login *login);

/* AUTH=auto: chooses from what the server offers, by the order Kerberos, NTLM, NTLM within Negotiate, Basic; Basic
 * never with CHANNEL_BINDING=required, because it cannot be bound. LOGIN_UNKNOWN: there is nothing in common; `err` says
 * what was offered. */
struct login_choice login_choose(struct login *login, const struct challenge *challenge,
                                 struct err *err);

/* "the server offers NTLM, Basic; " and what we make of that. */
void login_say_offer(const struct challenge *challenge, const char *verdict, struct err *err);

/* AUTH=auto: a login was refused, so the server is asked again what it offers. */
void login_forget(struct login *login);

/* AUTH=negotiate with a password: Kerberos cannot be had, so NTLM within Negotiate counts from now on. false: that is
 * not allowed, or is so already. */
bool login_without_kerberos(struct login *login);

/* Where AUTH=bearer has its tokens from. NULL with any other. */
struct oauth *login_oauth(struct login *login);

/* ---- for the ledger, health and the log ---- */

/* One number; 0: nothing is known. */
int64_t login_pack(struct login_choice choice);
/* What makes no sense is LOGIN_UNKNOWN. */
struct login_choice login_unpack(int64_t packed);

/* For the ledger: the choice, packed; the negative of the last one if that was forgotten, so that it can be told but is not taken
 * for one (login_unpack). */
int64_t login_note(struct login *login);
/* What a note tells, forgotten or not. */
struct login_choice login_noted(int64_t note);

/* AUTH=auto: what an earlier process chose. Ignored if something was chosen already, or if these settings do not allow
 * it. */
void login_remember(struct login *login, struct login_choice choice);

/* "NTLM", "Negotiate (Kerberos)"; of LOGIN_UNKNOWN "unknown". */
const char *login_scheme_name(enum login_scheme scheme);

/* A part of a sentence: "Exchange offers nothing else". */
const char *login_reason_text(enum login_reason reason);

#endif
