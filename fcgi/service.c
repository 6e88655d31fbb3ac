/* SPDX-License-Identifier: MIT */
#include "service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cache/cache_dir.h"
#include "calendar/settings_check.h"
#include "ews/fault.h"
#include "net/login.h"

static struct fault_words explain(int64_t number)
{
    const struct fault *fault = fault_as_noted(number);
    return (struct fault_words){fault->code, fault->message};
}

static struct login_words explain_login(int64_t note)
{
    const struct login_choice choice = login_noted(note);

    if (!choice.scheme)
        return (struct login_words){0};
    return (struct login_words){login_scheme_name(choice.scheme), login_reason_text(choice.reason)};
}

/* A sentence may quote a setting, and is a quoted value itself. */
static void quote_singly(char *sentence)
{
    for (char *at = sentence; (at = strchr(at, '"')); at++)
        *at = '\'';
}

static void log_mistakes(const struct mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->count; i++) {
        quote_singly(mistakes->sentences[i]);
        log_event(LOG_LEVEL_ERROR, "settings", "reason=\"%s\"", mistakes->sentences[i]);
    }
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

static int read_rooms(struct service *service, int cache_dirfd, struct err *err)
{
    size_t left_out;
    int result = discovery_add_rooms(service->config, cache_dirfd, &service->rooms, &left_out, err);
    if (result > 0 && err->text[0])
        log_event(LOG_LEVEL_WARNING, "cache", "reason=\"%s\"", err->text);
    if (result == 0 && left_out)
        log_event(LOG_LEVEL_WARNING, "rooms",
                  "left_out=%zu reason=\"They have no mail address, no name of their own, or are "
                  "too many.\"",
                  left_out);
    return result < 0 ? result : 0;
}

/* The rooms of the room lists, as CACHE_DIR has them. */
static int add_rooms(struct service *service, struct err *err)
{
    if (!discovery_wanted(service->config))
        return 0;
    int fd = cache_dir_open(service->config->cache_dir, err);
    if (fd < 0)
        return 0; /* the shelf will say so */
    int result = read_rooms(service, fd, err);
    (void)close(fd);
    return result;
}

static int build(struct service *service, const atomic_bool *stop, struct err *err)
{
    int result = read_settings(service, err);
    if (result != 0)
        return result;
    result = add_rooms(service, err);
    if (result < 0)
        return result;
    result = shelf_create(service->config, &service->shelf, err);
    if (result == -ENOMEM)
        return result;
    /* A directory that cannot be used is a mistake of the settings, and does not mend itself. */
    if (result < 0) {
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
                                  .explain_login = explain_login,
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

bool service_has_other_rooms(struct service *service)
{
    return discovery_wanted(service->config) &&
           room_list_look(shelf_dirfd(service->shelf), &service->rooms);
}

void service_remove_vanished(const struct service *before, const struct service *after)
{
    const struct config *config = before->config;
    if (!discovery_wanted(config) || after->config->awaits_rooms)
        return;
    for (size_t i = 0; i < config->room_count; i++) {
        const char *name = config->rooms[i].name;
        if (config_room_index(after->config, name, strlen(name)) < 0)
            (void)unlinkat(shelf_dirfd(before->shelf), shelf_file_name(before->shelf, i), 0);
    }
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
