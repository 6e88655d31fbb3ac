/* SPDX-License-Identifier: MIT */
/*
 * fuzz_request — any parameters of a web server, through the gateway to a whole reply
 *
 * The first byte chooses the site: one of five rooms; one that awaits its room lists; one whose lists have no room; one
 * whose visitors wait, if there is a place, and that another site's scripts may read. Then one line a parameter, as
 * NAME=value. Besides crashes: every reply is one that a client can read (site.h), never a 500, the same for HEAD but
 * for the body, and a client that sends back the ETag is told that it has it already.
 */
#include <string.h>

#include "fuzz.h"
#include "gateway.h"
#include "site.h"

#define INPUT_MAX 8192

/* What the web server says: the input's lines, each ended by a NUL. */
struct parameters {
    char text[INPUT_MAX + 1];
    size_t length;
    const char *method;        /* in place of the input's, if not NULL */
    const char *if_none_match; /* the same */
};

static const char *find(void *context, const char *name)
{
    const struct parameters *parameters = context;
    size_t length = strlen(name);

    if (parameters->method && strcmp(name, "REQUEST_METHOD") == 0)
        return parameters->method;
    if (parameters->if_none_match && strcmp(name, "HTTP_IF_NONE_MATCH") == 0)
        return parameters->if_none_match;
    for (size_t at = 0; at < parameters->length; at += strlen(parameters->text + at) + 1) {
        const char *line = parameters->text + at;
        if (strncmp(line, name, length) == 0 && line[length] == '=')
            return line + length + 1;
    }
    return NULL;
}

static void read_parameters(struct slice input, struct parameters *ret)
{
    ret->length = input.length;
    if (input.length)
        memcpy(ret->text, input.at, input.length);
    ret->text[input.length] = '\0';
    for (size_t i = 0; i < input.length; i++) {
        if (ret->text[i] == '\n')
            ret->text[i] = '\0';
    }
}

static void ask(const struct site *site, struct parameters *parameters, struct site_reply *ret)
{
    const char *method = find(parameters, "REQUEST_METHOD");

    *ret = (struct site_reply){.bytes = BUF_INIT(SIZE_MAX / 2)};
    must(gateway_answer(site, find, parameters, site_collect, &ret->bytes) == 0);
    site_check(ret, !method || strcmp(method, "HEAD") != 0);
}

static bool is_metrics(const struct site_reply *reply)
{
    struct slice type = site_header(reply, "Content-Type");

    return type.length >= 10 && memcmp(type.at, "text/plain", 10) == 0;
}

static void check_head(const struct site *site, struct parameters *parameters,
                       const struct site_reply *got)
{
    struct site_reply reply;

    parameters->method = "HEAD";
    ask(site, parameters, &reply);
    /* Metrics count the requests, so that no two are of the same length. */
    if (!is_metrics(got))
        must(slice_equal(reply.head, got->head));
    buf_finish(&reply.bytes);
    parameters->method = NULL;
}

static void check_revalidation(const struct site *site, struct parameters *parameters,
                               const struct site_reply *got)
{
    struct slice etag = site_header(got, "ETag");
    struct site_reply reply;

    if (!etag.at)
        return;
    char *sent = slice_copy(etag);
    must(sent != NULL);
    parameters->if_none_match = sent;
    ask(site, parameters, &reply);
    must(reply.status == 304 && slice_equal(site_header(&reply, "ETag"), etag));
    buf_finish(&reply.bytes);
    parameters->if_none_match = NULL;
    free(sent);
}

static void check(const struct site *site, struct parameters *parameters)
{
    struct site_reply reply;
    const char *method = find(parameters, "REQUEST_METHOD");

    ask(site, parameters, &reply);
    if (method && strcmp(method, "GET") == 0) {
        check_head(site, parameters, &reply);
        check_revalidation(site, parameters, &reply);
    }
    buf_finish(&reply.bytes);
}

enum { ROOMS, AWAITING, EMPTY, WAITING, SITES };

/* A site_attendant: nobody will come. */
static bool wait_for_nobody(void *context, const struct gather *gather)
{
    (void)context;
    (void)gather;
    return false;
}

/* One whose visitors may wait, each at a place; and scripts of another site may read it. */
static void open_waiting(struct ledger *ledger, struct waiting *waiting, struct site *ret)
{
    static char origin[] = "https://intranet.example.org";
    static struct config config;

    config = site_config;
    config.cold_wait_s = 25;
    config.cors_origin = origin;
    site_open(&config, ledger, ret);
    ret->waiting = waiting;
    ret->attend = wait_for_nobody;
}

/* Once. */
static void open_sites(struct waiting *waiting, struct site ret[static SITES])
{
    static struct config awaiting;
    static struct config empty;
    struct ledger *ledger = NULL;
    int dirfd = scratch_open();

    site_prepare();
    empty = awaiting = site_awaiting();
    empty.awaits_rooms = false;
    must(ledger_open(dirfd, &(struct hash){{0}}, &ledger, NULL) == 0);
    ledger_set(ledger, LEDGER_LIST_FAULT, 1);
    (void)close(dirfd);
    site_open(&site_config, ledger, &ret[ROOMS]);
    site_fill(ret[ROOMS].shelf);
    site_open(&awaiting, ledger, &ret[AWAITING]);
    site_open(&empty, ledger, &ret[EMPTY]);
    open_waiting(ledger, waiting, &ret[WAITING]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct site sites[SITES];
    static struct waiting waiting;
    static struct parameters parameters;
    struct slice input = {(const char *)data, size};

    if (size < 1 || size > INPUT_MAX)
        return 0;
    if (!sites[0].shelf)
        open_sites(&waiting, sites);
    unsigned choice = (unsigned)take_byte(&input) - '0';
    waiting.places = choice > SITES ? 1 : 0;
    read_parameters(input, &parameters);
    check(&sites[choice % SITES], &parameters);
    return 0;
}
