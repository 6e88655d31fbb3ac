/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_FCGI_SERVICE_H
#define ROOMCAL_FCGI_SERVICE_H

/*
 * service — everything that belongs to one reading of the settings: config, plan, shelf, ledger,
 * refresher, site
 *
 * With ROOM_LIST, its rooms are those of the list that CACHE_DIR has at that moment: another list is another service.
 *
 * The gateways answer from the current service; SIGHUP, or a new list of rooms, makes a new one beside it and, if that
 * succeeds, puts it in its place. The old one is freed by whoever drops its last reference.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "base/err.h"
#include "calendar/field.h"
#include "config/config.h"
#include "http/site.h"
#include "refresh/discovery.h"
#include "refresh/refresher.h"

struct service {
    struct config *config;
    struct field_plan plan;
    struct shelf *shelf;
    struct ledger *ledger;
    struct refresher *refresher;
    struct site site;
    struct room_list_watch rooms; /* with ROOM_LIST: the list that it was made with */
    atomic_int references;
};

/* Reads the settings (config_load(NULL, …)), builds the rest and takes over LOG_LEVEL. A ledger that cannot be kept in a
 * file is logged, and is no reason not to serve. 0 and *ret with one reference; 1: mistakes, all of them were logged;
 * < 0: `err` says why. Nothing is started. `stop`: see struct site. */
int service_create(const atomic_bool *stop, struct service **ret, struct err *err);

/* Does CACHE_DIR have another list of rooms than the service was made with? True once for each. */
bool service_has_other_rooms(struct service *service);

/* With ROOM_LIST, removes the files of the rooms that `after` does not have any more; if its list could not be read, that
 * is none. When the refresher of `before` was stopped, or it might make them again. */
void service_remove_vanished(const struct service *before, const struct service *after);

struct service *service_reference(struct service *service);
void service_unreference(struct service *service); /* NULL is allowed */

/* Where the current service sits: who answers takes a reference from here, who reloads puts another
 * one there. */
struct service_seat {
    pthread_mutex_t lock;
    struct service *service;
};

#define SERVICE_SEAT(first) ((struct service_seat){PTHREAD_MUTEX_INITIALIZER, (first)})

struct service *service_seat_take(struct service_seat *seat); /* a reference, the caller's */

/* Seats `service`, whose reference it takes over, and returns the one that sat there with its
 * reference. */
struct service *service_seat_change(struct service_seat *seat, struct service *service);

#endif
