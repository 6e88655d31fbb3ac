/* SPDX-License-Identifier: MIT */

/*
 * gss-leg — net/auth_gss as a program, for tests/e2e/test_gss_login.py
 *
 *     gss-leg ntlm|kerberos|negotiate-ntlm|available KEY=VALUE…
 *
 * Keys are EXCHANGE_SERVER (a whole URL), USERNAME, PASSWORD, KRB5_CLIENT_KTNAME and KRB5CCNAME. Each line of its input is
 * a step, "TOKEN BINDING", either of them perhaps empty; a line "reset" is a connection lost. It answers each step with a
 * line "RESULT TOKEN SENTENCE", parted by tabs. `available` asks whether Kerberos is, at once and without steps.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/auth_gss.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const char *const results[] = {
    [AUTH_GSS_LEG] = "LEG",
    [AUTH_GSS_LAST] = "LAST",
    [AUTH_GSS_DONE] = "DONE",
    [AUTH_GSS_NO_MECHANISM] = "NO_MECHANISM",
    [AUTH_GSS_NO_CREDENTIAL] = "NO_CREDENTIAL",
    [AUTH_GSS_EXPIRED] = "EXPIRED",
    [AUTH_GSS_CLOCK_SKEW] = "CLOCK_SKEW",
    [AUTH_GSS_REFUSED] = "REFUSED",
    [AUTH_GSS_NO_SERVICE] = "NO_SERVICE",
    [AUTH_GSS_UNREACHABLE] = "UNREACHABLE",
    [AUTH_GSS_BAD_TOKEN] = "BAD_TOKEN",
    [AUTH_GSS_MEMORY] = "MEMORY",
    [AUTH_GSS_FAILED] = "FAILED",
};
static const char *const kinds[AUTH_GSS_KINDS] = {"ntlm", "kerberos", "negotiate-ntlm"};

static void set(struct config *config, char *setting)
{
    const struct {
        const char *key;
        char **at;
    } keys[] = {
        {"EXCHANGE_SERVER=", &config->endpoint},
        {"USERNAME=", &config->username},
        {"PASSWORD=", &config->password},
        {"KRB5_CLIENT_KTNAME=", &config->krb5_client_ktname},
        {"KRB5CCNAME=", &config->krb5ccname},
    };

    for (size_t i = 0; i < COUNT(keys); i++) {
        if (strncmp(setting, keys[i].key, strlen(keys[i].key)) == 0)
            *keys[i].at = setting + strlen(keys[i].key);
    }
}

static void take_step(struct auth_gss *gss, struct slice line, struct buf *token)
{
    struct channel_binding binding = {0};
    struct slice theirs = line;
    struct err err = {""};
    enum auth_gss_result result;

    (void)slice_next(&line, ' ', &theirs);
    if (line.at && line.length <= sizeof binding.bytes) {
        memcpy(binding.bytes, line.at, line.length);
        binding.length = line.length;
    }
    result = auth_gss_step(gss, theirs, &binding, token, &err);
    (void)printf("%s\t%s\t%s\n", results[result], buf_text(token), err.text);
    (void)fflush(stdout);
}

static void talk(struct auth_gss *gss)
{
    struct buf token = BUF_INIT(AUTH_GSS_TOKEN_MAX);
    char *line = NULL;
    size_t room = 0;
    ssize_t length;

    while ((length = getline(&line, &room, stdin)) > 0) {
        struct slice text = {line, (size_t)length - 1};

        if (slice_is(text, "reset"))
            auth_gss_reset(gss);
        else
            take_step(gss, text, &token);
    }
    free(line);
    buf_finish(&token);
}

static int available(const struct config *config)
{
    struct err err = {""};
    bool is = auth_gss_kerberos_available(config, &err);

    (void)printf("%s\t\t%s\n", is ? "YES" : "NO", err.text);
    return 0;
}

int main(int argc, char **argv)
{
    struct config config = {0};
    struct auth_gss *gss = NULL;
    struct err err = {""};

    for (int i = 2; i < argc; i++)
        set(&config, argv[i]);
    if (argc > 1 && strcmp(argv[1], "available") == 0)
        return available(&config);
    for (int kind = 0; kind < AUTH_GSS_KINDS; kind++) {
        if (argc > 1 && strcmp(argv[1], kinds[kind]) == 0 &&
            auth_gss_create(&config, (enum auth_gss_kind)kind, &gss, &err) == 0)
            talk(gss);
    }
    if (!gss)
        (void)fprintf(stderr, "gss-leg: see the top of its source; %s\n", err.text);
    auth_gss_destroy(gss);
    return gss ? 0 : 2;
}
