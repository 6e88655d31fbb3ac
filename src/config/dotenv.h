/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CONFIG_DOTENV_H
#define ROOMCAL_CONFIG_DOTENV_H

/*
 * dotenv — the .env grammar of python-dotenv, because that is what the files of our users were
 * written for
 *
 * `export NAME=value`, comments, blanks round '=', unquoted values (a " #" starts a comment),
 * single quotes (escapes \\ and \'), double quotes (escapes \\ \' \" \a \b \f \n \r \t \v), quoted
 * values over several lines, a name without '=' (no value), ${NAME} and ${NAME:-default} in
 * unquoted and double-quoted… and, as python-dotenv does it, also in single-quoted values. Where
 * this page and python-dotenv disagree, python-dotenv is right; tests/e2e/test_dotenv.py compares
 * the two over a corpus.
 *
 * As Python reads text files, CRLF and a lone CR are line ends like LF, also inside quotes. Three
 * differences are meant: a BOM is skipped; an entry that holds a NUL is a bad line; and values stay
 * under DOTENV_VALUES_MAX in all, however often ${…} repeats them. Values may be secrets:
 * dotenv_finish wipes them, and no other copy is left in memory.
 */

#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

#define DOTENV_TEXT_MAX   (1u << 20) /* bytes of a file */
#define DOTENV_VALUES_MAX (4u << 20) /* bytes of all values together, after expansion */

struct dotenv_entry {
    char *name;
    char *value; /* NULL: the name stood without '='. After expansion of ${…}. */
    int line;    /* where the entry begins, from 1 */
};

struct dotenv {
    struct dotenv_entry *entries; /* in the file's order; dotenv_find takes the last of a name */
    size_t count;
    int *bad_lines; /* where something begins that is no entry; parsing went on behind it */
    size_t bad_count;
};

/* What ${NAME} means for a name that the file did not set before: the environment's or NULL. */
typedef const char *dotenv_lookup(const char *name);

/* Parses `text` (UTF-8). 0, -ENOMEM, or -EFBIG over one of the limits above. On failure *ret is
 * untouched. */
int dotenv_parse(struct slice text, dotenv_lookup *lookup, struct dotenv *ret);

/* Overwrites all names and values and frees them. NULL is allowed. */
void dotenv_finish(struct dotenv *dotenv);

/* The last entry of that name, NULL when there is none. Borrowed from `dotenv`. */
const struct dotenv_entry *dotenv_find(const struct dotenv *dotenv, const char *name);

#endif
