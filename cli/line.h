/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CLI_LINE_H
#define ROOMCAL_CLI_LINE_H

/*
 * line — what a command needs to ask Exchange, and how it tells what came of it
 *
 * The account's rules hold for commands as they do for the service and for earlier calls; so a command asks through the
 * same ledger.
 */

#include <stdatomic.h>
#include <stdbool.h>

#include "cache/ledger.h"
#include "config/config.h"
#include "ews/dialog.h"
#include "refresh/account.h"

/* Nobody stops a command but the terminal's Ctrl-C, which ends the process. */
extern const atomic_bool line_never_stops;

struct line {
    struct ledger *ledger;
    struct account *account;
    bool is_kept; /* there is a CACHE_DIR, so what happens to the account outlives the command */
};

/* Without a cache the ledger is forgotten with the command. 0 or an exit status; to be finished in both cases. */
int line_init(struct line *line, const struct config *config);
void line_finish(struct line *line);

/* One line: what it is about, the fault in words, and in the next what was heard. */
void line_print_fault(const char *what, const struct ews_answer *answer);

/* One line while nobody may ask Exchange: for how long, and what ends that. Without a cache: that nobody
 * counts failed logins. */
void line_say_when(const struct line *line);

/* "roomcal: what" to stderr; returns the status. */
int complain(int status, const char *what);

#endif
