/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 0))) static void put(struct err *err, const char *format,
                                                      va_list arguments)
{
    struct err sentence; /* built aside: the old one may be among the arguments */

    if (!err)
        return;
    (void)vsnprintf(sentence.text, sizeof sentence.text, format, arguments);
    *err = sentence;
}

int err_set(struct err *err, int code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put(err, format, arguments);
    va_end(arguments);
    return code;
}

int err_errno(struct err *err, int errnum, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put(err, format, arguments);
    va_end(arguments);
    if (err) {
        char reason[128];
        size_t used = strlen(err->text);

        /* Not strerror(), which is not thread-safe. GNU's strerror_r may return a text of its own. */
        (void)snprintf(err->text + used, sizeof err->text - used, ": %s",
                       strerror_r(errnum, reason, sizeof reason));
    }
    return -errnum;
}
