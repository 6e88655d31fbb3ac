/* SPDX-License-Identifier: MIT */
#include "refresh/discovery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "refresh/asker.h"
#include "refresh/fetch.h"
#include "refresh/patience.h"

#define ADDRESSES_MAX (4u * CONFIG_ROOMS_MAX) /* rooms may be in several lists */
#define LISTS_MAX     1000u                   /* each is a request */
#define TEXT_MAX      (ADDRESSES_MAX * (2 * ROOM_LIST_TEXT_MAX + 2))

/* ---- what is told ---------------------------------------------------------------------------- */

/* Addresses as they come: "name\0mailbox\0…". */
struct told {
    struct buf text;
    size_t count;
    size_t limit;
};

static void append_text(struct buf *text, struct slice part)
{
    size_t length = part.length < ROOM_LIST_TEXT_MAX ? part.length : ROOM_LIST_TEXT_MAX;

    buf_append(text, part.at, length);
    buf_append_char(text, '\0');
}

/* ews_take_address; what is over the limit is passed over. */
static int take_address(void *context, const struct ews_address *address)
{
    struct told *told = context;

    if (told->count == told->limit)
        return 0;
    append_text(&told->text, address->name);
    append_text(&told->text, address->mailbox);
    told->count++;
    return buf_error(&told->text);
}

/* The next address behind *at, which begins at the text's begin. */
static struct found_room next_address(const char **at)
{
    struct found_room room = {.name = *at};

    room.mailbox = room.name + strlen(room.name) + 1;
    *at = room.mailbox + strlen(room.mailbox) + 1;
    return room;
}

/* The addresses, for the caller to free; they borrow from `told`. NULL: no memory. */
static struct found_room *addresses_of(const struct told *told)
{
    struct found_room *rooms = calloc(told->count + 1, sizeof *rooms);
    const char *at = buf_text(&told->text);

    for (size_t i = 0; rooms && i < told->count; i++)
        rooms[i] = next_address(&at);
    return rooms;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* Is it over, with an answer or without? What is told twice, because it was asked twice, is kept once. */
static bool is_over(int error, const struct ews_answer *answer)
{
    return error || answer->fault || answer->stopped;
}

static int ask_for_rooms(const struct asker *asker, const char *list, struct told *rooms,
                         struct ews_answer *ret)
{
    int result;

    do
        result = asker_get_rooms(asker, list, take_address, rooms, ret);
    while (result == ASKER_AGAIN);
    return result;
}

static int ask_for_lists(const struct asker *asker, struct told *lists, struct ews_answer *ret)
{
    int result;

    do
        result = asker_get_room_lists(asker, take_address, lists, ret);
    while (result == ASKER_AGAIN);
    return result;
}

/* ROOM_LIST=*: the rooms of all lists. */
static int ask_for_all(const struct asker *asker, struct told *rooms, struct ews_answer *ret)
{
    struct told lists = {.text = BUF_INIT(TEXT_MAX), .limit = LISTS_MAX};
    int error = ask_for_lists(asker, &lists, ret);
    const char *at = buf_text(&lists.text);

    for (size_t i = 0; i < lists.count && !is_over(error, ret); i++)
        error = ask_for_rooms(asker, next_address(&at).mailbox, rooms, ret);
    buf_finish(&lists.text);
    return error;
}

/* The rooms of the lists that ROOM_LIST names. */
static int ask_for_named(const struct config *config, const struct asker *asker, struct told *rooms,
                         struct ews_answer *ret)
{
    int error = 0;

    *ret = (struct ews_answer){0};
    for (size_t i = 0; i < config->room_list_count && !is_over(error, ret); i++)
        error = ask_for_rooms(asker, config->room_lists[i], rooms, ret);
    return error;
}

static int ask(const struct config *config, const struct asker *asker, struct told *rooms,
               struct ews_answer *ret)
{
    return strcmp(config->room_lists[0], "*") == 0 ? ask_for_all(asker, rooms, ret)
                                                   : ask_for_named(config, asker, rooms, ret);
}

/* ---- failures -------------------------------------------------------------------------------- */

static int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t delay_of(const struct discovery *discovery, const struct fetch_report *failure,
                        int64_t failures)
{
    uint64_t random = (uint64_t)clock_ms() * UINT64_C(0x9E3779B97F4A7C15);

    return patience_delay_s(discovery->config, failure->fault, failures, failure->wait_s, random);
}

static void note_failure(struct discovery *discovery, const struct fetch_report *failure,
                         int64_t now_utc)
{
    struct ledger *ledger = discovery->ledger;
    int64_t failures = max(ledger_get(ledger, LEDGER_LIST_FAILURES), 0) + 1;
    int64_t delay_s = delay_of(discovery, failure, failures);
    char detail[LOG_VALUE_SIZE];

    ledger_set(ledger, LEDGER_LIST_FAILURES, failures);
    ledger_set(ledger, LEDGER_LIST_FAULT, failure->fault->number);
    ledger_set(ledger, LEDGER_LIST_RETRY_AT, now_utc + delay_s);
    log_event(discovery->is_failing ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, "rooms_failed",
              "code=%s retry_in_s=%lld reason=\"%s\" detail=\"%s\"", failure->fault->code,
              (long long)delay_s, failure->fault->message,
              log_value(slice_of(failure->detail), detail));
    discovery->is_failing = true;
}

static void forget_failures(struct ledger *ledger)
{
    ledger_set(ledger, LEDGER_LIST_FAILURES, 0);
    ledger_set(ledger, LEDGER_LIST_FAULT, 0);
    ledger_set(ledger, LEDGER_LIST_RETRY_AT, 0);
}

static void note_answer(struct discovery *discovery)
{
    forget_failures(discovery->ledger);
    if (discovery->is_failing)
        log_event(LOG_LEVEL_INFO, "rooms_recovered", "reason=\"Exchange tells the rooms again.\"");
    discovery->is_failing = false;
}

/* ---- keeping what was told ------------------------------------------------------------------- */

/* How many rooms only one of the lists has. Both are sorted by mailbox. */
static void compare(const struct room_list *old, const struct room_list *new, size_t *ret_removed,
                    size_t *ret_added)
{
    size_t i = 0;
    size_t j = 0;
    size_t same = 0;

    while (i < old->count && j < new->count) {
        int order = strcasecmp(old->rooms[i].mailbox, new->rooms[j].mailbox);
        same += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    *ret_removed = old->count - same;
    *ret_added = new->count - same;
}

static void log_change(const struct room_list *old, const struct room_list *new)
{
    size_t removed;
    size_t added;

    compare(old, new, &removed, &added);
    log_event(LOG_LEVEL_INFO, "rooms", "found=%zu added=%zu removed=%zu", new->count, added,
              removed);
}

/* An administrator may empty a list by mistake, and rooms that are gone lose their calendars. */
static bool is_believed(const struct discovery *discovery, const struct room_list *old,
                        size_t count, int64_t now_utc)
{
    int64_t empty_at = ledger_get(discovery->ledger, LEDGER_LIST_EMPTY_AT);
    int64_t age_s = now_utc - empty_at;

    return count || !old->count || (empty_at > 0 && age_s >= DISCOVERY_PERIOD_S);
}

static int keep_old(const struct discovery *discovery, int64_t now_utc)
{
    int64_t empty_at = ledger_get(discovery->ledger, LEDGER_LIST_EMPTY_AT);

    if (empty_at <= 0 || empty_at > now_utc) {
        ledger_set(discovery->ledger, LEDGER_LIST_EMPTY_AT, now_utc);
        log_event(
            LOG_LEVEL_WARNING, "rooms_empty",
            "reason=\"The room lists have no rooms any more: the old rooms stay for a day.\"");
    }
    return room_list_touch(shelf_dirfd(discovery->shelf), now_utc, NULL);
}

static int replace_old(const struct discovery *discovery, const struct room_list *old,
                       const struct told *told, int64_t now_utc)
{
    int dirfd = shelf_dirfd(discovery->shelf);
    const struct hash *source = &discovery->watch.source;
    struct found_room *rooms = addresses_of(told);
    struct room_list new;

    if (!rooms)
        return -ENOMEM;
    int result = room_list_write(dirfd, source, rooms, told->count, now_utc, NULL);
    free(rooms);
    if (result == 0 && room_list_read(dirfd, source, &new, NULL) == 0) {
        log_change(old, &new);
        room_list_finish(&new);
    }
    if (result >= 0)
        ledger_set(discovery->ledger, LEDGER_LIST_EMPTY_AT, 0);
    return result;
}

/* 0, or < 0: it could not be kept. */
static int keep(const struct discovery *discovery, const struct told *told, int64_t now_utc)
{
    struct room_list old = {0};
    int dirfd = shelf_dirfd(discovery->shelf);
    int result = room_list_read(dirfd, &discovery->watch.source, &old, NULL);

    if (result >= 0)
        result = is_believed(discovery, &old, told->count, now_utc)
                     ? replace_old(discovery, &old, told, now_utc)
                     : keep_old(discovery, now_utc);
    room_list_finish(&old);
    return result < 0 ? result : 0;
}

/* ---- all of it ------------------------------------------------------------------------------- */

bool discovery_wanted(const struct config *config)
{
    return config->room_list_count > 0;
}

int discovery_add_rooms(struct config *config, int cache_dirfd, struct room_list_watch *ret_watch,
                        size_t *ret_left_out, struct err *err)
{
    struct room_list_watch watch = {.exists = false};
    struct room_list list;
    size_t left_out = 0;
    int result = room_list_source(config, &watch.source);

    if (!result)
        result = room_list_read(cache_dirfd, &watch.source, &list, err);
    if (!result) {
        result = config_add_rooms(config, list.rooms, list.count, list.changed_at, &left_out);
        watch.check = list.check;
        room_list_finish(&list);
    }
    if (result < 0)
        return err_set(err, result, "no memory for the rooms");
    *ret_watch = watch;
    *ret_left_out = left_out;
    return result;
}

/* What the ledger says of other lists is forgotten. */
static void claim_ledger(struct ledger *ledger, const struct hash *source)
{
    int64_t ours;

    memcpy(&ours, source->bytes, sizeof ours);
    if (ledger_get(ledger, LEDGER_LIST_SOURCE) == ours)
        return;
    forget_failures(ledger);
    ledger_set(ledger, LEDGER_LIST_EMPTY_AT, 0);
    ledger_set(ledger, LEDGER_LIST_SOURCE, ours);
}

int discovery_init(struct discovery *discovery, const struct config *config, struct shelf *shelf,
                   struct ledger *ledger)
{
    *discovery = (struct discovery){.config = config, .shelf = shelf, .ledger = ledger};
    int error = room_list_source(config, &discovery->watch.source);

    if (!error)
        claim_ledger(ledger, &discovery->watch.source);
    return error;
}

/* What lies further ahead than any delay was noted before the clock was set back. */
static int64_t retry_at(const struct discovery *discovery, int64_t now_utc)
{
    int64_t at = ledger_get(discovery->ledger, LEDGER_LIST_RETRY_AT);

    return at > now_utc + patience_max_s(discovery->config) ? 0 : at;
}

int64_t discovery_due_at(struct discovery *discovery, int64_t now_utc)
{
    const struct room_list_watch *watch = &discovery->watch;

    (void)room_list_look(shelf_dirfd(discovery->shelf), &discovery->watch);
    bool is_dated = watch->exists && watch->asked_at <= now_utc;
    int64_t due_at = is_dated ? watch->asked_at + DISCOVERY_PERIOD_S : 0;
    return max(due_at, retry_at(discovery, now_utc));
}

void discovery_run(struct discovery *discovery, const struct asker *asker, int64_t now_utc)
{
    struct told rooms = {.text = BUF_INIT(TEXT_MAX), .limit = ADDRESSES_MAX};
    struct fetch_report failure = {.result = FETCH_FAILED};
    struct ews_answer answer = {0};
    int error = ask(discovery->config, asker, &rooms, &answer);

    if (!error && !is_over(error, &answer))
        error = keep(discovery, &rooms, now_utc);
    if (error)
        fetch_fail(&failure, error);
    else if (answer.fault)
        fetch_refused(&failure, &answer);
    if (failure.fault)
        note_failure(discovery, &failure, now_utc);
    else if (!answer.stopped)
        note_answer(discovery);
    buf_finish(&rooms.text);
}

void discovery_give_up(struct ledger *ledger, int64_t now_utc)
{
    ledger_set(ledger, LEDGER_LIST_FAILURES, ledger_get(ledger, LEDGER_LIST_FAILURES) + 1);
    ledger_set(ledger, LEDGER_LIST_FAULT, fault_by_transport(TRANSPORT_TIMEOUT)->number);
    ledger_set(ledger, LEDGER_LIST_RETRY_AT, now_utc + DISCOVERY_REST_S);
}

static int add_told(struct config *config, const struct told *told, size_t *ret_left_out)
{
    struct found_room *rooms = addresses_of(told);
    int error =
        rooms ? config_add_rooms(config, rooms, told->count, clock_utc(), ret_left_out) : -ENOMEM;

    free(rooms);
    return error;
}

int discovery_ask(struct config *config, const struct asker *asker, size_t *ret_left_out,
                  struct ews_answer *ret)
{
    struct told rooms = {.text = BUF_INIT(TEXT_MAX), .limit = ADDRESSES_MAX};
    struct ews_answer answer = {0};
    int error = ask(config, asker, &rooms, &answer);

    if (!error && !is_over(error, &answer))
        error = add_told(config, &rooms, ret_left_out);
    buf_finish(&rooms.text);
    if (!error)
        *ret = answer;
    return error;
}

int discovery_forget(int cache_dirfd, struct ledger *ledger, struct err *err)
{
    forget_failures(ledger);
    return room_list_touch(cache_dirfd, 0, err);
}
