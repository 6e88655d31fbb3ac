/* SPDX-License-Identifier: MIT */
/*
 * fault-dump — prints the fault table as docs/faults.md has it, for tests/e2e/test_faults_doc.py
 *
 * One row a line, in Markdown: number, code, whose, done, meaning. When that test fails, this is what to paste.
 */

#include <stdio.h>

#include "ews/fault.h"

static const char *const scopes[] = {
    [FAULT_OF_REQUEST] = "request",
    [FAULT_OF_ROOM] = "room",
    [FAULT_OF_ACCOUNT] = "account",
};

static const char *const actions[] = {
    [FAULT_RETRY] = "retry", [FAULT_SPLIT] = "split",     [FAULT_NARROW] = "narrow",
    [FAULT_REST] = "rest",   [FAULT_GIVE_UP] = "give up", [FAULT_STOP] = "stop",
};

int main(void)
{
    size_t count;
    const struct fault *rows = fault_rows(&count);

    for (size_t i = 0; i < count; i++)
        (void)printf("| %d | `%s` | %s | %s | %s |\n", rows[i].number, rows[i].code,
                     scopes[rows[i].scope], actions[rows[i].action], rows[i].message);
    return 0;
}
