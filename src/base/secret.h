/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_BASE_SECRET_H
#define ROOMCAL_BASE_SECRET_H

/*
 * secret — memory for passwords, tokens and keys
 *
 * A secret that is kept has pages of its own, which are locked, so that they are not written to swap (mlock(2)), left out
 * of core dumps (MADV_DONTDUMP), and overwritten before they are given back. All of that is as far as the system allows:
 * RLIMIT_MEMLOCK may be small or 0, and a secret that is not locked is better than none. A lock is not inherited by
 * fork(2); what the pages hold is.
 *
 * What a secret passes through on its way is overwritten too: a struct buf that is BUF_SECRET, a text by secret_forget.
 */

#include <stddef.h>

#include "base/text.h"

/* A copy of the bytes and a NUL behind them, for secret_free; NULL without memory. */
char *secret_copy(struct slice text);

/* Overwrites it and gives its pages back. NULL is allowed; a text from anywhere else is not. */
void secret_free(char *secret);

/* Overwrites a text of malloc and frees it. NULL is allowed. */
void secret_forget(char *text);

/* free and realloc for a library through which secrets pass and whose memory can be set: what they give back is
 * overwritten. For memory of malloc, calloc and strdup. */
void secret_library_free(void *bytes);
void *secret_library_realloc(void *bytes, size_t size);

/* Main programs do it first of all: from now on this process leaves no core dump, whatever its limits and the system's
 * core_pattern (PR_SET_DUMPABLE, RLIMIT_CORE), and only root may look into it: its files in /proc are root's, and no debugger
 * of the same user can attach. Its children inherit that until they execute something else. */
void secret_seal_process(void);

#endif
