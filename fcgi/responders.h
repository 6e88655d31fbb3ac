/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_FCGI_RESPONDERS_H
#define ROOMCAL_FCGI_RESPONDERS_H

/*
 * responders — the threads that answer FastCGI requests. The home of libfcgi.
 *
 * Each takes a connection, reads one request from it, answers from the seat's service and closes.
 * They never talk to Exchange. How long a connection may take is limited; somebody has to call
 * responders_look regularly for that.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "service.h"

/* For a request to be there, from its connection's first moment */
#define RESPONDERS_READ_MS   5000
#define RESPONDERS_ANSWER_MS 30000 /* for its reply to be taken, besides COLD_WAIT */

struct responders;

/* Once, before any thread: libfcgi takes over signals, which the caller then takes back. 0 or
 * -errno. */
int responders_global_init(struct err *err);

/* Starts `count` threads on the listening socket, which becomes non-blocking. `seat` must outlive
 * them. 0 or < 0. */
int responders_start(int listen_fd, size_t count, struct service_seat *seat,
                     struct responders **ret, struct err *err);

/* Cuts the connections that took too long, and logs that. */
void responders_look(struct responders *responders);

/* From now on nothing is accepted, and what is still being read is dropped. Replies go on. */
void responders_stop(struct responders *responders);

/* Waits for the stopped threads until `deadline_ms` (clock_ms). false: some are still at work. */
bool responders_join(struct responders *responders, int64_t deadline_ms);

/* Cuts all replies that are still going on. Returns how many. */
size_t responders_cut(struct responders *responders);

/* After they were joined. NULL is allowed. */
void responders_destroy(struct responders *responders);

#endif
