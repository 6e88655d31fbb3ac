/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_FAULT_H
#define ROOMCAL_EWS_FAULT_H

/*
 * fault — everything that can go wrong with Exchange, whose it is, and what is done
 *
 * One table (fault_table.h) over EWS response codes, HTTP statuses, transport failures and broken
 * replies. A fault's number is stored in room files, so rows keep their numbers: new ones get new
 * numbers. Decide by code; Exchange's text is localised and is kept for the log only.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "net/transport.h"

/* Whose trouble it is, and so who pauses. For those of the account see refresh/account.h. */
enum fault_scope {
    FAULT_OF_REQUEST, /* this one request; the room is tried again soon */
    FAULT_OF_ROOM,    /* only this room */
    FAULT_OF_ACCOUNT, /* the whole server or account: every room */
};

/* What is done, and when; refresh/patience.h has the arithmetic. Whatever the action, a pause is as long as the server
 * asked for (BackOffMilliseconds, Retry-After) if that is longer, but no longer than FULL_REFRESH; and back-off is no
 * longer than CACHE_TTL. */
enum fault_action {
    FAULT_RETRY, /* again with back-off: after 5 s, then longer each time, up to 300 s */
    FAULT_SPLIT, /* again at once, with a smaller window; where that is the smallest, as FAULT_RETRY */
    FAULT_NARROW, /* again at once, with fewer requests at a time; alone, as FAULT_REST */
    FAULT_REST,   /* throttled: nobody asks for as long as the server says, else for FAULT_REST_S */
    FAULT_GIVE_UP, /* an administrator has to act; again after FULL_REFRESH */
    FAULT_STOP,    /* a refused login: nobody tries for FAULT_STOP_S */
};

#define FAULT_STOP_S 900
#define FAULT_REST_S 60

struct fault {
    int number;       /* > 0, stable */
    const char *code; /* EWS's own, "ErrorServerBusy"; ours begin with a lower-case word:
                         "http_503", "timeout" */
    enum fault_scope scope;
    enum fault_action action;
    const char *message; /* a sentence for administrators and for the error member of a reply */
};

/* All rows, in the order of their numbers. */
const struct fault *fault_rows(size_t *ret_count);

/* NULL for 0 and for numbers that no row has. */
const struct fault *fault_by_number(int64_t number);

/* The same for who has to say something all the same. Never NULL: a number that no row has was noted by another version of
 * roomcal, and then the fault, "unknown", says so. */
const struct fault *fault_as_noted(int64_t number);

/* Never NULL. Codes without a row get the default, number 1, "unknown_response_code": the room is retried with back-off.
 * They are those of operations that roomcal never asks for (docs/faults.md names them), and of servers yet to come. */
const struct fault *fault_by_code(struct slice code);

/* Exchange does not understand the question itself, whoever asks it and about whom: another one may be understood. */
bool fault_is_misunderstanding(const struct fault *fault);

/* For a reply whose status is not 200 and that holds no SOAP fault. Never NULL. */
const struct fault *fault_by_http_status(int status);

/* Not for TRANSPORT_OK and TRANSPORT_STOPPED. Never NULL. */
const struct fault *fault_by_transport(enum transport_result result);

#endif
