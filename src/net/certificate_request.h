/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_CERTIFICATE_REQUEST_H
#define ROOMCAL_NET_CERTIFICATE_REQUEST_H

/*
 * certificate_request — has a server asked for a client certificate that we do not have? The home of OpenSSL's libssl.
 *
 * A server of TLS 1.2 that must have one ends the handshake with the alert handshake_failure (RFC 5246, 7.4.6), which is also
 * what it sends when no cipher suits it. What tells the two apart is that it asked before (CertificateRequest, 7.4.4):
 * by then version and cipher were agreed on.
 */

#include <stdbool.h>

/* `context` is the SSL_CTX of a connection that is about to be made. *ret_unmet is false from now on, and true once
 * a server asks and there is no certificate to show; it must outlive the connection. Takes the application data of the
 * context. */
void certificate_request_watch(void *context, bool *ret_unmet);

#endif
