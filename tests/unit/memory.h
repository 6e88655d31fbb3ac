/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_TESTS_MEMORY_H
#define ROOMCAL_TESTS_MEMORY_H

/*
 * memory — how often a secret stands in this process' memory
 *
 * A test that looks for a secret must not hold it. So it is written down masked, each byte with its lowest bit turned
 * (MEMORY_MASK), unmasked for as short as can be, and looked for in its masked form. Registers and what was not written to
 * memory yet are not looked at. A sanitizer keeps freed memory and maps terabytes: MEMORY_IS_OURS is false then, and
 * nothing is counted.
 */

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#define MEMORY_MASK 1

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_IS_OURS false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define MEMORY_IS_OURS false
#endif
#endif
#ifndef MEMORY_IS_OURS
#define MEMORY_IS_OURS true
#endif

/* The pages that a line of /proc/self/maps or smaps is about; false: of none. */
static inline bool memory_range(const char *line, unsigned long *ret_begin, unsigned long *ret_end)
{
    char *at = NULL;

    *ret_begin = strtoul(line, &at, 16);
    if (*at != '-')
        return false;
    *ret_end = strtoul(at + 1, &at, 16);
    return *at == ' ';
}

/* The text that was masked; `to` has room for it and is overwritten by its owner. */
static inline void memory_unmask(const char *masked, char *to)
{
    size_t length = strlen(masked);

    for (size_t i = 0; i < length; i++)
        to[i] = (char)(masked[i] ^ MEMORY_MASK);
    to[length] = '\0';
}

static inline size_t memory_count_in(const char *bytes, size_t length, const char *masked)
{
    size_t wanted = strlen(masked);
    size_t count = 0;

    for (size_t at = 0; at + wanted <= length; at++) {
        size_t same = 0;
        while (same < wanted && (bytes[at + same] ^ MEMORY_MASK) == masked[same])
            same++;
        count += same == wanted;
    }
    return count;
}

/* In the pages from `begin` to `end`. */
static inline size_t memory_count_between(int memory, unsigned long begin, unsigned long end,
                                          const char *masked)
{
    static char piece[1 << 16];
    const size_t overlap = strlen(masked) - 1;
    size_t count = 0;

    while (begin < end) {
        size_t wanted = end - begin < sizeof piece ? end - begin : sizeof piece;
        explicit_bzero(piece, sizeof piece); /* it may be about to read itself */
        ssize_t got = pread(memory, piece, wanted, (off_t)begin);
        if (got <= (ssize_t)overlap)
            break;
        count += memory_count_in(piece, (size_t)got, masked);
        begin += (size_t)got - overlap;
    }
    explicit_bzero(piece, sizeof piece);
    return count;
}

/* In all that this process can write. */
static inline size_t memory_count(const char *masked)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[512];
    size_t count = 0;

    assert_non_null(maps);
    assert_true(memory >= 0);
    while (fgets(line, sizeof line, maps)) {
        unsigned long begin;
        unsigned long end;
        if (memory_range(line, &begin, &end) && strstr(line, " rw"))
            count += memory_count_between(memory, begin, end, masked);
    }
    (void)close(memory);
    (void)fclose(maps);
    return count;
}

static inline void assert_memory_holds(const char *masked, size_t times)
{
    if (MEMORY_IS_OURS)
        assert_int_equal(memory_count(masked), times);
    else
        print_message("# not counted: a sanitizer keeps what was freed\n");
}

#endif
