/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_BASE_EXTREMES_H
#define ROOMCAL_BASE_EXTREMES_H

/*
 * extremes — the smaller and the greater of two numbers
 */

#include <stdint.h>

static inline int64_t min_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t max_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

#endif
