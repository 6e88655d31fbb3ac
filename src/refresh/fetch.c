/* SPDX-License-Identifier: MIT */
#include "refresh/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "calendar/all_day.h"
#include "calendar/private.h"
#include "calendar/render_ical.h"
#include "calendar/render_json.h"
#include "calendar/window.h"

#define ITEM_FORM_MAX (16u << 20) /* one item's JSON, or its VEVENT */

int fetch_init(struct fetch *fetch, const struct config *config, const struct field_plan *plan,
               struct account *account, const atomic_bool *stop, struct err *err)
{
    *fetch = (struct fetch){
        .config = config,
        .plan = plan,
        .asker.account = account,
        .json = BUF_INIT(ITEM_FORM_MAX),
        .ical = BUF_INIT(ITEM_FORM_MAX),
    };
    organizers_init(&fetch->organizers);
    details_init(&fetch->details, plan, &fetch->organizers);
    item_init(&fetch->addressed);
    item_init(&fetch->masked);
    if (timezones_create(config->timezone, &fetch->zones) != 0)
        return err_set(err, -ENOMEM, "cannot open the time zone %s", config->timezone);
    return ews_client_create(config, account_login(account), plan, stop, &fetch->asker.client, err);
}

void fetch_finish(struct fetch *fetch)
{
    ews_client_destroy(fetch->asker.client);
    timezones_destroy(fetch->zones);
    details_finish(&fetch->details);
    organizers_finish(&fetch->organizers);
    item_finish(&fetch->addressed);
    item_finish(&fetch->masked);
    buf_finish(&fetch->json);
    buf_finish(&fetch->ical);
    fetch->asker.client = NULL;
    fetch->zones = NULL;
}

/* ---- an item into the build ---- */

static struct slice bytes_of(const struct buf *buf)
{
    return (struct slice){buf->bytes, buf->length};
}

static int add(struct fetch *fetch, const struct details_item *found, struct slice json,
               struct slice ical)
{
    struct room_build_entry entry = {
        .start_utc = found->span.start_utc,
        .end_utc = found->span.end_utc,
        .version = found->version,
        .json = json,
        .ical = ical,
    };

    (void)item_get(found->item, PLAN_ID, "@Id", &entry.id);
    return room_build_add(&fetch->build, &entry);
}

/* `days` were read before the item was masked. */
static int render(struct fetch *fetch, const struct details_item *found,
                  const struct item_days *days)
{
    buf_clear(&fetch->json);
    buf_clear(&fetch->ical);
    int error =
        render_json_item(fetch->plan, found->item, &found->span, days, fetch->zones, &fetch->json);
    if (!error)
        error = render_ical_item(fetch->plan, found->item, &found->span, days, &fetch->ical);
    return error ? error : add(fetch, found, bytes_of(&fetch->json), bytes_of(&fetch->ical));
}

static int render_hidden(struct fetch *fetch, const struct details_item *found,
                         const struct item_days *days)
{
    struct details_item masked = {.item = &fetch->masked, .span = found->span};

    if (fetch->config->private_items == CONFIG_PRIVATE_OMIT)
        return 0;
    int error = private_mask(found->item, &fetch->masked);
    return error ? error : render(fetch, &masked, days);
}

/* details_take: an item that is complete. Details may tell that it has become private meanwhile. */
static int show(void *context, const struct details_item *found)
{
    struct fetch *fetch = context;
    struct item_days days;
    int error = all_day_read(found->item, &found->span, fetch->zones, &days);

    if (error)
        return error;
    return private_is_hidden(fetch->plan, found->item) ? render_hidden(fetch, found, &days)
                                                       : render(fetch, found, &days);
}

static int show_as_before(struct fetch *fetch, const struct details_item *found,
                          const struct room_entry *entry)
{
    return add(fetch, found, room_file_shown(&fetch->old, entry, ROOM_JSON),
               room_file_shown(&fetch->old, entry, ROOM_ICAL));
}

/* Gives the item the address of its series. 0; 1: nobody knows it yet; < 0. */
static int complete_address(struct fetch *fetch, struct details_item *found)
{
    if (details_have_address(&fetch->details, found->item))
        return 0;
    item_clear(&fetch->addressed);
    item_merge(&fetch->addressed, found->item);
    if (fetch->addressed.error)
        return fetch->addressed.error;
    found->item = &fetch->addressed;
    return details_add_address(&fetch->details, &fetch->addressed);
}

/* Shows the item if it is complete or known, else lets it wait for its details. */
static int show_or_ask(struct fetch *fetch, struct details_item *found)
{
    int lacks_address = complete_address(fetch, found);

    if (lacks_address < 0)
        return lacks_address;
    bool is_lacking = details_are_lacking(&fetch->details, found->item);
    const struct room_entry *entry =
        is_lacking ? room_versions_find(&fetch->known, &found->version) : NULL;
    if (entry)
        return show_as_before(fetch, found, entry);
    return is_lacking || lacks_address ? details_add(&fetch->details, found) : show(fetch, found);
}

/* response_item: from the reply into the build. An item without an id or a time cannot be shown or
 * sorted, and Exchange has none; it is passed over rather than that it costs the whole room. What
 * is hidden needs no details. */
static int collect(void *context, const struct item *item)
{
    struct fetch *fetch = context;
    struct details_item found = {.item = item};
    struct slice id;
    struct slice changekey = {0};

    if (!item_get(item, PLAN_ID, "@Id", &id) || !item_span(item, &found.span))
        return 0;
    if (private_is_hidden(fetch->plan, item))
        return show(fetch, &found);
    (void)item_get(item, PLAN_ID, "@ChangeKey", &changekey);
    int error = room_version_of(id, changekey, &found.version);
    return error ? error : show_or_ask(fetch, &found);
}

/* ---- a room ---- */

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

void fetch_refused(struct fetch_report *report, const struct ews_answer *answer)
{
    const struct fault *fault = answer->fault;

    fail(report, fault ? fault : fault_by_code(slice_of("unexpected_reply")), answer->wait_s,
         answer->detail);
}

static bool answer_holds(const struct ews_answer *answer, struct fetch_report *report)
{
    if (answer->stopped)
        report->result = FETCH_STOPPED;
    else if (answer->fault)
        fetch_refused(report, answer);
    else
        return true;
    return false;
}

void fetch_fail(struct fetch_report *report, int error)
{
    fail(report, own_fault(error), -1, strerror(-error));
}

/* A failure that no answer told of. */
static bool fail_ourselves(struct fetch_report *report, int error)
{
    fetch_fail(report, error);
    return false;
}

/* Asks for what FindItem did not tell. false: the report says why that failed. */
static bool complete(struct fetch *fetch, struct asker_room room, struct fetch_report *report)
{
    struct ews_answer answer;
    int error = details_complete(&fetch->details, &fetch->asker, room, show, fetch, &answer);

    return error ? fail_ourselves(report, error) : answer_holds(&answer, report);
}

/* Asks for one window, as often as it takes until not too many ask at once. What an answer brought that was cut is no
 * harm: ids are unique. */
static int ask_window(struct fetch *fetch, struct asker_room room, struct window window,
                      struct ews_answer *ret)
{
    int result;

    do {
        details_clear(&fetch->details);
        result = asker_find_items(&fetch->asker, room, window, collect, fetch, ret);
    } while (result == ASKER_AGAIN);
    return result;
}

/* Asks window by window until the span is done. false: the report says why not. */
static bool ask_all(struct fetch *fetch, struct asker_room room, struct window_walk *walk,
                    struct fetch_report *report)
{
    struct window window;

    while (window_walk_next(walk, &window)) {
        struct ews_answer answer;
        int error = ask_window(fetch, room, window, &answer);
        if (error)
            return fail_ourselves(report, error);
        if (answer.fault && answer.fault->action == FAULT_SPLIT && window_walk_halve(walk))
            continue;
        if (!answer_holds(&answer, report) || !complete(fetch, room, report))
            return false;
        window_walk_done(walk, answer.items);
    }
    return true;
}

/* Takes over what the room's file knows. A file that cannot be used knows nothing. */
static int open_old(struct fetch *fetch, const struct room_place *place)
{
    struct err err;

    fetch->old = (struct room_file){0};
    fetch->known = (struct room_versions){0};
    if (room_file_open(place->cache_dirfd, place->file_name, place->fingerprint, false, &fetch->old,
                       &err) != 0)
        return organizers_read(&fetch->organizers, slice_of(""));
    int error = room_versions_make(&fetch->old, &fetch->known);
    return error ? error : organizers_read(&fetch->organizers, room_file_memo(&fetch->old));
}

static void close_old(struct fetch *fetch)
{
    room_versions_finish(&fetch->known);
    room_file_close(&fetch->old);
}

/* What the next fetch of the room will want to know. */
static int remember(struct fetch *fetch)
{
    struct buf memo = BUF_INIT(ROOM_MEMO_MAX);
    int error = organizers_write(&fetch->organizers, &memo);

    if (!error)
        error = room_build_memo(&fetch->build, bytes_of(&memo));
    buf_finish(&memo);
    return error;
}

/* What was taken over from a file that was damaged meanwhile is not to be shown. */
static int complete_build(struct fetch *fetch, struct err *err)
{
    int error = remember(fetch);

    if (error)
        return err_errno(err, -error, "cannot keep addresses of organizers");
    if (fetch->old.map && !room_file_is_whole(&fetch->old))
        return err_errno(err, EIO, "the room's file was damaged while it was read");
    return 0;
}

static void publish(struct fetch *fetch, const struct fetch_order *order,
                    const struct room_basis *basis, struct fetch_report *report)
{
    struct err err = {""};
    int result = complete_build(fetch, &err);

    room_build_basis(&fetch->build, basis);
    /* The age counts from the answer, not from the question, which may have been long ago. */
    if (result == 0)
        result = room_build_publish(&fetch->build, &order->place, clock_utc(), order->ttl_s, &err);
    if (result < 0)
        fail(report, own_fault(result), -1, err.text);
    else
        report->result = result == ROOM_REPLACED ? FETCH_CHANGED : FETCH_SAME;
}

/* What the room's last fetch learned of how much fits into one request; 0: nothing. */
static int64_t learned_step_s(const struct fetch *fetch)
{
    return fetch->old.map ? room_file_basis(&fetch->old).step_s : 0;
}

/* The whole way; the old file is open. */
static void fetch_with_old(struct fetch *fetch, const struct fetch_order *order, int64_t now_utc,
                           struct fetch_report *report)
{
    struct asker_room room = {order->room, fetch->config->rooms[order->room].mailbox};
    struct window span = window_of(fetch->config, now_utc);
    struct window_walk walk;

    window_walk_begin(&walk, span, learned_step_s(fetch));
    if (!ask_all(fetch, room, &walk, report))
        return;
    const struct room_basis basis = {
        .asked_at = now_utc,
        .change_mark = {order->mark[0], order->mark[1]},
        .window_start_utc = span.start_utc,
        .window_end_utc = span.end_utc,
        .step_s = walk.step_s,
    };
    publish(fetch, order, &basis, report);
    report->items = fetch->build.count;
}

void fetch_room(struct fetch *fetch, const struct fetch_order *order, int64_t now_utc,
                struct fetch_report *ret)
{
    struct ews_totals before = ews_client_totals(fetch->asker.client);
    struct fetch_report report = {.result = FETCH_FAILED, .wait_s = -1};

    room_build_init(&fetch->build, order->place.cache_dirfd);
    int error = open_old(fetch, &order->place);
    if (error)
        (void)fail_ourselves(&report, error);
    else
        fetch_with_old(fetch, order, now_utc, &report);
    close_old(fetch);
    room_build_finish(&fetch->build); /* a room may be large, and the lane idle for long */
    struct ews_totals after = ews_client_totals(fetch->asker.client);
    report.requests = after.requests - before.requests;
    report.bytes = after.bytes - before.bytes;
    *ret = report;
}
