/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CONFIG_EXPAND_H
#define ROOMCAL_CONFIG_EXPAND_H

/*
 * expand — ${NAME} and ${NAME:-default} in a text, as python-dotenv's variables.py does it
 *
 * A name is all up to '}' or ':', so it may hold anything and may be empty. The default is all up
 * to the next '}' and is not expanded itself; it counts only where the name is unknown: a name that
 * is empty stays empty. What is not closed, and ":" without "-", is plain text.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* false: the name is unknown; else *ret (NULL counts as ""), borrowed until the expansion ends. */
typedef bool expand_lookup(const void *context, struct slice name, const char **ret);

/* 0 and *ret, of at most `limit` bytes, which the caller frees; -ENOMEM; -EFBIG. No other copy of
 * it is left. */
int expand(struct slice text, expand_lookup *lookup, const void *context, size_t limit, char **ret);

#endif
