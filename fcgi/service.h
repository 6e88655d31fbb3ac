/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_FCGI_SERVICE_H
#define ROOMCAL_FCGI_SERVICE_H

/*
 * service — everything that belongs to one reading of the settings: config, plan, shelf, refresher, site
 *
 * The gateways answer from the current service; SIGHUP makes a new one beside it and, if that succeeds, puts it in
 * its place. The old one is freed by whoever drops its last reference.
 */

#include <stdatomic.h>

#include "base/err.h"
#include "config/config.h"
#include "http/site.h"
#include "refresh/refresher.h"

struct service {
    struct config *config;
    struct field_plan plan;
    struct shelf *shelf;
    struct refresher *refresher;
    struct site site;
    atomic_int references;
};

/* Reads the settings (config_load(NULL, …)) and builds the rest. 0 and *ret with one reference; 1: mistakes, all of
 * them were logged; < 0: `err` says why. Nothing is started. `stop`: see struct site. */
int service_create(const atomic_bool *stop, struct service **ret, struct err *err);

struct service *service_reference(struct service *service);
void service_unreference(struct service *service); /* NULL is allowed */

#endif
