/* SPDX-License-Identifier: MIT */
/*
 * From a Python dict to a struct jig_command.
 *
 * Keys are the names of the struct's fields; texts are bytes, so how a str is
 * encoded is decided in Python alone. A key that is absent means the default.
 *
 * Invariant: everything that the struct points to is freed by
 * command_builder_close(), or belongs to an object of the dict.
 */
#ifndef JIG_PYTHON_COMMAND_H
#define JIG_PYTHON_COMMAND_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <jig.h>

struct command_builder {
	struct jig_command command; /* borrows from the dict: keep it alive */
	PyObject *kept; /* list of capsules, each an array of ours */
};

/** @return 0, or -1 with an exception set; close it in both cases. */
int command_builder_fill(struct command_builder *builder, PyObject *fields);

void command_builder_close(struct command_builder *builder);

#endif
