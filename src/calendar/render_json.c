/* SPDX-License-Identifier: MIT */
#include "calendar/render_json.h"

#include "base/datetime.h"
#include "base/json.h"

/* What a renderer gets: one chosen field of one item. */
struct chosen {
    const struct item *item;
    const struct item_span *span;
    const struct field_choice *choice;
};

typedef void render(const struct chosen *chosen, struct json *json);

/* An empty element is a missing value, as exchangelib reads it. */
static bool text_at(const struct chosen *chosen, const char *path, struct slice *ret)
{
    return item_get(chosen->item, chosen->choice->element, path, ret) && ret->length > 0;
}

static bool value_of(const struct chosen *chosen, struct slice *ret)
{
    return text_at(chosen, chosen->choice->field->part, ret);
}

static void put_text_or_null(struct json *json, const char *key, bool there, struct slice text)
{
    if (there)
        json_put_text(json, key, text);
    else
        json_put_null(json, key);
}

static void render_text(const struct chosen *chosen, struct json *json)
{
    struct slice text = {0};
    bool there = value_of(chosen, &text);

    put_text_or_null(json, chosen->choice->key, there, text);
}

static void render_label(const struct chosen *chosen, struct json *json)
{
    struct slice text = {0};

    (void)value_of(chosen, &text);
    json_put_text(json, chosen->choice->key, text);
}

/* xs:boolean: true, false, 1, 0. */
static void render_bool(const struct chosen *chosen, struct json *json)
{
    struct slice text = {0};

    (void)value_of(chosen, &text);
    text = slice_trim(text);
    if (slice_is(text, "true") || slice_is(text, "1"))
        json_put_bool(json, chosen->choice->key, true);
    else if (slice_is(text, "false") || slice_is(text, "0"))
        json_put_bool(json, chosen->choice->key, false);
    else
        json_put_null(json, chosen->choice->key);
}

static bool int_of(const struct chosen *chosen, int64_t *ret)
{
    struct slice text;

    return value_of(chosen, &text) && slice_int(slice_trim(text), INT64_MIN, INT64_MAX, ret);
}

static void render_int(const struct chosen *chosen, struct json *json)
{
    int64_t value;

    if (int_of(chosen, &value))
        json_put_int(json, chosen->choice->key, value);
    else
        json_put_null(json, chosen->choice->key);
}

static void render_datetime(const struct chosen *chosen, struct json *json)
{
    char text[DATETIME_TEXT_SIZE];
    struct slice value;
    int64_t utc;
    int micros;

    if (value_of(chosen, &value) && datetime_parse(slice_trim(value), true, &utc, &micros))
        json_put_text(json, chosen->choice->key,
                      (struct slice){text, datetime_iso(utc, micros, text)});
    else
        json_put_null(json, chosen->choice->key);
}

/*
 * An all-day item is midnights in the zone it was made in, which may be up to twelve hours from
 * UTC's: the nearest UTC midnight is the day that was meant. A span of no whole day keeps its first
 * day as its last.
 */
static int64_t nearest_midnight(int64_t utc)
{
    int64_t shifted = utc + DAY_S / 2;
    int64_t into_day = shifted % DAY_S;

    return shifted - (into_day < 0 ? into_day + DAY_S : into_day);
}

static void put_date(struct json *json, const char *key, int64_t utc)
{
    char text[DATETIME_TEXT_SIZE];

    json_put_text(json, key, (struct slice){text, date_iso(utc, text)});
}

static void render_start(const struct chosen *chosen, struct json *json)
{
    if (chosen->span->all_day)
        put_date(json, chosen->choice->key, nearest_midnight(chosen->span->start_utc));
    else
        render_datetime(chosen, json);
}

static void render_end(const struct chosen *chosen, struct json *json)
{
    int64_t first_day = nearest_midnight(chosen->span->start_utc);
    int64_t last_day = nearest_midnight(chosen->span->end_utc) - DAY_S;

    if (chosen->span->all_day)
        put_date(json, chosen->choice->key, last_day < first_day ? first_day : last_day);
    else
        render_datetime(chosen, json);
}

/* An object of two texts, null when neither is there. */
static void render_pair(const struct chosen *chosen, struct json *json, const char *const keys[2],
                        const char *const paths[2])
{
    struct slice texts[2] = {{0}, {0}};
    bool there[2];

    for (int i = 0; i < 2; i++)
        there[i] = text_at(chosen, paths[i], &texts[i]);
    if (!there[0] && !there[1]) {
        json_put_null(json, chosen->choice->key);
        return;
    }
    json_open_map(json, chosen->choice->key);
    for (int i = 0; i < 2; i++)
        put_text_or_null(json, keys[i], there[i], texts[i]);
    json_close(json);
}

static void render_mailbox(const struct chosen *chosen, struct json *json)
{
    static const char *const keys[] = {"name", "email_address"};
    static const char *const paths[] = {"Mailbox/Name", "Mailbox/EmailAddress"};

    render_pair(chosen, json, keys, paths);
}

static void render_id(const struct chosen *chosen, struct json *json)
{
    static const char *const keys[] = {"id", "changekey"};
    static const char *const paths[] = {"@Id", "@ChangeKey"};

    render_pair(chosen, json, keys, paths);
}

static void render_text_list(const struct chosen *chosen, struct json *json)
{
    size_t element = chosen->choice->element;
    const char *path = chosen->choice->field->part;
    size_t leaf = item_next(chosen->item, 0, element, path);

    if (leaf == SIZE_MAX) {
        json_put_null(json, chosen->choice->key);
        return;
    }
    json_open_list(json, chosen->choice->key);
    for (; leaf != SIZE_MAX; leaf = item_next(chosen->item, leaf + 1, element, path))
        json_put_text(json, NULL, item_leaf_text(chosen->item, leaf));
    json_close(json);
}

/* https://learn.microsoft.com/exchange/client-developer/web-service-reference/appointmentstate */
static void render_state(const struct chosen *chosen, struct json *json)
{
    static const char *const words[] = {"Meeting", "Received", "Canceled"};
    int64_t state;

    if (!int_of(chosen, &state)) {
        json_put_null(json, chosen->choice->key);
        return;
    }
    json_open_list(json, chosen->choice->key);
    for (int bit = 0; bit < 3; bit++) {
        if (state & (INT64_C(1) << bit))
            json_put_text(json, NULL, slice_of(words[bit]));
    }
    json_close(json);
}

static render *const renderers[] = {
    [FIELD_TEXT] = render_text,         [FIELD_LABEL] = render_label,
    [FIELD_BOOL] = render_bool,         [FIELD_INT] = render_int,
    [FIELD_DATETIME] = render_datetime, [FIELD_START] = render_start,
    [FIELD_END] = render_end,           [FIELD_ENUM] = render_text,
    [FIELD_MAILBOX] = render_mailbox,   [FIELD_TEXT_LIST] = render_text_list,
    [FIELD_STATE] = render_state,       [FIELD_ID] = render_id,
};

int render_json_item(const struct field_plan *plan, const struct item *item,
                     const struct item_span *span, struct buf *out)
{
    struct json json;

    json_begin(&json);
    json_open_map(&json, NULL);
    for (size_t i = 0; i < plan->choice_count; i++) {
        struct chosen chosen = {item, span, &plan->choices[i]};
        renderers[chosen.choice->field->kind](&chosen, &json);
    }
    json_close(&json);
    return json_finish(&json, out);
}
