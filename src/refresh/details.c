/* SPDX-License-Identifier: MIT */
#include "refresh/details.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar/private.h"

struct details_waiting {
    struct item item;
    struct item_span span;
    struct room_version version;
    bool asks_itself;   /* another of its series cannot speak for it */
    bool wants_address; /* it came without the organizer's */
    bool is_done;       /* handed on or dropped */
};

void details_init(struct details *details, const struct field_plan *plan,
                  struct organizers *organizers)
{
    *details = (struct details){.plan = plan, .organizers = organizers, .batch = DETAILS_BATCH};
    item_init(&details->whole);
}

void details_finish(struct details *details)
{
    for (size_t i = 0; i < details->ready; i++)
        item_finish(&details->waiting[i].item);
    free(details->waiting);
    item_finish(&details->whole);
    details_init(details, details->plan, details->organizers);
}

void details_clear(struct details *details)
{
    details->count = 0;
}

/* ---- what an item needs ---- */

bool details_are_lacking(const struct details *details, const struct item *item)
{
    return details->plan->needs_get_item || item_is_cut(item, details->plan);
}

bool details_have_address(const struct details *details, const struct item *item)
{
    struct slice address;

    return details->plan->address < 0 || item_organizer_address(item, details->plan, &address);
}

/* What the meetings of a series share; an item without UID is a series of its own. */
static struct slice series_of(const struct item *item)
{
    struct slice series = {0};

    if (!item_get(item, PLAN_UID, "", &series) || !series.length)
        (void)item_get(item, PLAN_ID, "@Id", &series);
    return series;
}

/* Puts the address where the renderers look for it. It may point into the item. */
static int put_address(const struct details *details, struct item *item, struct slice address)
{
    size_t element = (size_t)details->plan->address;
    char copy[ORGANIZERS_ADDRESS_MAX];
    struct slice text = {copy, address.length <= sizeof copy ? address.length : 0};

    if (text.length)
        memcpy(copy, address.at, text.length);
    item_drop(item, element);
    item_add(item, element, slice_of("Value"), text);
    return item->error;
}

int details_add_address(const struct details *details, struct item *item)
{
    struct slice address;
    int result = organizers_find(details->organizers, series_of(item), &address);

    return result ? result : put_address(details, item, address);
}

/* ---- who waits ---- */

static int make_ready(struct details *details)
{
    size_t ready = details->ready ? details->ready * 2 : 64;
    struct details_waiting *waiting = realloc(details->waiting, ready * sizeof *waiting);

    if (!waiting)
        return -ENOMEM;
    for (size_t i = details->ready; i < ready; i++)
        item_init(&waiting[i].item);
    details->waiting = waiting;
    details->ready = ready;
    return 0;
}

int details_add(struct details *details, const struct details_item *item)
{
    if (details->count == DETAILS_MAX)
        return -EOVERFLOW;
    if (details->count == details->ready && make_ready(details) < 0)
        return -ENOMEM;
    struct details_waiting *waiting = &details->waiting[details->count];
    item_clear(&waiting->item);
    item_merge(&waiting->item, item->item);
    if (waiting->item.error)
        return waiting->item.error;
    waiting->span = item->span;
    waiting->version = item->version;
    waiting->asks_itself = details_are_lacking(details, item->item);
    waiting->wants_address = !details_have_address(details, item->item);
    waiting->is_done = false;
    details->count++;
    return 0;
}

/* ---- a batch ---- */

struct batch {
    struct details *details;
    details_take *take;
    void *context;

    /* what is asked for */
    struct details_waiting *asked[DETAILS_BATCH];
    struct slice ids[DETAILS_BATCH]; /* in the items */
    size_t count;

    const struct fault *fault; /* why the first of those was refused that are not done now */
    char reason[sizeof((struct ews_answer *)0)->detail];
};

/* `item` is what became of the one that waited. */
static int hand_on(struct batch *batch, struct details_waiting *waiting, const struct item *item)
{
    struct details_item found = {item, waiting->span, waiting->version};

    waiting->is_done = true;
    return batch->take(batch->context, &found);
}

static bool has_another_of_the_series(const struct batch *batch, const struct item *item)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (slice_equal(series_of(&batch->asked[i]->item), series_of(item)))
            return true;
    }
    return false;
}

/* Adds the item to the batch; or hands it on, if nothing is missing but an address that is known by
 * now; or leaves it waiting for that address. */
static int choose(struct batch *batch, struct details_waiting *waiting)
{
    if (!waiting->asks_itself) {
        int result = details_add_address(batch->details, &waiting->item);
        if (result <= 0)
            return result < 0 ? result : hand_on(batch, waiting, &waiting->item);
        if (has_another_of_the_series(batch, &waiting->item))
            return 0;
    }
    (void)item_get(&waiting->item, PLAN_ID, "@Id", &batch->ids[batch->count]);
    batch->asked[batch->count++] = waiting;
    return 0;
}

static int choose_all(struct batch *batch)
{
    struct details *details = batch->details;
    int error = 0;

    batch->count = 0;
    for (size_t i = 0; i < details->count && batch->count < details->batch && !error; i++) {
        if (!details->waiting[i].is_done)
            error = choose(batch, &details->waiting[i]);
    }
    return error;
}

/* ---- refusals ---- */

enum refusal {
    REFUSED_ALL, /* the room's fault */
    REFUSED_GONE,
    REFUSED_UNREADABLE,
    REFUSED_TOO_LONG,
    REFUSED_TOO_MUCH,
};

static enum refusal refusal_of(const struct fault *fault)
{
    static const struct {
        const char *code;
        enum refusal refusal;
    } rows[] = {
        {"ErrorItemNotFound", REFUSED_GONE},
        {"ErrorAccessDenied", REFUSED_UNREADABLE},
        {"ErrorCalendarInvalidPropertyState", REFUSED_UNREADABLE},
        {"ErrorCalendarInvalidTimeZone", REFUSED_UNREADABLE},
        {"ErrorContentConversionFailed", REFUSED_UNREADABLE},
        {"ErrorCorruptData", REFUSED_UNREADABLE},
        {"ErrorItemCorrupt", REFUSED_UNREADABLE},
        {"ErrorItemPropertyRequestFailed", REFUSED_UNREADABLE},
        {"ErrorMimeContentConversionFailed", REFUSED_UNREADABLE},
        {"ErrorTimeZone", REFUSED_UNREADABLE},
        {"ErrorUnsupportedMimeConversion", REFUSED_UNREADABLE},
        {"ErrorUnsupportedTypeForConversion", REFUSED_UNREADABLE},
        {"ErrorVirusDetected", REFUSED_UNREADABLE},
        {"reply_item_too_large", REFUSED_TOO_LONG},
        {"reply_text_too_long", REFUSED_TOO_LONG},
        {"too_large", REFUSED_TOO_MUCH},
        {"ErrorBatchProcessingStopped", REFUSED_TOO_MUCH},
        {"ErrorServerBusy", REFUSED_TOO_MUCH}, /* unless it says for how long */
        {"ErrorTimeoutExpired", REFUSED_TOO_MUCH},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(fault->code, rows[i].code) == 0)
            return rows[i].refusal;
    }
    return fault->action == FAULT_SPLIT ? REFUSED_TOO_MUCH : REFUSED_ALL;
}

/* No other of its series may wait for what this one would have told. */
static int drop(struct batch *batch, struct details_waiting *gone)
{
    struct details *details = batch->details;

    gone->is_done = true;
    for (size_t i = 0; i < details->count; i++) {
        struct details_waiting *waiting = &details->waiting[i];
        if (slice_equal(series_of(&waiting->item), series_of(&gone->item)))
            waiting->asks_itself = true;
    }
    return 0;
}

/* The address of the series is what the item says now; if it says none, that is known too. */
static int settle_address(struct details *details, struct item *item)
{
    struct slice address = {0};

    (void)item_organizer_address(item, details->plan, &address);
    int error = organizers_add(details->organizers, series_of(item), address);
    return error ? error : put_address(details, item, address);
}

/* Hands on what FindItem gave, completed by the details if there are any. */
static int hand_on_with(struct batch *batch, struct details_waiting *waiting,
                        const struct item *details)
{
    struct item *whole = &batch->details->whole;

    item_clear(whole);
    item_merge(whole, &waiting->item);
    if (details)
        item_merge(whole, details);
    int error = whole->error;
    /* What has become private meanwhile leaves no trace, its organizer's address neither. */
    if (!error && waiting->wants_address && !private_is_hidden(batch->details->plan, whole))
        error = settle_address(batch->details, whole);
    return error ? error : hand_on(batch, waiting, whole);
}

static int take_refusal(struct batch *batch, struct details_waiting *waiting,
                        const struct ews_details *details)
{
    switch (refusal_of(details->fault)) {
    case REFUSED_GONE:
        return drop(batch, waiting);
    case REFUSED_UNREADABLE:
        waiting->version = (struct room_version){0};
        return hand_on_with(batch, waiting, NULL);
    default:
        if (!batch->fault) {
            batch->fault = details->fault;
            (void)snprintf(batch->reason, sizeof batch->reason, "%s", details->reason);
        }
        return 0;
    }
}

/* ews_take_details */
static int take_details(void *context, const struct ews_details *details)
{
    struct batch *batch = context;
    struct details_waiting *waiting = batch->asked[details->place];

    return details->item ? hand_on_with(batch, waiting, details->item)
                         : take_refusal(batch, waiting, details);
}

/* Can what is left be asked for again, or done without? If so, the fault is forgotten. */
static int give_way(struct batch *batch, struct ews_answer *answer)
{
    enum refusal refusal = refusal_of(answer->fault);
    int error = 0;

    if (answer->wait_s >= 0 || (refusal != REFUSED_TOO_MUCH && refusal != REFUSED_TOO_LONG))
        return 0;
    if (batch->count > 1)
        batch->details->batch = batch->count / 2;
    else if (refusal == REFUSED_TOO_LONG)
        error = hand_on_with(batch, batch->asked[0], NULL);
    else
        return 0;
    answer->fault = NULL;
    return error;
}

static void grow_batch(struct details *details)
{
    size_t batch = details->batch + DETAILS_BATCH_STEP;

    details->batch = batch < DETAILS_BATCH ? batch : DETAILS_BATCH;
}

static int ask(struct batch *batch, const struct asker *asker, struct asker_room room,
               struct ews_answer *ret)
{
    batch->fault = NULL;
    int result = asker_get_items(asker, room, batch->ids, batch->count, take_details, batch, ret);
    if (result == ASKER_AGAIN)
        ret->fault = NULL; /* who is not done yet is asked for again */
    if (result || ret->stopped)
        return result < 0 ? result : 0;
    if (!ret->fault && batch->fault) {
        ret->fault = batch->fault;
        (void)snprintf(ret->detail, sizeof ret->detail, "%s", batch->reason);
    }
    if (ret->fault)
        return give_way(batch, ret);
    grow_batch(batch->details);
    return 0;
}

int details_complete(struct details *details, const struct asker *asker, struct asker_room room,
                     details_take *take, void *context, struct ews_answer *ret)
{
    struct batch batch = {.details = details, .take = take, .context = context};
    struct ews_answer answer = {.wait_s = -1};
    int error = choose_all(&batch);

    while (!error && batch.count) {
        error = ask(&batch, asker, room, &answer);
        if (error || answer.fault || answer.stopped)
            break;
        error = choose_all(&batch);
    }
    details_clear(details);
    if (!error)
        *ret = answer;
    return error;
}
