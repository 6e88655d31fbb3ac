/* SPDX-License-Identifier: MIT */
/*
 * dotenv-dump — what our parser makes of .env files, for tests/e2e/test_dotenv.py
 *
 * Reads paths from stdin, one a line, and prints for each one line of JSON:
 *     {"values":{"A":"1","B":null},"bad_lines":[3]}
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "config/dotenv.h"

static bool read_file(const char *path, struct buf *text)
{
    FILE *file = fopen(path, "rb");
    size_t got = 1;

    while (file && got > 0) {
        char *to = buf_reserve(text, 65536);
        got = to ? fread(to, 1, 65536, file) : 0;
        buf_grown(text, got);
    }
    bool good = file && !ferror(file) && buf_error(text) == 0;
    if (file)
        (void)fclose(file);
    return good;
}

static const char *environment(const char *name)
{
    return getenv(name);
}

static void put_dotenv(struct json *json, const struct dotenv *dotenv)
{
    json_open_map(json, NULL);
    json_open_map(json, "values");
    for (size_t i = 0; i < dotenv->count; i++) {
        const struct dotenv_entry *entry = &dotenv->entries[i];
        if (entry->value)
            json_put_text(json, entry->name, slice_of(entry->value));
        else
            json_put_null(json, entry->name);
    }
    json_close(json);
    json_open_list(json, "bad_lines");
    for (size_t i = 0; i < dotenv->bad_count; i++)
        json_put_int(json, NULL, dotenv->bad_lines[i]);
    json_close(json);
    json_close(json);
}

static int dump(const char *path)
{
    struct buf text = BUF_INIT(16u << 20);
    struct buf out = BUF_INIT(64u << 20);
    struct dotenv dotenv = {0};
    struct json json;
    int error = -1;

    if (read_file(path, &text))
        error = dotenv_parse((struct slice){buf_text(&text), text.length}, environment, &dotenv);
    if (!error) {
        json_begin(&json);
        put_dotenv(&json, &dotenv);
        error = json_finish(&json, &out);
    }
    if (error)
        (void)printf("{\"error\":%d}\n", error);
    else
        (void)puts(buf_text(&out));
    dotenv_finish(&dotenv);
    buf_finish(&out);
    buf_finish(&text);
    return error;
}

int main(void)
{
    char path[4096];

    while (fgets(path, sizeof path, stdin)) {
        path[strcspn(path, "\n")] = '\0';
        (void)dump(path);
    }
    return 0;
}
