/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_CHANNEL_BINDING_H
#define ROOMCAL_NET_CHANNEL_BINDING_H

/*
 * channel_binding — what ties a login to the TLS connection that it came over: tls-server-end-point (RFC 5929, 4)
 *
 *     "tls-server-end-point:"  hash of the server's certificate
 *
 * The certificate is the leaf as it came over the wire, DER; the hash is the one that its issuer signed it with, but
 * SHA-256 where that was MD5 or SHA-1. Windows calls the check of it Extended Protection. These bytes are the
 * application data of GSS-API's channel bindings; addresses are not part of it. The home of OpenSSL's libcrypto for
 * certificates.
 *
 * RFC 5929, 4.1 leaves the binding undefined for a signature without a hash of its own (Ed25519, Ed448), and so do
 * OpenSSL's table of signatures, curl and PostgreSQL: a server cannot check one then, so none is to be sent.
 */

#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

#define CHANNEL_BINDING_MAX             85         /* bytes: the name, and SHA-512 */
#define CHANNEL_BINDING_CERTIFICATE_MAX (64 << 10) /* bytes of a certificate, DER or PEM */

struct channel_binding {
    size_t length; /* 0: there is none */
    unsigned char bytes[CHANNEL_BINDING_MAX];
};

/* Not 0: `err` gets a sentence. */
enum channel_binding_result {
    CHANNEL_BINDING_OK,
    CHANNEL_BINDING_UNDEFINED, /* the certificate's signature has no hash, or one that libcrypto does not know */
};

/* The binding of a certificate in DER. A channel_binding_result, -EINVAL: this is no certificate, or a larger one than
 * CHANNEL_BINDING_CERTIFICATE_MAX; -ENOMEM. */
int channel_binding_of(const unsigned char *der, size_t length, struct channel_binding *ret,
                       struct err *err);

/* The same of a PEM text, as libcurl gives it: its first block ("-----BEGIN CERTIFICATE-----…") must be one. */
int channel_binding_of_pem(struct slice pem, struct channel_binding *ret, struct err *err);

#endif
