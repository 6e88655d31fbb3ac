/* SPDX-License-Identifier: MIT */
/*
 * fuzz_headers — any bytes as Accept, If-None-Match and If-Modified-Since, and as the moments of a query
 *
 * Besides crashes: what was chosen stays chosen when anything else will do as well, case does not matter, a tag in front
 * is always found and none that is not there, and a moment that was read is written as one that reads the same.
 */
#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/datetime.h"
#include "fuzz.h"
#include "http/accept.h"
#include "http/message.h"

#define ETAG "\"d41d8cd98f00b204e9800998ecf8427e\""

static ptrdiff_t choose(struct slice accept)
{
    static const char *const offers[] = {"application/json", "text/calendar"};
    ptrdiff_t chosen = accept_choose(accept, offers, 2);

    must(chosen >= -1 && chosen < 2);
    return chosen;
}

/* The text with something in front. */
static struct buf put_before(const char *front, struct slice text)
{
    struct buf buf = BUF_INIT(SIZE_MAX / 2);

    buf_append_text(&buf, front);
    buf_append(&buf, text.at, text.length);
    return buf;
}

static struct slice text_of(const struct buf *buf)
{
    return (struct slice){buf_text(buf), buf->length};
}

static void check_accept(struct slice text)
{
    ptrdiff_t chosen = choose(text);
    struct buf lenient = put_before("*/*;q=0.001,", text);
    struct buf upper = put_before("", text);

    must(chosen < 0 || choose(text_of(&lenient)) == chosen);
    for (size_t i = 0; i < upper.length; i++)
        upper.bytes[i] = (char)toupper((unsigned char)upper.bytes[i]);
    must(choose(text_of(&upper)) == chosen);
    buf_finish(&lenient);
    buf_finish(&upper);
}

static void check_tags(struct slice text)
{
    struct buf strong = put_before(ETAG ",", text);
    struct buf weak = put_before("W/" ETAG " , ", text);

    must(http_etag_matches(text_of(&strong), ETAG));
    must(http_etag_matches(text_of(&weak), ETAG));
    if (http_etag_matches(text, ETAG))
        must(slice_is(slice_trim(text), "*") ||
             memmem(text.at, text.length, ETAG, strlen(ETAG)) != NULL);
    buf_finish(&strong);
    buf_finish(&weak);
}

/* A leap second, and an offset, can lead out of what the texts can hold: they are clamped then. */
static bool can_be_written(int64_t utc)
{
    return utc >= DATETIME_MIN && utc <= DATETIME_MAX;
}

static void check_http_date(struct slice text)
{
    char again[DATETIME_TEXT_SIZE];
    int64_t utc;
    int64_t same = 0;

    if (!datetime_http_parse(text, &utc) || !can_be_written(utc))
        return;
    size_t length = datetime_http(utc, again);
    must(datetime_http_parse((struct slice){again, length}, &same) && same == utc);
}

static void check_moment(struct slice text, bool zone_optional)
{
    char again[DATETIME_TEXT_SIZE];
    int64_t utc;
    int64_t same = 0;
    int micros = 0;
    int same_micros = 0;

    if (!datetime_parse(text, zone_optional, &utc, &micros))
        return;
    must(micros >= 0 && micros < 1000000);
    must(zone_optional || datetime_parse(text, true, &same, NULL));
    if (!can_be_written(utc))
        return;
    size_t length = datetime_iso(utc, micros, again);
    must(datetime_parse((struct slice){again, length}, false, &same, &same_micros));
    must(same == utc && same_micros == micros);
    length = datetime_zulu(utc, again);
    must(datetime_parse((struct slice){again, length}, false, &same, NULL) && same == utc);
}

static void check_day(struct slice text)
{
    char again[DATETIME_TEXT_SIZE];
    int64_t utc;

    if (date_parse(text, &utc)) {
        size_t length = date_iso(utc, again);
        must(slice_equal(text, (struct slice){again, length}));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};

    check_accept(text);
    check_tags(text);
    check_http_date(text);
    check_moment(text, false);
    check_moment(text, true);
    check_day(text);
    return 0;
}
