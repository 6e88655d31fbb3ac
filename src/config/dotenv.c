/* SPDX-License-Identifier: MIT */
#include "config/dotenv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "config/expand.h"

/* ---- characters ------------------------------------------------------------------------------ */

/* What Python's \s takes for white space beyond ASCII. */
static const char *const wide_blanks[] = {
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
    "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
    "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
    "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80",
};

/* The bytes of the white space at the front, line ends included; 0: something else is there. */
static size_t blank_size(struct slice text)
{
    unsigned char first = text.length ? (unsigned char)text.at[0] : 'x';

    if (first < 0x80)
        return first == ' ' || (first >= '\t' && first <= '\r') || (first >= 0x1C && first <= 0x1F);
    for (size_t i = 0; i < sizeof wide_blanks / sizeof wide_blanks[0]; i++) {
        struct slice blank = slice_of(wide_blanks[i]);
        if (text.length >= blank.length && memcmp(text.at, blank.at, blank.length) == 0)
            return blank.length;
    }
    return 0;
}

/* ---- reader: the text that is left, and the line we are in ----------------------------------- */

struct reader {
    struct slice rest;
    int line;
};

static char peek(const struct reader *reader)
{
    return reader->rest.length ? reader->rest.at[0] : '\n';
}

static struct slice take(struct reader *reader, size_t length)
{
    struct slice taken = {reader->rest.at, length};

    for (size_t i = 0; i < length; i++)
        reader->line += taken.at[i] == '\n';
    reader->rest.at += length;
    reader->rest.length -= length;
    return taken;
}

static void skip_blanks(struct reader *reader, bool over_lines)
{
    size_t size = 0;

    while ((over_lines || peek(reader) != '\n') && (size = blank_size(reader->rest)) > 0)
        (void)take(reader, size);
}

static struct slice take_line(struct reader *reader)
{
    const char *end =
        reader->rest.length ? memchr(reader->rest.at, '\n', reader->rest.length) : NULL;

    return take(reader, end ? (size_t)(end - reader->rest.at) : reader->rest.length);
}

/* Skips the line end; false: something else is there. The end of the text is one too. */
static bool skip_line_end(struct reader *reader)
{
    if (peek(reader) != '\n')
        return false;
    if (reader->rest.length)
        (void)take(reader, 1);
    return true;
}

/* ---- grammar: one statement ------------------------------------------------------------------ */

/* Slices of the text, escapes and ${…} as they were written. */
struct statement {
    struct slice name; /* at == NULL: a comment */
    struct slice value;
    char quote;     /* ' or " round the value; 0: none */
    bool has_value; /* there was a '=' */
};

static void skip_export(struct reader *reader)
{
    struct reader ahead = *reader;

    if (ahead.rest.length < 6 || memcmp(ahead.rest.at, "export", 6) != 0)
        return;
    (void)take(&ahead, 6);
    size_t left = ahead.rest.length;
    skip_blanks(&ahead, false);
    if (ahead.rest.length < left)
        *reader = ahead;
}

static bool read_plain_name(struct reader *reader, struct slice *ret)
{
    size_t length = 0;
    struct slice rest = reader->rest;

    while (rest.length && rest.at[0] != '=' && rest.at[0] != '#' && !blank_size(rest)) {
        rest.at++;
        rest.length--;
        length++;
    }
    *ret = take(reader, length);
    return length > 0;
}

static bool read_quoted_name(struct reader *reader, struct slice *ret)
{
    struct slice rest = reader->rest;
    const char *end = rest.length > 1 ? memchr(rest.at + 1, '\'', rest.length - 1) : NULL;

    if (!end || end == rest.at + 1)
        return false;
    (void)take(reader, 1);
    *ret = take(reader, (size_t)(end - rest.at) - 1);
    (void)take(reader, 1);
    return true;
}

static bool read_name(struct reader *reader, struct slice *ret)
{
    if (peek(reader) == '#')
        return true;
    return peek(reader) == '\'' ? read_quoted_name(reader, ret) : read_plain_name(reader, ret);
}

/* The length up to the quote that closes the value at the front; SIZE_MAX: none does. A backslash
 * before a quote escapes it, whatever stands before the backslash; but when no other quote follows
 * in the whole text, python-dotenv's regular expression steps back and takes the last escaped one.
 */
static size_t find_closing_quote(struct slice text, char quote)
{
    size_t escaped = SIZE_MAX;

    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] != quote)
            continue;
        if (i == 0 || text.at[i - 1] != '\\')
            return i;
        escaped = i;
    }
    return escaped;
}

static bool read_quoted_value(struct reader *reader, struct statement *ret)
{
    struct slice inside = {reader->rest.at + 1, reader->rest.length - 1};
    size_t length = find_closing_quote(inside, peek(reader));

    if (length == SIZE_MAX)
        return false;
    ret->quote = peek(reader);
    (void)take(reader, 1);
    ret->value = take(reader, length);
    (void)take(reader, 1);
    return true;
}

/* Up to the line's end or a '#' behind white space, without white space at its end. */
static struct slice cut_comment(struct slice line)
{
    size_t kept = 0;
    size_t at = 0;

    while (at < line.length) {
        size_t blank = blank_size((struct slice){line.at + at, line.length - at});
        if (!blank && line.at[at] == '#' && at > kept)
            break;
        at += blank ? blank : 1;
        if (!blank)
            kept = at;
    }
    return (struct slice){line.at, kept};
}

static bool read_value(struct reader *reader, struct statement *ret)
{
    if (peek(reader) != '=')
        return true;
    (void)take(reader, 1);
    skip_blanks(reader, false);
    ret->has_value = true;
    if (peek(reader) == '\'' || peek(reader) == '"')
        return read_quoted_value(reader, ret);
    ret->value = cut_comment(take_line(reader));
    return true;
}

/* false: what begins here is no statement; the reader then stands where it was noticed. */
static bool read_statement(struct reader *reader, struct statement *ret)
{
    *ret = (struct statement){0};
    skip_export(reader);
    if (!read_name(reader, &ret->name))
        return false;
    skip_blanks(reader, false);
    if (!read_value(reader, ret))
        return false;
    skip_blanks(reader, false);
    if (peek(reader) == '#')
        (void)take_line(reader);
    return skip_line_end(reader);
}

/* ---- meaning: names, values, expansion ------------------------------------------------------- */

/* What the escape of a backslash and `byte` stands for; '\0': it is none, both stay. */
static char escape_meaning(char quote, char byte)
{
    static const char letters[] = "\\'\"abfnrtv";
    static const char meanings[] = "\\'\"\a\b\f\n\r\t\v";
    const char *known = byte ? strchr(letters, byte) : NULL;

    if (!known || (quote == '\'' && byte != '\\' && byte != '\''))
        return '\0';
    return meanings[known - letters];
}

/* The value as written inside its quotes → what is meant; unquoted values have no escapes. NULL
 * without memory. */
static char *unescape(const struct statement *statement)
{
    char *result = slice_copy(statement->value);
    size_t length = 0;

    if (!result || !statement->quote)
        return result;
    for (size_t i = 0; i < statement->value.length; i++, length++) {
        char meaning = result[i] == '\\' ? escape_meaning(statement->quote, result[i + 1]) : '\0';
        result[length] = meaning ? meaning : result[i];
        i += meaning != '\0';
    }
    /* Also what was moved to the front must not stay behind the end. */
    explicit_bzero(result + length, statement->value.length - length);
    return result;
}

/* What ${NAME} can see. */
struct scope {
    const struct dotenv *dotenv; /* what was read so far */
    dotenv_lookup *lookup;
};

static bool look_up(const void *context, struct slice name, const char **ret)
{
    const struct scope *scope = context;
    /* Without memory a name is unknown; the next allocation fails too. */
    char *copy = slice_copy(name);
    const struct dotenv_entry *entry = copy ? dotenv_find(scope->dotenv, copy) : NULL;
    /* getenv("A=B") would find a variable A whose value begins with "B=". */
    bool in_environment = !entry && copy && *copy && !strchr(copy, '=');

    *ret = entry ? entry->value : in_environment ? scope->lookup(copy) : NULL;
    secret_forget(copy); /* a password may look as if it named one */
    return entry || *ret;
}

static int expand_value(const struct statement *statement, const struct scope *scope, size_t limit,
                        char **ret)
{
    char *written = unescape(statement);

    if (!written)
        return -ENOMEM;
    int error = expand(slice_of(written), look_up, scope, limit, ret);
    secret_forget(written);
    return error;
}

static int add_entry(struct dotenv *dotenv, struct dotenv_entry entry)
{
    struct dotenv_entry *entries =
        reallocarray(dotenv->entries, dotenv->count + 1, sizeof *entries);

    if (!entries)
        return -ENOMEM;
    dotenv->entries = entries;
    dotenv->entries[dotenv->count++] = entry;
    return 0;
}

static int add_statement(struct dotenv *dotenv, const struct statement *statement, int line,
                         dotenv_lookup *lookup, size_t *left)
{
    struct scope scope = {dotenv, lookup};
    struct dotenv_entry entry = {.line = line, .name = slice_copy(statement->name)};
    int error = entry.name ? 0 : -ENOMEM;

    if (!error && statement->has_value)
        error = expand_value(statement, &scope, *left, &entry.value);
    if (!error)
        error = add_entry(dotenv, entry);
    if (error) {
        secret_forget(entry.name);
        secret_forget(entry.value);
    } else if (entry.value) {
        *left -= strlen(entry.value);
    }
    return error;
}

static int add_bad_line(struct dotenv *dotenv, int line)
{
    int *lines = reallocarray(dotenv->bad_lines, dotenv->bad_count + 1, sizeof *lines);

    if (!lines)
        return -ENOMEM;
    dotenv->bad_lines = lines;
    dotenv->bad_lines[dotenv->bad_count++] = line;
    return 0;
}

static bool has_nul(struct slice text)
{
    return text.length && memchr(text.at, '\0', text.length);
}

static int parse(struct slice text, dotenv_lookup *lookup, struct dotenv *dotenv)
{
    struct reader reader = {.rest = text, .line = 1};
    size_t left = DOTENV_VALUES_MAX;
    int error = 0;

    for (skip_blanks(&reader, true); !error && reader.rest.length; skip_blanks(&reader, true)) {
        struct statement statement;
        int line = reader.line;
        bool good = read_statement(&reader, &statement);

        if (!good)
            (void)take_line(&reader);
        if (!good || has_nul(statement.name) || has_nul(statement.value))
            error = add_bad_line(dotenv, line);
        else if (statement.name.at)
            error = add_statement(dotenv, &statement, line, lookup, &left);
    }
    return error;
}

/* A copy with LF for every line end and without a BOM. NULL without memory. */
static char *unify(struct slice text, size_t *ret_length)
{
    char *copy = malloc(text.length + 1);
    bool has_bom = text.length >= 3 && memcmp(text.at, "\xEF\xBB\xBF", 3) == 0;
    size_t length = 0;

    for (size_t i = has_bom ? 3 : 0; copy && i < text.length; i++) {
        bool is_cr = text.at[i] == '\r';
        copy[length++] = is_cr ? '\n' : text.at[i];
        i += is_cr && i + 1 < text.length && text.at[i + 1] == '\n';
    }
    *ret_length = length;
    return copy;
}

int dotenv_parse(struct slice text, dotenv_lookup *lookup, struct dotenv *ret)
{
    struct dotenv dotenv = {0};
    size_t length = 0;

    if (text.length > DOTENV_TEXT_MAX)
        return -EFBIG;
    char *copy = unify(text, &length);
    if (!copy)
        return -ENOMEM;
    int error = parse((struct slice){copy, length}, lookup, &dotenv);
    explicit_bzero(copy, length);
    free(copy);
    if (error)
        dotenv_finish(&dotenv);
    else
        *ret = dotenv;
    return error;
}

void dotenv_finish(struct dotenv *dotenv)
{
    if (!dotenv)
        return;
    for (size_t i = 0; i < dotenv->count; i++) {
        secret_forget(dotenv->entries[i].name); /* a line that is amiss may be a password */
        secret_forget(dotenv->entries[i].value);
    }
    free(dotenv->entries);
    free(dotenv->bad_lines);
    *dotenv = (struct dotenv){0};
}

const struct dotenv_entry *dotenv_find(const struct dotenv *dotenv, const char *name)
{
    for (size_t i = dotenv->count; i > 0; i--) {
        if (strcmp(dotenv->entries[i - 1].name, name) == 0)
            return &dotenv->entries[i - 1];
    }
    return NULL;
}
