// SPDX-License-Identifier: MIT
/*
 * Any number of threads may use a fixture, and libjig takes one at a time: the
 * GIL is the lock. So every call of libjig is made with it and does not block,
 * but for the two that no other thread can meet: jig_start() has not returned
 * the fixture yet, and before jig_free() it was taken away (release()).
 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <jig.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"

struct fixture {
	PyObject_HEAD struct jig *jig; /* NULL once closed */
	pid_t process; /* the one that started it */
	bool is_stopping; /* it was asked to */
};

/* ------------------------------------------------------------------- errors */

/* OSError(errno, text), which becomes the subclass of that errno. */
static PyObject *raise_os_error(int error, const char *text)
{
	PyObject *message = PyUnicode_DecodeFSDefault(text);
	PyObject *arguments =
		message ? Py_BuildValue("(iN)", -error, message) : NULL;

	if (arguments)
		PyErr_SetObject(PyExc_OSError, arguments);
	Py_XDECREF(arguments);
	return NULL;
}

static PyObject *raise_errno(int error)
{
	return raise_os_error(error, strerror(-error));
}

static struct jig *open_jig(struct fixture *self)
{
	if (!self->jig)
		PyErr_SetString(PyExc_ValueError, "the fixture is closed");
	else if (self->process != getpid())
		PyErr_SetString(PyExc_RuntimeError,
				"the fixture is the parent process's");
	else
		return self->jig;
	return NULL;
}

/* ---------------------------------------------------------------- start, end
 */

static PyObject *fixture_new(PyTypeObject *type, PyObject *args, PyObject *kw)
{
	static char *names[] = { "fields", NULL };
	struct command_builder builder;
	struct jig *jig = NULL;
	char error[1024] = "";
	PyObject *fields;
	int r;

	if (!PyArg_ParseTupleAndKeywords(args, kw, "O!", names, &PyDict_Type,
					 &fields))
		return NULL;
	if (command_builder_fill(&builder, fields) < 0) {
		command_builder_close(&builder);
		return NULL;
	}
	builder.command.error = error;
	builder.command.error_size = sizeof(error);
	Py_BEGIN_ALLOW_THREADS r = jig_start(&builder.command, &jig);
	Py_END_ALLOW_THREADS command_builder_close(&builder);
	if (r < 0)
		return raise_os_error(r, error[0] ? error : strerror(-r));

	allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
	struct fixture *self = (struct fixture *)alloc(type, 0);

	if (!self) {
		jig_free(jig);
		return NULL;
	}
	self->jig = jig;
	self->process = getpid();
	return (PyObject *)self;
}

/* In a forked child the memory is left as it is: jig_free() would stop the
 * parent's fixture. */
static void release(struct fixture *self)
{
	struct jig *jig = self->jig;

	self->jig = NULL;
	if (!jig || self->process != getpid())
		return;
	Py_BEGIN_ALLOW_THREADS jig_free(jig);
	Py_END_ALLOW_THREADS
}

static void fixture_dealloc(PyObject *object)
{
	PyTypeObject *type = Py_TYPE(object);
	freefunc free_object = (freefunc)PyType_GetSlot(type, Py_tp_free);

	release((struct fixture *)object);
	free_object(object);
	Py_DECREF(type);
}

PyDoc_STRVAR(close_doc, "Stop it if it has not ended, wait, free everything.");

static PyObject *fixture_close(PyObject *object, PyObject *ignored)
{
	(void)ignored;
	release((struct fixture *)object);
	Py_RETURN_NONE;
}

/* ------------------------------------------------------------------- waiting
 */

static int64_t now_us(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time); /* Cannot fail. */
	return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* For poll(2): rounded up, so that nobody looks too early; -1: for ever. */
static int left_ms(int64_t deadline)
{
	int64_t left = deadline < 0 ? 0 : (deadline - now_us() + 999) / 1000;

	if (deadline < 0)
		return -1;
	return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

static int look_end(struct jig *jig)
{
	return jig_wait(jig, 0, NULL);
}

static int look_ready(struct jig *jig)
{
	return jig_wait_ready(jig, 0);
}

/* Without a descriptor there is no event: look again. */
#define LOOK_MS 10

/* In a stop look again, too: see jig_fd(). */
#define ROUSE_MS 100

/* Another thread may close the fixture meanwhile, and its number may become
 * another file's. So each wait has a copy. */
static int copy_fd(struct jig *jig)
{
	return fcntl(jig_fd(jig), F_DUPFD_CLOEXEC, 3);
}

static int at_most(int timeout, int limit)
{
	return timeout < 0 || timeout > limit ? limit : timeout;
}

static void poll_without_gil(int fd, int timeout)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		timeout = at_most(timeout, LOOK_MS);
	/* Interrupted or not: the caller looks again. */
	Py_BEGIN_ALLOW_THREADS;
	(void)poll(&poll_fd, 1, timeout);
	Py_END_ALLOW_THREADS;
}

/* @fd  -1 at first, then a copy, which the caller closes.
 * @return what @look says, or 1 with an exception set. */
static int look_until(struct fixture *self, double seconds,
		      int (*look)(struct jig *jig), int *fd)
{
	int64_t deadline = seconds < 0 ? -1
			   : seconds > 1e9
				   ? -1
				   : now_us() + (int64_t)(seconds * 1e6);

	for (;;) {
		struct jig *jig = open_jig(self);
		int r = jig ? look(jig) : 1, timeout = left_ms(deadline);

		if (r != -ETIMEDOUT || timeout == 0)
			return r;

		if (*fd < 0)
			*fd = copy_fd(jig);
		if (self->is_stopping)
			timeout = at_most(timeout, ROUSE_MS);
		poll_without_gil(*fd, timeout);
		if (PyErr_CheckSignals() < 0)
			return 1;
	}
}

static int wait_until(struct fixture *self, double seconds,
		      int (*look)(struct jig *jig))
{
	int fd = -1, r = look_until(self, seconds, look, &fd);

	if (fd >= 0)
		(void)close(fd);
	return r;
}

static PyObject *wait_for(PyObject *object, PyObject *args,
			  int (*look)(struct jig *jig))
{
	double seconds = -1;
	int r;

	if (!PyArg_ParseTuple(args, "|d", &seconds))
		return NULL;
	if (isnan(seconds)) {
		PyErr_SetString(PyExc_ValueError, "a time is a number");
		return NULL;
	}
	r = wait_until((struct fixture *)object, seconds, look);
	if (r == 1)
		return NULL;
	if (r == -ETIMEDOUT)
		Py_RETURN_FALSE;
	if (r < 0)
		return raise_errno(r);
	Py_RETURN_TRUE;
}

PyDoc_STRVAR(wait_doc,
	     "wait(seconds=-1): has it ended? OSError: the guard was killed.");

static PyObject *fixture_wait(PyObject *object, PyObject *args)
{
	return wait_for(object, args, look_end);
}

PyDoc_STRVAR(wait_ready_doc,
	     "wait_ready(seconds=-1): is it ready? OSError: it never will be.");

static PyObject *fixture_wait_ready(PyObject *object, PyObject *args)
{
	return wait_for(object, args, look_ready);
}

/* ------------------------------------------------------------------- questions
 */

static PyObject *text_or_none(const char *text)
{
	if (!text)
		Py_RETURN_NONE;
	return PyUnicode_DecodeFSDefault(text);
}

static PyObject *fixture_pid(PyObject *object, void *closure)
{
	struct jig *jig = open_jig((struct fixture *)object);

	(void)closure;
	return jig ? PyLong_FromLong(jig_pid(jig)) : NULL;
}

static PyObject *fixture_pidfd(PyObject *object, void *closure)
{
	struct jig *jig = open_jig((struct fixture *)object);

	(void)closure;
	return jig ? PyLong_FromLong(jig_pidfd(jig)) : NULL;
}

static PyObject *fixture_fd(PyObject *object, void *closure)
{
	struct jig *jig = open_jig((struct fixture *)object);

	(void)closure;
	return jig ? PyLong_FromLong(jig_fd(jig)) : NULL;
}

static PyObject *fixture_is_stopping(PyObject *object, void *closure)
{
	(void)closure;
	return PyBool_FromLong(((struct fixture *)object)->is_stopping);
}

static PyObject *fixture_problem(PyObject *object, void *closure)
{
	struct jig *jig = open_jig((struct fixture *)object);

	(void)closure;
	return jig ? PyUnicode_DecodeFSDefault(jig_problem(jig)) : NULL;
}

static PyObject *fixture_ready_us(PyObject *object, void *closure)
{
	struct jig *jig = open_jig((struct fixture *)object);

	(void)closure;
	return jig ? PyLong_FromLongLong(jig_ready_us(jig)) : NULL;
}

static PyObject *fixture_output_bytes(PyObject *object, void *closure)
{
	struct jig *jig = open_jig((struct fixture *)object);

	(void)closure;
	return jig ? PyLong_FromUnsignedLongLong(jig_output_bytes(jig)) : NULL;
}

static PyObject *fixture_output_lost(PyObject *object, void *closure)
{
	struct jig *jig = open_jig((struct fixture *)object);

	(void)closure;
	return jig ? PyLong_FromUnsignedLongLong(jig_output_lost(jig)) : NULL;
}

PyDoc_STRVAR(match_doc, "match(group): what a log: probe's group matched.");

static PyObject *fixture_match(PyObject *object, PyObject *args)
{
	struct jig *jig = open_jig((struct fixture *)object);
	const char *group;

	if (!jig || !PyArg_ParseTuple(args, "s", &group))
		return NULL;
	return text_or_none(jig_match(jig, group));
}

PyDoc_STRVAR(address_doc, "address(name): of a socket or port, or None.");

static PyObject *fixture_address(PyObject *object, PyObject *args)
{
	struct jig *jig = open_jig((struct fixture *)object);
	const char *name;

	if (!jig || !PyArg_ParseTuple(args, "s", &name))
		return NULL;
	return text_or_none(jig_address(jig, name));
}

PyDoc_STRVAR(port_doc, "port(name): its number, or None.");

static PyObject *fixture_port(PyObject *object, PyObject *args)
{
	struct jig *jig = open_jig((struct fixture *)object);
	const char *name;
	int port;

	if (!jig || !PyArg_ParseTuple(args, "s", &name))
		return NULL;
	port = jig_port(jig, name);
	if (port < 0)
		Py_RETURN_NONE;
	return PyLong_FromLong(port);
}

PyDoc_STRVAR(tail_doc, "tail(lines=0): bytes of captured output, or None.");

static PyObject *fixture_tail(PyObject *object, PyObject *args)
{
	struct jig *jig = open_jig((struct fixture *)object);
	unsigned lines = 0;
	char *text;

	if (!jig || !PyArg_ParseTuple(args, "|I", &lines))
		return NULL;

	ssize_t length = jig_tail(jig, lines, &text);

	if (length == -ENOENT)
		Py_RETURN_NONE;
	if (length < 0)
		return raise_errno((int)length);

	PyObject *bytes = PyBytes_FromStringAndSize(text, length);

	free(text);
	return bytes;
}

PyDoc_STRVAR(status_doc, "status(): main's wait status; -1: unknown.");

static PyObject *fixture_status(PyObject *object, PyObject *ignored)
{
	struct jig *jig = open_jig((struct fixture *)object);
	const struct jig_report *report = jig ? jig_report(jig) : NULL;

	(void)ignored;
	if (!jig)
		return NULL;
	if (!report)
		Py_RETURN_NONE;
	return PyLong_FromLong(jig_report_status(report));
}

PyDoc_STRVAR(report_doc, "report(): the report as JSON, or None.");

static PyObject *fixture_report(PyObject *object, PyObject *ignored)
{
	struct jig *jig = open_jig((struct fixture *)object);
	const struct jig_report *report = jig ? jig_report(jig) : NULL;
	char *json;

	(void)ignored;
	if (!jig)
		return NULL;
	if (!report)
		Py_RETURN_NONE;

	ssize_t length = jig_report_json(report, &json);

	if (length < 0)
		return raise_errno((int)length);

	PyObject *text = PyUnicode_FromStringAndSize(json, length);

	free(json);
	return text;
}

/* --------------------------------------------------------------------- orders
 */

PyDoc_STRVAR(take_pipe_doc, "take_pipe(number): a descriptor, the caller's.");

static PyObject *fixture_take_pipe(PyObject *object, PyObject *args)
{
	struct jig *jig = open_jig((struct fixture *)object);
	int number, fd;

	if (!jig || !PyArg_ParseTuple(args, "i", &number))
		return NULL;
	fd = jig_take_pipe(jig, number);
	return fd < 0 ? raise_errno(fd) : PyLong_FromLong(fd);
}

PyDoc_STRVAR(signal_doc, "signal(signo, all=False): to main, or to all.");

static PyObject *fixture_signal(PyObject *object, PyObject *args)
{
	struct jig *jig = open_jig((struct fixture *)object);
	int signo, all = 0, r;

	if (!jig || !PyArg_ParseTuple(args, "i|p", &signo, &all))
		return NULL;
	r = jig_signal(jig, signo, all ? JIG_TARGET_ALL : JIG_TARGET_MAIN);
	if (r < 0)
		return raise_errno(r);
	Py_RETURN_NONE;
}

/* One that has ended is no error. */
static PyObject *ask(PyObject *object, int (*request)(struct jig *jig))
{
	struct jig *jig = open_jig((struct fixture *)object);
	int r = jig ? request(jig) : 0;

	if (!jig)
		return NULL;
	((struct fixture *)object)->is_stopping = true;
	if (r < 0 && r != -ESRCH)
		return raise_errno(r);
	Py_RETURN_NONE;
}

PyDoc_STRVAR(stop_doc, "stop(): begin to stop it, once; never blocks.");

static PyObject *fixture_stop(PyObject *object, PyObject *ignored)
{
	(void)ignored;
	return ask(object, jig_stop);
}

PyDoc_STRVAR(hurry_doc, "hurry(): begin the next step, or the stop.");

static PyObject *fixture_hurry(PyObject *object, PyObject *ignored)
{
	(void)ignored;
	return ask(object, jig_hurry);
}

/* ----------------------------------------------------------------------- type
 */

static PyMethodDef methods[] = {
	{ "close", fixture_close, METH_NOARGS, close_doc },
	{ "wait", fixture_wait, METH_VARARGS, wait_doc },
	{ "wait_ready", fixture_wait_ready, METH_VARARGS, wait_ready_doc },
	{ "match", fixture_match, METH_VARARGS, match_doc },
	{ "address", fixture_address, METH_VARARGS, address_doc },
	{ "port", fixture_port, METH_VARARGS, port_doc },
	{ "tail", fixture_tail, METH_VARARGS, tail_doc },
	{ "status", fixture_status, METH_NOARGS, status_doc },
	{ "report", fixture_report, METH_NOARGS, report_doc },
	{ "take_pipe", fixture_take_pipe, METH_VARARGS, take_pipe_doc },
	{ "signal", fixture_signal, METH_VARARGS, signal_doc },
	{ "stop", fixture_stop, METH_NOARGS, stop_doc },
	{ "hurry", fixture_hurry, METH_NOARGS, hurry_doc },
	{ 0 },
};

static PyGetSetDef attributes[] = {
	{ "pid", fixture_pid, NULL, "The main process.", NULL },
	{ "pidfd", fixture_pidfd, NULL, "Its pidfd, or -1.", NULL },
	{ "fd", fixture_fd, NULL, "Readable when there is news.", NULL },
	{ "is_stopping", fixture_is_stopping, NULL, "Was asked to.", NULL },
	{ "problem", fixture_problem, NULL, "Why it is not ready.", NULL },
	{ "ready_us", fixture_ready_us, NULL, "From start to ready.", NULL },
	{ "output_bytes", fixture_output_bytes, NULL, "Captured.", NULL },
	{ "output_lost", fixture_output_lost, NULL, "Of the log.", NULL },
	{ 0 },
};

PyDoc_STRVAR(type_doc, "Fixture(fields): start a command; see jig.h.");

static PyType_Slot slots[] = {
	{ Py_tp_doc, (void *)type_doc },    { Py_tp_new, fixture_new },
	{ Py_tp_dealloc, fixture_dealloc }, { Py_tp_methods, methods },
	{ Py_tp_getset, attributes },	    { 0 },
};

static PyType_Spec spec = {
	.name = "jig._jig.Fixture",
	.basicsize = sizeof(struct fixture),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots = slots,
};

PyObject *fixture_type_new(void)
{
	return PyType_FromSpec(&spec);
}
