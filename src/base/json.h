/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_BASE_JSON_H
#define ROOMCAL_BASE_JSON_H

/*
 * json — writes one JSON value, and reads a map (RFC 8259). The home of json-c.
 *
 *     struct json json;
 *     json_begin(&json);
 *     json_open_map(&json, NULL);
 *         json_put_text(&json, "room", slice_of("R022"));
 *         json_open_list(&json, "items");
 *         json_close(&json);
 *     json_close(&json);
 *     error = json_finish(&json, &out);
 *
 * The first failure is remembered and reported by json_finish, so nothing in between is checked.
 * Keys keep their order; in a list, and for the outermost value, the key is NULL. Keys are borrowed
 * until json_finish. Text must be UTF-8; bytes that are not are replaced by U+FFFD, because what
 * leaves here is always valid JSON.
 *
 * What is read is what small protocols say, {"name": "text", "name": 7}: a caller who limits its length has limited the
 * memory.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

#define JSON_DEPTH 8 /* containers inside one another */

struct json {
    void *open[JSON_DEPTH]; /* the containers that are open, outermost first */
    int depth;
    void *root; /* owned; NULL also for JSON's null */
    bool has_root;
    int error;
};

void json_begin(struct json *json);

void json_open_map(struct json *json, const char *key);
void json_open_list(struct json *json, const char *key);
void json_close(struct json *json);

void json_put_text(struct json *json, const char *key, struct slice text);
void json_put_int(struct json *json, const char *key, int64_t value);
void json_put_bool(struct json *json, const char *key, bool value);
void json_put_null(struct json *json, const char *key);

/* Appends the value without blanks to `out` and frees it. 0, -ENOMEM, or -EINVAL for a programming
 * error (containers deeper than JSON_DEPTH or not all closed, no value or a second one, a map's
 * value without key); also the buffer's own error. */
int json_finish(struct json *json, struct buf *out);

/* Appends one JSON string, quotes included, without building a value. 0; -ENOMEM, also for a text of over 256 MiB, which
 * json-c could not count; or the buffer's own error. */
int json_append_text(struct buf *out, struct slice text);

/* A map that was read. */
struct json_map {
    void *root;
};

/* Reads one map and nothing behind it. 0 and *ret, which json_map_finish has to free; -EINVAL: no such map, deeper
 * than JSON_DEPTH, or not valid to json-c, which takes single quotes and NaN; -ENOMEM. Of a key that comes twice the
 * later value counts. */
int json_map_read(struct slice text, struct json_map *ret);

/* The text may be secret, so it is overwritten; what json-c needed while it read is not. NULL is allowed. */
void json_map_finish(struct json_map *map);

/* The value of `key` in the map itself, if it is a text (valid as long as the map; it may be empty or hold any
 * character) or a whole number. false: it is not, *ret is untouched. */
bool json_map_text(const struct json_map *map, const char *key, struct slice *ret);
bool json_map_int(const struct json_map *map, const char *key, int64_t *ret);

#endif
