// SPDX-License-Identifier: MIT
/*
 * exec:COMMAND: a shell command ends with status 0.
 *
 * Each run is a fixture of its own (`jig run`), so that nothing of it is left
 * either: not when it ends, nor when it hangs, nor when we are killed.
 *
 * Invariant: the run is our child, and reaped here and by its own number: a
 * guard that reaps others must leave out what the op child() names.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/sys.h"
#include "base/text.h"
#include "core/probe.h"
#include "proc/spawn.h"

#define PAUSE_MIN_US 50000
#define PAUSE_MAX_US 1000000
#define PAUSE_SHARE 5 /* runs take one part of so many of the time */
#define END_MS 2000 /* for a run to end that close() stops */

#ifndef P_PIDFD
#define P_PIDFD 3 /* Linux 5.4; missing in older headers */
#endif

struct exec {
	const char *command;
	struct spawned child; /* pid 0: none runs */
	int errors; /* our end of its stderr, or -1 */
	char last[160]; /* the last line of stderr */
	size_t last_used;
	bool line_ended; /* the next byte begins a new one */
	int64_t begun_us, took_us;
	bool ready;
};

static int parse(struct probe *probe, const char *rest, struct fault *fault)
{
	struct exec *exec = calloc(1, sizeof(*exec));

	if (!exec)
		return fault_set(fault, -ENOMEM, "%s", strerror(ENOMEM));
	exec->child.pidfd = -1;
	exec->errors = -1;
	exec->command = rest;
	probe->state = exec;
	return rest[strspn(rest, " \t")]
		       ? 0
		       : fault_set(fault, -EINVAL, "it names no command");
}

/* Of this very program, also when its file was replaced meanwhile. */
static const char *own_program(void)
{
	static const char link[] = "/proc/self/exe";
	const char *name = (const char *)getauxval(AT_EXECFN);

	return access(link, X_OK) == 0 || !name ? link : name;
}

static int start(struct exec *exec, int null, int errors, struct fault *fault)
{
	const char *argv[] = {
		"jig",	   "run",	"--quiet",     "--leftovers",
		"ignore",  "--cage",	"subreaper",   "--stop",
		"KILL",	   "--timeout", "10s",	       "--",
		"/bin/sh", "-c",	exec->command, NULL,
	};
	const struct spawn_fd fds[] = { { null, 0 },
					{ null, 1 },
					{ errors, 2 } };
	struct spawn spawn = {
		.argv = (char *const *)argv,
		.path = own_program(),
		.fds = fds,
		.fd_count = 3,
		.close_others = true,
		.group = SPAWN_GROUP_SESSION, /* no signals of a terminal */
	};

	return spawn_program(&spawn, &exec->child, NULL, fault);
}

static int begin(struct exec *exec, struct fault *fault)
{
	int ends[2] = { -1, -1 };

	CLEANUP_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return fault_set(fault, -errno, "%s", strerror(errno));

	CLEANUP_CLOSE int ours = ends[0], theirs = ends[1];
	int r = start(exec, null, theirs, fault);

	if (r < 0)
		return r;
	exec->errors = take_fd(&ours);
	exec->begun_us = clock_us();
	exec->last_used = 0;
	exec->line_ended = false;
	return 0;
}

static void read_errors(struct exec *exec)
{
	char text[4096];
	ssize_t n;

	while ((n = read(exec->errors, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] == '\n') {
				exec->line_ended = true;
				continue;
			}
			if (exec->line_ended)
				exec->last_used = 0;
			exec->line_ended = false;
			if (exec->last_used + 1 < sizeof(exec->last))
				exec->last[exec->last_used++] = text[i];
		}
	}
	exec->last[exec->last_used] = '\0';
}

/* @return 1 and its end, which is reaped then; 0 it runs. */
static int reap(struct exec *exec, siginfo_t *ret, int flags)
{
	*ret = (siginfo_t){ 0 };

	int r = exec->child.pidfd >= 0
			? waitid((idtype_t)P_PIDFD, (id_t)exec->child.pidfd,
				 ret, WEXITED | flags)
			: -1;

	/* Linux 5.3 has pidfds, but does not wait for them. */
	if (r < 0)
		r = waitid(P_PID, (id_t)exec->child.pid, ret, WEXITED | flags);
	if (r == 0 && ret->si_pid == 0)
		return 0;
	if (r < 0 && errno == EINTR)
		return 0;
	cleanup_close(&exec->child.pidfd);
	exec->child.pid = 0;
	return 1;
}

static void explain(const struct exec *exec, const siginfo_t *end,
		    char reason[PROBE_REASON])
{
	char line[sizeof(exec->last)], name[TEXT_SIGNAL_SIZE];
	const char *colon = exec->last_used ? ": " : "";

	(void)text_printable(exec->last, line, sizeof(line));
	if (end->si_code == CLD_EXITED && end->si_status == 124)
		(void)snprintf(reason, PROBE_REASON,
			       "it did not end within 10 s");
	else if (end->si_code == CLD_EXITED)
		(void)snprintf(reason, PROBE_REASON, "exit status %d%s%s",
			       end->si_status, colon, line);
	else
		(void)snprintf(reason, PROBE_REASON, "ended by %s%s%s",
			       text_signal_name(end->si_status, name,
						sizeof(name)),
			       colon, line);
}

static int look(struct probe *probe, const struct probe_view *view,
		struct fault *fault)
{
	struct exec *exec = probe->state;
	struct fault why = { "" };
	siginfo_t end;

	(void)view;
	(void)fault;
	if (exec->ready)
		return 1;
	if (exec->child.pid == 0) {
		if (begin(exec, &why) < 0)
			text_copy(probe->reason, sizeof(probe->reason),
				  why.text);
		else if (!probe->reason[0])
			text_copy(probe->reason, sizeof(probe->reason),
				  "it runs");
		return 0;
	}

	int ended = reap(exec, &end, WNOHANG);

	read_errors(exec);
	if (!ended)
		return 0;
	cleanup_close(&exec->errors);
	exec->took_us = clock_us() - exec->begun_us;
	exec->ready = end.si_code == CLD_EXITED && end.si_status == 0;
	if (!exec->ready)
		explain(exec, &end, probe->reason);
	return exec->ready;
}

static int descriptor(const struct probe *probe, short *ret_events)
{
	const struct exec *exec = probe->state;

	*ret_events = POLLIN;
	return exec->child.pid > 0 ? exec->child.pidfd : -1;
}

/* While it runs, so that it never waits for room in the pipe. */
static int64_t interval_us(const struct probe *probe)
{
	const struct exec *exec = probe->state;
	int64_t pause = exec->took_us * PAUSE_SHARE;

	if (exec->child.pid > 0 || pause < PAUSE_MIN_US)
		return PAUSE_MIN_US;
	return pause < PAUSE_MAX_US ? pause : PAUSE_MAX_US;
}

/* SIGTERM to a jig ends all that it holds, at once by --stop KILL. */
static void end_child(struct exec *exec)
{
	struct pollfd poll_fd = { .fd = exec->child.pidfd, .events = POLLIN };
	siginfo_t end;

	(void)kill(exec->child.pid, SIGTERM); /* Ours, and not reaped. */
	if (exec->child.pidfd >= 0 && poll(&poll_fd, 1, END_MS) != 1)
		(void)kill(exec->child.pid, SIGKILL); /* As above. */
	while (reap(exec, &end, 0) == 0)
		;
}

static void close_exec(struct probe *probe)
{
	struct exec *exec = probe->state;

	if (!exec)
		return;
	if (exec->child.pid > 0)
		end_child(exec);
	cleanup_close(&exec->errors);
	free(exec);
	probe->state = NULL;
}

static pid_t child_of(const struct probe *probe)
{
	const struct exec *exec = probe->state;

	return exec->child.pid;
}

const struct probe_ops probe_exec = {
	.kind = "exec",
	.form = "exec:COMMAND",
	.parse = parse,
	.look = look,
	.descriptor = descriptor,
	.interval_us = interval_us,
	.child = child_of,
	.close = close_exec,
};
