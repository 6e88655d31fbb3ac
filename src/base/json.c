/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <string.h>

/* '/' needs no escape (RFC 8259, 7), and the service we replace sent none. */
#define STYLE (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

void json_begin(struct json *json)
{
    *json = (struct json){0};
}

static int put_root(struct json *json, struct json_object *value)
{
    if (json->has_root)
        return -EINVAL;
    json->root = value;
    json->has_root = true;
    return 0;
}

static int put_member(struct json_object *map, const char *key, struct json_object *value)
{
    if (!key)
        return -EINVAL;
    return json_object_object_add_ex(map, key, value, JSON_C_OBJECT_KEY_IS_CONSTANT) ? -ENOMEM : 0;
}

/* Into the open container, or as the root. */
static int place(struct json *json, const char *key, struct json_object *value)
{
    struct json_object *parent = json->depth ? json->open[json->depth - 1] : NULL;

    if (!parent)
        return put_root(json, value);
    if (json_object_is_type(parent, json_type_object))
        return put_member(parent, key, value);
    return json_object_array_add(parent, value) ? -ENOMEM : 0;
}

/* Hands `value` (owned; NULL is JSON's null) over; frees it where it finds no place. */
static void put(struct json *json, const char *key, struct json_object *value)
{
    if (!json->error)
        json->error = place(json, key, value);
    if (json->error)
        json_object_put(value);
}

static void put_new(struct json *json, const char *key, struct json_object *value)
{
    if (!value && !json->error)
        json->error = -ENOMEM;
    put(json, key, value);
}

static void open_container(struct json *json, const char *key, struct json_object *container)
{
    if (json->depth == JSON_DEPTH && !json->error)
        json->error = -EINVAL;
    put_new(json, key, container);
    if (!json->error)
        json->open[json->depth++] = container;
}

void json_open_map(struct json *json, const char *key)
{
    open_container(json, key, json_object_new_object());
}

void json_open_list(struct json *json, const char *key)
{
    open_container(json, key, json_object_new_array());
}

void json_close(struct json *json)
{
    if (json->error)
        return;
    if (json->depth == 0)
        json->error = -EINVAL;
    else
        json->depth--;
}

/* The text with every ill-formed byte replaced; only built when there is one. */
static int repair(struct slice text, struct buf *out)
{
    while (text.length) {
        size_t good = utf8_valid_prefix(text.at, text.length);
        buf_append(out, text.at, good);
        if (good == text.length)
            break;
        buf_append_text(out, "\xEF\xBF\xBD");
        text.at += good + 1;
        text.length -= good + 1;
    }
    return buf_error(out);
}

static struct json_object *new_text(struct slice text)
{
    struct buf repaired = BUF_INIT(INT_MAX / 2);
    struct json_object *value = NULL;

    if (text.length >= INT_MAX / 8)
        return NULL; /* json-c counts in int; no text of ours comes near */
    if (utf8_valid_prefix(text.at, text.length) == text.length)
        return json_object_new_string_len(text.at ? text.at : "", (int)text.length);
    if (repair(text, &repaired) == 0)
        value = json_object_new_string_len(buf_text(&repaired), (int)repaired.length);
    buf_finish(&repaired);
    return value;
}

void json_put_text(struct json *json, const char *key, struct slice text)
{
    put_new(json, key, new_text(text));
}

void json_put_int(struct json *json, const char *key, int64_t value)
{
    put_new(json, key, json_object_new_int64(value));
}

void json_put_bool(struct json *json, const char *key, bool value)
{
    put_new(json, key, json_object_new_boolean(value));
}

void json_put_null(struct json *json, const char *key)
{
    put(json, key, NULL);
}

static int append_value(struct json_object *value, struct buf *out)
{
    size_t length = 0;
    const char *text = json_object_to_json_string_length(value, STYLE, &length);

    if (!text)
        return -ENOMEM;
    buf_append(out, text, length);
    return buf_error(out);
}

int json_finish(struct json *json, struct buf *out)
{
    int error = json->error;

    if (!error && (json->depth || !json->has_root))
        error = -EINVAL;
    if (!error)
        error = append_value(json->root, out);
    json_object_put(json->root);
    json_begin(json);
    return error;
}

int json_append_text(struct buf *out, struct slice text)
{
    struct json_object *value = new_text(text);

    if (!value)
        return -ENOMEM;
    int error = append_value(value, out);
    json_object_put(value);
    return error;
}

/* ---- reading ---- */

int json_map_read(struct slice text, struct json_map *ret)
{
    struct json_map map = {0};

    if (text.length == 0 || text.length > INT_MAX)
        return -EINVAL;
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
    if (!tokener)
        return -ENOMEM;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    map.root = json_tokener_parse_ex(tokener, text.at, (int)text.length);
    /* What is behind a NUL it does not look at. */
    bool is_map = json_tokener_get_error(tokener) == json_tokener_success &&
                  json_tokener_get_parse_end(tokener) == text.length &&
                  json_object_is_type(map.root, json_type_object);
    explicit_bzero(tokener->pb->buf,
                   (size_t)tokener->pb->size); /* the last text passed through it */
    json_tokener_free(tokener);
    if (is_map)
        *ret = map;
    else
        json_map_finish(&map);
    return is_map ? 0 : -EINVAL;
}

/* json-c gives out its own bytes. */
static void wipe_text(struct json_object *value)
{
    if (json_object_is_type(value, json_type_string))
        explicit_bzero((void *)(uintptr_t)json_object_get_string(value),
                       (size_t)json_object_get_string_len(value));
}

void json_map_finish(struct json_map *map)
{
    if (!map || !map->root)
        return;
    if (json_object_is_type(map->root, json_type_object)) {
        json_object_object_foreach((struct json_object *)map->root, key, value)
        {
            (void)key;
            wipe_text(value);
        }
    }
    json_object_put(map->root);
    map->root = NULL;
}

static struct json_object *find(const struct json_map *map, const char *key, enum json_type type)
{
    struct json_object *value = NULL;

    (void)json_object_object_get_ex(map->root, key, &value);
    return json_object_is_type(value, type) ? value : NULL;
}

bool json_map_text(const struct json_map *map, const char *key, struct slice *ret)
{
    struct json_object *value = find(map, key, json_type_string);

    if (value)
        *ret = (struct slice){json_object_get_string(value),
                              (size_t)json_object_get_string_len(value)};
    return value;
}

bool json_map_int(const struct json_map *map, const char *key, int64_t *ret)
{
    struct json_object *value = find(map, key, json_type_int);

    if (value)
        *ret = json_object_get_int64(value);
    return value;
}
