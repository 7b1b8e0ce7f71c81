/* SPDX-License-Identifier: MIT */
/*
 * Needed by each unit test: cmocka, and the headers that it requires first.
 *
 * Each function is named for the promise that it holds. A unit test includes
 * headers of src/; tests/lib tests the public API.
 */
#ifndef JIG_TESTS_UNIT_H
#define JIG_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** Run all of a table of struct CMUnitTest, with the file's name on top. */
#define RUN(tests) cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL)

#endif
