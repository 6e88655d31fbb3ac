/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_RESPONSE_H
#define ROOMCAL_EWS_RESPONSE_H

/*
 * response — reads a SOAP reply as it streams in. The home of expat.
 *
 * Fed with bytes in any chunks, it calls back with each finished item, and knows at the end how the request went.
 * Names are matched by namespace URI and local name; prefixes do not matter. What was not asked for is passed
 * over. Memory is one item, not one reply.
 * Limits, each a fault of its own: a DOCTYPE at all, depth 64, 64 attributes an element, 1 MiB of text an element.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "calendar/field.h"
#include "calendar/item.h"
#include "ews/fault.h"

#define RESPONSE_DEPTH_MAX      64
#define RESPONSE_ATTRIBUTES_MAX 64
#define RESPONSE_TEXT_MAX       (1u << 20)

/* Takes an item, which is valid during the call. Not 0 ends the parsing: response_feed returns it. */
typedef int response_item(void *context, const struct item *item);

/* How the request went, as the reply says it. One folder is asked per request. */
struct response_outcome {
    const struct fault *fault; /* NULL: success */
    bool complete;             /* the envelope was closed: a body that stops early is no success */
    bool answered;             /* there was a response message of the operation asked */
    bool truncated;            /* IncludesLastItemInRange="false": Exchange left items out */
    int64_t back_off_ms;       /* BackOffMilliseconds; -1: none */
    size_t items;
    char detail[256]; /* Exchange's own text, for the log; UTF-8, cut at a character */
};

struct response;

/* `plan` NULL: no items are wanted. The plan must outlive it. 0 or -ENOMEM. */
int response_create(const struct field_plan *plan, response_item *on_item, void *context,
                    struct response **ret);
void response_destroy(struct response *response);

/* Forgets all, for the next reply. 0 or -ENOMEM. */
int response_reset(struct response *response);

/* 0: go on. 1: the reply is broken or over a limit, the outcome's fault says which; feed no more. Another value:
 * what the item callback returned. -ENOMEM. */
int response_feed(struct response *response, const char *bytes, size_t length);

/* The last byte was fed. The outcome: complete or with a fault ("reply_truncated" when the XML stops early, "reply_not_soap"
 * when it is no SOAP envelope, …). Borrowed until reset or destroy. */
const struct response_outcome *response_end(struct response *response);

#endif
