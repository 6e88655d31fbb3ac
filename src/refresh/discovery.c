/* SPDX-License-Identifier: MIT */
#include "refresh/discovery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/extremes.h"
#include "base/log.h"
#include "net/backoff.h"
#include "refresh/address_book.h"
#include "refresh/fetch.h"
#include "refresh/patience.h"

/* ---- failures -------------------------------------------------------------------------------- */

static int64_t delay_of(const struct discovery *discovery, const struct fetch_report *failure,
                        int64_t failures)
{
    return patience_delay_s(discovery->config, failure->fault, failures, failure->wait_s,
                            backoff_random());
}

/* One more in a row. The ledger may say anything. */
static int64_t count_failure(struct ledger *ledger)
{
    int64_t before = min_of(max_of(ledger_get(ledger, LEDGER_LIST_FAILURES), 0), INT32_MAX);

    ledger_set(ledger, LEDGER_LIST_FAILURES, before + 1);
    return before + 1;
}

static void note_failure(struct discovery *discovery, const struct fetch_report *failure,
                         int64_t now_utc)
{
    struct ledger *ledger = discovery->ledger;
    int64_t delay_s = delay_of(discovery, failure, count_failure(ledger));
    char detail[LOG_VALUE_SIZE];

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
    int64_t empty_at = ledger_moment(discovery->ledger, LEDGER_LIST_EMPTY_AT);
    int64_t age_s = now_utc - empty_at;

    return count || !old->count || (empty_at > 0 && age_s >= DISCOVERY_PERIOD_S);
}

static int keep_old(const struct discovery *discovery, int64_t now_utc)
{
    int64_t empty_at = ledger_moment(discovery->ledger, LEDGER_LIST_EMPTY_AT);

    if (empty_at <= 0 || empty_at > now_utc) {
        ledger_set(discovery->ledger, LEDGER_LIST_EMPTY_AT, now_utc);
        log_event(
            LOG_LEVEL_WARNING, "rooms_empty",
            "reason=\"The room lists have no rooms any more: the old rooms stay for a day.\"");
    }
    return room_list_touch(shelf_dirfd(discovery->shelf), now_utc, NULL);
}

static int replace_old(const struct discovery *discovery, const struct room_list *old,
                       const struct address_book *book, int64_t now_utc)
{
    int dirfd = shelf_dirfd(discovery->shelf);
    const struct hash *source = &discovery->watch.source;
    struct found_room *rooms = address_book_rooms(book);
    struct room_list new = {0};

    if (!rooms)
        return -ENOMEM;
    int result = room_list_write(dirfd, source, rooms, book->count, now_utc, NULL);
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
static int keep(const struct discovery *discovery, const struct address_book *book, int64_t now_utc)
{
    struct room_list old = {0};
    int dirfd = shelf_dirfd(discovery->shelf);
    int result = room_list_read(dirfd, &discovery->watch.source, &old, NULL);

    if (result >= 0)
        result = is_believed(discovery, &old, book->count, now_utc)
                     ? replace_old(discovery, &old, book, now_utc)
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
    struct room_list list = {0};
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
    int64_t at = ledger_moment(discovery->ledger, LEDGER_LIST_RETRY_AT);

    return at > now_utc + patience_max_s(discovery->config) ? 0 : at;
}

int64_t discovery_due_at(struct discovery *discovery, int64_t now_utc)
{
    const struct room_list_watch *watch = &discovery->watch;

    (void)room_list_look(shelf_dirfd(discovery->shelf), &discovery->watch);
    bool is_dated = watch->exists && watch->asked_at <= now_utc;
    int64_t due_at = is_dated ? watch->asked_at + DISCOVERY_PERIOD_S : 0;
    return max_of(due_at, retry_at(discovery, now_utc));
}

void discovery_run(struct discovery *discovery, const struct asker *asker, int64_t now_utc)
{
    struct address_book book;
    struct fetch_report failure = {.result = FETCH_FAILED};
    struct ews_answer answer;

    address_book_init(&book);
    int error = address_book_ask(&book, discovery->config, asker, &answer);
    if (!error && !answer.fault && !answer.stopped)
        error = keep(discovery, &book, now_utc);
    address_book_finish(&book);
    if (error)
        fetch_fail(&failure, error);
    else if (answer.fault)
        fetch_refused(&failure, &answer);
    if (failure.fault)
        note_failure(discovery, &failure, now_utc);
    else if (!answer.stopped)
        note_answer(discovery);
}

void discovery_give_up(struct ledger *ledger, int64_t now_utc)
{
    (void)count_failure(ledger);
    ledger_set(ledger, LEDGER_LIST_FAULT, fault_by_transport(TRANSPORT_TIMEOUT)->number);
    ledger_set(ledger, LEDGER_LIST_RETRY_AT, now_utc + DISCOVERY_REST_S);
}

static int add_book(struct config *config, const struct address_book *book, size_t *ret_left_out)
{
    struct found_room *rooms = address_book_rooms(book);
    int error =
        rooms ? config_add_rooms(config, rooms, book->count, clock_utc(), ret_left_out) : -ENOMEM;

    free(rooms);
    return error;
}

int discovery_ask(struct config *config, const struct asker *asker, size_t *ret_left_out,
                  struct ews_answer *ret)
{
    struct address_book book;
    struct ews_answer answer;

    address_book_init(&book);
    int error = address_book_ask(&book, config, asker, &answer);
    if (!error && !answer.fault && !answer.stopped)
        error = add_book(config, &book, ret_left_out);
    address_book_finish(&book);
    if (!error)
        *ret = answer;
    return error;
}

int discovery_forget(int cache_dirfd, struct ledger *ledger, struct err *err)
{
    forget_failures(ledger);
    return room_list_touch(cache_dirfd, 0, err);
}
