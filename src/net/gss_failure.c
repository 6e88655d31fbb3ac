/* SPDX-License-Identifier: MIT */
#include "net/gss_failure.h"

#include <errno.h>
#include <krb5.h>
#include <stdio.h>

static const char no_credential[] = "there is no Kerberos ticket for the login: KRB5_CLIENT_KTNAME "
                                    "must name a keytab, or KRB5CCNAME "
                                    "a ticket cache, that roomcal may read";
static const char expired[] = "the Kerberos ticket has expired: get a new one (kinit), or give a "
                              "keytab in KRB5_CLIENT_KTNAME, "
                              "with which roomcal gets its tickets itself";
static const char skew[] =
    "the clocks of this machine and of the server are too far apart for a login: set both by NTP";
static const char wrong_key[] =
    "the KDC refused the login: the password or keytab is not (or no longer) the account's";
static const char no_service[] =
    "Kerberos knows no service HTTP/ with the host of EXCHANGE_SERVER: name there the host that "
    "setspn has registered for Exchange, or register it";
static const char unreachable[] = "no Kerberos server answers for the realm: check [realms] in "
                                  "/etc/krb5.conf, DNS and the network";
static const char no_memory[] = "there is no memory for the login";

/* What says more than the major status. */
static const struct {
    krb5_error_code code;
    enum auth_gss_result result;
    const char *sentence;
} causes[] = {
    {ENOMEM, AUTH_GSS_MEMORY, no_memory},
    {KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, AUTH_GSS_REFUSED,
     "the KDC refused the login: it does not know the user (USERNAME, or that of the keytab)"},
    {KRB5KRB_AP_ERR_BAD_INTEGRITY, AUTH_GSS_REFUSED, wrong_key},
    {KRB5KDC_ERR_PREAUTH_FAILED, AUTH_GSS_REFUSED, wrong_key},
    {KRB5KDC_ERR_ETYPE_NOSUPP, AUTH_GSS_REFUSED,
     "the KDC refused the login: account, keytab and this machine have no kind of encryption in "
     "common"},
    {KRB5KDC_ERR_CLIENT_REVOKED, AUTH_GSS_REFUSED,
     "the KDC refused the login: the account is locked or disabled"},
    {KRB5KDC_ERR_KEY_EXP, AUTH_GSS_REFUSED,
     "the KDC refused the login: the account's password has expired"},
    {KRB5KDC_ERR_NAME_EXP, AUTH_GSS_REFUSED, "the KDC refused the login: the account has expired"},
    {KRB5KDC_ERR_POLICY, AUTH_GSS_REFUSED,
     "the KDC refused the login: a policy forbids it to the account"},
    {KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, AUTH_GSS_NO_SERVICE, no_service},
    {KRB5KRB_AP_ERR_TKT_EXPIRED, AUTH_GSS_EXPIRED, expired},
    {KRB5KRB_AP_ERR_SKEW, AUTH_GSS_CLOCK_SKEW, skew},
    {KRB5_KDCREP_SKEW, AUTH_GSS_CLOCK_SKEW, skew},
    {KRB5_KDC_UNREACH, AUTH_GSS_UNREACHABLE, unreachable},
    {KRB5_REALM_UNKNOWN, AUTH_GSS_UNREACHABLE, unreachable},
    {KRB5_REALM_CANT_RESOLVE, AUTH_GSS_UNREACHABLE, unreachable},
    {KRB5_CONFIG_NODEFREALM, AUTH_GSS_UNREACHABLE,
     "Kerberos has no realm: set default_realm in /etc/krb5.conf"},
};

static const struct {
    OM_uint32 major; /* the routine error */
    enum auth_gss_result result;
    const char *sentence;
} majors[] = {
    {GSS_S_BAD_MECH, AUTH_GSS_NO_MECHANISM,
     "GSS-API has no NTLM on this machine: install the package gss-ntlmssp"},
    {GSS_S_NO_CRED, AUTH_GSS_NO_CREDENTIAL, no_credential},
    {GSS_S_CREDENTIALS_EXPIRED, AUTH_GSS_EXPIRED, expired},
    {GSS_S_DEFECTIVE_CREDENTIAL, AUTH_GSS_NO_CREDENTIAL, no_credential},
};

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* GSS-API's own words, on one line; "" if it has none. */
static void read_words(OM_uint32 status, int kind, gss_OID mech, char *ret, size_t size)
{
    OM_uint32 minor;
    OM_uint32 more = 0; /* further lines of it are repetitions */
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;

    ret[0] = '\0';
    if (gss_display_status(&minor, status, kind, mech, &more, &text) != GSS_S_COMPLETE)
        return;
    (void)snprintf(ret, size, "%.*s", (int)text.length, (const char *)text.value);
    (void)gss_release_buffer(&minor, &text);
    for (char *at = ret; *at; at++) {
        if (*at < ' ' || *at > '~') /* a KDC may have written some of it */
            *at = '?';
    }
}

static enum auth_gss_result tell(enum auth_gss_result result, const char *sentence, OM_uint32 major,
                                 OM_uint32 minor, gss_OID mech, struct err *err)
{
    char words[200] = "";

    if (minor)
        read_words(minor, GSS_C_MECH_CODE, mech, words, sizeof words);
    if (!words[0])
        read_words(major, GSS_C_GSS_CODE, mech, words, sizeof words);
    (void)err_set(err, -EIO, "%s (%s)", sentence, words);
    return result;
}

enum auth_gss_result gss_failure(OM_uint32 major, OM_uint32 minor, gss_OID mech, struct err *err)
{
    for (size_t i = 0; i < COUNT(causes); i++) {
        if ((krb5_error_code)minor == causes[i].code)
            return tell(causes[i].result, causes[i].sentence, major, minor, mech, err);
    }
    for (size_t i = 0; i < COUNT(majors); i++) {
        if (GSS_ROUTINE_ERROR(major) == majors[i].major)
            return tell(majors[i].result, majors[i].sentence, major, minor, mech, err);
    }
    return tell(AUTH_GSS_FAILED, "the login could not be prepared", major, minor, mech, err);
}

enum auth_gss_result gss_failure_of_token(OM_uint32 major, OM_uint32 minor, gss_OID mech,
                                          struct err *err)
{
    if (minor == ENOMEM)
        return tell(AUTH_GSS_MEMORY, no_memory, major, minor, mech, err);
    return tell(AUTH_GSS_BAD_TOKEN,
                "the server's answer to the login ends it, or cannot be understood", major, minor,
                mech, err);
}
