/* SPDX-License-Identifier: MIT */
#include "net/ntlm_challenge.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NAME_LENGTH_AT 12
#define FLAGS_AT       20
#define FLAGS_END      24

#define NEGOTIATE_UNICODE 0x00000001u

/* MessageType 2 included. */
static const char signature[12] = "NTLMSSP\0\2\0\0";

static uint32_t read_little(const char *at, size_t bytes)
{
    uint32_t value = 0;

    for (size_t i = bytes; i > 0; i--)
        value = value << 8 | (unsigned char)at[i - 1];
    return value;
}

/* `message` begins with the signature. */
static bool is_fatal(struct slice message)
{
    return message.length >= FLAGS_END && read_little(message.at + NAME_LENGTH_AT, 2) == 0 &&
           read_little(message.at + FLAGS_AT, 4) & NEGOTIATE_UNICODE;
}

bool ntlm_challenge_is_fatal(struct slice token)
{
    while (token.length >= sizeof signature) {
        const char *at = memmem(token.at, token.length, signature, sizeof signature);
        size_t left = at ? token.length - (size_t)(at - token.at) : 0;
        if (at && is_fatal((struct slice){at, left}))
            return true;
        token = at ? (struct slice){at + 1, left - 1} : (struct slice){0};
    }
    return false;
}
