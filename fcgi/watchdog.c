/* SPDX-License-Identifier: MIT */
#include "watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int watchdog_init(struct watchdog *watchdog, size_t count)
{
    struct watch *watches = calloc(count, sizeof *watches);
    if (!watches)
        return -ENOMEM;
    *watchdog = (struct watchdog){PTHREAD_MUTEX_INITIALIZER, watches, count};
    return 0;
}

void watchdog_finish(struct watchdog *watchdog)
{
    free(watchdog->watches);
    watchdog->watches = NULL;
    watchdog->count = 0;
}

int watchdog_begin(struct watchdog *watchdog, size_t place, int fd, int64_t deadline_ms)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        return -errno;
    pthread_mutex_lock(&watchdog->lock);
    watchdog->watches[place] = (struct watch){WATCH_READING, copy, deadline_ms};
    pthread_mutex_unlock(&watchdog->lock);
    return 0;
}

void watchdog_answering(struct watchdog *watchdog, size_t place, int64_t deadline_ms)
{
    pthread_mutex_lock(&watchdog->lock);
    watchdog->watches[place].phase = WATCH_ANSWERING;
    watchdog->watches[place].deadline_ms = deadline_ms;
    pthread_mutex_unlock(&watchdog->lock);
}

void watchdog_end(struct watchdog *watchdog, size_t place)
{
    pthread_mutex_lock(&watchdog->lock);
    int copy = watchdog->watches[place].fd;
    watchdog->watches[place] = (struct watch){.phase = WATCH_IDLE};
    pthread_mutex_unlock(&watchdog->lock);
    (void)close(copy);
}

/* Shuts what is in the phase (any but idle, if that is given) and past its deadline. */
static size_t cut(struct watchdog *watchdog, enum watch_phase phase, int64_t now_ms, int how)
{
    size_t count = 0;
    pthread_mutex_lock(&watchdog->lock);
    for (size_t i = 0; i < watchdog->count; i++) {
        const struct watch *watch = &watchdog->watches[i];
        bool meant = watch->phase != WATCH_IDLE && (phase == WATCH_IDLE || phase == watch->phase);
        if (!meant || watch->deadline_ms > now_ms)
            continue;
        (void)shutdown(watch->fd, how);
        count++;
    }
    pthread_mutex_unlock(&watchdog->lock);
    return count;
}

size_t watchdog_cut_late(struct watchdog *watchdog, int64_t now_ms)
{
    return cut(watchdog, WATCH_IDLE, now_ms, SHUT_RDWR);
}

size_t watchdog_stop_reading(struct watchdog *watchdog)
{
    return cut(watchdog, WATCH_READING, INT64_MAX, SHUT_RD);
}

size_t watchdog_cut_all(struct watchdog *watchdog)
{
    return cut(watchdog, WATCH_IDLE, INT64_MAX, SHUT_RDWR);
}
