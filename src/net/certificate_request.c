/* SPDX-License-Identifier: MIT */
#include "net/certificate_request.h"

#include <openssl/ssl.h>

/* OpenSSL calls it only if no certificate was set. 0: there is none, go on without. */
static int on_request(SSL *connection, X509 **certificate, EVP_PKEY **key)
{
    bool *unmet = SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection));

    (void)certificate;
    (void)key;
    *unmet = true;
    return 0;
}

void certificate_request_watch(void *context, bool *ret_unmet)
{
    *ret_unmet = false;
    (void)SSL_CTX_set_app_data(context, ret_unmet);
    SSL_CTX_set_client_cert_cb(context, on_request);
}
