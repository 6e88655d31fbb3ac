/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_BASE_LOG_H
#define ROOMCAL_BASE_LOG_H

/*
 * log — one line an event, to stderr, or to syslog where that is gone
 *
 *     <6>event=refresh rooms=50 changed=3 requests=52 ms=410
 *
 * "<6>" is systemd's priority prefix (sd-daemon(3)), written only when the journal reads us
 * (JOURNAL_STREAM is set). The rest is key=value; a value with blanks is quoted by the caller's
 * format ("reason=\"%s\""). Control characters, and bytes that are not UTF-8, are written as '?', so that a
 * stranger's text cannot forge a line; one line is one write(2), at most 2 KiB. Only refresh/, http/, fcgi/ and cli/ log;
 * nothing below does. Never pass a secret.
 */

#include "base/text.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Until it is called: info. */
void log_set_level(enum log_level level);

/* From now on, and for good, to syslog(3) as `ident` with our pid, facility daemon: for a process that has left its standard
 * error behind. The line is the same, without systemd's prefix, because syslog has priorities of its own. Before any
 * other thread; `ident` must outlive the process. */
void log_to_syslog(const char *ident);

/* Writes the line if the level is that of log_set_level or a graver one: "event=EVENT", and what `format` gives. A line
 * that cannot be written is lost. Thread-safe. */
void log_event(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define LOG_VALUE_SIZE 201

/* A stranger's text, made fit for a quoted value: its first 200 bytes, with '?' for quotes, control characters and what is
 * not UTF-8. Returns `ret`. */
const char *log_value(struct slice text, char ret[static LOG_VALUE_SIZE]);

#endif
