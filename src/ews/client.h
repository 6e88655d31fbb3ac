/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_CLIENT_H
#define ROOMCAL_EWS_CLIENT_H

/*
 * client — asks Exchange one question and tells how it went
 *
 * Joins request, transport, character filter and response. Belongs to one lane (thread), as its
 * transport does.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "calendar/field.h"
#include "calendar/window.h"
#include "ews/fault.h"
#include "ews/response.h"

/* How a question went. */
struct ews_answer {
    const struct fault *fault; /* NULL: answered, completely (or stopped: see `stopped`) */
    bool stopped;              /* `stop` was set meanwhile; fault is NULL, nothing is known */
    int64_t wait_s; /* what the server asked for (BackOffMilliseconds, Retry-After), rounded up; -1:
                       nothing */
    size_t items;
    int64_t bytes;    /* received */
    char detail[320]; /* for the log: Exchange's or libcurl's text */
};

/* What has been asked so far; for logs and metrics. */
struct ews_totals {
    uint64_t requests;
    uint64_t bytes;
};

struct ews_client;

/* `config`, `plan` and `stop` must outlive the client. 0 or < 0. */
int ews_client_create(const struct config *config, const struct field_plan *plan,
                      const atomic_bool *stop, struct ews_client **ret, struct err *err);
void ews_client_destroy(struct ews_client *client);

/* The items of `mailbox` that Exchange counts into the window. Those of a reply that turns out to
 * be truncated or broken have been handed on by then, so the caller collects and decides at the
 * end. A truncated reply and ErrorExceededFindCountLimit are faults with action FAULT_SPLIT. 0 and
 * *ret; < 0: what `on_item` returned to end it, -ENOMEM, or -EOVERFLOW for a request over
 * REQUEST_SIZE_MAX. */
int ews_find_items(struct ews_client *client, const char *mailbox, struct window window,
                   response_item *on_item, void *context, struct ews_answer *ret);

/* What became of one of the items that were asked for. */
struct ews_details {
    size_t place;              /* in the ids */
    const struct item *item;   /* valid during the call; NULL: refused */
    const struct fault *fault; /* why */
    const char *reason;        /* for the log: Exchange's text; "" with an item */
};

/* 0, or < 0 to end the question. */
typedef int ews_take_details(void *context, const struct ews_details *details);

/* The items with these ids, with what FindItem does not give or cuts (see request_get_item). Each is
 * told of in the order of the ids, as the reply streams in; one that Exchange refuses is no fault of
 * the question. "unexpected_reply" is: fewer or more than were asked for, or another item than the
 * one whose turn it is. `mailbox` only routes the request. 0 and *ret; < 0 as above. */
int ews_get_items(struct ews_client *client, const char *mailbox, const struct slice *ids,
                  size_t count, ews_take_details *on_details, void *context,
                  struct ews_answer *ret);

/* Is the calendar of `mailbox` there and readable? 0 and *ret; < 0 as above. */
int ews_get_folder(struct ews_client *client, const char *mailbox, struct ews_answer *ret);

struct ews_totals ews_client_totals(const struct ews_client *client);

#endif
