/* SPDX-License-Identifier: MIT */
/*
 * fuzz_dotenv — any text as a .env file
 *
 * Besides crashes: line ends of any kind mean the same, an entry in front changes nothing but line numbers, what was
 * read can be written and read again, and the limits hold.
 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "config/dotenv.h"
#include "fuzz.h"

#define COMPARED_MAX                                                                               \
    ((size_t)1 << 16) /* bytes of values: megabytes would be read five times for nothing */

#define FRONT  "FRONT_OF_ALL"
#define HIDDEN "\xEF\xBB\xBF" /* a byte order mark */

static const char *look_up(const char *name)
{
    return strcmp(name, "HOME") == 0 ? "/home/rooms" : NULL;
}

static struct slice text_of(const struct buf *buf)
{
    return (struct slice){buf_text(buf), buf->length};
}

static bool contains(struct slice text, const char *part)
{
    return memmem(text.at, text.length, part, strlen(part)) != NULL;
}

/* ---- what holds for one reading -------------------------------------------------------------- */

/* How many bytes the values have. */
static size_t check_entries(const struct dotenv *dotenv)
{
    size_t values = 0;
    int line = 1;

    for (size_t i = 0; i < dotenv->count; i++) {
        const struct dotenv_entry *entry = &dotenv->entries[i];
        const struct dotenv_entry *last = dotenv_find(dotenv, entry->name);
        must(entry->line >= line);
        line = entry->line;
        must(last >= entry && strcmp(last->name, entry->name) == 0);
        values += entry->value ? strlen(entry->value) : 0;
    }
    must(values <= DOTENV_VALUES_MAX);
    for (size_t i = 1; i < dotenv->bad_count; i++)
        must(dotenv->bad_lines[i] >= dotenv->bad_lines[i - 1]);
    return values;
}

/* ---- two readings ---------------------------------------------------------------------------- */

static bool is_same_value(const char *left, const char *right)
{
    return left && right ? strcmp(left, right) == 0 : left == right;
}

/* The entries of `right` from `first` on are those of `left`. */
static void compare_entries(const struct dotenv *left, const struct dotenv *right, size_t first)
{
    must(right->count == left->count + first);
    for (size_t i = 0; i < left->count; i++) {
        const struct dotenv_entry *one = &left->entries[i];
        const struct dotenv_entry *other = &right->entries[i + first];
        must(strcmp(one->name, other->name) == 0 && is_same_value(one->value, other->value));
    }
}

static void compare_lines(const struct dotenv *left, const struct dotenv *right, int more)
{
    size_t first = right->count - left->count;

    for (size_t i = 0; i < left->count; i++)
        must(left->entries[i].line + more == right->entries[i + first].line);
    must(left->bad_count == right->bad_count);
    for (size_t i = 0; i < left->bad_count; i++)
        must(left->bad_lines[i] + more == right->bad_lines[i]);
}

/* Reads `text`, which has to give what `expected` has, behind `first` other entries that fill as many lines. */
static void check_same(struct slice text, const struct dotenv *expected, size_t first)
{
    struct dotenv dotenv = {0};
    int result = dotenv_parse(text, look_up, &dotenv);

    if (result == -EFBIG)
        return;
    must(result == 0);
    compare_entries(expected, &dotenv, first);
    compare_lines(expected, &dotenv, (int)first);
    dotenv_finish(&dotenv);
}

static void check_line_ends(struct slice text, const struct dotenv *expected)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};

    for (size_t end = 0; end < sizeof ends / sizeof ends[0]; end++) {
        struct buf other = BUF_INIT(SIZE_MAX / 2);
        for (size_t i = 0; i < text.length; i++) {
            bool is_cr = text.at[i] == '\r';
            if (is_cr || text.at[i] == '\n')
                buf_append_text(&other, ends[end]);
            else
                buf_append_char(&other, text.at[i]);
            i += is_cr && i + 1 < text.length && text.at[i + 1] == '\n';
        }
        check_same(text_of(&other), expected, 0);
        buf_finish(&other);
    }
}

static void check_front(struct slice text, const struct dotenv *expected)
{
    struct buf other = BUF_INIT(SIZE_MAX / 2);
    bool is_marked = text.length >= 3 && memcmp(text.at, HIDDEN, 3) == 0;
    struct slice rest = text;

    if (contains(text, FRONT))
        return;
    if (is_marked)
        (void)take(&rest, 3);
    buf_append_text(&other, FRONT "=1\n");
    buf_append(&other, rest.at, rest.length);
    check_same(text_of(&other), expected, 1);
    buf_finish(&other);
}

/* ---- written and read again ------------------------------------------------------------------ */

/* A quote behind a backslash does not close, ${…} would be expanded, and a quote in a name cannot be written. */
static bool can_be_written(const struct dotenv_entry *entry)
{
    size_t length = entry->value ? strlen(entry->value) : 0;

    return *entry->name && !strchr(entry->name, '\'') &&
           (!length || (entry->value[length - 1] != '\\' && !strstr(entry->value, "${")));
}

static void write_value(struct buf *out, const char *value)
{
    buf_append_text(out, "=\"");
    for (; *value; value++) {
        if (strchr("\"\\", *value))
            buf_append_char(out, '\\');
        if (*value == '\r') /* would become a line feed */
            buf_append_text(out, "\\r");
        else
            buf_append_char(out, *value);
    }
    buf_append_char(out, '"');
}

static bool write_all(const struct dotenv *dotenv, struct buf *out)
{
    for (size_t i = 0; i < dotenv->count; i++) {
        const struct dotenv_entry *entry = &dotenv->entries[i];
        if (!can_be_written(entry))
            return false;
        buf_printf(out, "'%s'", entry->name);
        if (entry->value)
            write_value(out, entry->value);
        buf_append_char(out, '\n');
    }
    return out->length <= DOTENV_TEXT_MAX;
}

static void check_round_trip(const struct dotenv *dotenv)
{
    struct buf text = BUF_INIT(SIZE_MAX / 2);
    struct dotenv again = {0};

    if (write_all(dotenv, &text)) {
        must(dotenv_parse(text_of(&text), look_up, &again) == 0);
        must(again.bad_count == 0);
        compare_entries(dotenv, &again, 0);
        dotenv_finish(&again);
    }
    buf_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    struct dotenv dotenv = {0};
    int result = dotenv_parse(text, look_up, &dotenv);

    must(result == 0 || result == -EFBIG);
    if (result == 0 && check_entries(&dotenv) < COMPARED_MAX) {
        check_line_ends(text, &dotenv);
        check_front(text, &dotenv);
        check_round_trip(&dotenv);
    }
    dotenv_finish(&dotenv);
    return 0;
}
