/* SPDX-License-Identifier: MIT */
#include "service.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "calendar/settings_check.h"
#include "ews/fault.h"

static struct fault_words explain(int64_t number)
{
    const struct fault *fault = fault_by_number(number);
    if (!fault)
        return (struct fault_words){"unknown", "Why this failed was noted by another version."};
    return (struct fault_words){fault->code, fault->message};
}

static void log_mistakes(const struct mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->count; i++)
        log_event(LOG_LEVEL_ERROR, "settings", "reason=\"%s\"", mistakes->sentences[i]);
}

static int read_settings(struct service *service, struct err *err)
{
    struct mistakes mistakes = {0};
    int result = config_load(NULL, settings_check, &service->config, &mistakes);
    if (result == 0)
        result = field_plan_make(service->config, &service->plan, &mistakes);
    if (result < 0)
        err_errno(err, -result, "the settings cannot be read");
    log_mistakes(&mistakes);
    mistakes_finish(&mistakes);
    return result;
}

static int open_ledger(struct service *service, struct err *err)
{
    struct hash account;
    int result = config_account(service->config, &account);
    if (result < 0)
        return err_set(err, result, "no memory");
    result = ledger_open(shelf_dirfd(service->shelf), &account, &service->ledger, err);
    if (result > 0)
        log_event(LOG_LEVEL_WARNING, "cache", "reason=\"%s\"", err->text);
    return result < 0 ? result : 0;
}

static int build(struct service *service, const atomic_bool *stop, struct err *err)
{
    int result = read_settings(service, err);
    if (result != 0)
        return result;
    result = shelf_create(service->config, &service->shelf, err);
    if (result == -ENOMEM)
        return result;
    if (result <
        0) { /* a directory that cannot be used is a mistake of the settings, and does not mend itself */
        log_event(LOG_LEVEL_ERROR, "settings", "reason=\"%s\"", err->text);
        return 1;
    }
    result = open_ledger(service, err);
    if (result < 0)
        return result;
    result = refresher_create(service->config, &service->plan, service->shelf, service->ledger,
                              &service->refresher, err);
    if (result < 0)
        return result;
    service->site = (struct site){.config = service->config,
                                  .shelf = service->shelf,
                                  .ledger = service->ledger,
                                  .explain = explain,
                                  .stop = stop};
    log_set_level(service->config->log_level);
    return 0;
}

static void destroy(struct service *service)
{
    refresher_destroy(service->refresher);
    ledger_close(service->ledger);
    if (service->shelf)
        shelf_destroy(service->shelf);
    field_plan_finish(&service->plan);
    if (service->config)
        config_destroy(service->config);
    free(service);
}

int service_create(const atomic_bool *stop, struct service **ret, struct err *err)
{
    struct service *service = calloc(1, sizeof *service);
    if (!service)
        return err_set(err, -ENOMEM, "no memory to read the settings");
    atomic_init(&service->references, 1);
    int result = build(service, stop, err);
    if (result != 0) {
        destroy(service);
        return result;
    }
    *ret = service;
    return 0;
}

struct service *service_reference(struct service *service)
{
    atomic_fetch_add(&service->references, 1);
    return service;
}

void service_unreference(struct service *service)
{
    if (service && atomic_fetch_sub(&service->references, 1) == 1)
        destroy(service);
}

struct service *service_seat_take(struct service_seat *seat)
{
    pthread_mutex_lock(&seat->lock);
    struct service *service = service_reference(seat->service);
    pthread_mutex_unlock(&seat->lock);
    return service;
}

struct service *service_seat_change(struct service_seat *seat, struct service *service)
{
    pthread_mutex_lock(&seat->lock);
    struct service *before = seat->service;
    seat->service = service;
    pthread_mutex_unlock(&seat->lock);
    return before;
}
