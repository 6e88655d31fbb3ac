/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_JWT_H
#define ROOMCAL_NET_JWT_H

/*
 * jwt — a client assertion: a JSON web token by which an application shows that it has the key of its certificate. The home
 * of libcrypto's signatures.
 *
 * The header has alg PS256 (RSASSA-PSS with SHA-256) and x5t#S256, the certificate's thumbprint; the claims aud (the token
 * URL), iss and sub (the client id), a jti that was never used, and nbf and exp, JWT_LIFE_S apart. One assertion is for one
 * request. Sources: RFC 7519 (tokens), RFC 7515 (signature), RFC 7523 (as a client's proof),
 * https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 */

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"

#define JWT_LIFE_S 600
/* Of it lies in the past, so that a server whose clock is behind ours takes it at once. */
#define JWT_SKEW_S 60

#define JWT_KEY_FILE_MAX  65536 /* bytes of OAUTH_KEY_FILE */
#define JWT_ASSERTION_MAX 16384 /* bytes; room for any client id, token URL and key */

/* Appends the assertion of the application in `config` as it is at `now_utc`. The files are read anew each time, so a
 * certificate that was renewed counts from then on. 0; < 0 and a sentence: OAUTH_CERT_FILE or OAUTH_KEY_FILE cannot be
 * read or holds something else (only RSA keys, without a passphrase), they do not belong together, no memory. */
int jwt_append_assertion(const struct config *config, int64_t now_utc, struct buf *ret,
                         struct err *err);

#endif
