/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_FUZZ_FUZZ_H
#define ROOMCAL_FUZZ_FUZZ_H

/*
 * fuzz — what the targets share
 *
 * A target takes any bytes, and aborts where something does not hold that has to hold for all of them. libFuzzer calls
 * it, or replay_main.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(good) ((good) ? (void)0 : must_have_been(#good, __FILE__, __LINE__))

static inline void must_have_been(const char *what, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, what);
    abort();
}

static inline void must_be_utf8(struct slice text)
{
    must(utf8_valid_prefix(text.at, text.length) == text.length);
}

/* Takes `length` bytes off the front, or what there is. */
static inline struct slice take(struct slice *rest, size_t length)
{
    struct slice taken = {rest->at, length < rest->length ? length : rest->length};

    rest->at += taken.length;
    rest->length -= taken.length;
    return taken;
}

/* Takes one byte off the front; 0 where there is none. */
static inline uint8_t take_byte(struct slice *rest)
{
    struct slice byte = take(rest, 1);

    return byte.length ? (uint8_t)byte.at[0] : 0;
}

#endif
