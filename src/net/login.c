/* SPDX-License-Identifier: MIT */
#include "net/login.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#include "base/buf.h"
#include "net/auth_gss.h"

#define PACK_BASE 16 /* scheme * 16 + reason */
#define OFFER_MAX 200

struct login {
    const struct config *config;
    struct oauth *oauth;   /* AUTH=bearer only */
    pthread_mutex_t mutex; /* guards what follows */
    struct login_choice choice;
    bool is_forgotten; /* a login by it was refused: it can still be told, but is not used */
};

static const struct login_choice nothing = {LOGIN_UNKNOWN, LOGIN_AS_SET};

/* ---- what AUTH says ---- */

static bool has_keytab_or_cache(const struct config *config)
{
    return config->krb5_client_ktname || config->krb5ccname;
}

/* Without a password there is nothing else to fall back to, and signing in will say what is wrong with the ticket. */
static bool kerberos_first(const struct config *config)
{
    return has_keytab_or_cache(config) &&
           (!config->password || auth_gss_kerberos_available(config, NULL));
}

static enum login_scheme scheme_as_set(const struct config *config)
{
    switch (config->auth) {
    case CONFIG_AUTH_BASIC:
        return LOGIN_BASIC;
    case CONFIG_AUTH_NTLM:
        return LOGIN_NTLM;
    case CONFIG_AUTH_NEGOTIATE:
        return LOGIN_KERBEROS;
    case CONFIG_AUTH_BEARER:
        return LOGIN_BEARER;
    case CONFIG_AUTH_AUTO:
        break;
    }
    return LOGIN_UNKNOWN;
}

int login_create(const struct config *config, const atomic_bool *stop, struct login **ret)
{
    struct login *login = calloc(1, sizeof *login);

    if (!login)
        return -ENOMEM;
    login->config = config;
    login->choice = (struct login_choice){scheme_as_set(config), LOGIN_AS_SET};
    (void)pthread_mutex_init(&login->mutex, NULL);
    if (login->choice.scheme == LOGIN_BEARER && oauth_create(config, stop, &login->oauth)) {
        login_destroy(login);
        return -ENOMEM;
    }
    *ret = login;
    return 0;
}

void login_destroy(struct login *login)
{
    if (!login)
        return;
    oauth_destroy(login->oauth);
    (void)pthread_mutex_destroy(&login->mutex);
    free(login);
}

/* ---- the choice ---- */

/* With the mutex held. */
static struct login_choice current(const struct login *login)
{
    return login->is_forgotten ? nothing : login->choice;
}

/* With the mutex held. */
static void set(struct login *login, struct login_choice choice)
{
    login->choice = choice;
    login->is_forgotten = false;
}

struct login_choice login_choice(struct login *login)
{
    (void)pthread_mutex_lock(&login->mutex);
    struct login_choice choice = current(login);
    (void)pthread_mutex_unlock(&login->mutex);
    return choice;
}

static void set_choice(struct login *login, struct login_choice choice)
{
    (void)pthread_mutex_lock(&login->mutex);
    set(login, choice);
    (void)pthread_mutex_unlock(&login->mutex);
}

/* A password must not be sent so that others can read it, or so that it proves nothing of the connection. */
static bool may_send_password(const struct config *config)
{
    return config->password && config->channel_binding != CONFIG_BINDING_REQUIRED;
}

/* What was chosen with other settings may not be allowed by these. */
static bool may_use(const struct config *config, enum login_scheme scheme)
{
    switch (scheme) {
    case LOGIN_BASIC:
        return may_send_password(config);
    case LOGIN_NTLM:
    case LOGIN_NEGOTIATE_NTLM:
        return config->password;
    case LOGIN_KERBEROS:
        return has_keytab_or_cache(config);
    default:
        return false;
    }
}

/* By the order of preference; the first row that fits. */
static struct login_choice choose(const struct config *config, const bool *offered)
{
    bool negotiate = offered[CHALLENGE_NEGOTIATE];
    bool ntlm = offered[CHALLENGE_NTLM];
    bool has_ntlm = config->password && auth_gss_ntlm_available();
    const struct {
        bool fits;
        struct login_choice choice;
    } rows[] = {
        {negotiate && kerberos_first(config), {LOGIN_KERBEROS, LOGIN_HAS_TICKET}},
        {ntlm && has_ntlm, {LOGIN_NTLM, LOGIN_NO_TICKET}},
        {negotiate && has_ntlm, {LOGIN_NEGOTIATE_NTLM, LOGIN_ONLY_NEGOTIATE}},
        {offered[CHALLENGE_BASIC] && may_send_password(config),
         {LOGIN_BASIC, ntlm || negotiate ? LOGIN_NO_NTLM_HERE : LOGIN_ONLY_BASIC}},
        /* Whoever signs in with it will say that this machine has no NTLM. */
        {ntlm && config->password, {LOGIN_NTLM, LOGIN_NO_TICKET}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].fits)
            return rows[i].choice;
    }
    return nothing;
}

void login_say_offer(const struct challenge *challenge, const char *verdict, struct err *err)
{
    struct buf offer = BUF_INIT(OFFER_MAX);

    for (int i = 0; i < CHALLENGE_SCHEMES; i++) {
        if (challenge->offered[i])
            buf_printf(&offer, "%s%s", offer.length ? ", " : "",
                       challenge_scheme_name((enum challenge_scheme)i));
    }
    (void)err_set(err, 0, "the server offers %s; %s",
                  offer.length ? buf_text(&offer) : "no scheme that roomcal knows", verdict);
    buf_finish(&offer);
}

struct login_choice login_choose(struct login *login, const struct challenge *challenge,
                                 struct err *err)
{
    struct login_choice choice = choose(login->config, challenge->offered);

    if (choice.scheme)
        set_choice(login, choice);
    else
        login_say_offer(challenge, "none of that can be used with these settings", err);
    return choice;
}

void login_forget(struct login *login)
{
    if (login->config->auth != CONFIG_AUTH_AUTO)
        return;
    (void)pthread_mutex_lock(&login->mutex);
    login->is_forgotten = true;
    (void)pthread_mutex_unlock(&login->mutex);
}

struct oauth *login_oauth(struct login *login)
{
    return login->oauth;
}

bool login_without_kerberos(struct login *login)
{
    const struct config *config = login->config;
    bool may = config->auth == CONFIG_AUTH_NEGOTIATE && config->password &&
               !has_keytab_or_cache(config) && login_choice(login).scheme == LOGIN_KERBEROS;

    if (may)
        set_choice(login, (struct login_choice){LOGIN_NEGOTIATE_NTLM, LOGIN_NO_KERBEROS});
    return may;
}

void login_remember(struct login *login, struct login_choice choice)
{
    bool is_possible = may_use(login->config, choice.scheme);

    (void)pthread_mutex_lock(&login->mutex);
    if (!current(login).scheme && is_possible)
        set(login, choice);
    (void)pthread_mutex_unlock(&login->mutex);
}

/* ---- for the ledger, health and the log ---- */

int64_t login_pack(struct login_choice choice)
{
    return (int64_t)choice.scheme * PACK_BASE + choice.reason;
}

struct login_choice login_unpack(int64_t packed)
{
    int64_t scheme = packed / PACK_BASE;
    int64_t reason = packed % PACK_BASE;

    if (packed < 0 || scheme >= LOGIN_SCHEMES || reason >= LOGIN_REASONS)
        return nothing;
    return (struct login_choice){(enum login_scheme)scheme, (enum login_reason)reason};
}

int64_t login_note(struct login *login)
{
    (void)pthread_mutex_lock(&login->mutex);
    int64_t packed = login_pack(login->choice);
    bool is_forgotten = login->is_forgotten;
    (void)pthread_mutex_unlock(&login->mutex);
    return is_forgotten ? -packed : packed;
}

struct login_choice login_noted(int64_t note)
{
    return login_unpack(note < 0 && note > INT64_MIN ? -note : note);
}

const char *login_scheme_name(enum login_scheme scheme)
{
    static const char *const names[] = {
        [LOGIN_UNKNOWN] = "unknown",
        [LOGIN_BASIC] = "Basic",
        [LOGIN_NTLM] = "NTLM",
        [LOGIN_KERBEROS] = "Negotiate (Kerberos)",
        [LOGIN_NEGOTIATE_NTLM] = "Negotiate (NTLM)",
        [LOGIN_BEARER] = "Bearer",
    };

    return names[scheme];
}

const char *login_reason_text(enum login_reason reason)
{
    static const char *const texts[] = {
        [LOGIN_AS_SET] = "AUTH says so",
        [LOGIN_HAS_TICKET] = "Exchange offers Negotiate, and there is a keytab or a ticket",
        [LOGIN_NO_TICKET] = "Exchange offers NTLM, and there is no Kerberos ticket to use",
        [LOGIN_ONLY_NEGOTIATE] =
            "Exchange offers NTLM within Negotiate only, and there is no Kerberos ticket to use",
        [LOGIN_ONLY_BASIC] = "Exchange offers nothing else",
        [LOGIN_NO_KERBEROS] =
            "AUTH says Negotiate, and Kerberos does not know this server or account",
        [LOGIN_NO_NTLM_HERE] = "this machine has neither NTLM (gss-ntlmssp) nor a Kerberos ticket",
    };

    return texts[reason];
}
