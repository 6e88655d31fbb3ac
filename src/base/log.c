/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define LINE_SIZE 2048

static _Atomic int threshold = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&threshold, level);
}

/* syslog(3)'s priorities, which systemd's prefixes are made of. */
static const int priorities[] = {
    [LOG_LEVEL_ERROR] = LOG_ERR,
    [LOG_LEVEL_WARNING] = LOG_WARNING,
    [LOG_LEVEL_INFO] = LOG_INFO,
    [LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

/* `line` has `length` bytes, and room for one more. */
typedef void log_sink(enum log_level level, char *line, size_t length);

static void to_stderr(enum log_level level, char *line, size_t length)
{
    (void)level;
    line[length] = '\n';
    /* A log that cannot be written is no reason to stop serving. */
    ssize_t ignored = write(STDERR_FILENO, line, length + 1);
    (void)ignored;
}

static void to_syslog(enum log_level level, char *line, size_t length)
{
    line[length] = '\0';
    syslog(priorities[level], "%s", line);
}

static log_sink *sink = to_stderr;

void log_to_syslog(const char *ident)
{
    openlog(ident, LOG_PID, LOG_DAEMON);
    sink = to_syslog;
}

/* What snprintf would have written, cut to what `room` holds. */
static size_t written(int length, size_t room)
{
    if (length < 0)
        return 0;
    return (size_t)length < room ? (size_t)length : room - 1;
}

/* Systemd's, where the journal reads our standard error. Returns its length. */
static size_t put_prefix(enum log_level level, char line[static LINE_SIZE])
{
    if (sink != to_stderr || !getenv("JOURNAL_STREAM"))
        return 0;
    return written(snprintf(line, LINE_SIZE, "<%d>", priorities[level]), LINE_SIZE);
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;

    if ((int)level > atomic_load(&threshold))
        return;
    /* The last byte is the sink's. */
    size_t room = sizeof line - 1;
    size_t used = put_prefix(level, line);
    used += written(snprintf(line + used, room - used, "event=%s ", event), room - used);
    va_start(arguments, format);
    used += written(vsnprintf(line + used, room - used, format, arguments), room - used);
    va_end(arguments);
    text_make_printable(line, used);
    sink(level, line, used);
}

const char *log_value(struct slice text, char ret[static LOG_VALUE_SIZE])
{
    size_t length = text.length < LOG_VALUE_SIZE - 1 ? text.length : LOG_VALUE_SIZE - 1;

    if (length)
        memcpy(ret, text.at, length);
    ret[length] = '\0';
    text_make_printable(ret, length);
    for (size_t i = 0; i < length; i++) {
        if (ret[i] == '"')
            ret[i] = '?';
    }
    return ret;
}
