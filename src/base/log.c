/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 2048

static _Atomic int threshold = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&threshold, level);
}

/* syslog(3)'s numbers: err, warning, info, debug. */
static const char *prefix(enum log_level level)
{
    static const char *const prefixes[] = {"<3>", "<4>", "<6>", "<7>"};

    return getenv("JOURNAL_STREAM") ? prefixes[level] : "";
}

/* What snprintf would have written, cut to what `room` holds. */
static size_t written(int length, size_t room)
{
    if (length < 0)
        return 0;
    return (size_t)length < room ? (size_t)length : room - 1;
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;

    if ((int)level > atomic_load(&threshold))
        return;
    /* The last byte is the line feed's. */
    size_t room = sizeof line - 1;
    size_t used = written(snprintf(line, room, "%sevent=%s ", prefix(level), event), room);
    va_start(arguments, format);
    used += written(vsnprintf(line + used, room - used, format, arguments), room - used);
    va_end(arguments);
    for (size_t i = 0; i < used; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F)
            line[i] = '?';
    }
    line[used++] = '\n';
    /* A log that cannot be written is no reason to stop serving. */
    ssize_t ignored = write(STDERR_FILENO, line, used);
    (void)ignored;
}

const char *log_value(struct slice text, char ret[static LOG_VALUE_SIZE])
{
    size_t length = text.length < LOG_VALUE_SIZE - 1 ? text.length : LOG_VALUE_SIZE - 1;
    size_t at = 0;

    if (length)
        memcpy(ret, text.at, length);
    ret[length] = '\0';
    while ((at += utf8_valid_prefix(ret + at, length - at)) < length)
        ret[at++] = '?';
    for (size_t i = 0; i < length; i++) {
        if (ret[i] == '"' || (unsigned char)ret[i] < 0x20 || ret[i] == 0x7F)
            ret[i] = '?';
    }
    return ret;
}
