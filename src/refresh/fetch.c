/* SPDX-License-Identifier: MIT */
#include "refresh/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "calendar/render_json.h"
#include "calendar/window.h"

#define ITEM_JSON_MAX (16u << 20)

int fetch_init(struct fetch *fetch, const struct config *config, const struct field_plan *plan,
               const atomic_bool *stop, struct err *err)
{
    *fetch = (struct fetch){.config = config, .plan = plan, .json = BUF_INIT(ITEM_JSON_MAX)};
    room_build_init(&fetch->build);
    return ews_client_create(config, plan, stop, &fetch->client, err);
}

void fetch_finish(struct fetch *fetch)
{
    ews_client_destroy(fetch->client);
    room_build_finish(&fetch->build);
    buf_finish(&fetch->json);
    fetch->client = NULL;
}

/* response_item: from the reply into the build. An item without an id or a time cannot be shown or
 * sorted, and Exchange has none; it is passed over rather than that it costs the whole room. */
static int collect(void *context, const struct item *item)
{
    struct fetch *fetch = context;
    struct item_span span;
    struct slice id;

    if (!item_get(item, PLAN_ID, "@Id", &id) || !item_span(item, &span))
        return 0;
    buf_clear(&fetch->json);
    int error = render_json_item(fetch->plan, item, &span, &fetch->json);
    if (error)
        return error;
    return room_build_add(&fetch->build, span.start_utc, span.end_utc, id,
                          (struct slice){fetch->json.bytes, fetch->json.length});
}

/* Troubles of our own as faults, so that there is one vocabulary for what an administrator is told.
 */
static const struct fault *own_fault(int error)
{
    if (error == -ENOMEM)
        return fault_by_code(slice_of("no_memory"));
    if (error == -EOVERFLOW)
        return fault_by_code(slice_of("room_too_large"));
    return fault_by_code(slice_of("cache_write"));
}

static void fail(struct fetch_report *report, const struct fault *fault, int64_t wait_s,
                 const char *detail)
{
    report->result = FETCH_FAILED;
    report->fault = fault;
    report->wait_s = wait_s;
    (void)snprintf(report->detail, sizeof report->detail, "%s", detail);
}

static bool answer_holds(const struct ews_answer *answer, struct fetch_report *report)
{
    if (answer->stopped)
        report->result = FETCH_STOPPED;
    else if (answer->fault)
        fail(report, answer->fault, answer->wait_s, answer->detail);
    else
        return true;
    return false;
}

/* Asks window by window until the span is done. false: the report says why not. */
static bool ask_all(struct fetch *fetch, const char *mailbox, struct window span,
                    struct fetch_report *report)
{
    struct window_walk walk;
    struct window window;

    window_walk_begin(&walk, span);
    while (window_walk_next(&walk, &window)) {
        struct ews_answer answer;
        int error = ews_find_items(fetch->client, mailbox, window, collect, fetch, &answer);
        if (error) {
            fail(report, own_fault(error), -1, strerror(-error));
            return false;
        }
        if (answer.fault && answer.fault->action == FAULT_SPLIT && window_walk_halve(&walk))
            continue; /* what a truncated reply brought already is no harm: ids are unique */
        if (!answer_holds(&answer, report))
            return false;
        window_walk_done(&walk, answer.items);
    }
    return true;
}

static void publish(struct fetch *fetch, const struct room_place *place, int64_t ttl_s,
                    struct fetch_report *report)
{
    struct err err = {""};
    /* The age counts from the answer, not from the question, which may have been long ago. */
    int result = room_build_publish(&fetch->build, place, clock_utc(), ttl_s, &err);

    if (result < 0)
        fail(report, own_fault(result), -1, err.text);
    else
        report->result = result == ROOM_REPLACED ? FETCH_CHANGED : FETCH_SAME;
}

void fetch_room(struct fetch *fetch, const struct config_room *room, const struct room_place *place,
                int64_t now_utc, int64_t ttl_s, struct fetch_report *ret)
{
    struct ews_totals before = ews_client_totals(fetch->client);
    struct fetch_report report = {.result = FETCH_FAILED, .wait_s = -1};

    room_build_clear(&fetch->build);
    if (ask_all(fetch, room->mailbox, window_of(fetch->config, now_utc), &report)) {
        publish(fetch, place, ttl_s, &report);
        report.items = fetch->build.count;
    }
    struct ews_totals after = ews_client_totals(fetch->client);
    report.requests = after.requests - before.requests;
    report.bytes = after.bytes - before.bytes;
    *ret = report;
}
