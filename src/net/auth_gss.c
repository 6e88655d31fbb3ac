/* SPDX-License-Identifier: MIT */
#include "net/auth_gss.h"

#include <errno.h>
#include <gssapi/gssapi.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "config/url.h"
#include "net/challenge.h"
#include "net/gss_credential.h"
#include "net/gss_failure.h"
#include "net/ntlm_challenge.h"

/* A ticket with less than that is not begun with: the server's clock may be as far ahead (Kerberos' clockskew). */
#define EXPIRY_MARGIN_S 300

struct auth_gss {
    const struct config *config;
    enum auth_gss_kind kind;
    gss_name_t server;
    struct gss_credential credential;
    gss_ctx_id_t context;
    int tokens; /* sent in this context */
};

/* ---- its life ---- */

static OM_uint32 import_server(const struct config *config, gss_name_t *ret)
{
    struct buf text = BUF_INIT(1024);
    struct url url;
    OM_uint32 minor;
    OM_uint32 major = GSS_S_FAILURE;

    if (!url_split(slice_of(config->endpoint), &url)) {
        buf_append_text(&text, "HTTP@");
        buf_append(&text, url.host.at, url.host.length);
    }
    if (text.length && !buf_error(&text)) {
        gss_buffer_desc name = {text.length, text.bytes};
        major = gss_import_name(&minor, &name, GSS_C_NT_HOSTBASED_SERVICE, ret);
    }
    buf_finish(&text);
    return major;
}

int auth_gss_create(const struct config *config, enum auth_gss_kind kind, struct auth_gss **ret,
                    struct err *err)
{
    struct auth_gss *gss = calloc(1, sizeof *gss);

    if (!gss)
        return err_errno(err, ENOMEM, "a login cannot be prepared");
    gss->config = config;
    gss->kind = kind;
    if (import_server(config, &gss->server) != GSS_S_COMPLETE) {
        auth_gss_destroy(gss);
        return err_errno(err, ENOMEM, "a login cannot be prepared");
    }
    *ret = gss;
    return 0;
}

void auth_gss_destroy(struct auth_gss *gss)
{
    OM_uint32 minor;

    if (!gss)
        return;
    auth_gss_reset(gss);
    gss_credential_release(&gss->credential);
    (void)gss_release_name(&minor, &gss->server);
    free(gss);
}

void auth_gss_reset(struct auth_gss *gss)
{
    OM_uint32 minor;

    (void)gss_delete_sec_context(&minor, &gss->context, GSS_C_NO_BUFFER);
    gss->tokens = 0;
}

bool auth_gss_ntlm_available(void)
{
    return gss_kind_available(AUTH_GSS_NTLM);
}

bool auth_gss_kerberos_available(const struct config *config, struct err *err)
{
    return gss_credential_try_tickets(config, err) == AUTH_GSS_DONE;
}

/* ---- a step ---- */

static enum auth_gss_result ready_credential(struct auth_gss *gss, struct err *err)
{
    struct gss_credential *credential = &gss->credential;

    if (credential->handle && clock_utc() < credential->expires_utc - EXPIRY_MARGIN_S)
        return AUTH_GSS_DONE;
    gss_credential_release(credential);
    return gss_credential_acquire(gss->config, gss->kind, credential, err);
}

/* The addresses stay empty: gss-ntlmssp hashes the whole, and Windows has none in it (MS-NLMP, 3.1.5.1.2). */
static void write_binding(const struct channel_binding *binding,
                          struct gss_channel_bindings_struct *ret)
{
    *ret = (struct gss_channel_bindings_struct){0};
    ret->application_data.length = binding->length;
    ret->application_data.value = (void *)(uintptr_t)binding->bytes;
}

static OM_uint32 advance(struct auth_gss *gss, gss_cred_id_t credential, gss_OID mech,
                         gss_ctx_id_t *context, gss_buffer_t token,
                         const struct channel_binding *binding, gss_buffer_t ret,
                         OM_uint32 *ret_minor)
{
    struct gss_channel_bindings_struct bindings;

    write_binding(binding, &bindings);
    return gss_init_sec_context(ret_minor, credential, context, gss->server, mech, 0, 0,
                                binding->length ? &bindings : GSS_C_NO_CHANNEL_BINDINGS, token,
                                NULL, ret, NULL, NULL);
}

/* SPNEGO does not say why Kerberos gave it no token. Kerberos itself does. */
static enum auth_gss_result explain_tickets(struct auth_gss *gss, OM_uint32 major, OM_uint32 minor,
                                            struct err *err)
{
    const struct gss_kind *kind = gss_kind_of(gss->kind);
    const struct channel_binding none = {0};
    gss_ctx_id_t context = GSS_C_NO_CONTEXT;
    gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
    OM_uint32 inner_minor;
    OM_uint32 ignored;
    OM_uint32 inner = advance(gss, gss->credential.tickets, kind->inner, &context, GSS_C_NO_BUFFER,
                              &none, &token, &inner_minor);

    (void)gss_release_buffer(&ignored, &token);
    (void)gss_delete_sec_context(&ignored, &context, GSS_C_NO_BUFFER);
    return GSS_ERROR(inner) ? gss_failure(inner, inner_minor, kind->inner, err)
                            : gss_failure(major, minor, kind->mech, err);
}

static enum auth_gss_result explain(struct auth_gss *gss, OM_uint32 major, OM_uint32 minor,
                                    struct err *err)
{
    gss_OID mech = gss_kind_of(gss->kind)->mech;

    if (gss->tokens > 0)
        return gss_failure_of_token(major, minor, mech, err);
    if (gss->credential.tickets)
        return explain_tickets(gss, major, minor, err);
    return gss_failure(major, minor, mech, err);
}

static enum auth_gss_result bad_token(const char *why, struct err *err)
{
    (void)err_set(err, -EINVAL, "the server's answer to the login cannot be understood: %s", why);
    return AUTH_GSS_BAD_TOKEN;
}

/* What a call that did not fail means. */
static enum auth_gss_result judge(struct auth_gss *gss, OM_uint32 major, gss_buffer_t token,
                                  struct buf *ret_base64, struct err *err)
{
    if (token->length == 0)
        return major == GSS_S_COMPLETE ? AUTH_GSS_DONE
                                       : bad_token("it asks for more than there is to say", err);
    base64_encode(token->value, token->length, ret_base64);
    if (buf_error(ret_base64)) {
        (void)err_set(err, buf_error(ret_base64),
                      "the token for the login is too large, or there is no memory for it");
        return buf_error(ret_base64) == -ENOMEM ? AUTH_GSS_MEMORY : AUTH_GSS_FAILED;
    }
    gss->tokens++;
    return major == GSS_S_COMPLETE || gss->tokens >= gss_kind_of(gss->kind)->legs ? AUTH_GSS_LAST
                                                                                  : AUTH_GSS_LEG;
}

static enum auth_gss_result take(struct auth_gss *gss, gss_buffer_t token,
                                 const struct channel_binding *binding, struct buf *ret_base64,
                                 struct err *err)
{
    gss_buffer_desc ours = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor;
    OM_uint32 major = advance(gss, gss->credential.handle, gss_kind_of(gss->kind)->mech,
                              &gss->context, token, binding, &ours, &minor);
    enum auth_gss_result result = GSS_ERROR(major) ? explain(gss, major, minor, err)
                                                   : judge(gss, major, &ours, ret_base64, err);

    if (ours.value)
        explicit_bzero(ours.value, ours.length);
    (void)gss_release_buffer(&minor, &ours);
    return result;
}

static enum auth_gss_result begin(struct auth_gss *gss, const struct channel_binding *binding,
                                  struct buf *ret_base64, struct err *err)
{
    enum auth_gss_result result = ready_credential(gss, err);

    auth_gss_reset(gss);
    if (result != AUTH_GSS_DONE)
        return result;
    result = take(gss, GSS_C_NO_BUFFER, binding, ret_base64, err);
    /* Whatever was wrong with the credential may be mended before the next attempt. */
    if (result != AUTH_GSS_LEG && result != AUTH_GSS_LAST)
        gss_credential_release(&gss->credential);
    return result;
}

static enum auth_gss_result go_on(struct auth_gss *gss, struct slice token_base64,
                                  const struct channel_binding *binding, struct buf *ret_base64,
                                  struct err *err)
{
    struct buf token = BUF_INIT(CHALLENGE_TOKEN_MAX);
    gss_buffer_desc theirs;
    enum auth_gss_result result;

    if (!gss->context)
        return bad_token("nothing was asked", err);
    if (base64_decode(token_base64, &token) < 0) {
        result = bad_token("it is no base64, or too large", err);
    } else if (ntlm_challenge_is_fatal((struct slice){token.bytes, token.length})) {
        result = bad_token("it names no domain or computer", err);
    } else {
        theirs = (gss_buffer_desc){token.length, token.bytes};
        result = take(gss, &theirs, binding, ret_base64, err);
    }
    buf_finish(&token);
    return result;
}

enum auth_gss_result auth_gss_step(struct auth_gss *gss, struct slice token_base64,
                                   const struct channel_binding *binding, struct buf *ret_base64,
                                   struct err *err)
{
    buf_clear(ret_base64);
    if (token_base64.length == 0)
        return begin(gss, binding, ret_base64, err);
    return go_on(gss, token_base64, binding, ret_base64, err);
}
