/* SPDX-License-Identifier: MIT */
/*
 * fuzz_leg — any token of a server as the second leg of NTLM, and of NTLM within Negotiate
 *
 * The first byte chooses: bit 0 the kind, bit 1 whether the input is base64 already. GSS-API and gss-ntlmssp are the real
 * ones. Besides crashes: what is sent is base64 within its limit, nothing is sent with a failure, and whoever fails says why.
 */
#include <krb5.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "fuzz.h"
#include "net/auth_gss.h"
#include "scratch.h"

static char endpoint[] = "https://mail.example.org/EWS/Exchange.asmx";
static const struct channel_binding binding = {.length = 53, .bytes = "tls-server-end-point:"};

static void check_step(enum auth_gss_result result, const struct buf *token, const struct err *err)
{
    struct buf bytes = BUF_INIT(AUTH_GSS_TOKEN_MAX);

    if (result == AUTH_GSS_LEG || result == AUTH_GSS_LAST) {
        must(token->length > 0 && token->length <= AUTH_GSS_TOKEN_MAX);
        must(base64_decode((struct slice){token->bytes, token->length}, &bytes) == 0);
    } else {
        must(token->length == 0);
        must(result == AUTH_GSS_DONE || err->text[0]);
        must_be_utf8(slice_of(err->text));
    }
    buf_finish(&bytes);
}

static enum auth_gss_result step(struct auth_gss *gss, struct slice theirs)
{
    struct buf ours = BUF_INIT(AUTH_GSS_TOKEN_MAX);
    struct err err = {""};
    enum auth_gss_result result = auth_gss_step(gss, theirs, &binding, &ours, &err);

    check_step(result, &ours, &err);
    buf_finish(&ours);
    return result;
}

/* One object for the whole run, as a lane has: its credential is acquired once. */
static struct auth_gss *open_gss(enum auth_gss_kind kind)
{
    static char username[] = "CORP\\rooms";
    static char password[] = "secret";
    static struct config config;
    struct auth_gss *gss = NULL;

    config = (struct config){.username = username, .password = password, .endpoint = endpoint};
    must(auth_gss_create(&config, kind, &gss, NULL) == 0);
    return gss;
}

/* ---- Kerberos ---- */

/* No KDC is asked, nor DNS for one, for the realm has none. */
static void name_realm(void)
{
    static const char conf[] =
        "[libdefaults]\ndefault_realm = EXAMPLE.ORG\ndns_lookup_kdc = false\n"
        "dns_canonicalize_hostname = false\n[domain_realm]\n.example.org = EXAMPLE.ORG\n";
    static char variable[sizeof scratch_path + 32];
    int dirfd = scratch_open();

    scratch_write(dirfd, "krb5.conf", slice_of(conf), 0600);
    (void)close(dirfd);
    (void)snprintf(variable, sizeof variable, "KRB5_CONFIG=%s/krb5.conf", scratch_path);
    must(putenv(variable) == 0);
}

/* The realm's own ticket as a KDC would have given it (RFC 4120, 5.3), but that nothing is encrypted in it. */
static krb5_creds make_ticket(krb5_context context, int64_t end_utc)
{
    static krb5_octet key[32];
    static char ticket[] =
        "\x61\x46\x30\x44\xa0\x03\x02\x01\x05" /* tkt-vno 5 */
        "\xa1\x0d\x1b\x0b"
        "EXAMPLE.ORG"                                          /* realm */
        "\xa2\x20\x30\x1e\xa0\x03\x02\x01\x02\xa1\x17\x30\x15" /* sname */
        "\x1b\x06"
        "krbtgt"
        "\x1b\x0b"
        "EXAMPLE.ORG"
        "\xa3\x0c\x30\x0a\xa0\x03\x02\x01\x12\xa2\x03\x04\x01\x00"; /* enc-part */
    krb5_creds creds = {
        .keyblock = {.enctype = ENCTYPE_AES256_CTS_HMAC_SHA1_96,
                     .length = sizeof key,
                     .contents = key},
        .times = {.starttime = (krb5_timestamp)(end_utc - 7200),
                  .endtime = (krb5_timestamp)end_utc},
        .ticket = {.length = sizeof ticket - 1, .data = ticket},
    };

    must(krb5_parse_name(context, "rooms@EXAMPLE.ORG", &creds.client) == 0);
    must(krb5_parse_name(context, "krbtgt/EXAMPLE.ORG@EXAMPLE.ORG", &creds.server) == 0);
    return creds;
}

/* A ticket cache with nothing but that ticket, in place of one that is there. */
static void write_cache(const char *name, int64_t end_utc)
{
    krb5_context context;
    krb5_ccache cache;

    must(krb5_init_context(&context) == 0);
    krb5_creds ticket = make_ticket(context, end_utc);
    must(krb5_cc_resolve(context, name, &cache) == 0);
    must(krb5_cc_initialize(context, cache, ticket.client) == 0);
    must(krb5_cc_store_cred(context, cache, &ticket) == 0);
    (void)krb5_cc_close(context, cache);
    krb5_free_principal(context, ticket.client);
    krb5_free_principal(context, ticket.server);
    krb5_free_context(context);
}

static enum auth_gss_result step_with_ticket(int64_t end_utc)
{
    char cache[sizeof scratch_path + 32];
    struct config config = {.endpoint = endpoint, .krb5ccname = cache};
    struct auth_gss *gss = NULL;

    (void)snprintf(cache, sizeof cache, "FILE:%s/tickets", scratch_path);
    write_cache(cache, end_utc);
    must(auth_gss_create(&config, AUTH_GSS_KERBEROS, &gss, NULL) == 0);
    enum auth_gss_result result = step(gss, (struct slice){0});
    auth_gss_destroy(gss);
    return result;
}

/* Without a KDC there are no legs of Kerberos, and what is told is why: of a ticket, too. Once. */
static void check_kerberos(void)
{
    struct config config = {0};
    struct err err = {""};
    struct auth_gss *gss = open_gss(AUTH_GSS_KERBEROS);

    must(step(gss, (struct slice){0}) > AUTH_GSS_DONE);
    must(!auth_gss_kerberos_available(&config, &err) && err.text[0]);
    auth_gss_destroy(gss);
    must(step_with_ticket(clock_utc() + 3600) == AUTH_GSS_UNREACHABLE);
    must(step_with_ticket(clock_utc() - 3600) == AUTH_GSS_EXPIRED);
}

/* ---- the target ---- */

/* A leg that is larger than there is room for. Once. */
static void check_room(struct auth_gss *gss)
{
    struct buf ours = BUF_INIT(8);
    struct err err = {""};

    must(auth_gss_step(gss, (struct slice){0}, &binding, &ours, &err) == AUTH_GSS_FAILED);
    must(err.text[0]);
    buf_finish(&ours);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct auth_gss *opened[2];
    struct slice input = {(const char *)data, size};
    struct buf encoded = BUF_INIT(SIZE_MAX / 2);

    if (!auth_gss_ntlm_available()) /* gss-ntlmssp is not installed */
        return 0;
    if (!opened[0]) {
        name_realm();
        check_kerberos();
        opened[0] = open_gss(AUTH_GSS_NTLM);
        opened[1] = open_gss(AUTH_GSS_NEGOTIATE_NTLM);
        check_room(opened[0]);
    }
    uint8_t how = take_byte(&input);
    struct auth_gss *gss = opened[how & 1];
    if (!(how & 2))
        base64_encode(input.at, input.length, &encoded);
    struct slice theirs = how & 2 ? input : (struct slice){buf_text(&encoded), encoded.length};
    must(step(gss, (struct slice){0}) == AUTH_GSS_LEG);
    enum auth_gss_result result = theirs.length ? step(gss, theirs) : AUTH_GSS_DONE;
    must(result != AUTH_GSS_LEG);
    if (result == AUTH_GSS_LAST && theirs.length)
        (void)step(gss, theirs);
    auth_gss_reset(gss);
    must(!theirs.length || step(gss, theirs) == AUTH_GSS_BAD_TOKEN); /* nothing was asked */
    buf_finish(&encoded);
    return 0;
}
