/* SPDX-License-Identifier: MIT */
#include "line.h"

#include <fcntl.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"

const atomic_bool line_never_stops;

int complain(int status, const char *what)
{
    (void)fprintf(stderr, "roomcal: %s\n", what);
    return status;
}

void line_finish(struct line *line)
{
    account_destroy(line->account);
    ledger_close(line->ledger);
}

int line_init(struct line *line, const struct config *config)
{
    int dirfd = open(config->cache_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct hash account;
    struct err err = {""};

    *line = (struct line){.is_kept = dirfd >= 0};
    bool ok = config_account(config, &account) == 0 &&
              ledger_open(dirfd, &account, &line->ledger, &err) >= 0 &&
              account_create(config, line->ledger, &line_never_stops, &line->account) == 0;
    if (dirfd >= 0)
        (void)close(dirfd);
    return ok ? EX_OK : complain(EX_OSERR, "no memory");
}

void line_print_fault(const char *what, const struct ews_answer *answer)
{
    (void)printf("%s: %s: %s\n", what, answer->fault->code, answer->fault->message);
    if (answer->detail[0])
        (void)printf("    (%s)\n", answer->detail);
}

static bool are_logins_used_up(struct ledger *ledger)
{
    int64_t now_utc = clock_utc();

    return ledger_login_at(ledger, now_utc) > now_utc;
}

/* The service makes CACHE_DIR. Before that each command begins without knowing of the last one. */
static void say_uncounted(const struct fault *fault)
{
    if (fault->action == FAULT_STOP)
        (void)printf(
            "There is no CACHE_DIR yet, so nothing counts failed logins: correct this before "
            "you try again, or Exchange may lock the account.\n");
}

void line_say_when(const struct line *line)
{
    const struct fault *fault;
    int64_t left_s = account_held_s(line->account, &fault);

    if (!left_s)
        return;
    if (!line->is_kept) {
        say_uncounted(fault);
        return;
    }
    (void)printf("Nobody asks Exchange for %lld seconds", (long long)left_s);
    if (fault->action == FAULT_STOP && are_logins_used_up(line->ledger))
        (void)printf(": %d logins failed within an hour, and more could lock the account. "
                     "`roomcal refresh` does not lift that limit.\n",
                     LEDGER_LOGINS);
    else
        (void)printf("; after you have corrected it, `roomcal refresh` ends the pause.\n");
}
