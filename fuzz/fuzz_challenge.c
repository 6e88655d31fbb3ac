/* SPDX-License-Identifier: MIT */
/*
 * fuzz_challenge — any bytes as the WWW-Authenticate fields of a reply, one a line, and as a leg's token
 *
 * Besides crashes: a token has only a token's bytes, those that decode are the same when encoded again, a challenge of
 * another scheme in front changes nothing else, and one in a field of its own is always seen.
 */
#include <errno.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "fuzz.h"
#include "net/challenge.h"

#define FRONT "Basic realm=\"a, b \\\" c\", "

static struct slice token_of(const struct challenge *challenge, size_t scheme)
{
    const struct buf *token = &challenge->token[scheme];

    return (struct slice){buf_text(token), token->length};
}

/* ---- one reading ----------------------------------------------------------------------------- */

/* Four bytes for three, and the last four may have bits that nobody reads: two texts can mean the same bytes, but the
 * one that we write is read as the same again. */
static void check_base64(struct slice text)
{
    struct buf bytes = BUF_INIT(SIZE_MAX / 2);
    struct buf again = BUF_INIT(SIZE_MAX / 2);
    struct buf same = BUF_INIT(SIZE_MAX / 2);
    int result = base64_decode(text, &bytes);

    must(result == 0 || result == -EINVAL);
    if (result == 0) {
        base64_encode(bytes.bytes, bytes.length, &again);
        must(buf_error(&again) == 0 && again.length == text.length);
        must(base64_decode((struct slice){buf_text(&again), again.length}, &same) == 0);
        must(same.length == bytes.length &&
             memcmp(buf_text(&same), buf_text(&bytes), same.length) == 0);
    } else {
        must(bytes.length == 0);
    }
    buf_finish(&bytes);
    buf_finish(&again);
    buf_finish(&same);
}

/* RFC 7515, 2: the same but for two letters and the padding. */
static void check_base64_url(struct slice bytes)
{
    struct buf text = BUF_INIT(SIZE_MAX / 2);
    struct buf url = BUF_INIT(SIZE_MAX / 2);

    base64_encode(bytes.at, bytes.length, &text);
    base64_encode_url(bytes.at, bytes.length, &url);
    must(buf_error(&text) == 0 && buf_error(&url) == 0 && url.length <= text.length);
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i];
        must(i < url.length ? url.bytes[i] == (byte == '+'   ? '-'
                                               : byte == '/' ? '_'
                                                             : byte)
                            : byte == '=');
    }
    buf_finish(&text);
    buf_finish(&url);
}

static void check_tokens(const struct challenge *challenge)
{
    for (size_t i = 0; i < CHALLENGE_SCHEMES; i++) {
        struct slice token = token_of(challenge, i);
        must(!token.length || challenge->offered[i]);
        must(token.length <= CHALLENGE_TOKEN_MAX);
        for (size_t at = 0; at < token.length; at++)
            must(token.at[at] > ' ' && token.at[at] < 0x7F && !strchr("\",;\\", token.at[at]));
        check_base64(token);
    }
}

/* ---- two readings ---------------------------------------------------------------------------- */

static void take_lines(struct challenge *challenge, struct slice lines)
{
    struct slice line;

    while (slice_next(&lines, '\n', &line))
        challenge_take(challenge, line);
}

static void check_same(const struct challenge *left, const struct challenge *right, size_t but)
{
    for (size_t i = 0; i < CHALLENGE_SCHEMES; i++) {
        must(i == but || left->offered[i] == right->offered[i]);
        must(i == but || slice_equal(token_of(left, i), token_of(right, i)));
    }
}

static void check_front(const struct challenge *challenge, struct slice lines)
{
    struct buf text = BUF_INIT(SIZE_MAX / 2);
    struct challenge other;

    buf_append_text(&text, FRONT);
    buf_append(&text, lines.at, lines.length);
    challenge_init(&other);
    take_lines(&other, (struct slice){buf_text(&text), text.length});
    must(other.offered[CHALLENGE_BASIC]);
    check_same(challenge, &other, CHALLENGE_BASIC);
    challenge_finish(&other);
    buf_finish(&text);
}

static void check_own_field(struct challenge *challenge, struct slice lines)
{
    struct challenge other;

    challenge_init(&other);
    take_lines(&other, lines);
    check_same(challenge, &other, CHALLENGE_SCHEMES);
    challenge_take(&other, slice_of("nEgOtIaTe YWJj"));
    must(other.offered[CHALLENGE_NEGOTIATE] && other.token[CHALLENGE_NEGOTIATE].length > 0);
    check_same(challenge, &other, CHALLENGE_NEGOTIATE);
    challenge_clear(&other);
    take_lines(&other, lines);
    check_same(challenge, &other, CHALLENGE_SCHEMES);
    challenge_finish(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice lines = {(const char *)data, size};
    struct challenge challenge;

    challenge_init(&challenge);
    take_lines(&challenge, lines);
    check_tokens(&challenge);
    check_front(&challenge, lines);
    check_own_field(&challenge, lines);
    challenge_finish(&challenge);
    check_base64(lines);
    check_base64_url(lines);
    return 0;
}
