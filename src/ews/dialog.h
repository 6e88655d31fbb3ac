/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_DIALOG_H
#define ROOMCAL_EWS_DIALOG_H

/*
 * dialog — one request to Exchange and its reply, judged
 *
 * Joins transport, character filter and response: the reply is parsed while it comes in, and status, type and body
 * together say how it went. Knows no operation: the request is bytes, the listener says what the reply is. Belongs to
 * one lane (thread), as its transport does.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "config/config.h"
#include "ews/fault.h"
#include "ews/response.h"
#include "net/login.h"

/* How a question went. */
struct ews_answer {
    const struct fault *fault; /* NULL: answered, completely (or stopped: see `stopped`) */
    bool stopped;              /* `stop` was set meanwhile; fault is NULL, nothing is known */
    int64_t wait_s; /* what the server asked for (BackOffMilliseconds, Retry-After), rounded up, a
                       day at most; -1: nothing */
    int64_t server_utc; /* the server's own time when it answered (Date); 0: not said */
    int64_t took_s;     /* whole seconds from the question's begin to the reply's end */
    size_t items;
    int64_t bytes;    /* received */
    char detail[320]; /* for the log: Exchange's or libcurl's text, printable */
};

/* What has been asked so far; for logs and metrics. */
struct ews_totals {
    uint64_t requests;
    uint64_t bytes;
};

struct dialog;

/* `config`, `login` and `stop` must outlive the dialog. 0 or < 0. */
int dialog_create(const struct config *config, struct login *login, const atomic_bool *stop,
                  struct dialog **ret, struct err *err);
void dialog_destroy(struct dialog *dialog);

/* Sends the envelope and hears the reply. `mailbox` routes the request; NULL: it concerns none. 0 and *ret; < 0: what
 * the listener returned to end it, or -ENOMEM. */
int dialog_ask(struct dialog *dialog, struct slice request, const char *mailbox,
               const struct response_listener *listener, struct ews_answer *ret);

struct ews_totals dialog_totals(const struct dialog *dialog);

#endif
