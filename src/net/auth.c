/* SPDX-License-Identifier: MIT */
#include "net/auth.h"

#include <errno.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/buf.h"
#include "net/auth_gss.h"

#define LINE_BYTES_MAX (AUTH_GSS_TOKEN_MAX + 32)

/* What was sent last, and so what an answer means. */
enum phase {
    PHASE_UNSIGNED, /* nothing: the connection is not signed in, as far as we know */
    PHASE_LOOKING,  /* an empty question without a login, to see what the server asks for */
    PHASE_LEGS,     /* a leg of a handshake that goes on */
    PHASE_LAST,     /* all that there is to say, and the question */
    PHASE_SIGNED,   /* the question alone: the connection is signed in */
};

struct auth {
    const struct config *config;
    struct login *login;
    struct login_choice choice; /* what all that follows was made for */
    struct auth_gss *gss;       /* NULL until a handshake begins */
    struct buf line;            /* the last leg's Authorization: a secret */
    struct buf token;           /* what the server answered to the last leg, base64 */
    struct buf ours;            /* what the next leg says, the same */
    enum phase phase;
    int legs;           /* of the handshake under way */
    bool said_all;      /* its last leg was sent */
    bool bound;         /* that was bound to the connection's certificate */
    bool each_question; /* the server wants a ticket with each question */

    /* the question under way */
    int sent;                 /* legs */
    int starts;               /* of a handshake */
    bool has_chosen;          /* from what the server offers */
    struct oauth_grant grant; /* of the token that was sent last */
    bool is_token_refused;    /* one was, so the next is new */
};

/* ---- life ---- */

int auth_create(const struct config *config, struct login *login, struct auth **ret)
{
    struct auth *auth = calloc(1, sizeof *auth);

    if (!auth)
        return -ENOMEM;
    *auth = (struct auth){.config = config,
                          .login = login,
                          .line = BUF_SECRET(LINE_BYTES_MAX),
                          .token = BUF_INIT(CHALLENGE_TOKEN_MAX),
                          .ours = BUF_SECRET(AUTH_GSS_TOKEN_MAX)};
    *ret = auth;
    return 0;
}

static void forget_handshake(struct auth *auth)
{
    auth_gss_destroy(auth->gss);
    auth->gss = NULL;
    auth->each_question = false;
    auth->phase = PHASE_UNSIGNED;
    auth->starts = 0;
    auth->legs = 0;
}

void auth_destroy(struct auth *auth)
{
    if (!auth)
        return;
    forget_handshake(auth);
    buf_finish(&auth->line);
    buf_finish(&auth->token);
    buf_finish(&auth->ours);
    free(auth);
}

void auth_begin(struct auth *auth)
{
    auth->sent = 0;
    auth->starts = 0;
    auth->has_chosen = false;
    auth->grant.wait_s = -1;
    auth->is_token_refused = false;
}

/* Another lane may have found out something else. */
static void follow_choice(struct auth *auth)
{
    struct login_choice choice = login_choice(auth->login);

    if (choice.scheme == auth->choice.scheme)
        return;
    forget_handshake(auth);
    auth->choice = choice;
}

/* ---- legs ---- */

static enum challenge_scheme challenge_of(const struct auth *auth)
{
    static const enum challenge_scheme schemes[] = {
        [LOGIN_BASIC] = CHALLENGE_BASIC,        [LOGIN_NTLM] = CHALLENGE_NTLM,
        [LOGIN_KERBEROS] = CHALLENGE_NEGOTIATE, [LOGIN_NEGOTIATE_NTLM] = CHALLENGE_NEGOTIATE,
        [LOGIN_BEARER] = CHALLENGE_BEARER,
    };

    return schemes[auth->choice.scheme];
}

/* The line is whole, or there was no memory for it. */
static enum transport_result with_line(struct auth *auth, bool has_question, bool over_the_same,
                                       struct auth_leg *ret)
{
    if (buf_error(&auth->line))
        return TRANSPORT_MEMORY;
    *ret = (struct auth_leg){buf_text(&auth->line), has_question, over_the_same};
    return TRANSPORT_OK;
}

static enum transport_result look(struct auth *auth, struct auth_leg *ret)
{
    auth->phase = PHASE_LOOKING;
    *ret = (struct auth_leg){0};
    return TRANSPORT_OK;
}

/* A password or a token: one line beside the question, bound to nothing. */
static void say_all(struct auth *auth)
{
    auth->phase = PHASE_LAST;
    auth->said_all = true;
    auth->bound = false;
}

static enum transport_result send_password(struct auth *auth, struct auth_leg *ret)
{
    struct buf pair = BUF_SECRET(LINE_BYTES_MAX / 2);

    buf_append_text(&pair, auth->config->username);
    buf_append_char(&pair, ':');
    buf_append_text(&pair, auth->config->password);
    buf_append_text(&auth->line, "Basic ");
    base64_encode(pair.bytes, pair.length, &auth->line);
    bool is_whole = buf_error(&pair) == 0;
    buf_finish(&pair);
    say_all(auth);
    return is_whole ? with_line(auth, true, false, ret) : TRANSPORT_MEMORY;
}

static enum transport_result send_token(struct auth *auth, struct auth_leg *ret, struct err *err)
{
    buf_append_text(&auth->line, "Bearer ");
    enum transport_result result =
        oauth_append_token(login_oauth(auth->login), &auth->line, &auth->grant, err);
    say_all(auth);
    return result == TRANSPORT_OK ? with_line(auth, true, false, ret) : result;
}

/* ---- legs of a handshake ---- */

static enum transport_result refusal_of(const struct auth *auth)
{
    return auth->bound ? TRANSPORT_LOGIN_BOUND_REFUSED : TRANSPORT_LOGIN_UNBOUND_REFUSED;
}

static enum transport_result result_of(const struct auth *auth, enum auth_gss_result result)
{
    static const enum transport_result results[] = {
        [AUTH_GSS_DONE] = TRANSPORT_LOGIN_BROKEN,
        [AUTH_GSS_NO_MECHANISM] = TRANSPORT_LOGIN_NO_MECHANISM,
        [AUTH_GSS_NO_CREDENTIAL] = TRANSPORT_LOGIN_NO_CREDENTIAL,
        [AUTH_GSS_EXPIRED] = TRANSPORT_LOGIN_EXPIRED,
        [AUTH_GSS_CLOCK_SKEW] = TRANSPORT_LOGIN_CLOCK,
        [AUTH_GSS_REFUSED] = TRANSPORT_LOGIN_REFUSED,
        [AUTH_GSS_NO_SERVICE] = TRANSPORT_LOGIN_NO_SERVICE,
        [AUTH_GSS_UNREACHABLE] = TRANSPORT_LOGIN_NO_KDC,
        [AUTH_GSS_BAD_TOKEN] = TRANSPORT_LOGIN_BROKEN,
        [AUTH_GSS_MEMORY] = TRANSPORT_MEMORY,
        [AUTH_GSS_FAILED] = TRANSPORT_LOGIN_BROKEN,
    };

    /* A server that refuses says so in its last token, or in words that GSS-API has no use for. */
    if (auth->said_all && results[result] == TRANSPORT_LOGIN_BROKEN)
        return refusal_of(auth);
    return results[result];
}

/* Before the connection is made there is no certificate yet. */
static const struct channel_binding *binding_for(const struct auth *auth, struct auth_line line)
{
    static const struct channel_binding none = {0};
    bool is_off = auth->config->channel_binding == CONFIG_BINDING_OFF;

    return is_off || !line.is_open ? &none : line.binding;
}

static enum transport_result refuse_unbound(struct err *err)
{
    (void)err_set(err, 0,
                  "CHANNEL_BINDING=required, but there is no TLS certificate whose signature "
                  "a login can be bound to");
    return TRANSPORT_LOGIN_UNBOUND;
}

/* A leg that the server's last one has a part in, or a ticket that is bound to the connection, must go over it. */
static enum transport_result step(struct auth *auth, struct auth_line line, struct auth_leg *ret,
                                  struct err *err)
{
    const struct slice token = {auth->token.bytes, auth->token.length};
    const struct channel_binding *binding = binding_for(auth, line);

    enum auth_gss_result stepped = auth_gss_step(auth->gss, token, binding, &auth->ours, err);
    if (stepped != AUTH_GSS_LEG && stepped != AUTH_GSS_LAST)
        return result_of(auth, stepped);
    bool is_last = stepped == AUTH_GSS_LAST;
    if (is_last && !binding->length && auth->config->channel_binding == CONFIG_BINDING_REQUIRED)
        return refuse_unbound(err);
    auth->phase = is_last ? PHASE_LAST : PHASE_LEGS;
    auth->said_all = is_last;
    auth->bound = binding->length > 0;
    auth->legs++;
    buf_append_text(&auth->line, challenge_scheme_name(challenge_of(auth)));
    buf_append_char(&auth->line, ' ');
    buf_append(&auth->line, auth->ours.bytes, auth->ours.length);
    buf_clear(&auth->ours);
    return with_line(auth, is_last, line.is_open && (token.length || is_last), ret);
}

static enum transport_result acquire(struct auth *auth, struct err *err)
{
    static const enum auth_gss_kind kinds[] = {
        [LOGIN_NTLM] = AUTH_GSS_NTLM,
        [LOGIN_KERBEROS] = AUTH_GSS_KERBEROS,
        [LOGIN_NEGOTIATE_NTLM] = AUTH_GSS_NEGOTIATE_NTLM,
    };

    if (auth->gss) {
        auth_gss_reset(auth->gss);
        return TRANSPORT_OK;
    }
    int error = auth_gss_create(auth->config, kinds[auth->choice.scheme], &auth->gss, err);
    return error ? TRANSPORT_MEMORY : TRANSPORT_OK;
}

static enum transport_result give_up(const struct auth *auth, struct err *err)
{
    (void)err_set(err, 0, "%d legs of a login did not lead to its end", auth->sent);
    return TRANSPORT_LOGIN_CUT;
}

/* Each handshake begins here. */
static enum transport_result start(struct auth *auth, struct err *err)
{
    auth->said_all = false;
    auth->legs = 0;
    buf_clear(&auth->token);
    return auth->starts++ < AUTH_STARTS_MAX ? acquire(auth, err) : give_up(auth, err);
}

static enum transport_result start_handshake(struct auth *auth, struct auth_line line,
                                             struct auth_leg *ret, struct err *err)
{
    bool has_looked = auth->phase == PHASE_LOOKING && line.is_open;
    bool needs_certificate = auth->choice.scheme == LOGIN_KERBEROS && !line.is_open;
    enum transport_result result = has_looked ? TRANSPORT_OK : start(auth, err);

    if (result != TRANSPORT_OK)
        return result;
    return needs_certificate ? look(auth, ret) : step(auth, line, ret, err);
}

static enum transport_result first_leg(struct auth *auth, struct auth_line line,
                                       struct auth_leg *ret, struct err *err)
{
    switch (auth->choice.scheme) {
    case LOGIN_BASIC:
        return send_password(auth, ret);
    case LOGIN_BEARER:
        return send_token(auth, ret, err);
    case LOGIN_NTLM:
    case LOGIN_KERBEROS:
    case LOGIN_NEGOTIATE_NTLM:
        return start_handshake(auth, line, ret, err);
    default:
        return look(auth, ret);
    }
}

/* What another user or password would not change. */
static bool lacks_kerberos(enum transport_result result)
{
    return result == TRANSPORT_LOGIN_NO_KDC || result == TRANSPORT_LOGIN_NO_CREDENTIAL ||
           result == TRANSPORT_LOGIN_NO_SERVICE;
}

enum transport_result auth_next(struct auth *auth, struct auth_line line, struct auth_leg *ret,
                                struct err *err)
{
    buf_clear(&auth->line);
    follow_choice(auth);
    if (auth->sent++ >= AUTH_LEGS_MAX)
        return give_up(auth, err);
    if (auth->phase == PHASE_SIGNED && line.is_open) {
        *ret = (struct auth_leg){.has_question = true, .over_the_same = true};
        return TRANSPORT_OK;
    }
    bool goes_on = auth->phase == PHASE_LEGS && auth->token.length && line.is_open;
    enum transport_result result =
        goes_on ? step(auth, line, ret, err) : first_leg(auth, line, ret, err);
    if (lacks_kerberos(result) && login_without_kerberos(auth->login)) {
        follow_choice(auth);
        result = first_leg(auth, line, ret, err);
    }
    if (result != TRANSPORT_OK)
        login_forget(auth->login);
    return result;
}

int64_t auth_wait_s(const struct auth *auth)
{
    return auth->grant.wait_s;
}

/* ---- what came back ---- */

static enum auth_verdict fail(struct auth *auth, enum transport_result result,
                              enum transport_result *ret_result)
{
    login_forget(auth->login);
    auth->phase = PHASE_UNSIGNED;
    *ret_result = result;
    return AUTH_FAILED;
}

/* AUTH=auto asked for the offer. */
static enum auth_verdict choose(struct auth *auth, const struct challenge *challenge,
                                enum transport_result *ret_result, struct err *err)
{
    if (!login_choose(auth->login, challenge, err).scheme)
        return fail(auth, TRANSPORT_LOGIN_NO_SCHEME, ret_result);
    auth->has_chosen = true;
    auth->phase = PHASE_UNSIGNED;
    return AUTH_GO_ON;
}

/* A 401 names what the server has; with AUTH=auto that may be something else by now. But a server that offers another
 * thing with each 401 must not get one password after the other. */
static enum auth_verdict go_on_if_offered(struct auth *auth, const struct challenge *challenge,
                                          enum transport_result *ret_result, struct err *err)
{
    if (challenge->offered[challenge_of(auth)])
        return AUTH_GO_ON;
    if (auth->config->auth == CONFIG_AUTH_AUTO && !auth->has_chosen)
        return choose(auth, challenge, ret_result, err);
    login_say_offer(challenge,
                    auth->has_chosen ? "a moment ago it offered something else"
                                     : "AUTH allows none of that",
                    err);
    return fail(auth, TRANSPORT_LOGIN_NO_SCHEME, ret_result);
}

/* What was refused, and what the server said of it. */
static void say_refusal(const char *what, const struct transport_reply *reply, struct err *err)
{
    (void)err_set(err, 0, "HTTP status 401 %s%s%s", what, reply->remark[0] ? ", " : "",
                  reply->remark);
}

/* A handshake went to its end, and the server said no. */
static enum auth_verdict refuse(struct auth *auth, const struct transport_reply *reply,
                                enum transport_result *ret_result, struct err *err)
{
    say_refusal(auth->bound ? "at the end of a handshake with channel binding"
                            : "at the end of a handshake without channel binding",
                reply, err);
    return fail(auth, refusal_of(auth), ret_result);
}

/* It may have been withdrawn, or the clocks differ: once a question another one is tried. */
static enum auth_verdict refuse_token(struct auth *auth, const struct transport_reply *reply,
                                      enum transport_result *ret_result, struct err *err)
{
    bool was_new = auth->is_token_refused;

    oauth_forget(login_oauth(auth->login), auth->grant.number);
    auth->is_token_refused = true;
    if (!was_new)
        return AUTH_GO_ON;
    say_refusal("to a token that was new", reply, err);
    return fail(auth, TRANSPORT_LOGIN_TOKEN_REFUSED, ret_result);
}

/* What became of the page that came with it does not matter: it must not hide that a login was refused. */
static enum auth_verdict refuse_password(struct auth *auth, enum transport_result *ret_result,
                                         struct err *err)
{
    login_forget(auth->login);
    *err = (struct err){""};
    *ret_result = TRANSPORT_OK;
    return AUTH_ANSWERED;
}

static bool offers_nothing(const struct challenge *challenge)
{
    for (int i = 0; i < CHALLENGE_SCHEMES; i++) {
        if (challenge->offered[i])
            return false;
    }
    return true;
}

/* Has the server judged the login? What it does not offer it did not look at, but for a handshake that it took part in, and
 * a token that some gateway refuses without a word. */
static bool is_judged(const struct auth *auth, const struct challenge *challenge)
{
    bool is_refused_token = auth->choice.scheme == LOGIN_BEARER && offers_nothing(challenge);

    return auth->said_all &&
           (challenge->offered[challenge_of(auth)] || auth->legs > 1 || is_refused_token);
}

/* The server answers a leg, or has the last word on the login. */
static enum auth_verdict hear_leg(struct auth *auth, const struct auth_heard *heard,
                                  enum transport_result *ret_result, struct err *err)
{
    const struct buf *token = &heard->challenge->token[challenge_of(auth)];

    buf_clear(&auth->token);
    buf_append(&auth->token, token->bytes, token->length);
    if (auth->token.length && auth->legs) {
        auth->phase = PHASE_LEGS;
        return AUTH_GO_ON;
    }
    auth->phase = PHASE_UNSIGNED;
    if (!is_judged(auth, heard->challenge))
        return go_on_if_offered(auth, heard->challenge, ret_result, err);
    if (auth->gss)
        return refuse(auth, heard->reply, ret_result, err);
    if (auth->choice.scheme == LOGIN_BEARER)
        return refuse_token(auth, heard->reply, ret_result, err);
    return refuse_password(auth, ret_result, err);
}

/* The connection was signed in, and the server does not remember that, or wants a login with each question. */
static enum auth_verdict sign_in_again(struct auth *auth)
{
    auth->each_question = auth->choice.scheme == LOGIN_KERBEROS;
    auth->phase = PHASE_UNSIGNED;
    return AUTH_GO_ON;
}

static enum auth_verdict hear_401(struct auth *auth, const struct auth_heard *heard,
                                  enum transport_result *ret_result, struct err *err)
{
    if (!auth->choice.scheme)
        return choose(auth, heard->challenge, ret_result, err);
    if (auth->phase == PHASE_SIGNED)
        return sign_in_again(auth);
    if (auth->phase == PHASE_LOOKING)
        return go_on_if_offered(auth, heard->challenge, ret_result, err);
    return hear_leg(auth, heard, ret_result, err);
}

/* The connection broke in the middle of a handshake. Not so a first leg that leads nowhere: there is no server then. */
static bool is_cut_handshake(const struct auth *auth, const struct auth_heard *heard)
{
    bool is_gone = heard->result == TRANSPORT_UNREACHABLE || heard->result == TRANSPORT_CUT;
    bool is_in_midst =
        auth->gss && (auth->phase == PHASE_LAST || (auth->phase == PHASE_LEGS && auth->legs > 1));

    return heard->result == TRANSPORT_MOVED || (is_gone && !heard->reply->status && is_in_midst);
}

enum auth_verdict auth_heard(struct auth *auth, const struct auth_heard *heard,
                             enum transport_result *ret_result, struct err *err)
{
    bool is_signed = auth->phase == PHASE_SIGNED || (auth->phase == PHASE_LAST && auth->gss);

    buf_clear(&auth->line); /* it was sent */
    if (heard->reply->status == 401)
        return hear_401(auth, heard, ret_result, err);
    if (is_cut_handshake(auth, heard)) {
        auth->phase = PHASE_UNSIGNED;
        return AUTH_GO_ON;
    }
    auth->phase = is_signed && !auth->each_question ? PHASE_SIGNED : PHASE_UNSIGNED;
    return AUTH_ANSWERED;
}
