/* SPDX-License-Identifier: MIT */
/*
 * The type _jig.Fixture: a struct jig as a Python object.
 *
 * The GIL is what makes "one thread at a time" of jig.h true: every call that
 * does not block is made while it is held. What blocks is a poll(2) on jig_fd()
 * without it, so that others can signal and stop a fixture that one waits for,
 * and so that a Python signal handler runs in the midst of a wait.
 *
 * Invariant: a copy of the object in a forked child never touches the guard.
 */
#ifndef JIG_PYTHON_FIXTURE_H
#define JIG_PYTHON_FIXTURE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/** @return a new type, or NULL with an exception set. */
PyObject *fixture_type_new(void);

#endif
