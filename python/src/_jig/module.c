// SPDX-License-Identifier: MIT
/*
 * The extension module jig._jig: libjig for Python, as thin as it can be.
 *
 * It is compiled for the limited API, so that one binary serves every Python
 * from 3.9 on. What is convenient stands in Python, in the package jig.
 */
#include "fixture.h"

#include <jig.h>

static int add_type(PyObject *module)
{
	PyObject *type = fixture_type_new();

	if (!type)
		return -1;
	if (PyModule_AddObject(module, "Fixture", type) < 0) {
		Py_DECREF(type);
		return -1;
	}
	return 0;
}

#define ENUM(name)                                                             \
	{                                                                      \
#name, name                                                    \
	}

/* The numbers that the struct's fields take. */
static const struct {
	const char *name;
	int value;
} constants[] = {
	ENUM(JIG_STDIO_INHERIT),  ENUM(JIG_STDIO_NULL),
	ENUM(JIG_STDIO_PIPE),	  ENUM(JIG_STDIO_FILE),
	ENUM(JIG_STDIO_FD),	  ENUM(JIG_STDIO_OUTPUT),
	ENUM(JIG_STDIO_CAPTURE),  ENUM(JIG_CAGE_AUTO),
	ENUM(JIG_CAGE_CGROUP),	  ENUM(JIG_CAGE_PIDNS),
	ENUM(JIG_CAGE_SUBREAPER), ENUM(JIG_CAGE_PGROUP),
	ENUM(JIG_GROUP_AUTO),	  ENUM(JIG_GROUP_SESSION),
	ENUM(JIG_GROUP_PGROUP),	  ENUM(JIG_GROUP_FOREGROUND),
	ENUM(JIG_GROUP_TERMINAL), ENUM(JIG_GROUP_JOB),
	ENUM(JIG_GROUP_INHERIT),  ENUM(JIG_STOP_ALL),
	ENUM(JIG_STOP_MAIN),	  ENUM(JIG_OWNER_NONE),
};

static int fill_module(PyObject *module)
{
	for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++)
		/* Without the prefix: _jig.STDIO_PIPE. */
		if (PyModule_AddIntConstant(module, constants[i].name + 4,
					    constants[i].value) < 0)
			return -1;
	if (PyModule_AddStringConstant(module, "VERSION", jig_version()) < 0)
		return -1;
	return add_type(module);
}

static PyModuleDef_Slot slots[] = {
	{ Py_mod_exec, fill_module },
	{ 0 },
};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "jig._jig",
	.m_doc = "libjig, see jig.h.",
	.m_slots = slots,
};

PyMODINIT_FUNC PyInit__jig(void)
{
	return PyModuleDef_Init(&definition);
}
