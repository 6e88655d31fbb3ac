/* SPDX-License-Identifier: MIT */
#include "responders.h"

#include <errno.h>
#include <fastcgi.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wait.h"
#include "gateway.h"
#include "intake.h"
#include "watchdog.h"

#define READ_SIZE 8192 /* bytes of a connection taken at once */
#define PAUSE_MS  200  /* after accept(2) failed for want of descriptors or memory */

struct responder {
    struct responders *all;
    size_t place; /* among all, and in the watchdog */
    pthread_t thread;
};

struct responders {
    int listen_fd; /* borrowed */
    int stop_fd;   /* readable once they have to stop; never read, so that it wakes them all */
    struct service_seat *seat;
    struct watchdog watchdog;
    size_t count; /* started and not yet joined */
    pthread_mutex_t lock;
    pthread_cond_t gone; /* `at_work` became less */
    size_t at_work;
    struct responder threads[];
};

int responders_global_init(struct err *err)
{
    int result = FCGX_Init();
    if (result != 0)
        return err_set(err, result < 0 ? result : -result, "libfcgi cannot be initialised");
    return 0;
}

/* ---- one connection ------------------------------------------------------------------------ */

/* True: a whole request is there, up to the end of its parameters. */
static bool take_in(struct intake *intake, int fd)
{
    char bytes[READ_SIZE];
    while (intake->state == INTAKE_MORE) {
        ssize_t length = read(fd, bytes, sizeof bytes);
        if (length > 0)
            (void)intake_add(intake, bytes, (size_t)length);
        else if (length == 0 || errno != EINTR)
            return false;
    }
    return intake->state == INTAKE_WHOLE;
}

/* A file that begins with these bytes; -1: there is none, which was logged. */
static int file_of(struct slice bytes)
{
    int fd = memfd_create("request", MFD_CLOEXEC);
    if (fd >= 0 && pwrite(fd, bytes.at, bytes.length, 0) == (ssize_t)bytes.length)
        return fd;
    log_event(LOG_LEVEL_ERROR, "accept", "reason=\"a request cannot be kept in memory: %s\"",
              strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* Lets libfcgi read the records from a file, which it closes if that fails. Given no socket to listen on, it cannot wait for
 * another connection then. */
static bool parse(FCGX_Request *request, int file)
{
    FCGX_InitRequest(request, -1, 0);
    request->ipcFd = file;
    request->keepConnection = 1; /* FCGX_Accept_r begins with a finish, which must not close it */
    return FCGX_Accept_r(request) == 0;
}

/* The request on the connection, as libfcgi has it: what it reads was checked before, what it writes goes to the connection, which
 * it closes in the end. */
static bool read_request(FCGX_Request *request, int fd)
{
    struct intake intake;
    intake_init(&intake);
    int file = take_in(&intake, fd) ? file_of(intake_records(&intake)) : -1;
    intake_finish(&intake);
    if (file < 0 || !parse(request, file))
        return false;
    (void)close(file);
    request->ipcFd = fd;
    request->keepConnection = 0; /* whatever was asked: a kept connection would hold the thread */
    return true;
}

static const char *fcgi_param(void *context, const char *name)
{
    const FCGX_Request *request = context;
    return FCGX_GetParam(name, request->envp);
}

static int fcgi_write(void *context, const char *bytes, size_t length)
{
    const FCGX_Request *request = context;
    while (length > 0) {
        int part = length < INT_MAX ? (int)length : INT_MAX;
        if (FCGX_PutStr(bytes, part, request->out) < 0)
            return -EPIPE; /* the visitor or the web server has gone: nobody's fault */
        bytes += part;
        length -= (size_t)part;
    }
    return 0;
}

static void answer(struct responder *responder, FCGX_Request *request)
{
    struct service *service = service_seat_take(responder->all->seat);
    int64_t limit_ms = service->config->cold_wait_s * 1000 + RESPONDERS_ANSWER_MS;
    watchdog_answering(&responder->all->watchdog, responder->place, clock_ms() + limit_ms);
    if (request->role == FCGI_RESPONDER)
        gateway_answer(&service->site, fcgi_param, request, fcgi_write, request);
    else /* an empty reply would mean "200, let them in" to an authorizer's server */
        gateway_refuse(500, "roomcal is a FastCGI responder and plays no other role.", fcgi_write,
                       request);
    service_unreference(service);
    FCGX_Finish_r(request);
}

static void serve(struct responder *responder, int fd)
{
    struct watchdog *watchdog = &responder->all->watchdog;
    FCGX_Request request;
    int result = watchdog_begin(watchdog, responder->place, fd, clock_ms() + RESPONDERS_READ_MS);
    if (result < 0) { /* without a watch it might hold the thread */
        log_event(LOG_LEVEL_ERROR, "accept", "reason=\"a connection cannot be watched: %s\"",
                  strerror(-result));
        (void)close(fd);
        return;
    }
    if (read_request(&request, fd))
        answer(responder, &request);
    else
        (void)close(fd); /* nothing was asked that could be answered */
    watchdog_end(watchdog, responder->place);
}

/* ---- one thread ---------------------------------------------------------------------------- */

/* false: they have to stop. */
static bool wait_for_connection(const struct responders *responders)
{
    struct pollfd fds[] = {{.fd = responders->listen_fd, .events = POLLIN},
                           {.fd = responders->stop_fd, .events = POLLIN}};
    (void)poll(fds, 2, -1); /* only EINTR and ENOMEM can fail; the caller comes back then */
    return fds[1].revents == 0;
}

static bool stopped_while_pausing(const struct responders *responders)
{
    struct pollfd stop = {.fd = responders->stop_fd, .events = POLLIN};
    return poll(&stop, 1, PAUSE_MS) > 0;
}

static bool is_transient(int error)
{
    return error == EAGAIN || error == EINTR || error == ECONNABORTED;
}

/* The next connection; -1: stop. All threads, and other processes perhaps, wait on the same socket,
 * so whoever was woken may come too late: that is why it does not block. */
static int next_connection(const struct responders *responders)
{
    const int yes = 1;
    while (wait_for_connection(responders)) {
        int fd = accept4(responders->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            /* A reply's last bytes do not wait for acknowledgements. Fails on Unix sockets, where they never do. */
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            return fd;
        }
        if (is_transient(errno))
            continue;
        log_event(LOG_LEVEL_ERROR, "accept", "reason=\"%s\"", strerror(errno));
        if (stopped_while_pausing(responders))
            break;
    }
    return -1;
}

static void leave(struct responders *responders)
{
    pthread_mutex_lock(&responders->lock);
    responders->at_work--;
    pthread_cond_signal(&responders->gone);
    pthread_mutex_unlock(&responders->lock);
}

static void *respond(void *argument)
{
    struct responder *responder = argument;
    int fd;
    while ((fd = next_connection(responder->all)) >= 0)
        serve(responder, fd);
    leave(responder->all);
    return NULL;
}

/* ---- all of them --------------------------------------------------------------------------- */

static int prepare(struct responders *responders, size_t count, struct err *err)
{
    responders->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (responders->stop_fd < 0)
        return err_errno(err, errno, "the responders' stop sign cannot be made");
    if (watchdog_init(&responders->watchdog, count) < 0)
        return err_set(err, -ENOMEM, "no memory for %zu responders", count);
    int flags = fcntl(responders->listen_fd, F_GETFL);
    if (flags < 0 || fcntl(responders->listen_fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return err_errno(err, errno, "the listening socket cannot be used");
    return 0;
}

static int start_thread(struct responders *responders, struct err *err)
{
    struct responder *responder = &responders->threads[responders->count];
    *responder = (struct responder){.all = responders, .place = responders->count};
    int error = pthread_create(&responder->thread, NULL, respond, responder);
    if (error != 0)
        return err_errno(err, error, "responder %zu cannot be started", responders->count + 1);
    responders->count++;
    return 0;
}

static int start_threads(struct responders *responders, size_t count, struct err *err)
{
    int result = 0;
    pthread_mutex_lock(&responders->lock); /* none leaves before all are counted */
    for (size_t i = 0; i < count && result == 0; i++)
        result = start_thread(responders, err);
    responders->at_work = responders->count;
    pthread_mutex_unlock(&responders->lock);
    return result;
}

int responders_start(int listen_fd, size_t count, struct service_seat *seat,
                     struct responders **ret, struct err *err)
{
    struct responders *responders =
        calloc(1, sizeof *responders + count * sizeof responders->threads[0]);
    if (!responders)
        return err_set(err, -ENOMEM, "no memory for %zu responders", count);
    *responders = (struct responders){.listen_fd = listen_fd, .stop_fd = -1, .seat = seat};
    (void)pthread_mutex_init(&responders->lock, NULL);
    wait_init(&responders->gone);
    int result = prepare(responders, count, err);
    if (result == 0)
        result = start_threads(responders, count, err);
    if (result < 0) {
        responders_stop(responders);
        (void)responders_join(responders, INT64_MAX);
        responders_destroy(responders);
        return result;
    }
    *ret = responders;
    return 0;
}

void responders_look(struct responders *responders)
{
    size_t late = watchdog_cut_late(&responders->watchdog, clock_ms());
    if (late > 0)
        log_event(LOG_LEVEL_WARNING, "cut", "connections=%zu reason=\"took too long\"", late);
}

void responders_stop(struct responders *responders)
{
    if (responders->count == 0)
        return;
    (void)eventfd_write(responders->stop_fd, 1);
    (void)watchdog_stop_reading(&responders->watchdog);
}

static bool wait_until_all_left(struct responders *responders, int64_t deadline_ms)
{
    bool in_time = true;
    pthread_mutex_lock(&responders->lock);
    while (responders->at_work > 0 && in_time)
        in_time = wait_until(&responders->gone, &responders->lock, deadline_ms);
    bool all = responders->at_work == 0;
    pthread_mutex_unlock(&responders->lock);
    return all;
}

bool responders_join(struct responders *responders, int64_t deadline_ms)
{
    if (!wait_until_all_left(responders, deadline_ms))
        return false;
    for (; responders->count > 0; responders->count--)
        (void)pthread_join(responders->threads[responders->count - 1].thread, NULL);
    return true;
}

size_t responders_cut(struct responders *responders)
{
    return watchdog_cut_all(&responders->watchdog);
}

void responders_destroy(struct responders *responders)
{
    if (!responders)
        return;
    watchdog_finish(&responders->watchdog);
    (void)pthread_cond_destroy(&responders->gone);
    (void)pthread_mutex_destroy(&responders->lock);
    if (responders->stop_fd >= 0)
        (void)close(responders->stop_fd);
    free(responders);
}
