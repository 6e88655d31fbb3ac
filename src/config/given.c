/* SPDX-License-Identifier: MIT */
#include "config/given.h"

#include <stdlib.h>

struct given given_find(const struct source *source, const char *key)
{
    const struct dotenv_entry *entry = dotenv_find(&source->dotenv, key);

    if (entry)
        return (struct given){entry->value, !entry->value, source->file, entry->line};
    const char *outside = getenv(key);
    return (struct given){outside, false, outside ? NULL : source->file, 0};
}

bool given_is(const struct source *source, const char *key)
{
    struct given given = given_find(source, key);

    return given.text && *given.text;
}
