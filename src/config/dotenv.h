/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CONFIG_DOTENV_H
#define ROOMCAL_CONFIG_DOTENV_H

/*
 * dotenv — the .env grammar of python-dotenv, because that is what the files of our users were written for
 *
 * `export NAME=value`, comments, blanks round '=', unquoted values (a " #" starts a comment), single quotes
 * (escapes \\ and \'), double quotes (escapes \\ \' \" \a \b \f \n \r \t \v), quoted values over several lines, a name
 * without '=' (no value), ${NAME} and ${NAME:-default} in unquoted and double-quoted… and, as python-dotenv does
 * it, also in single-quoted values. Where this page and python-dotenv disagree, python-dotenv is right;
 * tests/e2e/test_dotenv.py compares the two over a corpus.
 */

#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

struct dotenv_entry {
    char *name;
    char *value; /* NULL: the name stood without '='. After expansion of ${…}. */
    int line;    /* where the entry begins, from 1 */
};

struct dotenv {
    struct dotenv_entry *entries; /* in the file's order; a name may occur twice, the last one counts */
    size_t count;
    int *bad_lines; /* lines that are no entry; python-dotenv warns and goes on, we report them as mistakes */
    size_t bad_count;
};

/* What ${NAME} means for a name that the file does not set before: the environment's value or NULL. */
typedef const char *dotenv_lookup(const char *name);

/* Parses `text` (UTF-8, at most 1 MiB; a BOM is skipped). 0, -ENOMEM, or -EFBIG. On failure *ret is untouched. */
int dotenv_parse(struct slice text, dotenv_lookup *lookup, struct dotenv *ret);
void dotenv_finish(struct dotenv *dotenv);

/* The last entry of that name, NULL when there is none. Borrowed from `dotenv`. */
const struct dotenv_entry *dotenv_find(const struct dotenv *dotenv, const char *name);

#endif
