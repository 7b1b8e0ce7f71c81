/* SPDX-License-Identifier: MIT */
/*
 * Marks: variables by which a process tells which test or fixture has started
 * it. Test runners set them, and each process inherits them.
 *
 * Only variables are read that a runner really sets, for its tests or its
 * workers. They are those of the last execve(2): a process that was forked
 * only, as by Python's multiprocessing, has those of its parent's start.
 *
 * Invariant: pure. The texts of a struct marks end in its last byte at the
 * latest.
 */
#ifndef JIG_CORE_SHARED_MARKS_H
#define JIG_CORE_SHARED_MARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text/json.h"

/** "NAME=value" of each mark, a NUL behind each; then another NUL. */
struct marks {
	char text[320];
};

/**
 * Note a variable, if it is a mark, and if @known does not have it with the
 * same value: what all processes of a fixture have says nothing.
 *
 * @known  "NAME=value", ends with NULL; or NULL.
 */
void marks_take(struct marks *marks, const char *variable, char *const *known);

/** Whether a struct that came over a socket is one. */
bool marks_are_ended(const struct marks *marks);

/**
 * Which test or fixture it was: "tests/test_x.py::test_y".
 * @return  whether any is known; else *ret is "".
 */
bool marks_left_by(const struct marks *marks, char *ret, size_t size);

/** The members left_by and marks of an object. */
void marks_json(struct json *json, const struct marks *marks);

#endif
