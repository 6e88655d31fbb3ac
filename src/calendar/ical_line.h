/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_ICAL_LINE_H
#define ROOMCAL_CALENDAR_ICAL_LINE_H

/*
 * ical_line — the content lines of iCalendar (RFC 5545, 3.1)
 *
 *     struct ical_line line = ical_line_begin(out, "ORGANIZER");
 *     ical_line_plain(&line, ";CN=");
 *     ical_line_quoted(&line, name);
 *     ical_line_plain(&line, ":invalid:nomail");
 *     ical_line_end(&line);
 *
 * Lines end in CRLF and are folded at 75 octets, never inside a character or an escape sequence. Of
 * control characters only the tab goes out. Failures are remembered by the buffer. Text is UTF-8;
 * bytes that are not go out as they are.
 */

#include "base/buf.h"
#include "base/text.h"

struct ical_line {
    struct buf *out;
    size_t used; /* octets since the last line break */
};

/* Begins a line with its property's name, and whatever else is plain. */
struct ical_line ical_line_begin(struct buf *out, const char *name);
void ical_line_end(struct ical_line *line);

/* Names, times, words: printable ASCII, as it is. */
void ical_line_plain(struct ical_line *line, const char *text);

/* A TEXT value (3.3.11), escaped; CR LF, LF and CR each are one line break. */
void ical_line_text(struct ical_line *line, struct slice text);

/* A parameter's value in quotes (3.2). It cannot hold quotes: they become '. */
void ical_line_quoted(struct ical_line *line, struct slice text);

/* A mail address as part of a URI (RFC 6068), percent-encoded where it has to be. */
void ical_line_address(struct ical_line *line, struct slice address);

/* Whole lines. */
void ical_put_plain(struct buf *out, const char *name, const char *value);
void ical_put_text(struct buf *out, const char *name, struct slice text);

#endif
