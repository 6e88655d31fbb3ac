/* SPDX-License-Identifier: MIT */
#include "calendar/ical_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE_OCTETS      75
#define CHARACTER_OCTETS 4

/* What must stay together: a character, or an escape sequence. */
static void put_unit(struct ical_line *line, const char *bytes, size_t length)
{
    if (line->used + length > LINE_OCTETS) {
        buf_append_text(line->out, "\r\n ");
        line->used = 1;
    }
    buf_append(line->out, bytes, length);
    line->used += length;
}

void ical_line_plain(struct ical_line *line, const char *text)
{
    for (; *text; text++)
        put_unit(line, text, 1);
}

struct ical_line ical_line_begin(struct buf *out, const char *name)
{
    struct ical_line line = {.out = out};

    ical_line_plain(&line, name);
    return line;
}

void ical_line_end(struct ical_line *line)
{
    buf_append_text(line->out, "\r\n");
}

void ical_put_plain(struct buf *out, const char *name, const char *value)
{
    struct ical_line line = ical_line_begin(out, name);

    ical_line_plain(&line, value);
    ical_line_end(&line);
}

static bool is_control(char byte)
{
    unsigned char octet = (unsigned char)byte;

    return (octet < 0x20 && octet != '\t') || octet == 0x7F;
}

/* Octets of the character at the front. */
static size_t character_length(struct slice text)
{
    size_t length = 1;

    while (length < text.length && length < CHARACTER_OCTETS &&
           ((unsigned char)text.at[length] & 0xC0) == 0x80)
        length++;
    return length;
}

/* What stands for the character at the front; a line break of any kind is one. NULL: itself. */
static const char *escape_of(struct slice text)
{
    switch (text.at[0]) {
    case '\\':
        return "\\\\";
    case ';':
        return "\\;";
    case ',':
        return "\\,";
    case '\n':
        return "\\n";
    case '\r':
        return text.length > 1 && text.at[1] == '\n' ? "" : "\\n";
    default:
        return is_control(text.at[0]) ? "" : NULL;
    }
}

void ical_line_text(struct ical_line *line, struct slice text)
{
    while (text.length) {
        size_t length = character_length(text);
        const char *escape = escape_of(text);
        if (escape)
            put_unit(line, escape, strlen(escape));
        else
            put_unit(line, text.at, length);
        text.at += length;
        text.length -= length;
    }
}

void ical_line_quoted(struct ical_line *line, struct slice text)
{
    put_unit(line, "\"", 1);
    while (text.length) {
        size_t length = character_length(text);
        if (text.at[0] == '"')
            put_unit(line, "'", 1);
        else if (text.at[0] == '\n')
            put_unit(line, " ", 1); /* a name over two lines is still two words */
        else if (!is_control(text.at[0]))
            put_unit(line, text.at, length);
        text.at += length;
        text.length -= length;
    }
    put_unit(line, "\"", 1);
}

void ical_line_address(struct ical_line *line, struct slice address)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-._~!$'*+@";
    char coded[4];

    for (size_t i = 0; i < address.length; i++) {
        if (memchr(plain, address.at[i], sizeof plain - 1)) {
            put_unit(line, &address.at[i], 1);
            continue;
        }
        (void)snprintf(coded, sizeof coded, "%%%02X", (unsigned)(unsigned char)address.at[i]);
        put_unit(line, coded, 3);
    }
}

void ical_put_text(struct buf *out, const char *name, struct slice text)
{
    struct ical_line line = ical_line_begin(out, name);

    ical_line_text(&line, text);
    ical_line_end(&line);
}
