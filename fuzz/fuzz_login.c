/* SPDX-License-Identifier: MIT */
/*
 * fuzz_login — any server that is logged in to: the header fields of its replies
 *
 * Two bytes choose the settings and what the connection is like; then come replies, as header lines, split by empty
 * lines. A reply that begins with "!" is a connection that breaks instead. Two questions are asked, one behind the other.
 * GSS-API is not the real one but a stand-in below, whose results the server's tokens choose: so that all of
 * them come, and because gss-ntlmssp takes 20 ms for each password. What the real one makes of tokens is fuzz_leg's. The
 * token server of AUTH=bearer is a stand-in, too.
 * Besides crashes: a question has no more legs than allowed, nothing but a line of a scheme that AUTH allows is sent, a
 * question without a login only where none is needed any more, and whoever fails says why.
 */
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "net/auth.h"
#include "net/auth_gss.h"
#include "net/reply.h"

/* Bits of the second byte. */
enum { HAS_TLS = 1, NO_NTLM = 2, NO_TICKET = 4, KEEPS_TICKET = 8 };

enum { SETTINGS = 7 };

static const atomic_bool never;

/* Who logs in. */
struct party {
    const struct config *config;
    struct login *login;
    struct auth *auth;
};

/* What the connection is like, and what is left of the server's replies. */
struct server {
    struct slice replies;
    bool is_open;
    struct channel_binding binding;
    struct reply_reader reader;
};

/* ---- GSS-API ---------------------------------------------------------------------------------- */

static uint8_t machine; /* the second byte */

struct auth_gss {
    enum auth_gss_kind kind;
    int legs; /* said so far */
};

int auth_gss_create(const struct config *config, enum auth_gss_kind kind, struct auth_gss **ret,
                    struct err *err)
{
    (void)config;
    (void)err;
    *ret = calloc(1, sizeof **ret);
    must(*ret != NULL);
    (*ret)->kind = kind;
    return 0;
}

void auth_gss_destroy(struct auth_gss *gss)
{
    free(gss);
}

void auth_gss_reset(struct auth_gss *gss)
{
    gss->legs = 0;
}

bool auth_gss_ntlm_available(void)
{
    return !(machine & NO_NTLM);
}

bool auth_gss_kerberos_available(const struct config *config, struct err *err)
{
    (void)config;
    (void)err;
    return !(machine & NO_TICKET);
}

static enum auth_gss_result first_result(const struct auth_gss *gss)
{
    bool is_kerberos = gss->kind == AUTH_GSS_KERBEROS;

    if (is_kerberos && (machine & NO_TICKET))
        return machine & KEEPS_TICKET ? AUTH_GSS_EXPIRED : AUTH_GSS_UNREACHABLE;
    if (!is_kerberos && (machine & NO_NTLM))
        return AUTH_GSS_NO_MECHANISM;
    return is_kerberos ? AUTH_GSS_LAST : AUTH_GSS_LEG;
}

/* A token of NTLM goes on; of all others the last byte names the result. */
static enum auth_gss_result next_result(struct slice token)
{
    return token.length > 4 && memcmp(token.at, "TlRM", 4) == 0
               ? AUTH_GSS_LAST
               : (enum auth_gss_result)((uint8_t)token.at[token.length - 1] %
                                        (AUTH_GSS_FAILED + 1));
}

enum auth_gss_result auth_gss_step(struct auth_gss *gss, struct slice token,
                                   const struct channel_binding *binding, struct buf *ret,
                                   struct err *err)
{
    (void)binding;
    buf_clear(ret);
    must(token.length || gss->legs == 0);
    enum auth_gss_result result = token.length ? next_result(token) : first_result(gss);
    if (result == AUTH_GSS_LEG || result == AUTH_GSS_LAST)
        buf_printf(ret, "TlRM%04d", gss->legs++);
    else
        (void)err_set(err, 0, "why GSS-API has failed");
    return result;
}

/* ---- the token server ------------------------------------------------------------------------- */

struct oauth {
    uint64_t number; /* of the token */
};

int oauth_create(const struct config *config, const atomic_bool *stop, struct oauth **ret)
{
    (void)config;
    (void)stop;
    *ret = calloc(1, sizeof **ret);
    must(*ret != NULL);
    return 0;
}

void oauth_destroy(struct oauth *oauth)
{
    free(oauth);
}

enum transport_result oauth_append_token(struct oauth *oauth, struct buf *ret,
                                         struct oauth_grant *ret_grant, struct err *err)
{
    if (machine & NO_TICKET) {
        *ret_grant = (struct oauth_grant){.wait_s = -1};
        (void)err_set(err, 0, "why there is no token");
        return TRANSPORT_LOGIN_REFUSED;
    }
    *ret_grant = (struct oauth_grant){.number = oauth->number, .wait_s = -1};
    buf_printf(ret, "token-%u", (unsigned)oauth->number);
    return TRANSPORT_OK;
}

void oauth_forget(struct oauth *oauth, uint64_t number)
{
    must(number == oauth->number);
    oauth->number++;
}

/* ---- setting up ------------------------------------------------------------------------------- */

static char *text(const char *text)
{
    char *copy = slice_copy(slice_of(text));

    must(copy != NULL);
    return copy;
}

/* Once. */
static void prepare(struct config configs[static SETTINGS])
{
    static const struct {
        enum config_auth auth;
        enum config_binding binding;
        bool has_keytab;
    } rows[SETTINGS] = {
        {CONFIG_AUTH_NTLM, CONFIG_BINDING_AUTO, false},
        {CONFIG_AUTH_NEGOTIATE, CONFIG_BINDING_OFF, false},
        {CONFIG_AUTH_BASIC, CONFIG_BINDING_AUTO, false},
        {CONFIG_AUTH_AUTO, CONFIG_BINDING_AUTO, false},
        {CONFIG_AUTH_AUTO, CONFIG_BINDING_REQUIRED, true},
        {CONFIG_AUTH_NEGOTIATE, CONFIG_BINDING_REQUIRED, true},
        {CONFIG_AUTH_BEARER, CONFIG_BINDING_AUTO, false},
    };

    for (size_t i = 0; i < SETTINGS; i++)
        configs[i] =
            (struct config){.auth = rows[i].auth,
                            .channel_binding = rows[i].binding,
                            .username = text("CORP\\rooms"),
                            .password = text("secret"),
                            .krb5_client_ktname = rows[i].has_keytab ? text("keytab") : NULL};
}

/* ---- the server ------------------------------------------------------------------------------ */

static void check_reply(const struct transport_reply *reply)
{
    must(reply->retry_after_s >= -1 && reply->retry_after_s <= TRANSPORT_WAIT_MAX_S);
    must(strnlen(reply->remark, TRANSPORT_REMARK_SIZE) < TRANSPORT_REMARK_SIZE);
    for (const char *at = reply->remark; *at; at++)
        must(*at >= 0x20 && *at < 0x7F);
}

/* libcurl's part: the status of the line "HTTP/1.1 401 Unauthorized"; else it stays. */
static void read_status(struct slice line, int *status)
{
    struct slice word;
    int64_t number;

    if (line.length < 5 || memcmp(line.at, "HTTP/", 5) != 0)
        return;
    (void)slice_next(&line, ' ', &word);
    (void)slice_next(&line, ' ', &word);
    if (slice_int(slice_trim(word), 100, 599, &number))
        *status = (int)number;
}

/* The next of its replies; without one left it says yes to all. */
static enum transport_result answer(struct server *server)
{
    struct slice line;
    bool is_first = true;
    int status = 200;

    reply_begin(&server->reader);
    while (server->replies.length && slice_next(&server->replies, '\n', &line) && line.length) {
        if (is_first && line.at[0] == '!') {
            server->is_open = false;
            return TRANSPORT_CUT;
        }
        is_first = false;
        read_status(line, &status);
        must(reply_take_line(&server->reader, line));
    }
    server->reader.reply.status = status;
    reply_end(&server->reader);
    check_reply(&server->reader.reply);
    return TRANSPORT_OK;
}

/* ---- what is sent ---------------------------------------------------------------------------- */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool may_send(const struct config *config, const char *line)
{
    switch (config->auth) {
    case CONFIG_AUTH_BASIC:
        return begins(line, "Basic ");
    case CONFIG_AUTH_NTLM:
        return begins(line, "NTLM ");
    case CONFIG_AUTH_NEGOTIATE:
        return begins(line, "Negotiate ");
    case CONFIG_AUTH_BEARER:
        return begins(line, "Bearer token-");
    default:
        return begins(line, "NTLM ") || begins(line, "Negotiate ") ||
               (begins(line, "Basic ") && config->channel_binding != CONFIG_BINDING_REQUIRED);
    }
}

static void check_leg(const struct party *party, const struct auth_leg *leg)
{
    must(leg->authorization || !leg->has_question || leg->over_the_same);
    if (!leg->authorization)
        return;
    must(may_send(party->config, leg->authorization));
    for (const char *at = leg->authorization; *at; at++)
        must(*at >= 0x20 && *at < 0x7F);
}

static void check_failure(const struct err *err)
{
    must(err->text[0]);
    must_be_utf8(slice_of(err->text));
}

/* One question: true while there is a use in asking another. */
static bool ask(const struct party *party, struct server *server)
{
    int legs = 0;
    enum auth_verdict verdict = AUTH_GO_ON;

    auth_begin(party->auth);
    while (verdict == AUTH_GO_ON) {
        struct err err = {""};
        struct auth_leg leg;
        enum transport_result result = TRANSPORT_OK;
        struct auth_heard heard = {.reply = &server->reader.reply,
                                   .challenge = &server->reader.challenge};
        struct auth_line line = {server->is_open, &server->binding};
        if (auth_next(party->auth, line, &leg, &err) != TRANSPORT_OK) {
            check_failure(&err);
            return false;
        }
        must(++legs <= AUTH_LEGS_MAX);
        check_leg(party, &leg);
        server->is_open = true;
        heard.result = answer(server);
        verdict = auth_heard(party->auth, &heard, &result, &err);
        if (verdict == AUTH_FAILED)
            check_failure(&err);
    }
    return verdict == AUTH_ANSWERED;
}

/* What is known goes into the ledger as a number, and a later process begins with it. */
static void check_choice(const struct config *config, struct login *login)
{
    struct login_choice choice = login_choice(login);
    struct login_choice same = login_unpack(login_pack(choice));
    struct login *later;

    must(same.scheme == choice.scheme && same.reason == choice.reason);
    must(choice.scheme == LOGIN_UNKNOWN || login_noted(login_note(login)).scheme == choice.scheme);
    must(*login_scheme_name(choice.scheme) && *login_reason_text(choice.reason));
    must(login_create(config, &never, &later) == 0);
    login_remember(later, choice);
    must(config->auth != CONFIG_AUTH_AUTO || login_choice(later).scheme == choice.scheme);
    login_destroy(later);
}

static void check_range(struct login_choice choice)
{
    must(choice.scheme < LOGIN_SCHEMES && choice.reason < LOGIN_REASONS);
}

/* Any number as that of a ledger. */
static void check_number(int64_t packed)
{
    struct login_choice choice = login_unpack(packed);

    check_range(choice);
    must(choice.scheme == LOGIN_UNKNOWN || login_pack(choice) == packed);
    check_range(login_noted(packed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config configs[SETTINGS];
    struct server server = {.replies = {(const char *)data, size}};
    struct party party;
    int64_t number = 0;

    if (!configs[0].username)
        prepare(configs);
    memcpy(&number, data, size < sizeof number ? size : sizeof number);
    check_number(number);
    party.config = &configs[take_byte(&server.replies) % SETTINGS];
    machine = take_byte(&server.replies);
    server.binding.length = machine & HAS_TLS ? 32 : 0;
    must(login_create(party.config, &never, &party.login) == 0);
    must(auth_create(party.config, party.login, &party.auth) == 0);
    reply_init(&server.reader);
    if (ask(&party, &server))
        (void)ask(&party, &server);
    check_choice(party.config, party.login);
    reply_finish(&server.reader);
    auth_destroy(party.auth);
    login_destroy(party.login);
    return 0;
}
