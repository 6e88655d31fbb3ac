/* SPDX-License-Identifier: MIT */
/*
 * The promise: a reply of 100 MB is parsed with resident memory growing by less than 8 MB. The
 * reply is made on the fly, filtered and parsed as the client does it; items are counted, not kept.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "ews/charfilter.h"
#include "ews/response.h"
#include "plan.h"
#include "replies.h"
#include "unit.h"

#define REPLY_BYTES  (INT64_C(100) << 20)
#define GROWTH_KB    (8L << 10)
#define CHUNK        16384 /* libcurl's CURL_MAX_WRITE_SIZE */
#define FILTERED_MAX CHARFILTER_GROWTH(CHUNK)

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED
#endif

/* The greatest resident size so far; 0: this system does not tell. */
static long peak_kb(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kb = 0;

    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "VmHWM:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    }
    if (file)
        (void)fclose(file);
    return kb;
}

struct pipe {
    struct charfilter filter;
    struct buf filtered;
    struct response *response;
    int64_t bytes; /* fed */
    size_t items;  /* seen by the callback */
};

static int count_item(void *context, const struct item *item)
{
    struct pipe *pipe = context;

    pipe->items += item->leaf_count > 0;
    return 0;
}

static void feed(struct pipe *pipe, const char *bytes, size_t length)
{
    for (size_t at = 0; at < length; at += CHUNK) {
        size_t piece = length - at < CHUNK ? length - at : CHUNK;

        buf_clear(&pipe->filtered);
        charfilter_feed(&pipe->filter, bytes + at, piece, &pipe->filtered);
        assert_int_equal(buf_error(&pipe->filtered), 0);
        assert_int_equal(response_feed(pipe->response, pipe->filtered.bytes, pipe->filtered.length),
                         0);
    }
    pipe->bytes += (int64_t)length;
}

/* An item with an id of its own, and now and then what Exchange should not send. */
static void append_item(struct buf *buf, unsigned number)
{
    buf_printf(buf,
               "<t:CalendarItem><t:ItemId Id=\"AAMkAGI2TG93AAA%010u=\" ChangeKey=\"DwAAABYAAAC\"/>"
               "<t:Subject>Besprechung %u &amp; mehr: Stra\xC3\x9F"
               "e \xE2\x82\xAC %s</t:Subject>"
               "<t:Start>2026-11-23T09:00:00Z</t:Start><t:End>2026-11-23T10:00:00Z</t:End>"
               "<t:IsAllDayEvent>false</t:IsAllDayEvent><t:Location>Raum %u</t:Location>"
               "<t:Organizer><t:Mailbox><t:Name>Ann Example</t:Name></t:Mailbox></t:Organizer>"
               "<t:Body BodyType=\"Text\">nobody asked for this</t:Body></t:CalendarItem>",
               number, number, number % 10 ? "" : "&#x1A;&#xD83D;&#xDE00;\xFF", number % 50);
}

static void feed_items(struct pipe *pipe, size_t *ret_items)
{
    struct buf block = BUF_INIT(1u << 20);
    size_t items = 0;

    while (pipe->bytes < REPLY_BYTES) {
        buf_clear(&block);
        for (int i = 0; i < 100; i++)
            append_item(&block, (unsigned)items++);
        feed(pipe, block.bytes, block.length);
    }
    buf_finish(&block);
    *ret_items = items;
}

static void a_reply_of_100_mb_grows_memory_by_less_than_8_mb(void **state)
{
    static const char frame[] = LIST(WHOLE, "|");
    const char *middle = strchr(frame, '|');
    const struct response_outcome *outcome;
    struct pipe pipe = {.filtered = BUF_INIT(FILTERED_MAX)};
    struct chosen chosen;
    size_t items;
    (void)state;

    assert_true(chosen_default(&chosen));
    long before_kb = peak_kb();
    charfilter_init(&pipe.filter);
    const struct response_listener listener = {
        .plan = &chosen.plan, .on_item = count_item, .context = &pipe};
    assert_int_equal(response_create(&pipe.response), 0);
    assert_int_equal(response_begin(pipe.response, &listener), 0);
    feed(&pipe, frame, (size_t)(middle - frame));
    feed_items(&pipe, &items);
    feed(&pipe, middle + 1, strlen(middle + 1));
    charfilter_end(&pipe.filter, &pipe.filtered);
    assert_int_equal(response_end(pipe.response, &outcome), 0);
    long growth_kb = peak_kb() - before_kb;

    assert_null(outcome->fault);
    assert_int_equal(outcome->items, items);
    assert_int_equal(pipe.items, items);
    print_message("# %zu items, %ld KiB more\n", items, growth_kb);
    assert_true(growth_kb < GROWTH_KB);
    response_destroy(pipe.response);
    buf_finish(&pipe.filtered);
    chosen_finish(&chosen);
}

static void the_measure_notices_memory_that_is_kept(void **state)
{
    long before_kb = peak_kb();
    char *kept = malloc((size_t)GROWTH_KB * 1024);
    (void)state;

    assert_non_null(kept);
    memset(kept, 1, (size_t)GROWTH_KB * 1024);
    assert_true(((volatile char *)kept)[4096] == 1);
    assert_true(peak_kb() - before_kb > GROWTH_KB / 2);
    free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_of_100_mb_grows_memory_by_less_than_8_mb),
        cmocka_unit_test(the_measure_notices_memory_that_is_kept),
    };

#ifdef SANITIZED
    (void)tests;
    (void)printf("1..0 # SKIP a sanitizer's own memory would be measured\n");
    return 0;
#endif
    if (peak_kb() == 0) {
        (void)printf("1..0 # SKIP /proc/self/status does not tell VmHWM here\n");
        return 0;
    }
    return cmocka_run_group_tests_name("ews/reply_memory", tests, NULL, NULL);
}
