/* SPDX-License-Identifier: MIT */
/*
 * fuzz_token — what a token server answers: a status, and any bytes as the body
 *
 * The first byte chooses the status and whether the application has a secret. Besides crashes: a token can stand in a
 * header, and written into a reply of our own it is read as the same; a member in front of the others and blanks around
 * all of them change nothing; a failure is one that the status allows, leaves no token, and says why in one printable
 * line without the secret, be it as it is or as it stood in the form.
 */
#include <string.h>

#include "base/json.h"
#include "fuzz.h"
#include "net/token_reply.h"

#define SECRET         "hush/+ word"
#define SECRET_IN_FORM "hush%2F%2B%20word"
#define IN_FRONT       "before" /* what the caller has written there already */

/* What came of a body. */
struct reading {
    enum transport_result result;
    struct buf token;
    int64_t life_s;
    struct err err;
};

static struct reading read_body(const struct config *config, int status, struct slice body)
{
    struct reading reading = {
        .token = BUF_SECRET(sizeof IN_FRONT + OAUTH_TOKEN_MAX),
        .life_s = -1,
    };

    buf_append_text(&reading.token, IN_FRONT);
    reading.result =
        token_reply_read(config, status, body, &reading.token, &reading.life_s, &reading.err);
    return reading;
}

static struct slice token_of(const struct reading *reading)
{
    struct slice text = {reading->token.bytes, reading->token.length};

    must(slice_is(take(&text, strlen(IN_FRONT)), IN_FRONT));
    return text;
}

static void check_same(const struct reading *left, const struct reading *right)
{
    must(left->result == right->result && left->life_s == right->life_s);
    must(slice_equal(token_of(left), token_of(right)));
    must(strcmp(left->err.text, right->err.text) == 0);
}

/* ---- a token --------------------------------------------------------------------------------- */

static void put_reply(struct buf *body, struct slice token, int64_t life_s)
{
    struct json json;

    json_begin(&json);
    json_open_map(&json, NULL);
    json_put_text(&json, "token_type", slice_of("bearer"));
    json_put_int(&json, "expires_in", life_s);
    json_put_text(&json, "access_token", token);
    json_close(&json);
    must(json_finish(&json, body) == 0);
}

static void check_again(const struct config *config, const struct reading *reading)
{
    struct buf body = BUF_INIT(SIZE_MAX / 2);

    put_reply(&body, token_of(reading), reading->life_s);
    struct reading again = read_body(config, 200, (struct slice){body.bytes, body.length});
    check_same(reading, &again);
    buf_finish(&again.token);
    buf_finish(&body);
}

/* Something else behind it, be it hidden by a NUL: that is no answer. */
static void check_behind(const struct config *config, struct slice body)
{
    struct buf more = BUF_INIT(SIZE_MAX / 2);

    buf_append(&more, body.at, body.length);
    buf_append(&more, "\0{}", 3);
    struct reading reading = read_body(config, 200, (struct slice){more.bytes, more.length});
    must(reading.result == TRANSPORT_LOGIN_TOKEN_BROKEN);
    buf_finish(&reading.token);
    buf_finish(&more);
}

static void check_token(const struct config *config, int status, const struct reading *reading)
{
    struct slice token = token_of(reading);

    must(status == 200);
    must(token.length > 0 && token.length <= OAUTH_TOKEN_MAX);
    for (size_t i = 0; i < token.length; i++)
        must(token.at[i] > ' ' && token.at[i] < 0x7F && !strchr("\",;\\", token.at[i]));
    must(reading->life_s > 0 && reading->life_s <= OAUTH_LIFE_MAX_S);
    must(!reading->err.text[0]);
    check_again(config, reading);
}

/* ---- none ------------------------------------------------------------------------------------ */

static bool may_fail(int status, enum transport_result result)
{
    switch (result) {
    case TRANSPORT_LOGIN_TOKEN_BUSY:
        return status == 429;
    case TRANSPORT_LOGIN_TOKEN_UNREACHABLE:
        return status != 200 && status != 429;
    case TRANSPORT_LOGIN_REFUSED:
        return status != 200 && status != 429 && status < 500;
    case TRANSPORT_LOGIN_TOKEN_BROKEN:
        return status != 429 && status < 500;
    default:
        return false;
    }
}

static void check_failure(const struct config *config, int status, const struct reading *reading)
{
    const char *text = reading->err.text;

    must(may_fail(status, reading->result));
    must(token_of(reading).length == 0 && reading->life_s == -1);
    must(text[0]);
    for (const char *at = text; *at; at++)
        must(*at >= ' ' && *at <= '~');
    must(!config->oauth_client_secret || !(strstr(text, SECRET) || strstr(text, SECRET_IN_FORM)));
}

/* ---- the same said otherwise ----------------------------------------------------------------- */

/* `body` without its first `skipped` bytes, between these texts. */
static void check_between(const struct config *config, int status, struct slice body,
                          const struct reading *reading, size_t skipped, const char *front,
                          const char *behind)
{
    struct buf other = BUF_INIT(SIZE_MAX / 2);

    (void)take(&body, skipped);
    buf_append_text(&other, front);
    buf_append(&other, body.at, body.length);
    buf_append_text(&other, behind);
    struct reading same = read_body(config, status, (struct slice){other.bytes, other.length});
    check_same(reading, &same);
    buf_finish(&same.token);
    buf_finish(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char secret[] = SECRET;
    static const int statuses[] = {200, 400, 401, 403, 429, 500, 503, 302};
    struct slice body = {(const char *)data, size};
    uint8_t how = take_byte(&body);
    const struct config config = {.oauth_client_secret = how & 8 ? NULL : secret};
    int status = statuses[how & 7];
    struct reading reading = read_body(&config, status, body);

    if (reading.result == TRANSPORT_OK) {
        check_token(&config, status, &reading);
        check_behind(&config, body);
        if (body.at[0] == '{')
            check_between(&config, status, body, &reading, 1, "{\"x\":[{\"access_token\":1}],", "");
    } else {
        check_failure(&config, status, &reading);
    }
    if (body.length > 0)
        check_between(&config, status, body, &reading, 0, " \r\n\t", "\n ");
    buf_finish(&reading.token);
    return 0;
}
