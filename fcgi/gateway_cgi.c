/* SPDX-License-Identifier: MIT */
/*
 * Plain CGI: one process answers one request, and there is no refresher beside it.
 *
 *     rooms of the request          before the answer                     behind it
 *     all can be shown, none due    -                                     -
 *     all can be shown, some due    -                                     what is due
 *     some cold, lease free         these are fetched                     what is due
 *     some cold, lease taken        they are waited for                   what is due, if the lease is free then
 *     ... and WAITERS_MAX wait      - (503, or the others)                -
 *
 * With ROOM_LIST the rooms come from the list in CACHE_DIR. Who asks for a calendar when there is none yet asks Exchange for
 * it, or waits for who does, before all that.
 *
 * COLD_WAIT is the longest that a visitor waits. "Behind the answer" is a process of its own that the web server does not
 * wait for. It holds the lease, taken before it was made; so there is one at most, however many visitors come.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "cache/waiters.h"
#include "detach.h"
#include "gateway.h"
#include "http/gather.h"
#include "refresh/patience.h"
#include "service.h"

/* A detached process ends after this at the latest: nobody watches it, and the next one goes on where it was. */
#define DETACHED_MAX_MS (INT64_C(3600) * 1000)

#define CALENDAR_PATH "/api/calendar"

static const atomic_bool never_stop = false;

/* One request. */
struct visit {
    struct service *service;
    struct waiter waiter;
    int64_t deadline_ms; /* for the visitor */
    bool is_due;         /* what was asked for, or some of it */
};

static const char *cgi_param(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

static int cgi_write(void *context, const char *bytes, size_t length)
{
    (void)context;
    return io_write_all(STDOUT_FILENO, bytes, length);
}

/* Apache's mod_cgid loses the end of a reply when its program leaves a body unread behind: it is then told of a broken
 * connection in place of that end. After the answer, because it may take its time to come. */
static void drop_body(void)
{
    char bytes[4096];
    struct pollfd body = {.fd = STDIN_FILENO, .events = POLLIN};
    int64_t deadline_ms = clock_ms() + GATEWAY_BODY_MS;
    int64_t length = 0;
    (void)slice_int(slice_of(getenv("CONTENT_LENGTH")), 0, INT64_MAX, &length);
    length = length < GATEWAY_BODY_MAX ? length : GATEWAY_BODY_MAX;
    for (int64_t left_ms = GATEWAY_BODY_MS; length > 0 && left_ms > 0;
         left_ms = deadline_ms - clock_ms()) {
        size_t wanted = (size_t)length < sizeof bytes ? (size_t)length : sizeof bytes;
        ssize_t taken = poll(&body, 1, (int)left_ms) > 0 ? read(STDIN_FILENO, bytes, wanted) : 0;
        if (taken <= 0)
            return;
        length -= taken;
    }
}

/* ---- waiting for another process ------------------------------------------------------------- */

static bool may_wait(struct visit *visit)
{
    const struct service *service = visit->service;
    struct err err = {0};
    if (visit->waiter.fd >= 0)
        return true;
    int result = waiters_join(shelf_dirfd(service->shelf), &visit->waiter, &err);
    ledger_count(service->ledger, result == 0 ? LEDGER_COLD_WAITS : LEDGER_COLD_REFUSALS, 1);
    if (result < 0)
        log_event(LOG_LEVEL_ERROR, "cache", "reason=\"%s\"", err.text);
    return result == 0;
}

/* ---- which rooms there are ------------------------------------------------------------------- */

static bool wants_calendar(void)
{
    const struct slice prefix = slice_of(CALENDAR_PATH);
    struct buf path = BUF_INIT(GATEWAY_TARGET_MAX);
    struct http_request request;
    gateway_request(cgi_param, NULL, &path, &request);
    bool wants = request.path.length >= prefix.length &&
                 slice_equal((struct slice){request.path.at, prefix.length}, prefix);
    buf_finish(&path);
    return wants;
}

/* With the lease. */
static void discover(const struct visit *visit)
{
    const struct service *service = visit->service;
    bool *no_room = calloc(service->config->room_count + 1, sizeof *no_room);
    struct err err = {0};
    if (no_room && refresher_run_once(service->refresher, no_room, visit->deadline_ms, &err) < 0)
        log_event(LOG_LEVEL_ERROR, "refresh", "reason=\"%s\"", err.text);
    if (clock_ms() >= visit->deadline_ms)
        discovery_give_up(service->ledger, clock_utc());
    free(no_room);
}

/* True: there is a list of rooms now. */
static bool find_list(struct visit *visit)
{
    struct service *service = visit->service;
    struct err err = {0};
    int held = 1;
    while (held == 1 && clock_ms() < visit->deadline_ms) {
        uint64_t seen = shelf_announcements(service->shelf);
        held = refresher_hold(service->refresher, &err);
        if (held == 0)
            discover(visit);
        if (service_has_other_rooms(service))
            return true;
        if (held == 1 && !may_wait(visit))
            return false;
        if (held == 1)
            shelf_wait(service->shelf, seen, visit->deadline_ms);
    }
    return false;
}

/* Without a list, or if that is no use, the service stays as it is. */
static void find_rooms(struct visit *visit)
{
    struct err err = {0};
    struct service *service = NULL;
    if (!visit->service->config->awaits_rooms || !wants_calendar() || !find_list(visit))
        return;
    if (service_create(&never_stop, &service, &err) != 0)
        return;
    service_unreference(visit->service);
    visit->service = service;
}

/* ---- before the answer ----------------------------------------------------------------------- */

static bool is_due(const struct visit *visit, const struct gathered *room, int64_t now_utc)
{
    int64_t retry_max_s = patience_max_s(visit->service->config);
    return freshness_due_at(&room->times, now_utc, retry_max_s) <= now_utc;
}

/* Marks the cold rooms. False: there are none. */
static bool find_cold(const struct gather *gather, bool *cold)
{
    bool found = false;
    for (size_t i = 0; i < gather->count; i++) {
        if (gather->rooms[i].freshness != FRESHNESS_COLD)
            continue;
        cold[gather->rooms[i].place] = true;
        found = true;
    }
    return found;
}

/* Fetches the marked rooms, if nobody else is fetching. True: somebody is, and that is worth waiting for. */
static bool fetch(struct visit *visit, const bool *rooms)
{
    struct refresher *refresher = visit->service->refresher;
    struct err err = {0};
    if (clock_ms() >= visit->deadline_ms)
        return false;
    int held = refresher_hold(refresher, &err);
    if (held == 1)
        return may_wait(visit);
    if (held == 0 && refresher_run_once(refresher, rooms, visit->deadline_ms, &err) < 0)
        log_event(LOG_LEVEL_ERROR, "refresh", "reason=\"%s\"", err.text);
    return false;
}

/* See struct site. */
static bool attend(void *context, const struct gather *gather)
{
    struct visit *visit = context;
    for (size_t i = 0; i < gather->count; i++)
        visit->is_due |= is_due(visit, &gather->rooms[i], gather->now_utc);

    bool *cold = calloc(visit->service->config->room_count + 1, sizeof *cold);
    bool wait = cold && find_cold(gather, cold) && fetch(visit, cold);
    free(cold);
    return wait;
}

static void answer(struct visit *visit)
{
    struct site site = visit->service->site;
    site.attend = attend;
    site.attend_context = visit;
    (void)gateway_answer(&site, cgi_param, NULL, cgi_write, NULL);
    drop_body();
    waiters_leave(&visit->waiter);
}

/* ---- behind it ------------------------------------------------------------------------------- */

static void refresh(const struct visit *visit)
{
    struct err err = {0};
    int64_t deadline_ms = clock_ms() + DETACHED_MAX_MS;
    log_to_syslog("roomcal");
    if (refresher_run_once(visit->service->refresher, NULL /* all */, deadline_ms, &err) < 0)
        log_event(LOG_LEVEL_ERROR, "refresh", "reason=\"%s\"", err.text);
}

/* Returns in both processes. */
static void refresh_detached(const struct visit *visit)
{
    struct err err = {0};
    if (!visit->is_due || refresher_hold(visit->service->refresher, &err) != 0)
        return;
    int result = detach_fork(&err);
    if (result < 0)
        log_event(LOG_LEVEL_ERROR, "refresh", "reason=\"%s\"", err.text);
    if (result == 1)
        refresh(visit);
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Takes the reference over. */
static void serve(struct service *service, int64_t begun_ms)
{
    struct visit visit = {
        .service = service,
        .waiter = WAITER_NONE,
        .deadline_ms = begun_ms + service->config->cold_wait_s * 1000,
    };
    find_rooms(&visit);
    /* No room is due where there is none, but the list may be. */
    visit.is_due = visit.service->config->room_count == 0 && wants_calendar();
    answer(&visit);
    refresh_detached(&visit);
    service_unreference(visit.service);
}

int gateway_cgi_run(void)
{
    int64_t begun_ms = clock_ms();
    struct err err = {0};
    struct service *service = NULL;
    detach_prepare();
    (void)signal(SIGPIPE, SIG_IGN);
    int result = service_create(&never_stop, &service, &err);
    if (result < 0)
        log_event(LOG_LEVEL_ERROR, "start", "reason=\"%s\"", err.text);
    if (result != 0) { /* what is wrong with the settings is no stranger's business */
        (void)gateway_refuse(500, "This service is not set up yet; its error log says why.",
                             cgi_write, NULL);
        drop_body();
        return result > 0 ? EX_CONFIG : EX_OSERR;
    }
    serve(service, begun_ms);
    return EX_OK;
}
