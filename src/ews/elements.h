/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_ELEMENTS_H
#define ROOMCAL_EWS_ELEMENTS_H

/*
 * elements — what the elements of a reply mean
 *
 * For ews/response.c, which reads them with expat and passes them on here, one after the other; knows no expat itself. Where we
 * are in the reply is a stack of places, one for each open element: ews/place.h says which child leads from one place to the
 * next, a table in elements.c what is done where a place is entered and left.
 *
 * A failure is remembered: look at `result` after each call. From then on nothing is done any more.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "ews/leaves.h"
#include "ews/place.h"
#include "ews/response.h"
#include "ews/verdict.h"
#include "ews/xml_name.h"

struct elements {
    struct response_listener listener;
    struct response_outcome outcome;
    int result;          /* what response_feed returns; 0: go on */
    size_t barren_bytes; /* counted by who feeds; 0 again whenever the listener is told something */

    unsigned char places[RESPONSE_DEPTH_MAX]; /* one enum place for each open element */
    size_t depth;
    struct buf text; /* of the innermost element whose text is wanted */

    struct verdict verdict; /* of the open response message or SOAP fault */
    size_t messages;        /* response messages so far */
    size_t message_items;   /* in this one */
    bool has_list;          /* it has a RootFolder */

    struct leaves leaves; /* of the open item, folder or address */
    size_t wanted;        /* of the latter two: which text is open */
};

/* Then comes elements_begin. */
void elements_init(struct elements *elements);
void elements_finish(struct elements *elements);

/* Another reply follows: forgets all of the last one but its memory. The listener is copied; its plan and context must outlive
 * the reply. */
void elements_begin(struct elements *elements, const struct response_listener *listener);

/* An element opens. `attributes` are names and values in turn, and NULL. */
void elements_open(struct elements *elements, struct xml_name name, const char **attributes);

/* A part of the text of the element that is open. */
void elements_text(struct elements *elements, struct slice text);

/* The element that was opened last, and not closed yet, closes. */
void elements_close(struct elements *elements);

/* The reply is broken or over a limit: `code` is a fault's (ews/fault.h). The first one counts. */
void elements_fail(struct elements *elements, const char *code);

/* As elements_fail, but goes on reading. */
void elements_blame(struct elements *elements, const char *code);

/* Ends the reading with that result. The first one counts. */
void elements_stop(struct elements *elements, int result);

#endif
