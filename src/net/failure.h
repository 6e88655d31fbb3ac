/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_FAILURE_H
#define ROOMCAL_NET_FAILURE_H

/*
 * failure — why a transfer failed, from what libcurl, OpenSSL and the proxy say
 *
 * By their numbers: texts differ from version to version. Where libcurl was built with another library than OpenSSL,
 * failures of TLS are all TRANSPORT_TLS, but for those that libcurl has a number for.
 */

#include <stdbool.h>

#include "net/reply.h"

struct failure {
    /* libcurl's CURLcode, not CURLE_OK; and its text, which has OpenSSL's number: "… error:0A00042E:SSL routines::…" */
    int code;
    const char *reason;
    /* OpenSSL's on the server's certificate, X509_V_… (CURLINFO_SSL_VERIFYRESULT) */
    long verdict;
    bool connected;          /* a request could be sent, or was */
    bool proxied;            /* there is a proxy between */
    long proxy_status;       /* HTTP, of its answer to CONNECT; 0: none came */
    bool shows_certificate;  /* there is a CERT_FILE */
    bool misses_certificate; /* the server asked for one, and there is none */
    bool has_status;         /* a reply began */
};

/* Never TRANSPORT_OK. */
enum transport_result failure_result(const struct failure *failure);

#endif
