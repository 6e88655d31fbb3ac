/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_RESPONSE_H
#define ROOMCAL_EWS_RESPONSE_H

/*
 * response — reads a SOAP reply as it streams in. The home of expat.
 *
 * Fed with bytes in any chunks, it calls back with each finished item, folder or room, and knows at the end how the
 * request went. Names are matched by namespace URI and local name; prefixes do not matter. What was
 * not asked for is passed over. Memory is one item, not one reply.
 *
 * Of each element that was asked for, the leaves go into the item as calendar/item.h draws them: its
 * attributes, then its text; an empty element with attributes has these as its only leaves. Of an
 * element with children the attributes come first too, then its empty leaf, then the children.
 *
 * Limits, each a fault of its own: a DOCTYPE at all, depth 64, 64 attributes an element, 1 MiB of
 * text in an element that is wanted, about 1 MiB for a tag, comment or processing instruction; and 64 MiB
 * in which nothing comes that was asked for. (The largest item that is accepted has 4 MiB of text, in
 * references at most six times as much.)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "calendar/field.h"
#include "calendar/item.h"
#include "ews/fault.h"
#include "ews/verdict.h"

#define RESPONSE_DEPTH_MAX      64
#define RESPONSE_ATTRIBUTES_MAX 64
#define RESPONSE_TEXT_MAX       (1u << 20)
#define RESPONSE_TAG_MAX        (1u << 20)
#define RESPONSE_BARREN_MAX     (64u << 20)

/* Takes an item, which is valid during the call. 0; 1: nobody asked for this one, so the reply is
 * an "unexpected_reply"; < 0: ends the parsing. */
typedef int response_item(void *context, const struct item *item);

/* Takes why one of several items or folders is refused; `detail` is for the log. 0, 1 or < 0 as
 * above. */
typedef int response_refusal(void *context, const struct fault *fault, const char *detail);

/* Takes what a folder says of its content: PR_LOCAL_COMMIT_TIME_MAX and PR_DELETED_COUNT_TOTAL as
 * Exchange writes them, empty where not answered; valid during the call. 0, 1 or < 0 as above. */
typedef int response_folder(void *context, struct slice committed, struct slice deleted);

/* Takes a room, or a list of rooms: its name, which may be empty, and its SMTP address; valid during
 * the call. One without such an address is passed over. 0, 1 or < 0 as above. */
typedef int response_address(void *context, struct slice name, struct slice mailbox);

/* What the reply is expected to be shows in who is told of it:
 *
 *     FindItem                  plan, on_item                  one response message with one list
 *     GetItem                   plan, on_item, on_refusal      each response message has one item, or is a refusal,
 *                                                              which is no failure of the request
 *     GetFolder of several      on_folder, on_refusal          the same with folders
 *     GetFolder of one          nobody                         one response message
 *     GetRoomLists, GetRooms    on_address                     the reply itself is the response message */
struct response_listener {
    const struct field_plan *plan;
    response_item *on_item;
    response_folder *on_folder;
    response_address *on_address;
    response_refusal *on_refusal;
    void *context;
};

/* How the request went, as the reply says it. */
struct response_outcome {
    const struct fault *fault; /* NULL: success */
    bool complete;             /* the envelope was closed: a body that stops early is no success */
    bool answered;       /* a response message says NoError, and has the list that was asked for;
                                  of several, there is a response message at all */
    bool truncated;      /* IncludesLastItemInRange="false": Exchange left items out */
    int64_t back_off_ms; /* BackOffMilliseconds; -1: none */
    size_t items;
    char detail
        [VERDICT_TEXT_SIZE]; /* for the log: Exchange's code and text, or expat's; UTF-8, cut at a
                         character */
};

struct response;

/* 0 or -ENOMEM. Then comes response_begin. */
int response_create(struct response **ret);
void response_destroy(struct response *response);

/* Another reply follows: forgets all of the last one. The listener is copied; its plan and context
 * must outlive the reply. 0 or -ENOMEM. */
int response_begin(struct response *response, const struct response_listener *listener);

/* 0: go on. 1: the reply is broken or over a limit, the outcome's fault says which; feed no more. <
 * 0: what the item callback returned, or -ENOMEM. */
int response_feed(struct response *response, const char *bytes, size_t length);

/* The last byte was fed, or no more will be. 0 and *ret (borrowed until begin or destroy): a fault,
 * or the success of one response message (of one or more, if several were asked for; the caller
 * counts what it is told). < 0 as response_feed: expat may keep the end of a
 * reply until here, items included. Faults of the reply itself: "reply_not_xml", "reply_not_soap",
 * "reply_truncated" (the XML stops early), "reply_malformed", "reply_doctype", "reply_too_deep",
 * "reply_too_many_attributes", "too_large" (nothing that was asked for, for RESPONSE_BARREN_MAX bytes),
 * "reply_text_too_long", "reply_item_too_large", "unexpected_reply"
 * (no response message, or several where one was expected, or not one item or folder in one of several). */
int response_end(struct response *response, const struct response_outcome **ret);

#endif
