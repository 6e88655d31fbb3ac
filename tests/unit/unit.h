/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_TESTS_UNIT_H
#define ROOMCAL_TESTS_UNIT_H

/*
 * unit — what every unit test includes: cmocka with the headers that it needs before it
 *
 * A test is a function whose name is the sentence it proves:
 *     static void a_buffer_remembers_its_first_failure(void **state)
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Ends a test that this machine cannot do. In place of cmocka's skip(): version 1.1.5 writes "not ok" for it, which meson takes for a
 * failure. */
#define UNIT_SKIP(reason)                                                                          \
    do {                                                                                           \
        print_message("# skipped: %s\n", reason);                                                  \
        return;                                                                                    \
    } while (0)

#endif
