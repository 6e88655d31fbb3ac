/* SPDX-License-Identifier: MIT */
#include "net/failure.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct row {
    long number;
    enum transport_result result;
};

/* TRANSPORT_OK: there is no such row. */
static enum transport_result find(const struct row *rows, size_t count, long number)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].number == number)
            return rows[i].result;
    }
    return TRANSPORT_OK;
}

#define FIND(rows, number) find(rows, sizeof(rows) / sizeof(rows)[0], number)

/* ---- TLS ---- */

/* What is wrong with the server's certificate. */
static enum transport_result of_verdict(long verdict)
{
    static const struct row rows[] = {
        {X509_V_ERR_CERT_HAS_EXPIRED, TRANSPORT_TLS_EXPIRED},
        {X509_V_ERR_CERT_NOT_YET_VALID, TRANSPORT_TLS_NOT_YET_VALID},
        {X509_V_ERR_HOSTNAME_MISMATCH, TRANSPORT_TLS_WRONG_HOST},
        {X509_V_ERR_IP_ADDRESS_MISMATCH, TRANSPORT_TLS_WRONG_HOST},
        /* The chain is good, and it is libcurl who compares the names. */
        {X509_V_OK, TRANSPORT_TLS_WRONG_HOST},
        {X509_V_ERR_UNSPECIFIED, TRANSPORT_TLS_WRONG_HOST},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, TRANSPORT_TLS_SELF_SIGNED},
        {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, TRANSPORT_TLS_UNKNOWN_AUTHORITY},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, TRANSPORT_TLS_UNKNOWN_AUTHORITY},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, TRANSPORT_TLS_UNKNOWN_AUTHORITY},
        {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, TRANSPORT_TLS_UNKNOWN_AUTHORITY},
        {X509_V_ERR_CERT_UNTRUSTED, TRANSPORT_TLS_UNKNOWN_AUTHORITY},
        {X509_V_ERR_EE_KEY_TOO_SMALL, TRANSPORT_TLS_WEAK},
        {X509_V_ERR_CA_KEY_TOO_SMALL, TRANSPORT_TLS_WEAK},
        {X509_V_ERR_CA_MD_TOO_WEAK, TRANSPORT_TLS_WEAK},
    };
    enum transport_result result = FIND(rows, verdict);

    return result ? result : TRANSPORT_TLS;
}

/* The reason (SSL_R_…) behind "error:" in libcurl's text, which may hold that word more than once; 0: there is none of
 * TLS. */
static long ssl_reason(const char *text)
{
    static const char word[] = "error:";

    for (const char *at = strstr(text, word); at; at = strstr(at + strlen(word), word)) {
        unsigned long error = strtoul(at + strlen(word), NULL, 16);
        if (ERR_GET_LIB(error) == ERR_LIB_SSL)
            return ERR_GET_REASON(error);
    }
    return 0;
}

/* Why the two did not come to terms. What the server finds wrong reaches us as an alert (RFC 8446, section 6.2); with
 * TLS 1.3 those on the client's certificate come after the request was sent. TRANSPORT_OK: it was something else. */
static enum transport_result of_handshake(const char *reason)
{
    static const struct row rows[] = {
        {SSL_R_WRONG_VERSION_NUMBER, TRANSPORT_TLS_NONE},
        {SSL_R_PACKET_LENGTH_TOO_LONG, TRANSPORT_TLS_NONE},
        {SSL_R_UNSUPPORTED_PROTOCOL, TRANSPORT_TLS_OLD},
        {SSL_R_UNKNOWN_PROTOCOL, TRANSPORT_TLS_OLD},
        {SSL_R_VERSION_TOO_LOW, TRANSPORT_TLS_OLD},
        {SSL_R_DH_KEY_TOO_SMALL, TRANSPORT_TLS_OLD},
        {SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED, TRANSPORT_TLS_OLD},
        {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, TRANSPORT_TLS_OLD},
        {SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY, TRANSPORT_TLS_OLD},
        {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, TRANSPORT_TLS_OLD},
        {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, TRANSPORT_TLS_CLIENT_REFUSED},
        {SSL_R_SSLV3_ALERT_NO_CERTIFICATE, TRANSPORT_TLS_CLIENT_REFUSED},
        {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, TRANSPORT_TLS_CLIENT_REFUSED},
        {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, TRANSPORT_TLS_CLIENT_REFUSED},
        {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, TRANSPORT_TLS_CLIENT_REFUSED},
        {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, TRANSPORT_TLS_CLIENT_REFUSED},
        {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, TRANSPORT_TLS_CLIENT_REFUSED},
        {SSL_R_TLSV1_ALERT_UNKNOWN_CA, TRANSPORT_TLS_CLIENT_REFUSED},
        {SSL_R_TLSV1_ALERT_ACCESS_DENIED, TRANSPORT_TLS_CLIENT_REFUSED},
        {SSL_R_TLSV1_ALERT_DECRYPT_ERROR, TRANSPORT_TLS_CLIENT_REFUSED},
    };

    return FIND(rows, ssl_reason(reason));
}

/* Up to TLS 1.2 libcurl takes the alert that the client's certificate has expired for a fault of the server's, which
 * its text alone betrays: it names no problem. */
static bool is_our_certificate(const struct failure *failure)
{
    return failure->shows_certificate &&
           strcmp(failure->reason, "SSL certificate verification failed") == 0;
}

static enum transport_result of_tls(const struct failure *failure)
{
    enum transport_result result = of_handshake(failure->reason);

    if (failure->code == CURLE_PEER_FAILED_VERIFICATION)
        return is_our_certificate(failure) ? TRANSPORT_TLS_CLIENT_REFUSED
                                           : of_verdict(failure->verdict);
    if (result == TRANSPORT_TLS_CLIENT_REFUSED && !failure->shows_certificate)
        return TRANSPORT_TLS_CLIENT_WANTED;
    /* A server asks when version and cipher are agreed on, so what it then calls a failed handshake is that. */
    if (result == TRANSPORT_TLS_OLD && failure->misses_certificate)
        return TRANSPORT_TLS_CLIENT_WANTED;
    return result ? result : TRANSPORT_TLS;
}

/* ---- the proxy ---- */

/* Before it said that the way is free. */
static enum transport_result of_proxy(long status, enum transport_result general)
{
    if (status == 407)
        return TRANSPORT_PROXY_LOGIN;
    if (status >= 500)
        return TRANSPORT_PROXY_NO_WAY;
    if (status)
        return TRANSPORT_PROXY_REFUSED;
    return general == TRANSPORT_TLS ? TRANSPORT_PROXY_TLS : TRANSPORT_PROXY_UNREACHABLE;
}

/* ---- libcurl ---- */

/* The connection ended while something was sent or awaited. */
static bool is_broken(int code)
{
    return code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;
}

static enum transport_result of_code(const struct failure *failure)
{
    static const struct row rows[] = {
        {CURLE_OUT_OF_MEMORY, TRANSPORT_MEMORY},
        {CURLE_COULDNT_RESOLVE_HOST, TRANSPORT_UNREACHABLE},
        {CURLE_COULDNT_RESOLVE_PROXY, TRANSPORT_UNREACHABLE},
        {CURLE_COULDNT_CONNECT, TRANSPORT_UNREACHABLE},
        {CURLE_OPERATION_TIMEDOUT, TRANSPORT_TIMEOUT},
        {CURLE_SSL_CACERT_BADFILE, TRANSPORT_TLS_CA_FILE},
        {CURLE_SSL_CERTPROBLEM, TRANSPORT_TLS_CLIENT_FILES},
        {CURLE_SSL_CONNECT_ERROR, TRANSPORT_TLS},
        {CURLE_PEER_FAILED_VERIFICATION, TRANSPORT_TLS},
        {CURLE_SSL_CIPHER, TRANSPORT_TLS},
        {CURLE_SSL_CLIENTCERT, TRANSPORT_TLS},
        {CURLE_SSL_ISSUER_ERROR, TRANSPORT_TLS},
        {CURLE_SSL_INVALIDCERTSTATUS, TRANSPORT_TLS},
        {CURLE_USE_SSL_FAILED, TRANSPORT_TLS},
    };
    enum transport_result result = FIND(rows, failure->code);

    if (result)
        return result;
    if (is_broken(failure->code) && of_handshake(failure->reason))
        return TRANSPORT_TLS;
    /* The rest is a reply that libcurl could not make sense of, or half of one. */
    return is_broken(failure->code) && !failure->has_status ? TRANSPORT_UNREACHABLE : TRANSPORT_CUT;
}

enum transport_result failure_result(const struct failure *failure)
{
    bool before_tunnel =
        failure->proxied && !failure->connected && failure->proxy_status / 100 != 2;
    enum transport_result general = of_code(failure);
    bool is_way =
        general == TRANSPORT_TLS || general == TRANSPORT_UNREACHABLE || general == TRANSPORT_CUT;

    if (before_tunnel && is_way)
        return of_proxy(failure->proxy_status, general);
    return general == TRANSPORT_TLS ? of_tls(failure) : general;
}
