/* SPDX-License-Identifier: MIT */
#include "http/calendar_ical.h"

#include <string.h>

#include "base/datetime.h"
#include "calendar/render_ical.h"

#define NAME_OF_ALL "Meeting rooms"

/* Adds a sentence about a room that is not as it should be. */
static void describe(const struct gather *gather, const struct gathered *room, struct buf *out)
{
    if (room->freshness != FRESHNESS_STALE && freshness_can_show(room->freshness))
        return;
    if (out->length)
        buf_append_char(out, '\n');
    if (room->freshness == FRESHNESS_STALE) {
        char since[DATETIME_TEXT_SIZE];
        (void)datetime_zulu(room->times.expires_at, since);
        buf_printf(out, "%s as of %s.", room->room->name, since);
    } else {
        buf_printf(out, "%s is missing: %s", room->room->name, gather_why(gather, room).message);
    }
}

static void put_begin(struct page *page, const struct gather *gather, const char *name)
{
    struct buf description = BUF_INIT(HTTP_OWN_MAX);

    for (size_t i = 0; i < gather->count; i++)
        describe(gather, &gather->rooms[i], &description);
    http_reply_fail(page->reply, buf_error(&description));
    buf_clear(&page->scratch);
    page_put_scratch(
        page, render_ical_begin(name, (struct slice){buf_text(&description), description.length},
                                gather->site->config->cache_ttl_s, &page->scratch));
    buf_finish(&description);
}

static void put_end(struct page *page)
{
    buf_clear(&page->scratch);
    page_put_scratch(page, render_ical_end(&page->scratch));
}

/* A page_piece: VEVENTs as they are. */
static void put_plain(struct page *page, void *context, struct slice piece)
{
    (void)context;
    page_borrow(page, piece);
}

static void skip(struct slice *rest, size_t bytes)
{
    rest->at += bytes;
    rest->length -= bytes;
}

/* A page_piece: VEVENTs, each with another opening, which is in the scratch. */
static void put_with_opening(struct page *page, void *context, struct slice piece)
{
    static const char opening[] = RENDER_ICAL_OPENING;
    const size_t length = sizeof opening - 1;

    (void)context;
    while (piece.length > length) {
        skip(&piece, length);
        page_put_scratch(page, 0);
        const char *next = memmem(piece.at, piece.length, opening, length);
        size_t rest = next ? (size_t)(next - piece.at) : piece.length;
        page_borrow(page, (struct slice){piece.at, rest});
        skip(&piece, rest);
    }
}

void calendar_ical_all(struct page *page, const struct gather *gather)
{
    put_begin(page, gather, NAME_OF_ALL);
    for (size_t i = 0; i < gather->count; i++) {
        const struct gathered *room = &gather->rooms[i];
        buf_clear(&page->scratch);
        http_reply_fail(page->reply, render_ical_opening(room->room->name, &page->scratch));
        page_put_items(page, room, ROOM_ICAL, put_with_opening, NULL);
    }
    put_end(page);
}

void calendar_ical_alone(struct page *page, const struct gather *gather)
{
    const struct gathered *room = &gather->rooms[0];

    put_begin(page, gather, room->room->name);
    page_put_items(page, room, ROOM_ICAL, put_plain, NULL);
    put_end(page);
}
