/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The sentence with its place in front, for the caller to free. NULL without memory. */
static char *place_sentence(const char *file, int line, const char *sentence)
{
    const char *place = file ? file : "the environment";
    char *placed = NULL;
    int length = line ? asprintf(&placed, "%s line %d: %s", place, line, sentence)
                      : asprintf(&placed, "%s: %s", place, sentence);

    if (length < 0)
        return NULL; /* `placed` is undefined */
    /* It may quote a setting that was cut within a character: journald would show that as "[123B blob data]". */
    text_make_printable(placed, (size_t)length);
    return placed;
}

/* Takes the sentence over. */
static int keep(struct mistakes *mistakes, char *sentence)
{
    char **sentences = reallocarray(mistakes->sentences, mistakes->count + 1, sizeof *sentences);

    if (!sentences) {
        free(sentence);
        return -ENOMEM;
    }
    mistakes->sentences = sentences;
    mistakes->sentences[mistakes->count++] = sentence;
    return 0;
}

static int add(struct mistakes *mistakes, const char *file, int line, const char *sentence)
{
    if (mistakes->count > MISTAKES_MAX)
        return 0;
    char *placed = mistakes->count < MISTAKES_MAX
                       ? place_sentence(file, line, sentence)
                       : strdup("There are more mistakes than these; mend them first.");
    return placed ? keep(mistakes, placed) : -ENOMEM;
}

void mistakes_add(struct mistakes *mistakes, const char *file, int line, const char *format, ...)
{
    va_list arguments;
    char *sentence = NULL;

    va_start(arguments, format);
    int length = vasprintf(&sentence, format, arguments);
    va_end(arguments);
    if (length < 0 || add(mistakes, file, line, sentence) < 0)
        mistakes->error = -ENOMEM;
    if (length >= 0)
        free(sentence);
}

void mistakes_finish(struct mistakes *mistakes)
{
    if (!mistakes)
        return;
    for (size_t i = 0; i < mistakes->count; i++)
        free(mistakes->sentences[i]);
    free(mistakes->sentences);
    *mistakes = (struct mistakes){0};
}
