/* SPDX-License-Identifier: MIT */
/*
 * request-dump — prints the requests that we send, for tests/e2e/test_request_schema.py
 *
 *     request-dump find-default | find-all | get-default | get-all | get-folder | check-folders | get-room-lists |
 *                  get-rooms
 */

#include <stdio.h>
#include <string.h>

#include "ews/request.h"
#include "plan.h"

static const char mailbox[] = "o'brien&\"<r001>\"@example.org";
static const struct window window = {1767225600, 1798761600}; /* the year 2026 */

static const struct slice ids[] = {{"AAMk/+1=", 8}, {"\"&<2>", 5}};

static int find(const struct field_plan *plan, struct buf *out)
{
    return request_find_item(plan, mailbox, window, out);
}

static int get(const struct field_plan *plan, struct buf *out)
{
    return request_get_item(plan, ids, sizeof ids / sizeof ids[0], out);
}

static int get_folder(const struct field_plan *plan, struct buf *out)
{
    (void)plan;
    return request_get_folder(mailbox, out);
}

static int check_folders(const struct field_plan *plan, struct buf *out)
{
    static const char *const mailboxes[] = {mailbox, "r002@example.org"};

    (void)plan;
    return request_check_folders(mailboxes, 2, out);
}

static int get_room_lists(const struct field_plan *plan, struct buf *out)
{
    (void)plan;
    return request_get_room_lists(out);
}

static int get_rooms(const struct field_plan *plan, struct buf *out)
{
    (void)plan;
    return request_get_rooms(mailbox, out);
}

static const struct {
    const char *name;
    bool (*choose)(struct chosen *chosen);
    int (*request)(const struct field_plan *plan, struct buf *out);
} requests[] = {
    {"find-default", chosen_default, find},
    {"find-all", chosen_all, find},
    {"get-default", chosen_default, get},
    {"get-all", chosen_all, get},
    {"get-folder", chosen_default, get_folder},
    {"check-folders", chosen_default, check_folders},
    {"get-room-lists", chosen_default, get_room_lists},
    {"get-rooms", chosen_default, get_rooms},
};

static int dump(size_t which, struct buf *out)
{
    struct chosen chosen;

    if (!requests[which].choose(&chosen))
        return -1;
    int error = requests[which].request(&chosen.plan, out);
    chosen_finish(&chosen);
    return error;
}

int main(int argc, char **argv)
{
    struct buf question = BUF_INIT(REQUEST_SIZE_MAX);
    struct buf out = BUF_INIT(REQUEST_SIZE_MAX + REQUEST_ENVELOPE_MAX);
    const char *what = argc == 2 ? argv[1] : "";
    int error = -1;

    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        if (strcmp(what, requests[i].name) == 0)
            error = dump(i, &question);
    }
    if (!error)
        error = request_envelope(0, "r022@example.org", slice_of(buf_text(&question)), &out);
    if (error)
        (void)fputs("usage: request-dump find-default | find-all | get-default | get-all | "
                    "get-folder | check-folders | get-room-lists | get-rooms\n",
                    stderr);
    (void)fputs(buf_text(&out), stdout);
    buf_finish(&question);
    buf_finish(&out);
    return error ? 1 : 0;
}
