// SPDX-License-Identifier: MIT
#include "proc/spawn_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

#define LAST_SIGNAL 64

static int child_join(int cgroup)
{
	int fd = (int)SYS_CALL(SYS_openat, cgroup, (long)"cgroup.procs",
			       O_WRONLY | O_CLOEXEC);
	long n = fd < 0 ? fd : SYS_CALL(SYS_write, fd, (long)"0", 1);

	if (fd >= 0)
		(void)SYS_CALL(SYS_close, fd);
	return n < 0 ? (int)n : 0;
}

static int child_group(const struct spawn *spawn, enum spawn_stage *stage)
{
	long r = 0;

	*stage = SPAWN_SESSION;
	if (spawn_group_leads(spawn->group))
		r = SYS_CALL(SYS_setsid);
	if (r < 0 || spawn->group == SPAWN_GROUP_SESSION)
		return r < 0 ? (int)r : 0;
	if (spawn->group == SPAWN_GROUP_TERMINAL) {
		*stage = SPAWN_TERMINAL;
		/* 0: not even root takes it from another session. */
		return (int)SYS_CALL(SYS_ioctl, STDIN_FILENO, TIOCSCTTY, 0);
	}
	if (spawn->group == SPAWN_GROUP_CALLER)
		return 0;
	r = SYS_CALL(SYS_setpgid, 0, 0);
	if (r < 0 || spawn->group != SPAWN_GROUP_FOREGROUND)
		return (int)r;
	/* SIGTTOU is blocked here, as everything is, so this is allowed from
	 * the background group that we are until it returns. */
	*stage = SPAWN_FOREGROUND;

	pid_t self = (pid_t)SYS_CALL(SYS_getpid);

	return (int)SYS_CALL(SYS_ioctl, spawn->terminal, TIOCSPGRP,
			     (long)&self);
}

static bool is_target(const struct spawn *spawn, int fd)
{
	for (size_t i = 0; i < spawn->fd_count; i++)
		if (spawn->fds[i].to == fd)
			return true;
	return false;
}

/*
 * A copy of @from at a number that is no target. A copy that lands on one is
 * left there: the target's own descriptor replaces it.
 */
static int copy_aside(const struct spawn *spawn, int from)
{
	int copy;

	do
		copy = (int)SYS_CALL(SYS_fcntl, from, F_DUPFD_CLOEXEC, 3);
	while (copy >= 0 && is_target(spawn, copy));
	return copy;
}

static void close_others(const struct spawn_child *child)
{
	const struct spawn *spawn = child->spawn;
	int targets[SPAWN_FDS_MAX + 1];
	size_t count = 0;

	for (; count < spawn->fd_count; count++)
		targets[count] = spawn->fds[count].to;
	if (child->report >= 0)
		targets[count++] = child->report;
	fd_close_except(3, targets, count);
}

/*
 * A source that is a target's number, too, is copied aside before any target is
 * written, and so is our report. The copies have FD_CLOEXEC. The others are not
 * copied: a caller may have few descriptors left (RLIMIT_NOFILE).
 */
static int child_fds(struct spawn_child *child)
{
	const struct spawn *spawn = child->spawn;
	int sources[SPAWN_FDS_MAX];
	size_t count = spawn->fd_count;

	if (count > SPAWN_FDS_MAX)
		return -E2BIG;
	if (child->report >= 0 && is_target(spawn, child->report)) {
		child->report = copy_aside(spawn, child->report);
		if (child->report < 0)
			return child->report;
	}
	for (size_t i = 0; i < count; i++) {
		sources[i] = spawn->fds[i].from;
		if (!is_target(spawn, sources[i]))
			continue;
		sources[i] = copy_aside(spawn, sources[i]);
		if (sources[i] < 0)
			return sources[i];
	}
	for (size_t i = 0; i < count; i++) {
		long r = SYS_CALL(SYS_dup3, sources[i], spawn->fds[i].to, 0);

		if (r < 0)
			return (int)r;
	}
	if (spawn->close_others)
		close_others(child);
	return 0;
}

static int child_limits(const struct spawn *spawn)
{
	for (size_t i = 0; i < spawn->limit_count; i++) {
		const struct spawn_limit *limit = &spawn->limits[i];
		/* RLIM_INFINITY is ~0, as in prlimit64(2). */
		uint64_t value[2] = { limit->soft, limit->hard };
		long r = SYS_CALL(SYS_prlimit64, 0, limit->resource,
				  (long)value, 0);

		if (r < 0)
			return (int)r;
	}
	return 0;
}

static int child_nice(int more)
{
	/* The system call says 20 - nice, so that it is never negative. */
	long own = 20 - SYS_CALL(SYS_getpriority, PRIO_PROCESS, 0);

	return (int)SYS_CALL(SYS_setpriority, PRIO_PROCESS, 0, own + more);
}

static int child_user(const struct spawn_user *user)
{
	int r = sys_setgroups(user->group_count, user->groups);

	if (r == 0)
		r = sys_setresgid(user->gid);
	if (r == 0)
		r = sys_setresuid(user->uid);
	return r;
}

static bool can_open(const char *path, int flags)
{
	int fd = (int)SYS_CALL(SYS_openat, AT_FDCWD, (long)path,
			       O_PATH | O_CLOEXEC | flags);

	if (fd >= 0)
		(void)SYS_CALL(SYS_close, fd);
	return fd >= 0;
}

/* execve, and the reason of a failure: it is looked up here, where the path
 * means the same. */
static int try_exec(const struct spawn_child *child, const char *path)
{
	const struct spawn *spawn = child->spawn;
	char *const *envp = spawn->envp ? spawn->envp : environ;
	int error = (int)SYS_CALL(SYS_execve, (long)path, (long)spawn->argv,
				  (long)envp);

	if (error == -ENOENT && can_open(path, 0))
		return -ELIBBAD; /* It is there: what it names is not. */
	if (error == -EACCES && can_open(path, O_DIRECTORY))
		return -EISDIR;
	return error;
}

/* execvpe(3), but without malloc and without /bin/sh for ENOEXEC. Not inlined:
 * its path would take a page of the stack from every start. */
__attribute__((noinline)) static int search_exec(
	const struct spawn_child *child, const char *file)
{
	const char *from = child->search;
	size_t length = strlen(file);
	int error = -ENOENT;
	char path[PATH_MAX];

	for (;;) {
		size_t dir = strcspn(from, ":");

		if (dir + length + 2 <= sizeof(path)) {
			memcpy(path, from, dir);
			/* An empty entry is the current directory (POSIX). */
			if (dir > 0)
				path[dir++] = '/';
			memcpy(path + dir, file, length + 1);

			int r = try_exec(child, path);

			/* Found but not allowed beats not found. */
			if (r == -EACCES || r == -EISDIR)
				error = -EACCES;
			else if (r != -ENOENT && r != -ENOTDIR)
				return r;
		}
		from += strcspn(from, ":");
		if (*from++ == '\0')
			return error;
	}
}

static int child_exec(const struct spawn_child *child)
{
	const struct spawn *spawn = child->spawn;
	const char *file = spawn->path ? spawn->path : spawn->argv[0];

	return child->search ? search_exec(child, file) : try_exec(child, file);
}

/* Also one that has a handler: it must not run in this child. */
static void reset_signals(const struct spawn *spawn)
{
	uint64_t ignored = spawn->ignored ? *spawn->ignored : SYS_ALL_SIGNALS;
	uint64_t kept = spawn->keep_ignored;

	for (int signo = 1; signo <= LAST_SIGNAL; signo++) {
		uint64_t bit = SYS_SIGNAL(signo);

		if (!(ignored & bit))
			continue;
		if (!(kept & bit) ||
		    !(spawn->ignored || sys_signal_is_ignored(signo)))
			sys_signal_default(signo);
	}
}

static int child_setup(struct spawn_child *child)
{
	const struct spawn *spawn = child->spawn;
	int r;

	if (spawn->drop > 0)
		(void)SYS_CALL(SYS_close, spawn->drop); /* A socket. */
	child->stage = SPAWN_CGROUP;
	r = child->join ? child_join(spawn->cgroup) : 0;
	if (r < 0)
		return r;
	reset_signals(spawn);
	r = child_group(spawn, &child->stage);
	if (r < 0)
		return r;
	child->stage = SPAWN_FDS;
	r = child_fds(child);
	if (r < 0)
		return r;
	/* As the caller first: a new user may be of lower rank. */
	child->stage = SPAWN_LIMITS;
	r = child_limits(spawn);
	if (r < 0)
		return r;
	child->stage = SPAWN_NICE;
	r = spawn->nice ? child_nice(spawn->nice) : 0;
	if (r < 0)
		return r;
	child->stage = SPAWN_USER;
	r = spawn->user ? child_user(spawn->user) : 0;
	if (r < 0)
		return r;
	/* As the new user, which must have the right to enter it. */
	child->stage = SPAWN_CWD;
	r = spawn->cwd ? (int)SYS_CALL(SYS_chdir, (long)spawn->cwd) : 0;
	if (r == 0 && spawn->set_umask)
		(void)SYS_CALL(SYS_umask, spawn->umask); /* Cannot fail. */
	return r;
}

/* As snprintf("%d"), which may lock or allocate. */
static void write_pid(char *text)
{
	char digits[10];
	size_t count = 0;

	for (unsigned pid = (unsigned)SYS_CALL(SYS_getpid); pid > 0; pid /= 10)
		digits[count++] = (char)('0' + pid % 10);
	while (count > 0)
		*text++ = digits[--count];
	*text = '\0';
}

static bool child_has_parent(const struct spawn *spawn)
{
	return spawn->parent == 0 ||
	       (pid_t)SYS_CALL(SYS_getppid) == spawn->parent;
}

int spawn_child_main(void *argument)
{
	struct spawn_child *child = argument;
	int32_t *slot = child->spawn->pid_slot;
	int r;

	if (slot)
		*slot = (int32_t)SYS_CALL(SYS_getpid);
	r = child_setup(child);
	if (r == 0 && !child_has_parent(child->spawn))
		r = -ESRCH; /* No process is there to read it. */
	if (r == 0) {
		child->stage = SPAWN_EXEC;
		if (child->spawn->pid_text)
			write_pid(child->spawn->pid_text);
		(void)sys_signal_mask(0);
		r = child_exec(child);
	}
	child->error = r;
	for (;;)
		(void)SYS_CALL(SYS_exit_group, 127);
}
