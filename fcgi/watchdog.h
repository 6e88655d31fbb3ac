/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_FCGI_WATCHDOG_H
#define ROOMCAL_FCGI_WATCHDOG_H

/*
 * watchdog — no connection holds a thread for ever
 *
 * libfcgi reads and writes without any time-out. So each responder shows here which connection it
 * has, what it does with it and until when, and the main thread looks regularly. Cutting is
 * shutdown(2): the responder's read or write then ends at once and it goes the way of any broken
 * connection. The watchdog keeps a duplicate of the descriptor, because libfcgi may close its own,
 * and its number may be somebody else's, while we look.
 */

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

enum watch_phase { WATCH_IDLE, WATCH_READING, WATCH_ANSWERING };

struct watch {
    enum watch_phase phase;
    int fd; /* ours; meaningful unless idle */
    int64_t deadline_ms;
};

struct watchdog {
    pthread_mutex_t lock;
    struct watch *watches; /* one a responder */
    size_t count;
};

/* For `count` responders, each at a place of its own from 0 on. 0 or -ENOMEM. */
int watchdog_init(struct watchdog *watchdog, size_t count);

/* When no responder is left. */
void watchdog_finish(struct watchdog *watchdog);

/* Watches the connection `fd` of the responder at `place`, from which a request is read, until `deadline_ms` (clock_ms).
 * 0, or -errno when the descriptor cannot be duplicated. */
int watchdog_begin(struct watchdog *watchdog, size_t place, int fd, int64_t deadline_ms);

/* The request is there: from now on it is answered, with another deadline. */
void watchdog_answering(struct watchdog *watchdog, size_t place, int64_t deadline_ms);

/* The connection is closed, or about to be. */
void watchdog_end(struct watchdog *watchdog, size_t place);

/* Each returns how many connections it cut. A connection that was cut and is still there is cut again. */
size_t watchdog_cut_late(struct watchdog *watchdog, int64_t now_ms);
size_t watchdog_cut_all(struct watchdog *watchdog);

/* Nothing more comes from those that are being read. A request that is there already can still be answered. */
size_t watchdog_stop_reading(struct watchdog *watchdog);

#endif
