/* SPDX-License-Identifier: MIT */
#include "net/oauth.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/wait.h"

#define LOOK_MS 1000 /* how often those who wait look whether they should stop */

/* What became of the last fetch. */
struct outcome {
    enum transport_result result;
    int64_t wait_s;
    struct err err;
};

struct oauth {
    const struct config *config;
    const atomic_bool *stop;

    pthread_mutex_t mutex; /* guards all that follows */
    pthread_cond_t fetched;
    char *token;         /* of base/secret; NULL: none */
    uint64_t number;     /* counts tokens */
    int64_t fetched_utc; /* when it was asked for */
    int64_t good_until_utc;
    bool is_fetching;
    uint64_t fetches; /* that came to their end */
    struct outcome outcome;
};

/* ---- life ---- */

int oauth_create(const struct config *config, const atomic_bool *stop, struct oauth **ret)
{
    struct oauth *oauth = calloc(1, sizeof *oauth);

    if (!oauth)
        return -ENOMEM;
    oauth->config = config;
    oauth->stop = stop;
    (void)pthread_mutex_init(&oauth->mutex, NULL);
    wait_init(&oauth->fetched);
    *ret = oauth;
    return 0;
}

void oauth_destroy(struct oauth *oauth)
{
    if (!oauth)
        return;
    secret_free(oauth->token);
    (void)pthread_cond_destroy(&oauth->fetched);
    (void)pthread_mutex_destroy(&oauth->mutex);
    free(oauth);
}

/* ---- the fetch ---- */

static int64_t margin_s(int64_t life_s)
{
    return life_s / 2 < OAUTH_MARGIN_S ? life_s / 2 : OAUTH_MARGIN_S;
}

/* With the mutex held. */
static enum transport_result keep(struct oauth *oauth, const struct buf *token, int64_t asked_utc,
                                  int64_t life_s)
{
    secret_free(oauth->token);
    oauth->token = secret_copy((struct slice){token->bytes, token->length});
    oauth->number++;
    oauth->fetched_utc = asked_utc;
    oauth->good_until_utc = asked_utc + life_s - margin_s(life_s);
    return oauth->token ? TRANSPORT_OK : TRANSPORT_MEMORY;
}

/* With the mutex held, which is free meanwhile. */
static void fetch(struct oauth *oauth)
{
    struct buf token = BUF_SECRET(OAUTH_TOKEN_MAX);
    struct outcome outcome = {.err = {""}};
    struct token_answer answer;
    int64_t asked_utc = clock_utc();

    oauth->is_fetching = true;
    (void)pthread_mutex_unlock(&oauth->mutex);
    outcome.result = token_request(oauth->config, oauth->stop, &token, &answer, &outcome.err);
    outcome.wait_s = answer.wait_s;
    (void)pthread_mutex_lock(&oauth->mutex);
    oauth->is_fetching = false;
    oauth->fetches++;
    if (outcome.result == TRANSPORT_OK)
        outcome.result = keep(oauth, &token, asked_utc, answer.life_s);
    oauth->outcome = outcome;
    buf_finish(&token);
    (void)pthread_cond_broadcast(&oauth->fetched);
}

/* With the mutex held. Somebody fetches: what comes of it counts for us as well, also if the next fetch has begun when we
 * get to see it. False: stopped. */
static bool wait_for_fetch(struct oauth *oauth)
{
    uint64_t before = oauth->fetches;

    while (oauth->fetches == before && !atomic_load(oauth->stop))
        (void)wait_until(&oauth->fetched, &oauth->mutex, clock_ms() + LOOK_MS);
    return oauth->fetches != before;
}

/* ---- the token ---- */

/* With the mutex held. */
static bool is_good(const struct oauth *oauth)
{
    int64_t now_utc = clock_utc();

    return oauth->token && now_utc >= oauth->fetched_utc && now_utc < oauth->good_until_utc;
}

/* With the mutex held. With TRANSPORT_OK there is one. */
static struct outcome ensure_token(struct oauth *oauth)
{
    static const struct outcome stopped = {
        .result = TRANSPORT_STOPPED, .wait_s = -1, .err = {"the request was stopped"}};

    if (is_good(oauth))
        return (struct outcome){.result = TRANSPORT_OK, .wait_s = -1, .err = {""}};
    do {
        if (!oauth->is_fetching)
            fetch(oauth);
        else if (!wait_for_fetch(oauth))
            return stopped;
        /* What was waited for may be refused and forgotten by now. */
    } while (oauth->outcome.result == TRANSPORT_OK && !oauth->token);
    return oauth->outcome;
}

enum transport_result oauth_append_token(struct oauth *oauth, struct buf *ret,
                                         struct oauth_grant *ret_grant, struct err *err)
{
    (void)pthread_mutex_lock(&oauth->mutex);
    struct outcome outcome = ensure_token(oauth);
    if (outcome.result == TRANSPORT_OK)
        buf_append_text(ret, oauth->token);
    *ret_grant = (struct oauth_grant){oauth->number, outcome.wait_s};
    (void)pthread_mutex_unlock(&oauth->mutex);
    if (outcome.result != TRANSPORT_OK)
        *err = outcome.err;
    return outcome.result;
}

void oauth_forget(struct oauth *oauth, uint64_t number)
{
    (void)pthread_mutex_lock(&oauth->mutex);
    if (oauth->number == number) {
        secret_free(oauth->token);
        oauth->token = NULL;
    }
    (void)pthread_mutex_unlock(&oauth->mutex);
}
