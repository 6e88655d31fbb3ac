/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_CHALLENGE_H
#define ROOMCAL_NET_CHALLENGE_H

/*
 * challenge — how a server wants to be logged in to: the WWW-Authenticate fields of one reply (RFC 9110, 11.6.1)
 *
 *     WWW-Authenticate: Negotiate
 *     WWW-Authenticate: NTLM TlRMTVNTUAACAAAA…
 *     WWW-Authenticate: Basic realm="mail, calendars", Bearer error="invalid_token"
 *
 * A field has one challenge or several, and a reply has one field or several: all are taken together. Kept is what a
 * login needs: which schemes there are, and the token of those that log in in legs. Schemes that we do not know and
 * parameters are read over, as is what is no challenge at all; nothing a server sends is an error here.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/text.h"

/* Bytes of a token in base64. A Kerberos ticket of a member of very many groups has 48000 bytes on Windows
 * (MaxTokenSize), but that is ours; a server's answer has some hundreds. */
#define CHALLENGE_TOKEN_MAX (48 << 10)

enum challenge_scheme {
    CHALLENGE_BASIC,     /* RFC 7617 */
    CHALLENGE_NTLM,      /* MS-NTHT */
    CHALLENGE_NEGOTIATE, /* RFC 4559 */
    CHALLENGE_BEARER,    /* RFC 6750 */
    CHALLENGE_SCHEMES
};

struct challenge {
    bool offered[CHALLENGE_SCHEMES];
    /* What stands behind the scheme's name if that is one word (token68), as it came: base64 for NTLM and Negotiate. Of
     * several the first. Length 0: none came. buf_error is -EOVERFLOW for one over CHALLENGE_TOKEN_MAX, and -ENOMEM. */
    struct buf token[CHALLENGE_SCHEMES];
};

/* Takes no memory yet. */
void challenge_init(struct challenge *challenge);

/* Frees the tokens. */
void challenge_finish(struct challenge *challenge);

/* Before each reply: forgets what the one before said. */
void challenge_clear(struct challenge *challenge);

/* The value of one WWW-Authenticate field. */
void challenge_take(struct challenge *challenge, struct slice value);

/* The scheme's name as it is sent: "NTLM". */
const char *challenge_scheme_name(enum challenge_scheme scheme);

#endif
