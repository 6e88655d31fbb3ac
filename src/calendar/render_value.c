/* SPDX-License-Identifier: MIT */
#include "calendar/render_value.h"

#include "base/datetime.h"

#define DATE_LENGTH 10 /* "2026-11-23" */

/* What a renderer gets: the member's text, empty where there is none. */
struct value {
    const struct branch *branch;
    const struct value_member *member;
    const struct timezone *local;
    struct slice text;
};

typedef void render(const struct value *value, struct json *json);

static void render_text(const struct value *value, struct json *json)
{
    if (value->text.length)
        json_put_text(json, value->member->key, value->text);
    else
        json_put_null(json, value->member->key);
}

static void render_label(const struct value *value, struct json *json)
{
    const char *fallback = value->member->words ? value->member->words[0] : "";

    json_put_text(json, value->member->key, value->text.length ? value->text : slice_of(fallback));
}

/* xs:boolean: true, false, 1, 0. */
static bool parse_bool(struct slice text, bool *ret)
{
    text = slice_trim(text);
    *ret = slice_is(text, "true") || slice_is(text, "1");
    return *ret || slice_is(text, "false") || slice_is(text, "0");
}

static void render_bool(const struct value *value, struct json *json)
{
    bool is_true;

    if (parse_bool(value->text, &is_true))
        json_put_bool(json, value->member->key, is_true);
    else
        json_put_null(json, value->member->key);
}

static void render_right(const struct value *value, struct json *json)
{
    bool is_granted;

    (void)parse_bool(value->text, &is_granted);
    json_put_bool(json, value->member->key, is_granted);
}

static void render_int(const struct value *value, struct json *json)
{
    int64_t number;

    if (slice_int(slice_trim(value->text), INT64_MIN, INT64_MAX, &number))
        json_put_int(json, value->member->key, number);
    else
        json_put_null(json, value->member->key);
}

static void render_datetime(const struct value *value, struct json *json)
{
    char text[DATETIME_TEXT_SIZE];
    int64_t utc;
    int micros;

    if (!datetime_parse(slice_trim(value->text), true, &utc, &micros)) {
        json_put_null(json, value->member->key);
        return;
    }
    size_t length = timezone_iso(value->local, utc, micros, text);
    json_put_text(json, value->member->key, (struct slice){text, length});
}

static void render_date(const struct value *value, struct json *json)
{
    struct slice date = slice_trim(value->text);
    int64_t utc;

    if (date.length > DATE_LENGTH)
        date.length = DATE_LENGTH;
    if (date_parse(date, &utc))
        json_put_text(json, value->member->key, date);
    else
        json_put_null(json, value->member->key);
}

/* From 1 on, as exchangelib counts; 0: it is none of them. */
static int64_t number_of_word(struct slice word, const char *const *words)
{
    for (int64_t i = 0; words[i]; i++) {
        if (slice_is(word, words[i]))
            return i + 1;
    }
    return 0;
}

static void render_word(const struct value *value, struct json *json)
{
    int64_t number = number_of_word(slice_trim(value->text), value->member->words);

    if (number)
        json_put_int(json, value->member->key, number);
    else
        json_put_null(json, value->member->key);
}

static void render_words(const struct value *value, struct json *json)
{
    struct slice rest = slice_trim(value->text);
    struct slice word;

    if (rest.length == 0) {
        json_put_null(json, value->member->key);
        return;
    }
    json_open_list(json, value->member->key);
    while (slice_next(&rest, ' ', &word)) {
        int64_t number = number_of_word(word, value->member->words);
        if (number)
            json_put_int(json, NULL, number);
    }
    json_close(json);
}

static void render_child(const struct value *value, struct json *json)
{
    struct branch child;

    if (branch_child(value->branch, value->member->path, &child))
        render_object(value->member->key, &child, value->member->members, value->local, json);
    else
        json_put_null(json, value->member->key);
}

void render_value(const struct branch *branch, const struct value_member *member,
                  const struct timezone *local, struct json *json)
{
    static render *const renderers[] = {
        [VALUE_TEXT] = render_text,   [VALUE_LABEL] = render_label,
        [VALUE_BOOL] = render_bool,   [VALUE_RIGHT] = render_right,
        [VALUE_INT] = render_int,     [VALUE_DATETIME] = render_datetime,
        [VALUE_DATE] = render_date,   [VALUE_WORD] = render_word,
        [VALUE_WORDS] = render_words, [VALUE_OBJECT] = render_child,
    };
    struct value value = {branch, member, local, {0}};

    (void)branch_text(branch, member->path, &value.text);
    renderers[member->kind](&value, json);
}

void render_members(const struct branch *branch, const struct value_member *members,
                    const struct timezone *local, struct json *json)
{
    for (; members->key; members++)
        render_value(branch, members, local, json);
}

void render_object(const char *key, const struct branch *branch, const struct value_member *members,
                   const struct timezone *local, struct json *json)
{
    json_open_map(json, key);
    render_members(branch, members, local, json);
    json_close(json);
}
