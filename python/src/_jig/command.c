// SPDX-License-Identifier: MIT
#include "command.h"

#include <stdint.h>

/* One field of struct jig_command and how a Python value becomes it. */
struct field {
	const char *name;
	int (*set)(struct command_builder *builder, const struct field *field,
		   PyObject *value);
	size_t offset;
	size_t count; /* offset of its count, where it is an array */
};

static void *at(struct command_builder *builder, size_t offset)
{
	return (char *)&builder->command + offset;
}

static void free_array(PyObject *capsule)
{
	PyMem_Free(PyCapsule_GetPointer(capsule, NULL));
}

/* Zeroed memory that lives as long as the builder; at least one byte. */
static void *keep_array(struct command_builder *builder, size_t count,
			size_t size)
{
	void *memory = PyMem_Calloc(count + 1, size);
	PyObject *capsule;

	if (!memory)
		return PyErr_NoMemory();
	capsule = PyCapsule_New(memory, NULL, free_array);
	if (!capsule) {
		PyMem_Free(memory);
		return NULL;
	}
	int r = PyList_Append(builder->kept, capsule);

	Py_DECREF(capsule);
	return r < 0 ? NULL : memory;
}

/* ------------------------------------------------------------ single values */

static int as_text(PyObject *value, const char **ret)
{
	char *text;

	/* Refuses a NUL inside. */
	if (PyBytes_AsStringAndSize(value, &text, NULL) < 0)
		return -1;
	*ret = text;
	return 0;
}

static int set_text(struct command_builder *builder, const struct field *field,
		    PyObject *value)
{
	return as_text(value, at(builder, field->offset));
}

static int as_int(PyObject *value, int *ret)
{
	long number = PyLong_AsLong(value);

	if (number == -1 && PyErr_Occurred())
		return -1;
	if (number < INT32_MIN || number > INT32_MAX) {
		PyErr_SetString(PyExc_OverflowError, "number is too large");
		return -1;
	}
	*ret = (int)number;
	return 0;
}

/* Enums, too: they are as wide as an int. */
static int set_int(struct command_builder *builder, const struct field *field,
		   PyObject *value)
{
	return as_int(value, at(builder, field->offset));
}

static int as_uint(PyObject *value, uint32_t *ret)
{
	unsigned long number = PyLong_AsUnsignedLong(value);

	if (number == (unsigned long)-1 && PyErr_Occurred())
		return -1;
	if (number > UINT32_MAX) {
		PyErr_SetString(PyExc_OverflowError, "number is too large");
		return -1;
	}
	*ret = (uint32_t)number;
	return 0;
}

static int set_uint(struct command_builder *builder, const struct field *field,
		    PyObject *value)
{
	return as_uint(value, at(builder, field->offset));
}

static int as_uint64(PyObject *value, uint64_t *ret)
{
	unsigned long long number = PyLong_AsUnsignedLongLong(value);

	if (number == (unsigned long long)-1 && PyErr_Occurred())
		return -1;
	*ret = number;
	return 0;
}

static int set_uint64(struct command_builder *builder,
		      const struct field *field, PyObject *value)
{
	return as_uint64(value, at(builder, field->offset));
}

static int set_size(struct command_builder *builder, const struct field *field,
		    PyObject *value)
{
	size_t number = PyLong_AsSize_t(value);

	if (number == (size_t)-1 && PyErr_Occurred())
		return -1;
	*(size_t *)at(builder, field->offset) = number;
	return 0;
}

static int as_int64(PyObject *value, int64_t *ret)
{
	long long number = PyLong_AsLongLong(value);

	if (number == -1 && PyErr_Occurred())
		return -1;
	*ret = number;
	return 0;
}

static int set_int64(struct command_builder *builder, const struct field *field,
		     PyObject *value)
{
	return as_int64(value, at(builder, field->offset));
}

static int set_bool(struct command_builder *builder, const struct field *field,
		    PyObject *value)
{
	int truth = PyObject_IsTrue(value);

	if (truth < 0)
		return -1;
	*(bool *)at(builder, field->offset) = truth;
	return 0;
}

/* (kind, fd, path or None) */
static int set_stdio(struct command_builder *builder, const struct field *field,
		     PyObject *value)
{
	struct jig_stdio *stdio = at(builder, field->offset);
	int kind;
	PyObject *path;

	if (!PyArg_ParseTuple(value, "iiO", &kind, &stdio->fd, &path))
		return -1;
	stdio->kind = (enum jig_stdio_kind)kind;
	return path == Py_None ? 0 : as_text(path, &stdio->path);
}

/* ------------------------------------------------------------------- arrays */

/* An array of a list's length; its pointer and its count are set. */
static void *make_array(struct command_builder *builder,
			const struct field *field, PyObject *list, size_t size)
{
	Py_ssize_t count = PyList_Size(list);
	void *items;

	if (count < 0)
		return NULL;
	items = keep_array(builder, (size_t)count, size);
	*(void **)at(builder, field->offset) = items;
	if (items && field->count)
		*(size_t *)at(builder, field->count) = (size_t)count;
	return items;
}

/* NULL-terminated: keep_array() gives one zeroed item more. */
static int set_words(struct command_builder *builder, const struct field *field,
		     PyObject *list)
{
	const char **words = make_array(builder, field, list, sizeof(*words));

	for (Py_ssize_t i = 0; words && i < PyList_Size(list); i++)
		if (as_text(PyList_GetItem(list, i), &words[i]) < 0)
			return -1;
	return words ? 0 : -1;
}

static int set_groups(struct command_builder *builder,
		      const struct field *field, PyObject *list)
{
	gid_t *groups = make_array(builder, field, list, sizeof(*groups));

	for (Py_ssize_t i = 0; groups && i < PyList_Size(list); i++)
		if (as_uint(PyList_GetItem(list, i), &groups[i]) < 0)
			return -1;
	return groups ? 0 : -1;
}

/* [(from, to), …] */
static int set_fds(struct command_builder *builder, const struct field *field,
		   PyObject *list)
{
	struct jig_fd *fds = make_array(builder, field, list, sizeof(*fds));

	for (Py_ssize_t i = 0; fds && i < PyList_Size(list); i++)
		if (!PyArg_ParseTuple(PyList_GetItem(list, i), "ii",
				      &fds[i].from, &fds[i].to))
			return -1;
	return fds ? 0 : -1;
}

/* [(resource, soft, hard), …] */
static int set_limits(struct command_builder *builder,
		      const struct field *field, PyObject *list)
{
	struct jig_limit *limits =
		make_array(builder, field, list, sizeof(*limits));
	PyObject *soft, *hard;

	for (Py_ssize_t i = 0; limits && i < PyList_Size(list); i++)
		if (!PyArg_ParseTuple(PyList_GetItem(list, i), "iOO",
				      &limits[i].resource, &soft, &hard) ||
		    as_uint64(soft, &limits[i].soft) < 0 ||
		    as_uint64(hard, &limits[i].hard) < 0)
			return -1;
	return limits ? 0 : -1;
}

/* [(signal, microseconds), …] */
static int set_steps(struct command_builder *builder, const struct field *field,
		     PyObject *list)
{
	struct jig_step *steps =
		make_array(builder, field, list, sizeof(*steps));
	PyObject *wait;

	for (Py_ssize_t i = 0; steps && i < PyList_Size(list); i++)
		if (!PyArg_ParseTuple(PyList_GetItem(list, i), "iO",
				      &steps[i].signal, &wait) ||
		    as_int64(wait, &steps[i].wait_us) < 0)
			return -1;
	return steps ? 0 : -1;
}

/* -------------------------------------------------------------------- fields
 */

#define FIELD(name, set)                                                       \
	{                                                                      \
#name, set, offsetof(struct jig_command, name), 0              \
	}
#define ARRAY(name, set, count)                                                \
	{                                                                      \
#name, set, offsetof(struct jig_command, name),                \
			offsetof(struct jig_command, count)                    \
	}

static const struct field fields[] = {
	FIELD(argv, set_words),
	FIELD(shell, set_text),
	FIELD(path, set_text),
	FIELD(cwd, set_text),
	FIELD(env, set_words),
	FIELD(clear_env, set_bool),
	FIELD(in, set_stdio),
	FIELD(out, set_stdio),
	FIELD(err, set_stdio),
	ARRAY(fds, set_fds, fd_count),
	FIELD(set_user, set_bool),
	FIELD(uid, set_uint),
	FIELD(gid, set_uint),
	ARRAY(groups, set_groups, group_count),
	FIELD(set_umask, set_bool),
	FIELD(umask, set_uint),
	FIELD(nice, set_int),
	ARRAY(limits, set_limits, limit_count),
	FIELD(group, set_int),
	FIELD(keep_ignored, set_uint64),
	FIELD(via, set_text),
	FIELD(via_jig, set_text),
	FIELD(via_address, set_text),
	FIELD(via_timeout_us, set_int64),
	FIELD(via_push, set_bool),
	FIELD(cage, set_int),
	FIELD(memory_max, set_uint64),
	FIELD(pids_max, set_uint64),
	FIELD(cpu_permille, set_uint),
	ARRAY(steps, set_steps, step_count),
	FIELD(stop_mode, set_int),
	FIELD(daemon, set_bool),
	FIELD(timeout_us, set_int64),
	FIELD(ready, set_words),
	FIELD(start_timeout_us, set_int64),
	FIELD(probe_interval_us, set_int64),
	FIELD(ready_delay_us, set_int64),
	FIELD(ready_timeout_us, set_int64),
	FIELD(ready_successes, set_uint),
	FIELD(live, set_words),
	FIELD(live_interval_us, set_int64),
	FIELD(live_timeout_us, set_int64),
	FIELD(live_delay_us, set_int64),
	FIELD(live_failures, set_uint),
	FIELD(listen, set_words),
	FIELD(ports, set_words),
	FIELD(ring_size, set_size),
	FIELD(log, set_text),
	FIELD(log_prefix, set_text),
	FIELD(log_times, set_bool),
	FIELD(owner, set_int),
	FIELD(program, set_text),
};

static const struct field *find_field(PyObject *name)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (PyUnicode_CompareWithASCIIString(name, fields[i].name) == 0)
			return &fields[i];
	PyErr_Format(PyExc_TypeError, "struct jig_command has no field %R",
		     name);
	return NULL;
}

int command_builder_fill(struct command_builder *builder, PyObject *values)
{
	PyObject *name, *value;
	Py_ssize_t position = 0;

	*builder = (struct command_builder){ .kept = PyList_New(0) };
	builder->command.size = sizeof(builder->command);
	if (!builder->kept)
		return -1;
	while (PyDict_Next(values, &position, &name, &value)) {
		const struct field *field = find_field(name);

		if (!field || field->set(builder, field, value) < 0)
			return -1;
	}
	return 0;
}

void command_builder_close(struct command_builder *builder)
{
	Py_CLEAR(builder->kept);
}
