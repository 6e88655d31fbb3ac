/* SPDX-License-Identifier: MIT */
#include "net/challenge.h"

#include <string.h>
#include <strings.h>

static const char *const names[CHALLENGE_SCHEMES] = {
    [CHALLENGE_BASIC] = "Basic",
    [CHALLENGE_NTLM] = "NTLM",
    [CHALLENGE_NEGOTIATE] = "Negotiate",
    [CHALLENGE_BEARER] = "Bearer",
};

const char *challenge_scheme_name(enum challenge_scheme scheme)
{
    return names[scheme];
}

void challenge_init(struct challenge *challenge)
{
    *challenge = (struct challenge){0};
    for (size_t i = 0; i < CHALLENGE_SCHEMES; i++)
        buf_init(&challenge->token[i], CHALLENGE_TOKEN_MAX);
}

void challenge_finish(struct challenge *challenge)
{
    for (size_t i = 0; i < CHALLENGE_SCHEMES; i++)
        buf_finish(&challenge->token[i]);
}

void challenge_clear(struct challenge *challenge)
{
    for (size_t i = 0; i < CHALLENGE_SCHEMES; i++) {
        challenge->offered[i] = false;
        buf_clear(&challenge->token[i]);
    }
}

/* ---- the grammar: a list of   scheme [ 1*SP ( token68 / parameter ) ]   and   parameter ---- */

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define TOKEN_BYTES        LETTERS_AND_DIGITS "!#$%&'*+-.^_`|~" /* RFC 9110, 5.6.2 */
#define TOKEN68_BYTES      LETTERS_AND_DIGITS "-._~+/" /* RFC 9110, 11.2; "=" only at its end */

/* Takes the bytes that are in `set` off the front. */
static struct slice take_span(struct slice *rest, const char *set)
{
    struct slice span = {rest->at, 0};

    /* strchr would find the NUL that ends the set. */
    while (span.length < rest->length && rest->at[span.length] &&
           strchr(set, rest->at[span.length]))
        span.length++;
    *rest = (struct slice){rest->at + span.length, rest->length - span.length};
    return span;
}

/* Takes an element off the front of a list: up to a comma that is not in a quoted string. A string without an end goes
 * on to the end of the field. */
static struct slice take_element(struct slice *rest)
{
    struct slice element = {rest->at, 0};
    bool quoted = false;

    while (element.length < rest->length) {
        char byte = rest->at[element.length];

        if (byte == ',' && !quoted)
            break;
        if (byte == '"')
            quoted = !quoted;
        element.length++;
        if (byte == '\\' && quoted && element.length < rest->length)
            element.length++;
    }
    *rest = (struct slice){rest->at + element.length, rest->length - element.length};
    return slice_trim(element);
}

static bool is_token68(struct slice text)
{
    (void)take_span(&text, TOKEN68_BYTES);
    (void)take_span(&text, "=");
    return text.length == 0;
}

static void keep_challenge(struct challenge *challenge, struct slice scheme, struct slice token)
{
    for (size_t i = 0; i < CHALLENGE_SCHEMES; i++) {
        struct buf *kept = &challenge->token[i];

        if (scheme.length != strlen(names[i]) ||
            strncasecmp(scheme.at, names[i], scheme.length) != 0)
            continue;
        challenge->offered[i] = true;
        if (kept->length == 0)
            buf_append(kept, token.at, token.length);
    }
}

/* "name = value" is a parameter of the challenge before it, whatever its name is; anything else begins one. */
static void read_element(struct challenge *challenge, struct slice element)
{
    struct slice rest = element;
    struct slice scheme = take_span(&rest, TOKEN_BYTES);
    struct slice blanks = take_span(&rest, " \t");
    bool begins = scheme.length > 0 && (rest.length == 0 || (blanks.length > 0 && *rest.at != '='));

    if (begins)
        keep_challenge(challenge, scheme, is_token68(rest) ? rest : slice_of(NULL));
}

void challenge_take(struct challenge *challenge, struct slice value)
{
    while (value.length > 0) {
        read_element(challenge, take_element(&value));
        (void)take_span(&value, ",");
    }
}
