/* SPDX-License-Identifier: MIT */
#include "config/whole.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/datetime.h"
#include "config/secret_file.h"

/* ---- defaults that depend on others ---------------------------------------------------------- */

static void settle_access(const struct source *source, struct config *config)
{
    if (!given_is(source, "ACCESS"))
        config->access = config->auth == CONFIG_AUTH_BEARER ? CONFIG_ACCESS_IMPERSONATION
                                                            : CONFIG_ACCESS_DELEGATE;
}

/* https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
static int settle_token_url(const struct source *source, struct config *config)
{
    if (!config->oauth_tenant || given_is(source, "OAUTH_TOKEN_URL"))
        return 0;
    if (asprintf(&config->oauth_token_url, "https://login.microsoftonline.com/%s/oauth2/v2.0/token",
                 config->oauth_tenant) >= 0)
        return 0;
    config->oauth_token_url = NULL;
    return -ENOMEM;
}

/* Without a file for the key, the certificate's holds it, and has to be closed like one. */
static int settle_key(const struct source *source, const char *cert_key, const char *cert_file,
                      char **key_file, struct mistakes *mistakes)
{
    struct given given = given_find(source, cert_key);
    struct err err = {0};

    if (secret_file_check(cert_file, secret_file_guard(cert_file), &err))
        mistakes_add(mistakes, given.file, given.line,
                     "%s names %s, which holds the private key too if no other file does, and %s",
                     cert_key, cert_file, err.text);
    *key_file = strdup(cert_file);
    return *key_file ? 0 : -ENOMEM;
}

static int settle_keys(const struct source *source, struct config *config,
                       struct mistakes *mistakes)
{
    int error = 0;

    if (config->cert_file && !given_is(source, "KEY_FILE"))
        error = settle_key(source, "CERT_FILE", config->cert_file, &config->key_file, mistakes);
    if (!error && config->oauth_cert_file && !given_is(source, "OAUTH_KEY_FILE"))
        error = settle_key(source, "OAUTH_CERT_FILE", config->oauth_cert_file,
                           &config->oauth_key_file, mistakes);
    return error;
}

/* ---- contradictions -------------------------------------------------------------------------- */

/* Whether the settings contradict each other. What was found wrong before is not missed again: what
 * is missing is asked of the source. */
typedef bool contradiction(const struct source *source, const struct config *config);

/* A calendar that begins where it ends would be asked for with a span that Exchange refuses. */
static bool is_window_empty(const struct source *source, const struct config *config)
{
    int64_t end_utc = clock_utc() + config->window_days * DAY_S;

    (void)source;
    return !config->window_start.relative && config->window_start.at_utc >= end_utc;
}

static bool is_bearer(const struct config *config)
{
    return config->auth == CONFIG_AUTH_BEARER;
}

static bool is_application_a_delegate(const struct source *source, const struct config *config)
{
    (void)source;
    return is_bearer(config) && config->access == CONFIG_ACCESS_DELEGATE;
}

static bool is_there_no_tls_to_bind(const struct source *source, const struct config *config)
{
    (void)source;
    return config->channel_binding == CONFIG_BINDING_REQUIRED && config->endpoint &&
           strncmp(config->endpoint, "http:", 5) == 0;
}

static bool is_login_not_bindable(const struct source *source, const struct config *config)
{
    (void)source;
    return config->channel_binding == CONFIG_BINDING_REQUIRED &&
           (is_bearer(config) || config->auth == CONFIG_AUTH_BASIC);
}

static bool is_nobody_to_ask_as(const struct source *source, const struct config *config)
{
    return config->access == CONFIG_ACCESS_IMPERSONATION && given_is(source, "ROOM_LIST") &&
           !given_is(source, "ROOMS");
}

static bool is_key_alone(const struct source *source, const struct config *config)
{
    (void)config;
    return given_is(source, "KEY_FILE") && !given_is(source, "CERT_FILE");
}

static bool is_oauth_key_alone(const struct source *source, const struct config *config)
{
    (void)config;
    return given_is(source, "OAUTH_KEY_FILE") && !given_is(source, "OAUTH_CERT_FILE");
}

static bool is_client_id_missing(const struct source *source, const struct config *config)
{
    return is_bearer(config) && !given_is(source, "OAUTH_CLIENT_ID");
}

static bool is_tenant_missing(const struct source *source, const struct config *config)
{
    return is_bearer(config) && !given_is(source, "OAUTH_TENANT") &&
           !given_is(source, "OAUTH_TOKEN_URL");
}

static bool has_client_secret(const struct source *source)
{
    return given_is(source, "OAUTH_CLIENT_SECRET") || given_is(source, "OAUTH_CLIENT_SECRET_FILE");
}

static bool is_client_proof_missing(const struct source *source, const struct config *config)
{
    return is_bearer(config) && !has_client_secret(source) && !given_is(source, "OAUTH_CERT_FILE");
}

static bool is_client_proof_double(const struct source *source, const struct config *config)
{
    (void)config;
    return has_client_secret(source) && given_is(source, "OAUTH_CERT_FILE");
}

static void check(const struct source *source, const struct config *config,
                  struct mistakes *mistakes)
{
    static const struct {
        const char *key; /* whose line is shown */
        contradiction *holds;
        const char *sentence; /* goes on behind the key */
    } rows[] = {
        {"WINDOW_START", is_window_empty,
         "is not before the end of the window, which WINDOW_DAYS sets"},
        {"ACCESS", is_application_a_delegate,
         "is delegate, but the application of AUTH=bearer has no rights on calendars itself; write"
         " impersonation, or remove the line"},
        {"CHANNEL_BINDING", is_there_no_tls_to_bind,
         "is required, but EXCHANGE_SERVER is http://, without TLS; write https:// there, or auto"
         " here"},
        {"CHANNEL_BINDING", is_login_not_bindable,
         "is required, but a login of AUTH=basic or bearer names no connection; set AUTH to auto,"
         " ntlm or negotiate, or write auto here"},
        {"ROOM_LIST", is_nobody_to_ask_as,
         "needs a room to ask as, with ACCESS=impersonation; name one in ROOMS and ROOM_EMAILS"},
        {"KEY_FILE", is_key_alone,
         "is set, but not CERT_FILE; name the certificate there, or remove the line"},
        {"OAUTH_KEY_FILE", is_oauth_key_alone,
         "is set, but not OAUTH_CERT_FILE; name the certificate there, or remove the line"},
        {"OAUTH_CLIENT_ID", is_client_id_missing,
         "is not set, but AUTH=bearer needs it: the application's id, as Microsoft Entra shows it"},
        {"OAUTH_TENANT", is_tenant_missing,
         "is not set, but AUTH=bearer needs it, or OAUTH_TOKEN_URL: the tenant's id, as Microsoft"
         " Entra shows it"},
        {"OAUTH_CLIENT_SECRET", is_client_proof_missing,
         "is not set, but AUTH=bearer needs it, or OAUTH_CLIENT_SECRET_FILE, or a certificate in"
         " OAUTH_CERT_FILE"},
        {"OAUTH_CERT_FILE", is_client_proof_double, "is set, and a secret too; remove one of them"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct given given = given_find(source, rows[i].key);
        if (rows[i].holds(source, config))
            mistakes_add(mistakes, given.file, given.line, "%s %s", rows[i].key, rows[i].sentence);
    }
}

int whole_settle(const struct source *source, struct config *config, struct mistakes *mistakes)
{
    settle_access(source, config);
    int error = settle_token_url(source, config);
    if (!error)
        error = settle_keys(source, config, mistakes);
    if (!error)
        check(source, config, mistakes);
    return error;
}
