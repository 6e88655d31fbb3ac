/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_HTTP_SITE_H
#define ROOMCAL_HTTP_SITE_H

/*
 * site — what the handlers need of one configuration
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/ledger.h"
#include "cache/shelf.h"
#include "config/config.h"

/* A fault's number in words. The program hands it in, because http/ does not know Exchange. */
struct fault_words {
    const char *code;
    const char *message;
};
typedef struct fault_words fault_explainer(int64_t fault);

/* How we sign in to Exchange, from its number in the ledger; NULLs: not known. Handed in for the same reason. */
struct login_words {
    const char *scheme;
    const char *reason;
};
typedef struct login_words login_explainer(int64_t login);

/* Called with the rooms of every calendar that is about to be shown, and again every moment while some of them are cold.
 * False: waiting for those is no use, or not wanted. */
struct gather;
typedef bool site_attendant(void *context, const struct gather *gather);

/* The visitors of this process who wait for rooms that were never fetched. */
struct waiting {
    atomic_size_t count;
    size_t places; /* so many may */
};

struct site {
    const struct config *config;
    struct shelf *shelf;
    struct ledger *ledger;
    fault_explainer *explain;
    login_explainer *explain_login;
    const atomic_bool *stop; /* the process is ending: nobody waits any longer */
    struct waiting *waiting; /* NULL: nobody counts, as the process has one visitor (plain CGI) */

    /* Where no refresher works beside those who answer (plain CGI); NULL: one does, and cold rooms are worth waiting
     * for. */
    site_attendant *attend;
    void *attend_context;
};

#endif
