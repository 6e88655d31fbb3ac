/* SPDX-License-Identifier: MIT */
#include "ews/fault.h"

#include <stdio.h>
#include <string.h>

static const struct fault rows[] = {
#define FAULT(number, code, scope, action, message)                                                \
    {number, code, FAULT_OF_##scope, FAULT_##action, message},
#include "ews/fault_table.h"
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

static const char *const by_transport[] = {
    [TRANSPORT_UNREACHABLE] = "unreachable",
    [TRANSPORT_TLS] = "tls",
    [TRANSPORT_TIMEOUT] = "timeout",
    [TRANSPORT_CUT] = "cut",
    [TRANSPORT_TOO_LARGE] = "too_large",
    [TRANSPORT_MEMORY] = "no_memory",
    [TRANSPORT_MOVED] = "cut",
    [TRANSPORT_LOGIN_NO_SCHEME] = "http_401_no_scheme",
    [TRANSPORT_LOGIN_NO_MECHANISM] = "login_no_mechanism",
    [TRANSPORT_LOGIN_NO_CREDENTIAL] = "login_no_credential",
    [TRANSPORT_LOGIN_EXPIRED] = "login_expired",
    [TRANSPORT_LOGIN_CLOCK] = "login_clock",
    [TRANSPORT_LOGIN_NO_KDC] = "login_no_kdc",
    [TRANSPORT_LOGIN_NO_SERVICE] = "login_no_service",
    [TRANSPORT_LOGIN_REFUSED] = "login_refused",
    [TRANSPORT_LOGIN_UNBOUND] = "login_unbound",
    [TRANSPORT_LOGIN_BROKEN] = "login_broken",
    [TRANSPORT_LOGIN_CUT] = "login_cut",
    [TRANSPORT_LOGIN_UNBOUND_REFUSED] = "http_401_unbound",
    [TRANSPORT_LOGIN_BOUND_REFUSED] = "http_401_bound",
    [TRANSPORT_LOGIN_TOKEN_REFUSED] = "http_401_token",
    [TRANSPORT_LOGIN_TOKEN_UNREACHABLE] = "token_unreachable",
    [TRANSPORT_LOGIN_TOKEN_TLS] = "token_tls",
    [TRANSPORT_LOGIN_TOKEN_BROKEN] = "token_broken",
    [TRANSPORT_LOGIN_TOKEN_BUSY] = "token_busy",
    [TRANSPORT_LOGIN_TOKEN_UNSIGNED] = "token_unsigned",
    [TRANSPORT_TLS_EXPIRED] = "tls_expired",
    [TRANSPORT_TLS_NOT_YET_VALID] = "tls_not_yet_valid",
    [TRANSPORT_TLS_WRONG_HOST] = "tls_wrong_host",
    [TRANSPORT_TLS_SELF_SIGNED] = "tls_self_signed",
    [TRANSPORT_TLS_UNKNOWN_AUTHORITY] = "tls_unknown_authority",
    [TRANSPORT_TLS_WEAK] = "tls_weak",
    [TRANSPORT_TLS_OLD] = "tls_old",
    [TRANSPORT_TLS_NONE] = "tls_none",
    [TRANSPORT_TLS_CLIENT_WANTED] = "tls_client_wanted",
    [TRANSPORT_TLS_CLIENT_REFUSED] = "tls_client_refused",
    [TRANSPORT_TLS_CLIENT_FILES] = "tls_client_files",
    [TRANSPORT_TLS_CA_FILE] = "tls_ca_file",
    [TRANSPORT_PROXY_UNREACHABLE] = "proxy_unreachable",
    [TRANSPORT_PROXY_TLS] = "proxy_tls",
    [TRANSPORT_PROXY_LOGIN] = "proxy_login",
    [TRANSPORT_PROXY_REFUSED] = "proxy_refused",
    [TRANSPORT_PROXY_NO_WAY] = "proxy_no_way",
};

static const struct fault *find(struct slice code)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (slice_is(code, rows[i].code))
            return &rows[i];
    }
    return NULL;
}

const struct fault *fault_rows(size_t *ret_count)
{
    *ret_count = ROW_COUNT;
    return rows;
}

const struct fault *fault_by_number(int64_t number)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].number == number)
            return &rows[i];
    }
    return NULL;
}

const struct fault *fault_as_noted(int64_t number)
{
    static const struct fault unknown = {
        .code = "unknown", .message = "Why this failed was noted by another version."};
    const struct fault *fault = fault_by_number(number);

    return fault ? fault : &unknown;
}

const struct fault *fault_by_code(struct slice code)
{
    const struct fault *fault = find(code);

    return fault ? fault : find(slice_of("unknown_response_code"));
}

bool fault_is_misunderstanding(const struct fault *fault)
{
    static const char *const codes[] = {"ErrorSchemaValidation", "ErrorInvalidRequest"};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (strcmp(fault->code, codes[i]) == 0)
            return true;
    }
    return false;
}

/* The row for all statuses of a kind that have none of their own. */
static const char *status_class(int status)
{
    switch (status / 100) {
    case 3:
        return "http_3xx";
    case 4:
        return "http_4xx";
    case 5:
        return "http_5xx";
    default:
        return "http_unexpected";
    }
}

const struct fault *fault_by_http_status(int status)
{
    char code[32];

    (void)snprintf(code, sizeof code, "http_%d", status);
    const struct fault *fault = find(slice_of(code));
    return fault ? fault : find(slice_of(status_class(status)));
}

const struct fault *fault_by_transport(enum transport_result result)
{
    return fault_by_code(slice_of(by_transport[result]));
}
