// SPDX-License-Identifier: MIT
#include "proc/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/sys.h"

#define LAST_SIGNAL 64
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

/* What parent and child share while the child has our memory. */
struct child {
	const struct spawn *spawn;
	const char *search; /* PATH, or NULL: argv[0] is a path already */
	bool join; /* write ourselves into the cgroup */
	enum spawn_stage stage;
	int error; /* 0 or -errno */
};

static int child_group(const struct spawn *spawn, enum spawn_stage *stage)
{
	*stage = SPAWN_SESSION;
	if (spawn_group_leads(spawn->group) && setsid() < 0)
		return -errno;
	if (spawn->group == SPAWN_GROUP_SESSION)
		return 0;
	if (spawn->group == SPAWN_GROUP_TERMINAL) {
		*stage = SPAWN_TERMINAL;
		/* 0: it is taken from nobody, not even by root. */
		return ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0 ? -errno : 0;
	}
	if (spawn->group == SPAWN_GROUP_KEEP)
		return 0;
	if (setpgid(0, 0) < 0)
		return -errno;
	if (spawn->group != SPAWN_GROUP_FOREGROUND)
		return 0;
	/* SIGTTOU is blocked here, as everything is, so this is allowed from
	 * the background group that we are until it returns. */
	*stage = SPAWN_FOREGROUND;
	return tcsetpgrp(spawn->terminal, getpid()) < 0 ? -errno : 0;
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
		copy = fd_dup_above(from, 3);
	while (copy >= 0 && is_target(spawn, copy));
	return copy;
}

/*
 * Copy every source aside before any target is written: a target may be the
 * number of a source that is still to come. The copies have FD_CLOEXEC.
 */
static int child_fds(const struct spawn *spawn)
{
	int copies[SPAWN_FDS_MAX], targets[SPAWN_FDS_MAX];
	size_t count = spawn->fd_count;

	if (count > SPAWN_FDS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < count; i++) {
		copies[i] = copy_aside(spawn, spawn->fds[i].from);
		if (copies[i] < 0)
			return copies[i];
	}
	for (size_t i = 0; i < count; i++)
		if (dup2(copies[i], spawn->fds[i].to) < 0)
			return -errno;
	if (!spawn->close_others)
		return 0;
	for (size_t i = 0; i < count; i++)
		targets[i] = spawn->fds[i].to;
	fd_close_except(3, targets, count);
	return 0;
}

static int child_limits(const struct spawn *spawn)
{
	for (size_t i = 0; i < spawn->limit_count; i++) {
		const struct spawn_limit *limit = &spawn->limits[i];
		struct rlimit value = { limit->soft, limit->hard };

		if (setrlimit((unsigned)limit->resource, &value) < 0)
			return -errno;
	}
	return 0;
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

/* execve, and on failure why: told here, where the path means what it did. */
static int try_exec(const struct child *child, const char *path)
{
	const struct spawn *spawn = child->spawn;
	struct stat st;

	(void)execve(path, spawn->argv, spawn->envp ? spawn->envp : environ);

	int error = -errno;

	if (stat(path, &st) < 0)
		return error;
	if (error == -ENOENT) /* It is there: what it names is not. */
		return -ELIBBAD;
	return error == -EACCES && S_ISDIR(st.st_mode) ? -EISDIR : error;
}

/* execvpe(3), but without malloc and without /bin/sh for ENOEXEC. */
static int child_exec(const struct child *child)
{
	const char *file =
		child->spawn->path ? child->spawn->path : child->spawn->argv[0];
	const char *from = child->search;
	size_t length = strlen(file);
	int error = -ENOENT;
	char path[PATH_MAX];

	if (!from)
		return try_exec(child, file);
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

static int child_setup(struct child *child)
{
	const struct spawn *spawn = child->spawn;
	int r;

	child->stage = SPAWN_CGROUP;
	r = child->join ? fd_write_file(spawn->cgroup, "cgroup.procs", "0") : 0;
	if (r < 0)
		return r;
	for (int signo = 1; signo <= LAST_SIGNAL; signo++)
		sys_signal_default(signo);
	r = child_group(spawn, &child->stage);
	if (r < 0)
		return r;
	child->stage = SPAWN_FDS;
	r = child_fds(spawn);
	if (r < 0)
		return r;
	/* As the caller first: a new user may be of lower rank. */
	child->stage = SPAWN_LIMITS;
	r = child_limits(spawn);
	if (r < 0)
		return r;
	child->stage = SPAWN_NICE;
	if (spawn->nice &&
	    setpriority(PRIO_PROCESS, 0,
			getpriority(PRIO_PROCESS, 0) + spawn->nice) < 0)
		return -errno;
	child->stage = SPAWN_USER;
	r = spawn->user ? child_user(spawn->user) : 0;
	if (r < 0)
		return r;
	/* As the new user: whether it may be entered is a matter of who. */
	child->stage = SPAWN_CWD;
	if (spawn->cwd && chdir(spawn->cwd) < 0)
		return -errno;
	if (spawn->set_umask)
		(void)umask(spawn->umask); /* Cannot fail. */
	return 0;
}

/* As snprintf("%d"), which may lock or allocate. */
static void write_pid(char *text)
{
	char digits[10];
	size_t count = 0;

	for (unsigned pid = (unsigned)getpid(); pid > 0; pid /= 10)
		digits[count++] = (char)('0' + pid % 10);
	while (count > 0)
		*text++ = digits[--count];
	*text = '\0';
}

static int child_main(void *argument)
{
	struct child *child = argument;
	int r = child_setup(child);

	if (r == 0) {
		child->stage = SPAWN_EXEC;
		if (child->spawn->pid_text)
			write_pid(child->spawn->pid_text);
		(void)sys_signal_mask(0);
		r = child_exec(child);
	}
	child->error = r;
	_exit(127);
}

static const char *path_of(char *const *envp)
{
	for (; *envp; envp++)
		if (strncmp(*envp, "PATH=", 5) == 0)
			return *envp + 5;
	return DEFAULT_PATH;
}

static pid_t clone_child(struct child *child, int *ret_pidfd)
{
	int cgroup = child->spawn->cgroup;
	pid_t pid = -ENOSYS;

	if (cgroup)
		pid = sys_vfork_call(cgroup, child_main, child, ret_pidfd);
	/* No clone3, or a filter that refuses it: join by hand. EACCES: we are
	 * outside of a subtree that was delegated to us. */
	if (cgroup && (pid == -ENOSYS || pid == -EPERM || pid == -EACCES ||
		       pid == -EINVAL || pid == -E2BIG))
		child->join = true;
	if (!cgroup || child->join)
		pid = sys_vfork_call(-1, child_main, child, ret_pidfd);
	return pid;
}

static int describe_terminal(const struct child *child, const char *file,
			     struct fault *fault)
{
	const char *why = child->error == -ENOTTY ? "it is no terminal"
			  : child->error == -EPERM
				  ? "it is that of another session already"
				  : strerror(-child->error);

	return fault_set(fault, child->error,
			 "cannot make standard input the controlling terminal "
			 "of %s: %s",
			 file, why);
}

static int describe(const struct child *child, struct fault *fault)
{
	static const char *const stages[] = {
		[SPAWN_CLONE] = "cannot start a process",
		[SPAWN_CGROUP] = "cannot enter the cgroup",
		[SPAWN_SESSION] = "cannot make a session or process group",
		[SPAWN_FOREGROUND] = "cannot take the terminal's foreground",
		[SPAWN_FDS] = "cannot pass the file descriptors",
		[SPAWN_LIMITS] = "cannot set the resource limits",
		[SPAWN_NICE] = "cannot change the nice value",
		[SPAWN_USER] = "cannot become the user",
	};
	const struct spawn *spawn = child->spawn;
	const char *file = spawn->path ? spawn->path : spawn->argv[0];
	const char *why = strerror(-child->error);

	if (child->stage == SPAWN_TERMINAL)
		return describe_terminal(child, file, fault);
	if (child->stage == SPAWN_CWD)
		return fault_set(fault, child->error,
				 "cannot change to directory %s: %s",
				 spawn->cwd, why);
	if (child->stage != SPAWN_EXEC)
		return fault_set(fault, child->error, "%s for %s: %s",
				 stages[child->stage], file, why);
	if (child->error == -ENOENT && child->search)
		return fault_set(fault, -ENOENT,
				 "%s: command not found in PATH", file);
	if (child->error == -ELIBBAD)
		return fault_set(fault, -ELIBBAD,
				 "cannot execute %s: the file is there, but "
				 "not the interpreter that it names",
				 file);
	if (child->error == -EISDIR)
		return fault_set(fault, -EISDIR,
				 "cannot execute %s: it is a directory", file);
	if (child->error == -ENOEXEC)
		return fault_set(fault, -ENOEXEC,
				 "cannot execute %s: not a program and no "
				 "script that begins with #!",
				 file);
	return fault_set(fault, child->error, "cannot execute %s: %s", file,
			 why);
}

int spawn_program(const struct spawn *spawn, struct spawned *ret,
		  enum spawn_stage *ret_stage, struct fault *fault)
{
	const char *file = spawn->path ? spawn->path : spawn->argv[0];
	char *const *envp = spawn->envp ? spawn->envp : environ;
	struct child child = {
		.spawn = spawn,
		.search = strchr(file, '/') || !*file ? NULL : path_of(envp),
	};
	CLEANUP_CLOSE int pidfd = -1;
	uint64_t before = sys_signal_mask(SYS_ALL_SIGNALS);
	pid_t pid = clone_child(&child, &pidfd);

	(void)sys_signal_mask(before);
	if (pid < 0) {
		child.stage = SPAWN_CLONE;
		child.error = pid;
	}
	if (child.error < 0) {
		/* It called _exit; ECHILD when SIGCHLD is ignored. */
		if (pid > 0)
			(void)waitpid(pid, NULL, 0);
		if (ret_stage)
			*ret_stage = child.stage;
		return describe(&child, fault);
	}
	*ret = (struct spawned){ .pid = pid, .pidfd = take_fd(&pidfd) };
	return 0;
}
