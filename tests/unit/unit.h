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

#endif
