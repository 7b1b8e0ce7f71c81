// SPDX-License-Identifier: MIT
/*
 * exec:COMMAND: a shell command ends with status 0.
 *
 * Each run is a fixture of its own (`jig run`), so that no process of it is
 * left: not when it ends, not when it hangs, and not when we are killed.
 *
 * Invariant: the run is our child. It is reaped here, by its pid, or by the
 * guard's loop, which then calls the op reaped(). Only close() waits for it,
 * with a limit: our program and the command's may lie on a file system that
 * does not answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file/self.h"
#include "base/poll.h"
#include "base/retry.h"
#include "base/sys.h"
#include "base/text.h"
#include "core/probe/kind/kinds.h"
#include "proc/spawn.h"

#define PAUSE_MIN_US 50000
#define PAUSE_MAX_US 1000000
#define PAUSE_SHARE 5 /* runs take at most this part (1/5) of the time */
#define RUN_US 10000000 /* for one run, by default */
#define END_MS 2000 /* for a run to end that close() stops */
#define KILL_MS 500 /* for SIGKILL; after that the run is abandoned */
#define WORDS 18

struct probe_exec_exec {
	const char *command;
	bool running; /* begun, and its end not looked at yet */
	/* The child reads these until its execve(2). */
	char limit[32];
	const char *words[WORDS];
	struct spawn_fd fds[STDERR_FILENO + 1];
	struct spawn spawn;
	int null;
	struct spawning spawning; /* pid 0: it runs, or none does */
	struct spawned child; /* pid 0: reaped */
	int status; /* then, as wait(2) gives it */
	struct fault refused; /* why it was not executed */
	int errors; /* our end of its stderr, or -1 */
	char last[160]; /* the last line of stderr */
	size_t last_used;
	bool line_ended; /* the next byte begins a new one */
	int64_t begun_us, took_us;
	bool ready;
};

static int probe_exec_parse(struct probe *probe, const char *rest,
			    struct fault *fault)
{
	struct probe_exec_exec *exec = calloc(1, sizeof(*exec));

	if (!exec)
		return fault_set(fault, -ENOMEM, "%s", strerror(ENOMEM));
	exec->spawning = SPAWNING_NONE;
	exec->child.pidfd = -1;
	exec->errors = exec->null = -1;
	exec->command = rest;
	probe->state = exec;
	return rest[strspn(rest, " \t")]
		       ? 0
		       : fault_set(fault, -EINVAL, "it names no command");
}

static void probe_exec_fill(const struct probe *probe, int errors)
{
	struct probe_exec_exec *exec = probe->state;
	const char *words[] = {
		"jig",	   "run",	  "--quiet",   "--leftovers", "ignore",
		"--cage",  "subreaper",	  "--stop",    "KILL",	      "--group",
		"session", "--timeout",	  exec->limit, "--",	      "/bin/sh",
		"-c",	   exec->command, NULL,
	};

	_Static_assert(sizeof(words) == sizeof(exec->words), "no gap");
	memcpy(exec->words, words, sizeof(words));
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		exec->fds[fd] = (struct spawn_fd){
			fd == STDERR_FILENO ? errors : exec->null, fd
		};
	exec->spawn = (struct spawn){
		.argv = (char *const *)exec->words,
		.path = self_program(),
		.fds = exec->fds,
		.fd_count = sizeof(exec->fds) / sizeof(exec->fds[0]),
		.close_others = true,
		.group = SPAWN_GROUP_SESSION, /* no signals of a terminal */
	};
	(void)snprintf(exec->limit, sizeof(exec->limit), "%" PRId64 "us",
		       probe_limit_us(probe, RUN_US));
}

static int probe_exec_begin(const struct probe *probe, struct fault *fault)
{
	struct probe_exec_exec *exec = probe->state;
	int ends[2] = { -1, -1 };

	if (exec->null < 0)
		exec->null = RETRY(open("/dev/null", O_RDWR | O_CLOEXEC));
	if (exec->null < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return fault_set(fault, -errno, "%s", strerror(errno));

	CLEANUP_CLOSE int ours = ends[0], theirs = ends[1];
	int r = fcntl(ours, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;

	if (r < 0)
		return fault_set(fault, r, "%s", strerror(-r));
	/* Their end stays blocking: a shell expects this of its stderr. */
	probe_exec_fill(probe, theirs);
	r = spawn_begin(&exec->spawn, &exec->spawning, NULL, fault);

	if (r < 0)
		return r;
	exec->errors = take_fd(&ours);
	exec->refused.text[0] = '\0';
	exec->running = true;
	exec->begun_us = clock_us();
	exec->last_used = 0;
	exec->line_ended = false;
	return 0;
}

/* @return whether execve(2) of the run has succeeded or failed. */
static bool is_started(struct probe_exec_exec *exec)
{
	/* Reaped already, when the guard was faster. */
	bool was_reaped = exec->spawning.pid == 0;
	int r;

	if (exec->spawning.fd < 0)
		return true;
	r = spawn_poll(&exec->spawning, &exec->child, NULL, &exec->refused);
	if (r == 0)
		return false;
	if (was_reaped)
		exec->child.pid = 0;
	return true;
}

static void read_errors(struct probe_exec_exec *exec)
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

static void probe_exec_forget(struct probe_exec_exec *exec)
{
	cleanup_close(&exec->child.pidfd);
	exec->child.pid = 0;
}

/* @return 1 and its status, as wait(2) gives it, once it has ended; 0 it runs.
 */
static int probe_exec_reap(struct probe_exec_exec *exec, int *ret, int flags)
{
	pid_t pid;

	if (!is_started(exec))
		return 0;
	if (exec->child.pid == 0) {
		*ret = exec->status; /* of reaped() */
		probe_exec_forget(exec);
		return 1;
	}
	pid = waitpid(exec->child.pid, ret, flags);
	if (pid == 0 || (pid < 0 && errno == EINTR))
		return 0;
	if (pid < 0)
		*ret = -1;
	probe_exec_forget(exec);
	return 1;
}

static void reaped(struct probe *probe, pid_t pid, int status)
{
	struct probe_exec_exec *exec = probe->state;

	if (pid != exec->child.pid && pid != exec->spawning.pid)
		return;
	exec->status = status;
	/* Its pidfd is readable, so probe_exec_look() follows. */
	exec->child.pid = exec->spawning.pid = 0;
}

static bool owns(const struct probe *probe, pid_t pid)
{
	const struct probe_exec_exec *exec = probe->state;

	return exec && (pid == exec->child.pid || pid == exec->spawning.pid);
}

static void probe_exec_explain(struct probe *probe, int status)
{
	const struct probe_exec_exec *exec = probe->state;
	char *reason = probe->reason, limit[32];
	char line[sizeof(exec->last)], name[TEXT_SIGNAL_SIZE];
	const char *colon = exec->last_used ? ": " : "";

	(void)text_printable(exec->last, line, sizeof(line));
	if (exec->refused.text[0])
		text_copy(reason, PROBE_REASON, exec->refused.text);
	else if (status == -1)
		(void)snprintf(reason, PROBE_REASON, "its end was not seen");
	else if (WIFSIGNALED(status))
		(void)snprintf(reason, PROBE_REASON, "ended by %s%s%s",
			       text_signal_name(WTERMSIG(status), name,
						sizeof(name)),
			       colon, line);
	else if (WEXITSTATUS(status) == 124)
		(void)snprintf(reason, PROBE_REASON, "it did not end within %s",
			       probe_limit_text(probe, RUN_US, limit));
	else
		(void)snprintf(reason, PROBE_REASON, "exit status %d%s%s",
			       WEXITSTATUS(status), colon, line);
}

static int probe_exec_look(struct probe *probe, const struct probe_view *view,
			   struct fault *fault)
{
	struct probe_exec_exec *exec = probe->state;
	struct fault why = { "" };
	int status;

	(void)view;
	(void)fault;
	if (exec->ready)
		return 1;
	if (!exec->running) {
		if (probe_exec_begin(probe, &why) < 0)
			text_copy(probe->reason, sizeof(probe->reason),
				  why.text);
		else if (!probe->reason[0])
			text_copy(probe->reason, sizeof(probe->reason),
				  "it runs");
		return 0;
	}

	int ended = probe_exec_reap(exec, &status, WNOHANG);

	read_errors(exec);
	if (!ended && exec->spawning.fd >= 0)
		text_copy(probe->reason, sizeof(probe->reason),
			  "it is being started");
	if (!ended)
		return 0;
	cleanup_close(&exec->errors);
	exec->took_us = clock_us() - exec->begun_us;
	exec->running = false;
	exec->ready = status == 0;
	if (!exec->ready)
		probe_exec_explain(probe, status);
	return exec->ready;
}

static int probe_exec_descriptor(const struct probe *probe, short *ret_events)
{
	const struct probe_exec_exec *exec = probe->state;

	*ret_events = POLLIN;
	return exec->spawning.fd >= 0 ? exec->spawning.fd : exec->child.pidfd;
}

/* While it runs, so that it never waits for room in the pipe. */
static int64_t probe_exec_interval_us(const struct probe *probe)
{
	const struct probe_exec_exec *exec = probe->state;
	int64_t pause = exec->took_us * PAUSE_SHARE;

	if (exec->running || pause < PAUSE_MIN_US)
		return PAUSE_MIN_US;
	return pause < PAUSE_MAX_US ? pause : PAUSE_MAX_US;
}

static bool probe_exec_is_pending(const struct probe *probe)
{
	const struct probe_exec_exec *exec = probe->state;

	return exec->running;
}

/* No wait for a run that hangs: its end is the answer to the next look. */
static void probe_exec_again(struct probe *probe)
{
	struct probe_exec_exec *exec = probe->state;
	int status;

	exec->ready = false;
	if (!exec->running || probe_exec_reap(exec, &status, WNOHANG) == 0)
		return;
	cleanup_close(&exec->errors);
	exec->running = false;
}

/* A run that still does not die is adopted by init when we have exited. */
static void reap_killed(struct probe_exec_exec *exec)
{
	struct pollfd over = { .fd = exec->child.pidfd, .events = POLLIN };
	int status;

	if (over.fd >= 0)
		(void)poll_fds(&over, 1, KILL_MS);
	(void)probe_exec_reap(exec, &status, WNOHANG);
}

/* SIGTERM to a jig ends all that it holds, at once by --stop KILL. */
static void end_child(struct probe_exec_exec *exec)
{
	struct pollfd over = { .fd = exec->child.pidfd, .events = POLLIN };

	(void)kill(exec->child.pid, SIGTERM); /* Ours, and not reaped. */
	if (over.fd < 0 || poll_fds(&over, 1, END_MS) != 1)
		(void)kill(exec->child.pid, SIGKILL); /* As above. */
	reap_killed(exec);
}

/* Before execve(2) it has no children. */
static void end_start(struct probe_exec_exec *exec)
{
	exec->child.pid = exec->spawning.pid;
	exec->child.pidfd = fd_dup_above(exec->spawning.pidfd, 3);
	spawn_abandon(&exec->spawning);
	reap_killed(exec);
}

static void probe_exec_end(struct probe *probe)
{
	struct probe_exec_exec *exec = probe->state;

	if (!exec)
		return;
	/* Ours, and not reaped. */
	if (!is_started(exec) && exec->spawning.pid > 0)
		(void)kill(exec->spawning.pid, SIGKILL);
	else if (exec->child.pid > 0)
		(void)kill(exec->child.pid, SIGTERM);
}

static void close_exec(struct probe *probe)
{
	struct probe_exec_exec *exec = probe->state;

	if (!exec)
		return;
	if (!is_started(exec) && exec->spawning.pid > 0)
		end_start(exec);
	else if (exec->child.pid > 0)
		end_child(exec);
	probe_exec_forget(exec);
	cleanup_close(&exec->errors);
	cleanup_close(&exec->null);
	free(exec);
	probe->state = NULL;
}

const struct probe_ops probe_exec = {
	.kind = "exec",
	.form = "exec:COMMAND",
	.parse = probe_exec_parse,
	.look = probe_exec_look,
	.descriptor = probe_exec_descriptor,
	.interval_us = probe_exec_interval_us,
	.is_pending = probe_exec_is_pending,
	.again = probe_exec_again,
	.reaped = reaped,
	.owns = owns,
	.end = probe_exec_end,
	.close = close_exec,
};
