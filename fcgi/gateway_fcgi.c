/* SPDX-License-Identifier: MIT */
/*
 * The life of a FastCGI process: it starts the responders and the refresher, and then only waits —
 * for signals, and for the watchdog's next look.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway.h"
#include "responders.h"
#include "service.h"

#define LOOK_MS 250 /* between two looks of the watchdog */

/* After SIGTERM. A service manager's or web server's patience ends at 2 s. */
#define STOP_CUT_MS  1500 /* replies that still go on are cut */
#define STOP_JOIN_MS 1700 /* threads that have not come back are left alone */
#define STOP_EXIT_MS 1900 /* the process ends, whatever it does */

struct life {
    atomic_bool stop;
    atomic_int retiring; /* services of earlier settings that are coming to their end */
    int64_t threads;     /* as started */
    struct waiting waiting;
    struct service_seat seat;
    struct responders *responders;
};

struct retired {
    struct life *life;
    struct service *service;
    struct service *after; /* the one in its place */
};

/* ---- signals ------------------------------------------------------------------------------- */

/* Blocked in all threads and taken by the main thread between two looks, so no handler of ours
 * interrupts anything. SIGUSR1 is FastCGI's other word for SIGTERM; libfcgi's handlers for both set
 * a flag that would end nothing. */
static void own_signals(sigset_t *ret)
{
    const int taken[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP};
    (void)sigemptyset(ret);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        (void)sigaddset(ret, taken[i]);
    (void)pthread_sigmask(SIG_BLOCK, ret, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* a visitor who leaves is an error of write(2), no more */
}

/* The signal that came, 0 if none did within LOOK_MS. */
static int next_signal(const sigset_t *signals)
{
    const struct timespec look = {.tv_nsec = LOOK_MS * INT64_C(1000000)};
    int signal = sigtimedwait(signals, NULL, &look);
    return signal > 0 ? signal : 0;
}

/* ---- start --------------------------------------------------------------------------------- */

static const char *text_or_none(const char *text)
{
    return text ? text : "";
}

static void log_start(const struct config *config)
{
    log_event(LOG_LEVEL_INFO, "start",
              "version=%s rooms=%zu lanes=%" PRId64 " threads=%" PRId64
              " cache_dir=\"%s\" env_file=\"%s\"",
              ROOMCAL_VERSION, config->room_count, config->lanes, config->threads,
              config->cache_dir, text_or_none(config->env_file));
    if (getenv("FCGI_WEB_SERVER_ADDRS"))
        log_event(LOG_LEVEL_WARNING, "start",
                  "reason=\"FCGI_WEB_SERVER_ADDRS has no effect here: let the socket be a Unix "
                  "socket that only the web server may open\"");
}

static int start(struct life *life, int listen_fd, struct err *err)
{
    struct service *service = life->seat.service;
    life->threads = service->config->threads;
    /* One thread stays for those who need not wait. */
    life->waiting.places = (size_t)life->threads - 1;
    service->site.waiting = &life->waiting;
    int result = refresher_start(service->refresher, err);
    if (result < 0)
        return result;
    return responders_start(listen_fd, (size_t)life->threads, &life->seat, &life->responders, err);
}

/* ---- SIGHUP, or a new list of rooms ---------------------------------------------------------- */

/* Ending transfers takes a moment, and name resolution cannot be ended at all: nothing for the thread that has to take
 * signals. */
static void *retire(void *argument)
{
    struct retired *retired = argument;
    refresher_stop(retired->service->refresher);
    service_remove_vanished(retired->service, retired->after);
    service_unreference(retired->after);
    service_unreference(retired->service);
    atomic_fetch_sub(&retired->life->retiring, 1);
    free(retired);
    return NULL;
}

/* The old refresher ends beside the new one, which works as soon as the lease is free. */
static int retire_service(struct life *life, struct service *before, struct service *after,
                          struct err *err)
{
    struct retired *retired = malloc(sizeof *retired);
    pthread_t thread;
    if (!retired)
        return err_set(err, -ENOMEM, "no memory");
    *retired = (struct retired){life, before, service_reference(after)};
    atomic_fetch_add(&life->retiring, 1);
    int error = pthread_create(&thread, NULL, retire, retired);
    if (error != 0) {
        atomic_fetch_sub(&life->retiring, 1);
        service_unreference(after);
        free(retired);
        return err_errno(err, error, "no thread to end the old settings");
    }
    (void)pthread_detach(thread);
    return 0;
}

static int change_service(struct life *life, struct service *after, struct err *err)
{
    struct service *before = service_seat_change(&life->seat, after);
    int result = retire_service(life, before, after, err);
    return result < 0 ? result : refresher_start(after->refresher, err);
}

static void log_reload(const struct life *life, const struct config *config)
{
    log_event(LOG_LEVEL_INFO, "reload", "rooms=%zu lanes=%" PRId64, config->room_count,
              config->lanes);
    if (config->threads != life->threads)
        log_event(LOG_LEVEL_WARNING, "reload",
                  "threads=%" PRId64 " reason=\"THREADS changes at the next start only\"",
                  life->threads);
}

/* 0, also when the old settings stay; < 0: the new ones are in place and nothing refreshes them. */
static int reload(struct life *life)
{
    struct err err = {0};
    struct service *service = NULL;
    int result = service_create(&life->stop, &service, &err);
    if (result != 0) {
        log_event(LOG_LEVEL_ERROR, "reload", "reason=\"%s; the old settings stay in force\"",
                  result > 0 ? "the settings have mistakes, listed above" : err.text);
        return 0;
    }
    service->site.waiting = &life->waiting;
    result = change_service(life, service, &err);
    if (result < 0)
        log_event(LOG_LEVEL_ERROR, "reload", "reason=\"%s; ending, to be started anew\"", err.text);
    else
        log_reload(life, service->config); /* only now does who reads it find them in force */
    return result;
}

/* ---- stop ---------------------------------------------------------------------------------- */

/* Safe at any point of any thread: room files are complete before they get their names. */
static void exit_now(int signal)
{
    (void)signal;
    _exit(EX_OK);
}

static void limit_stop(void)
{
    const struct itimerval limit = {.it_value.tv_sec = STOP_EXIT_MS / 1000,
                                    .it_value.tv_usec = STOP_EXIT_MS % 1000 * INT64_C(1000)};
    (void)signal(SIGALRM, exit_now);
    (void)setitimer(ITIMER_REAL, &limit, NULL);
}

/* Replies that are being sent go on while the refresher comes to its end. */
static void stop(struct life *life)
{
    int64_t begun_ms = clock_ms();
    limit_stop();
    atomic_store(&life->stop, true);
    responders_stop(life->responders);
    shelf_announce(life->seat.service->shelf);
    refresher_stop(life->seat.service->refresher);
    bool joined = responders_join(life->responders, begun_ms + STOP_CUT_MS);
    if (!joined) {
        log_event(LOG_LEVEL_WARNING, "stop", "cut=%zu", responders_cut(life->responders));
        joined = responders_join(life->responders, begun_ms + STOP_JOIN_MS);
    }
    if (!joined || atomic_load(&life->retiring) > 0)
        _exit(EX_OK); /* as in exit_now: their threads must not see what they use freed */
}

/* ---- all of it ----------------------------------------------------------------------------- */

static int wait_for_the_end(struct life *life, const sigset_t *signals)
{
    for (;;) {
        int signal = next_signal(signals);
        responders_look(life->responders);
        bool other_rooms = service_has_other_rooms(life->seat.service);
        if ((signal == SIGHUP || other_rooms) && reload(life) < 0)
            return EX_OSERR;
        if (signal != 0 && signal != SIGHUP) {
            log_event(LOG_LEVEL_INFO, "stop", "signal=%d", signal);
            return EX_OK;
        }
    }
}

static int run(struct life *life, int listen_fd, const sigset_t *signals, struct err *err)
{
    int status = EX_OSERR;
    log_start(life->seat.service->config);
    if (start(life, listen_fd, err) < 0)
        log_event(LOG_LEVEL_ERROR, "start", "reason=\"%s\"", err->text);
    else {
        status = wait_for_the_end(life, signals);
        stop(life);
    }
    responders_destroy(life->responders);
    service_unreference(life->seat.service);
    return status;
}

int gateway_fcgi_run(int listen_fd)
{
    struct life life = {0};
    struct err err = {0};
    struct service *service = NULL;
    sigset_t signals;
    int result = responders_global_init(&err);
    if (result == 0) {
        own_signals(&signals);
        result = service_create(&life.stop, &service, &err);
    }
    if (result < 0)
        log_event(LOG_LEVEL_ERROR, "start", "reason=\"%s\"", err.text);
    if (result != 0)
        return result > 0 ? EX_CONFIG : EX_OSERR;
    life.seat = SERVICE_SEAT(service);
    return run(&life, listen_fd, &signals, &err);
}
