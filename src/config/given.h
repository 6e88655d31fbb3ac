/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CONFIG_GIVEN_H
#define ROOMCAL_CONFIG_GIVEN_H

/*
 * given — a setting's text as it was found: in the file, else in the environment
 */

#include <stdbool.h>

#include "config/dotenv.h"

/* Where settings come from. */
struct source {
    const char *file; /* the config's; NULL: there is none */
    struct dotenv dotenv;
};

struct given {
    const char *text; /* NULL: it was not found, or is bare */
    bool bare;        /* its name stands in the file without '=' */
    const char *file; /* as mistakes_add wants it; for a setting not found, where it should be */
    int line;
};

/* Where the key stands in the file the environment is not looked at, even if the file's value is empty. What is returned
 * borrows from `source`, or from the environment. */
struct given given_find(const struct source *source, const char *key);

/* Found, and not empty. */
bool given_is(const struct source *source, const char *key);

#endif
