/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_NET_NTLM_CHALLENGE_H
#define ROOMCAL_NET_NTLM_CHALLENGE_H

/*
 * ntlm_challenge — the server's message of an NTLM login, looked at before gss-ntlmssp gets it
 *
 *     0   "NTLMSSP\0"
 *     8   2                       MessageType
 *     12  length, room, offset    TargetName (2, 2 and 4 bytes)
 *     20  NegotiateFlags          [MS-NLMP] 2.2.1.2, little endian
 *
 * gss-ntlmssp 1.2.0 reads through a null pointer if the message is in Unicode and its TargetName is empty, so any
 * server could end the process. Servers of Windows always have a name there.
 */

#include <stdbool.h>

#include "base/text.h"

/* Has the token such a message in it, as it is or within SPNEGO? */
bool ntlm_challenge_is_fatal(struct slice token);

#endif
