/* SPDX-License-Identifier: MIT */
#include "net/gss_credential.h"

#include <ctype.h>
#include <errno.h>
#include <gssapi/gssapi_ext.h>
#include <krb5.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/gss_failure.h"

#define NAME_MAX_BYTES 1024

/* ---- mechanisms ---- */

/* Written by nobody, but GSS-API's types know no const. */
static char ntlm_id[] = "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"; /* MS-NLMP, 1.9 */
static char krb5_id[] = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";     /* RFC 1964 */
static char spnego_id[] = "\x2b\x06\x01\x05\x05\x02";               /* RFC 4178 */
static gss_OID_desc ntlm = {sizeof ntlm_id - 1, ntlm_id};
static gss_OID_desc krb5 = {sizeof krb5_id - 1, krb5_id};
static gss_OID_desc spnego = {sizeof spnego_id - 1, spnego_id};

const struct gss_kind *gss_kind_of(enum auth_gss_kind kind)
{
    static const struct gss_kind kinds[AUTH_GSS_KINDS] = {
        [AUTH_GSS_NTLM] = {&ntlm, NULL, 2},
        [AUTH_GSS_KERBEROS] = {&spnego, &krb5, 1},
        [AUTH_GSS_NEGOTIATE_NTLM] = {&spnego, &ntlm, 2},
    };

    return &kinds[kind];
}

static bool has_mechanism(gss_OID mech)
{
    OM_uint32 minor;
    gss_OID_set all = GSS_C_NO_OID_SET;
    int present = 0;

    if (gss_indicate_mechs(&minor, &all) == GSS_S_COMPLETE)
        (void)gss_test_oid_set_member(&minor, mech, all, &present);
    (void)gss_release_oid_set(&minor, &all);
    return present;
}

bool gss_kind_available(enum auth_gss_kind kind)
{
    const struct gss_kind *wanted = gss_kind_of(kind);

    return has_mechanism(wanted->inner ? wanted->inner : wanted->mech);
}

/* ---- one credential ---- */

/* From a store: keys are those of the mechanisms, and each passes over what it does not know. */
static enum auth_gss_result acquire_from(gss_name_t name, gss_OID mech,
                                         const gss_key_value_set_desc *store, gss_cred_id_t *ret,
                                         struct err *err)
{
    gss_OID_set_desc mechs = {1, mech};
    OM_uint32 minor;
    OM_uint32 major = gss_acquire_cred_from(&minor, name, GSS_C_INDEFINITE, &mechs, GSS_C_INITIATE,
                                            store, ret, NULL, NULL);

    return major == GSS_S_COMPLETE ? AUTH_GSS_DONE : gss_failure(major, minor, mech, err);
}

/* SPNEGO would offer every mechanism that there is. */
static enum auth_gss_result limit_to(gss_cred_id_t credential, gss_OID inner, struct err *err)
{
    gss_OID_set_desc mechs = {1, inner};
    OM_uint32 minor;
    OM_uint32 major = gss_set_neg_mechs(&minor, credential, &mechs);

    return major == GSS_S_COMPLETE ? AUTH_GSS_DONE : gss_failure(major, minor, inner, err);
}

static enum auth_gss_result import_user(const struct buf *text, gss_name_t *ret, struct err *err)
{
    gss_buffer_desc name = {text->length, text->bytes};
    OM_uint32 minor;
    OM_uint32 major;

    if (buf_error(text))
        return gss_failure(GSS_S_FAILURE, ENOMEM, GSS_C_NO_OID, err);
    major = gss_import_name(&minor, &name, GSS_C_NT_USER_NAME, ret);
    return major == GSS_S_COMPLETE ? AUTH_GSS_DONE : gss_failure(major, minor, GSS_C_NO_OID, err);
}

/* ---- NTLM ---- */

/* gss-ntlmssp would take the part behind "@" for the domain, which it need not be: "\@" keeps a UPN together. */
static void write_ntlm_user(const char *username, struct buf *ret)
{
    bool has_domain = strchr(username, '\\') != NULL;

    for (const char *at = username; *at; at++) {
        if (*at == '@' && !has_domain)
            buf_append_char(ret, '\\');
        buf_append_char(ret, *at);
    }
}

/* By a key that only gss-ntlmssp knows, and not by gss_acquire_cred_with_password: inside SPNEGO that would try the
 * password at a KDC as well, and a wrong one would count twice there. A credential for NTLM alone, on the other hand,
 * is not seen by SPNEGO, which would then take one from NTLM_USER_FILE. The ticket cache, empty, is so that krb5 does
 * not look for others. */
static enum auth_gss_result acquire_ntlm(const struct config *config, const struct gss_kind *kind,
                                         struct gss_credential *to, struct err *err)
{
    gss_key_value_element_desc keys[] = {{"ntlmssp_password", config->password},
                                         {"ccache", "MEMORY:roomcal-none"}};
    gss_key_value_set_desc store = {sizeof keys / sizeof keys[0], keys};
    struct buf user = BUF_INIT(NAME_MAX_BYTES);
    gss_name_t name = GSS_C_NO_NAME;
    enum auth_gss_result result;
    OM_uint32 minor;

    if (!has_mechanism(&ntlm))
        return gss_failure(GSS_S_BAD_MECH, 0, &ntlm, err);
    if (!config->username || !config->password) {
        (void)err_set(err, -EINVAL, "NTLM needs USERNAME and PASSWORD");
        return AUTH_GSS_NO_CREDENTIAL;
    }
    write_ntlm_user(config->username, &user);
    result = import_user(&user, &name, err);
    if (result == AUTH_GSS_DONE)
        result = acquire_from(name, kind->mech, &store, &to->handle, err);
    if (result == AUTH_GSS_DONE && kind->inner)
        result = limit_to(to->handle, kind->inner, err);
    (void)gss_release_name(&minor, &name);
    buf_finish(&user);
    to->expires_utc = INT64_MAX;
    return result;
}

/* ---- Kerberos ---- */

static void use_cache_of_our_own(struct gss_credential *to)
{
    (void)snprintf(to->cache, sizeof to->cache, "MEMORY:roomcal-%p", (void *)to);
}

static void destroy_cache(const char *name)
{
    krb5_context context;
    krb5_ccache cache;

    if (krb5_init_context(&context))
        return;
    if (krb5_cc_resolve(context, name, &cache) == 0)
        (void)krb5_cc_destroy(context, cache);
    krb5_free_context(context);
}

/* Asks the KDC if there is a keytab and no ticket. */
static enum auth_gss_result acquire_tickets(const struct config *config, struct gss_credential *to,
                                            struct err *err)
{
    gss_key_value_element_desc keys[2];
    gss_key_value_set_desc store = {0, keys};

    if (!config->krb5_client_ktname && !config->krb5ccname)
        return gss_failure(GSS_S_NO_CRED, 0, &krb5, err);
    if (!config->krb5ccname)
        use_cache_of_our_own(to);
    keys[store.count++] =
        (gss_key_value_element_desc){"ccache", config->krb5ccname ? config->krb5ccname : to->cache};
    if (config->krb5_client_ktname)
        keys[store.count++] =
            (gss_key_value_element_desc){"client_keytab", config->krb5_client_ktname};
    return acquire_from(GSS_C_NO_NAME, &krb5, &store, &to->tickets, err);
}

/* Realms are upper case by custom, and in Active Directory always. */
static void write_principal(const char *username, struct buf *ret)
{
    const char *backslash = strchr(username, '\\');
    bool realm = false;

    for (const char *at = backslash ? backslash + 1 : username; *at; at++) {
        buf_append_char(ret, realm ? (char)toupper((unsigned char)*at) : *at);
        realm = realm || *at == '@';
    }
}

/* Asks the KDC. GSS-API keeps the tickets in a cache that nobody else sees, but SPNEGO has to: hence the copy. It keeps
 * the password too, for as long as there is this credential: hence another one, of the copy. */
static enum auth_gss_result acquire_by_password(const struct config *config, gss_name_t name,
                                                struct gss_credential *to, struct err *err)
{
    gss_OID_set_desc mechs = {1, &krb5};
    gss_buffer_desc password = {strlen(config->password), config->password};
    gss_key_value_element_desc key = {"ccache", to->cache};
    gss_key_value_set_desc store = {1, &key};
    gss_cred_id_t asked = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor;
    OM_uint32 ignored;
    OM_uint32 major = gss_acquire_cred_with_password(&minor, name, &password, GSS_C_INDEFINITE,
                                                     &mechs, GSS_C_INITIATE, &asked, NULL, NULL);

    if (major == GSS_S_COMPLETE)
        major = gss_store_cred_into(&minor, asked, GSS_C_INITIATE, &krb5, 1, 0, &store, NULL, NULL);
    enum auth_gss_result result =
        major == GSS_S_COMPLETE ? AUTH_GSS_DONE : gss_failure(major, minor, &krb5, err);
    (void)gss_release_cred(&ignored, &asked);
    return result == AUTH_GSS_DONE ? acquire_from(GSS_C_NO_NAME, &krb5, &store, &to->tickets, err)
                                   : result;
}

static enum auth_gss_result acquire_with_password(const struct config *config,
                                                  struct gss_credential *to, struct err *err)
{
    struct buf principal = BUF_INIT(NAME_MAX_BYTES);
    gss_name_t name = GSS_C_NO_NAME;
    enum auth_gss_result result;
    OM_uint32 minor;

    use_cache_of_our_own(to);
    write_principal(config->username, &principal);
    result = import_user(&principal, &name, err);
    if (result == AUTH_GSS_DONE)
        result = acquire_by_password(config, name, to, err);
    (void)gss_release_name(&minor, &name);
    buf_finish(&principal);
    return result;
}

/* SPNEGO's credential of the tickets that are there now. */
static enum auth_gss_result acquire_negotiation(const struct config *config,
                                                struct gss_credential *to, struct err *err)
{
    gss_key_value_element_desc key = {"ccache", to->cache[0] ? to->cache : config->krb5ccname};
    gss_key_value_set_desc store = {1, &key};
    enum auth_gss_result result = acquire_from(GSS_C_NO_NAME, &spnego, &store, &to->handle, err);

    return result == AUTH_GSS_DONE ? limit_to(to->handle, &krb5, err) : result;
}

static enum auth_gss_result read_expiry(struct gss_credential *of, struct err *err)
{
    OM_uint32 minor;
    OM_uint32 lifetime_s = 0;
    OM_uint32 major = gss_inquire_cred(&minor, of->tickets, NULL, &lifetime_s, NULL, NULL);

    if (major != GSS_S_COMPLETE)
        return gss_failure(major, minor, &krb5, err);
    of->expires_utc =
        lifetime_s == GSS_C_INDEFINITE ? INT64_MAX : clock_utc() + (int64_t)lifetime_s;
    return AUTH_GSS_DONE;
}

static bool is_missing(enum auth_gss_result result)
{
    return result == AUTH_GSS_NO_CREDENTIAL || result == AUTH_GSS_EXPIRED;
}

static enum auth_gss_result acquire_kerberos(const struct config *config, struct gss_credential *to,
                                             struct err *err)
{
    enum auth_gss_result result = acquire_tickets(config, to, err);

    if (result == AUTH_GSS_DONE)
        result = read_expiry(to, err);
    if (is_missing(result) && config->username && config->password) {
        gss_credential_release(to);
        result = acquire_with_password(config, to, err);
        if (result == AUTH_GSS_DONE)
            result = read_expiry(to, err);
    }
    return result == AUTH_GSS_DONE ? acquire_negotiation(config, to, err) : result;
}

/* ---- for all ---- */

enum auth_gss_result gss_credential_acquire(const struct config *config, enum auth_gss_kind kind,
                                            struct gss_credential *ret, struct err *err)
{
    enum auth_gss_result result = kind == AUTH_GSS_KERBEROS
                                      ? acquire_kerberos(config, ret, err)
                                      : acquire_ntlm(config, gss_kind_of(kind), ret, err);

    if (result != AUTH_GSS_DONE)
        gss_credential_release(ret);
    return result;
}

enum auth_gss_result gss_credential_try_tickets(const struct config *config, struct err *err)
{
    struct gss_credential credential = {0};
    enum auth_gss_result result = acquire_tickets(config, &credential, err);

    if (result == AUTH_GSS_DONE)
        result = read_expiry(&credential, err);
    gss_credential_release(&credential);
    return result;
}

void gss_credential_release(struct gss_credential *credential)
{
    OM_uint32 minor;

    (void)gss_release_cred(&minor, &credential->handle);
    (void)gss_release_cred(&minor, &credential->tickets);
    if (credential->cache[0])
        destroy_cache(credential->cache);
    *credential = (struct gss_credential){0};
}
