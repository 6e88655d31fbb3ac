/* SPDX-License-Identifier: MIT */
#include "http/calendar_json.h"

#include "base/datetime.h"
#include "base/json.h"

/* As a JSON string. */
static void put_string(struct page *page, const char *text)
{
    buf_clear(&page->scratch);
    page_put_scratch(page, json_append_text(&page->scratch, slice_of(text)));
}

/* A page_piece: objects joined by commas already. */
static void put_piece(struct page *page, void *context, struct slice piece)
{
    bool *joined = context; /* the next item needs a comma before it */

    if (*joined)
        page_put_text(page, ",");
    *joined = true;
    page_borrow(page, piece);
}

static void put_items(struct page *page, const struct gathered *room)
{
    bool joined = false;

    page_put_text(page, "[");
    page_put_items(page, room, ROOM_JSON, put_piece, &joined);
    page_put_text(page, "]");
}

static void put_error(struct page *page, struct fault_words words)
{
    page_put_text(page, ",\"error\":{\"code\":");
    put_string(page, words.code);
    page_put_text(page, ",\"message\":");
    put_string(page, words.message);
    page_put_text(page, "}");
}

static void put_room(struct page *page, const struct gather *gather, const struct gathered *room)
{
    page_put_text(page, "{\"room\":");
    put_string(page, room->room->name);
    page_put_text(page, ",\"items\":");
    put_items(page, room);
    if (room->freshness == FRESHNESS_STALE) {
        char since[DATETIME_TEXT_SIZE];
        (void)datetime_zulu(room->times.expires_at, since);
        page_put_text(page, ",\"stale_since\":");
        put_string(page, since);
    } else if (!freshness_can_show(room->freshness)) {
        put_error(page, gather_why(gather, room));
    }
    page_put_text(page, "}");
}

void calendar_json_all(struct page *page, const struct gather *gather)
{
    page_put_text(page, "[");
    for (size_t i = 0; i < gather->count; i++) {
        if (i)
            page_put_text(page, ",");
        put_room(page, gather, &gather->rooms[i]);
    }
    page_put_text(page, "]");
}

void calendar_json_alone(struct page *page, const struct gather *gather)
{
    put_items(page, &gather->rooms[0]);
}
