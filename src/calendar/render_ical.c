/* SPDX-License-Identifier: MIT */
#include "calendar/render_ical.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/datetime.h"
#include "base/hash.h"
#include "calendar/ical_line.h"

#define UID_HASH_BYTES 16

/* ---- times ---------------------------------------------------------------------------------- */

/* The extended forms of ISO 8601 without their marks: "2026-11-23" → "20261123". */
static void drop_marks(const char *extended, char ret[static DATETIME_TEXT_SIZE])
{
    for (; *extended; extended++) {
        if (*extended != '-' && *extended != ':')
            *ret++ = *extended;
    }
    *ret = '\0';
}

static void moment_line(struct buf *out, const char *name, int64_t utc)
{
    char extended[DATETIME_TEXT_SIZE];
    char basic[DATETIME_TEXT_SIZE];

    (void)datetime_zulu(utc, extended);
    drop_marks(extended, basic);
    ical_put_plain(out, name, basic);
}

static void date_line(struct buf *out, const char *name, int64_t utc)
{
    char extended[DATETIME_TEXT_SIZE];
    char basic[DATETIME_TEXT_SIZE];
    struct ical_line line = ical_line_begin(out, name);

    (void)date_iso(utc, extended);
    drop_marks(extended, basic);
    ical_line_plain(&line, ";VALUE=DATE:");
    ical_line_plain(&line, basic);
    ical_line_end(&line);
}

/* ---- properties ----------------------------------------------------------------------------- */

/* What a property's renderer gets. */
struct event {
    const struct field_plan *plan;
    const struct item *item;
    const struct item_span *span;
    const struct item_days *days;
    struct buf *out;
    int error; /* of hashing: -ENOMEM */
};

typedef void render(struct event *event);

/* The element's text without blanks round it; false where that is nothing. */
static bool word_of(const struct event *event, size_t element, struct slice *ret)
{
    struct slice text = {0};

    (void)item_get(event->item, element, "", &text);
    *ret = slice_trim(text);
    return ret->length > 0;
}

static bool moment_of(const struct event *event, size_t element, int64_t *ret)
{
    struct slice text;

    return word_of(event, element, &text) && datetime_parse(text, true, ret, NULL);
}

/* Does JSON show something of this element? */
static bool is_chosen(const struct field_plan *plan, size_t element)
{
    for (size_t i = 0; i < plan->choice_count; i++) {
        if (plan->choices[i].element == element)
            return true;
    }
    return false;
}

static void put_hashed_id(struct event *event, struct ical_line *line)
{
    char hex[2 * UID_HASH_BYTES + 1];
    struct hasher hasher;
    struct hash hash;
    struct slice id = {0};

    (void)item_get(event->item, PLAN_ID, "@Id", &id);
    (void)hash_begin(&hasher);
    hash_add(&hasher, id.at, id.length);
    event->error = hash_end(&hasher, &hash);
    if (event->error)
        return;
    hash_hex(&hash, UID_HASH_BYTES, hex);
    ical_line_plain(line, hex);
}

static void render_uid(struct event *event)
{
    struct ical_line line = ical_line_begin(event->out, "UID:");
    struct slice uid;

    if (word_of(event, PLAN_UID, &uid))
        ical_line_text(&line, uid);
    else
        put_hashed_id(event, &line);
    ical_line_end(&line);
}

/* How much an hour at a change of clocks may make of a move by whole days. */
#define CLOCKS_DIFFER_BY_S (2 * INT64_C(3600))

/* An all-day item that was moved within an all-day series was moved by whole days. false: it was not, so it is an
 * exception of a series that has times. */
static bool planned_day(const struct event *event, int64_t planned_utc, int64_t *ret)
{
    int64_t moved = planned_utc - event->span->start_utc;
    int64_t half = moved < 0 ? -DAY_S / 2 : DAY_S / 2;
    int64_t whole = (moved + half) / DAY_S * DAY_S;

    *ret = event->days->first_utc + whole;
    return moved - whole <= CLOCKS_DIFFER_BY_S && whole - moved <= CLOCKS_DIFFER_BY_S;
}

/* Its type is that of the series' DTSTART. Without a UID of its own an item belongs to no series. */
static void render_recurrence_id(struct event *event)
{
    struct slice uid;
    int64_t planned_utc;
    int64_t day;

    if (!word_of(event, PLAN_UID, &uid) || !moment_of(event, PLAN_RECURRENCE_ID, &planned_utc))
        return;
    if (event->span->all_day && planned_day(event, planned_utc, &day))
        date_line(event->out, "RECURRENCE-ID", day);
    else
        moment_line(event->out, "RECURRENCE-ID:", planned_utc);
}

static void render_stamp(struct event *event)
{
    int64_t utc = event->span->start_utc;

    if (!moment_of(event, PLAN_STAMP, &utc))
        (void)moment_of(event, PLAN_LAST_MODIFIED, &utc);
    moment_line(event->out, "DTSTAMP:", utc);
}

static void render_last_modified(struct event *event)
{
    int64_t utc;

    if (moment_of(event, PLAN_LAST_MODIFIED, &utc))
        moment_line(event->out, "LAST-MODIFIED:", utc);
}

static void render_sequence(struct event *event)
{
    ptrdiff_t element = field_plan_element(event->plan, slice_of("AppointmentSequenceNumber"));
    struct slice text;
    int64_t number;
    char digits[24];

    if (element < 0 || !word_of(event, (size_t)element, &text) ||
        !slice_int(text, 0, INT32_MAX, &number))
        return;
    (void)snprintf(digits, sizeof digits, "%" PRId64, number);
    ical_put_plain(event->out, "SEQUENCE:", digits);
}

static void render_times(struct event *event)
{
    const struct item_span *span = event->span;

    if (span->all_day) {
        date_line(event->out, "DTSTART", event->days->first_utc);
        if (event->days->last_utc < DATETIME_MAX - DAY_S) /* there is a day behind it */
            date_line(event->out, "DTEND", event->days->last_utc + DAY_S);
        return;
    }
    moment_line(event->out, "DTSTART:", span->start_utc);
    if (span->end_utc > span->start_utc)
        moment_line(event->out, "DTEND:", span->end_utc);
}

/* A text as it came, where it is there and JSON shows it too. */
static void text_line(const struct event *event, const char *name, size_t element)
{
    struct slice text;

    if (!is_chosen(event->plan, element) || !item_get(event->item, element, "", &text) ||
        !text.length)
        return;
    ical_put_text(event->out, name, text);
}

static void render_summary(struct event *event)
{
    text_line(event, "SUMMARY:", PLAN_SUBJECT);
}

static void render_location(struct event *event)
{
    text_line(event, "LOCATION:", PLAN_LOCATION);
}

/* They tell what a meeting is about: only where its subject is told. */
static void render_categories(struct event *event)
{
    size_t leaf = item_next(event->item, 0, PLAN_CATEGORIES, "String");

    if (leaf == SIZE_MAX || !is_chosen(event->plan, PLAN_SUBJECT))
        return;
    struct ical_line line = ical_line_begin(event->out, "CATEGORIES:");
    ical_line_text(&line, item_leaf_text(event->item, leaf));
    while ((leaf = item_next(event->item, leaf + 1, PLAN_CATEGORIES, "String")) != SIZE_MAX) {
        ical_line_plain(&line, ",");
        ical_line_text(&line, item_leaf_text(event->item, leaf));
    }
    ical_line_end(&line);
}

/* EWS's words and iCalendar's. */
struct translation {
    const char *ews;
    const char *ical;
};

/* The line for the element's word; none for a word that is not in the table. */
static void word_line(const struct event *event, const char *name, size_t element,
                      const struct translation *rows, size_t count)
{
    struct slice word;

    if (!word_of(event, element, &word))
        return;
    for (size_t i = 0; i < count; i++) {
        if (slice_is(word, rows[i].ews))
            ical_put_plain(event->out, name, rows[i].ical);
    }
}

static bool word_is(const struct event *event, size_t element, const char *expected)
{
    struct slice word;

    return word_of(event, element, &word) && slice_is(word, expected);
}

static void render_status(struct event *event)
{
    bool cancelled =
        word_is(event, PLAN_IS_CANCELLED, "true") || word_is(event, PLAN_IS_CANCELLED, "1");
    bool tentative = word_is(event, PLAN_FREE_BUSY, "Tentative");

    ical_put_plain(event->out, "STATUS:",
                   cancelled   ? "CANCELLED"
                   : tentative ? "TENTATIVE"
                               : "CONFIRMED");
}

/* [MS-OXCICAL] 2.1.3.1.1.20.31; TRANSP knows two of the five words only. */
static void render_busy(struct event *event)
{
    static const struct translation words[] = {
        {"Free", "FREE"},
        {"Tentative", "TENTATIVE"},
        {"Busy", "BUSY"},
        {"OOF", "OOF"},
        {"WorkingElsewhere", "WORKINGELSEWHERE"},
    };
    bool is_free = word_is(event, PLAN_FREE_BUSY, "Free");

    ical_put_plain(event->out, "TRANSP:", is_free ? "TRANSPARENT" : "OPAQUE");
    word_line(event, "X-MICROSOFT-CDO-BUSYSTATUS:", PLAN_FREE_BUSY, words,
              sizeof words / sizeof words[0]);
}

/* [MS-OXCICAL] 2.1.3.1.1.20.4. A word that a reader does not know counts as PRIVATE (3.8.1.3). */
static void render_class(struct event *event)
{
    static const struct translation words[] = {
        {"Normal", "PUBLIC"},
        {"Personal", "X-PERSONAL"},
        {"Private", "PRIVATE"},
        {"Confidential", "CONFIDENTIAL"},
    };

    word_line(event, "CLASS:", PLAN_SENSITIVITY, words, sizeof words / sizeof words[0]);
}

static bool address_of(const struct event *event, struct slice *ret)
{
    struct slice text = {0};

    if (event->plan->address >= 0)
        (void)item_get(event->item, (size_t)event->plan->address, "Value", &text);
    *ret = slice_trim(text);
    return ret->length && memchr(ret->at, '@', ret->length);
}

/* A name without an address has no place in RFC 5545; readers know Exchange's way. */
static void render_organizer(struct event *event)
{
    struct slice name = {0};
    struct slice address;
    bool has_address = address_of(event, &address);

    if (is_chosen(event->plan, PLAN_ORGANIZER))
        (void)item_get(event->item, PLAN_ORGANIZER, "Mailbox/Name", &name);
    if (!name.length && !has_address)
        return;
    struct ical_line line = ical_line_begin(event->out, "ORGANIZER");
    if (name.length) {
        ical_line_plain(&line, ";CN=");
        ical_line_quoted(&line, name);
    }
    ical_line_plain(&line, has_address ? ":mailto:" : ":invalid:nomail");
    if (has_address)
        ical_line_address(&line, address);
    ical_line_end(&line);
}

/* In this order; the UID is first, see RENDER_ICAL_OPENING. */
static render *const properties[] = {
    render_uid,   render_recurrence_id, render_stamp,     render_last_modified, render_sequence,
    render_times, render_summary,       render_location,  render_categories,    render_status,
    render_busy,  render_class,         render_organizer,
};

int render_ical_item(const struct field_plan *plan, const struct item *item,
                     const struct item_span *span, const struct item_days *days, struct buf *out)
{
    struct event event = {plan, item, span, days, out, 0};

    ical_put_plain(out, "BEGIN:", "VEVENT");
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++)
        properties[i](&event);
    ical_put_plain(out, "END:", "VEVENT");
    return event.error ? event.error : buf_error(out);
}

/* ---- the calendar --------------------------------------------------------------------------- */

/* The UID's value begins here; a new line lets the item's own part be folded as it is. */
int render_ical_opening(const char *room, struct buf *out)
{
    ical_put_plain(out, "BEGIN:", "VEVENT");
    ical_put_text(out, "RESOURCES:", slice_of(room));
    struct ical_line line = ical_line_begin(out, "UID:");
    ical_line_text(&line, slice_of(room));
    ical_line_plain(&line, "/");
    buf_append_text(out, "\r\n ");
    return buf_error(out);
}

int render_ical_begin(const char *name, struct slice description, int64_t refresh_s,
                      struct buf *out)
{
    char interval[32];

    (void)snprintf(interval, sizeof interval, "PT%" PRId64 "S", refresh_s);
    ical_put_plain(out, "BEGIN:", "VCALENDAR");
    ical_put_plain(out, "VERSION:", "2.0");
    ical_put_plain(out, "PRODID:", "-//roomcal//roomcal " ROOMCAL_VERSION "//EN");
    ical_put_plain(out, "CALSCALE:", "GREGORIAN");
    ical_put_plain(out, "METHOD:", "PUBLISH");
    ical_put_text(out, "X-WR-CALNAME:", slice_of(name));
    if (description.length)
        ical_put_text(out, "X-WR-CALDESC:", description);
    ical_put_plain(out, "REFRESH-INTERVAL;VALUE=DURATION:", interval);
    ical_put_plain(out, "X-PUBLISHED-TTL:", interval);
    return buf_error(out);
}

int render_ical_end(struct buf *out)
{
    ical_put_plain(out, "END:", "VCALENDAR");
    return buf_error(out);
}
