/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_BASE_WAIT_H
#define ROOMCAL_BASE_WAIT_H

/*
 * wait — condition variables on the monotonic clock, so that setting the wall clock neither wakes
 * nor delays anybody
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* To be ended by pthread_cond_destroy. Cannot fail with glibc. */
void wait_init(pthread_cond_t *condition);

/* Waits with `mutex` held, until `deadline_ms` (clock_ms) at most. false: the deadline passed. May
 * return true for no reason, as any condition variable: look again. */
bool wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline_ms);

#endif
