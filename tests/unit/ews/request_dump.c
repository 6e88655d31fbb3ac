/* SPDX-License-Identifier: MIT */
/*
 * request-dump — prints the requests that we send, for tests/e2e/test_request_schema.py
 *
 *     request-dump find-default | find-all | get-folder
 */

#include <stdio.h>
#include <string.h>

#include "ews/request.h"
#include "plan.h"

static const char mailbox[] = "o'brien&\"<r001>\"@example.org";
static const struct window window = {1767225600, 1798761600}; /* the year 2026 */

static int find(bool all, struct buf *out)
{
    struct chosen chosen;

    if (!(all ? chosen_all(&chosen) : chosen_default(&chosen)))
        return -1;
    int error = request_find_item(&chosen.plan, mailbox, window, out);
    chosen_finish(&chosen);
    return error;
}

int main(int argc, char **argv)
{
    struct buf out = BUF_INIT(REQUEST_SIZE_MAX);
    const char *what = argc == 2 ? argv[1] : "";
    int error = -1;

    if (strcmp(what, "find-default") == 0)
        error = find(false, &out);
    else if (strcmp(what, "find-all") == 0)
        error = find(true, &out);
    else if (strcmp(what, "get-folder") == 0)
        error = request_get_folder(mailbox, &out);
    else
        (void)fputs("usage: request-dump find-default | find-all | get-folder\n", stderr);
    (void)fputs(buf_text(&out), stdout);
    buf_finish(&out);
    return error ? 1 : 0;
}
