/* SPDX-License-Identifier: MIT */
/*
 * Plain CGI: one process, one request. There is no refresher beside it, so a visitor who finds a
 * room due fetches before the answer, COLD_WAIT at most; whoever comes meanwhile gets what there
 * is.
 */
#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "gateway.h"
#include "refresh/patience.h"
#include "service.h"

#define CALENDAR_PATH "/api/calendar" /* only this shows what Exchange is asked for */

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

static bool wants_calendar(void)
{
    const struct slice prefix = slice_of(CALENDAR_PATH);
    struct buf path = BUF_INIT(GATEWAY_TARGET_MAX);
    struct http_request request;
    gateway_request(cgi_param, NULL, &path, &request);
    struct slice begin = {request.path.at, request.path.length < prefix.length ? request.path.length
                                                                               : prefix.length};
    bool wants = slice_equal(begin, prefix);
    buf_finish(&path);
    return wants;
}

static bool is_due(const struct service *service, size_t room, int64_t now_utc)
{
    struct room_times times = shelf_times(service->shelf, room);
    return freshness_due_at(&times, now_utc, patience_max_s(service->config)) <= now_utc;
}

static bool any_due(const struct service *service)
{
    int64_t now_utc = clock_utc();
    for (size_t room = 0; room < service->config->room_count; room++) {
        if (is_due(service, room, now_utc))
            return true;
    }
    return false;
}

/* Fetches what is due. true: another process does, and a cold room is worth waiting for. */
static bool refresh(const struct service *service)
{
    struct err err = {0};
    int64_t deadline_ms = clock_ms() + service->config->cold_wait_s * 1000;
    int result = refresher_hold(service->refresher, &err);
    if (result == 0)
        result = refresher_run_once(service->refresher, NULL, deadline_ms, &err);
    if (result < 0)
        log_event(LOG_LEVEL_ERROR, "refresh", "reason=\"%s\"", err.text);
    return result == 1;
}

static int answer(struct service *service, atomic_bool *nobody_fetches)
{
    bool others_fetch = wants_calendar() && any_due(service) && refresh(service);
    atomic_store(nobody_fetches, !others_fetch);
    (void)gateway_answer(&service->site, cgi_param, NULL, cgi_write, NULL);
    return EX_OK;
}

int gateway_cgi_run(void)
{
    atomic_bool nobody_fetches = false;
    struct err err = {0};
    struct service *service = NULL;
    (void)signal(SIGPIPE, SIG_IGN);
    int result = service_create(&nobody_fetches, &service, &err);
    if (result < 0)
        log_event(LOG_LEVEL_ERROR, "start", "reason=\"%s\"", err.text);
    if (result != 0) { /* what is wrong with the settings is no stranger's business */
        (void)gateway_refuse(500, "This service is not set up yet; its error log says why.",
                             cgi_write, NULL);
        return result > 0 ? EX_CONFIG : EX_OSERR;
    }
    int status = answer(service, &nobody_fetches);
    service_unreference(service);
    return status;
}
