// SPDX-License-Identifier: MIT
/*
 * Children: by the `children` files of /proc, by a scan, and without /proc.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/file/directory.h"
#include "base/retry.h"
#include "base/sys.h"
#include "proc/procfs.h"

/* PID_MAX_DEFAULT of the kernel. */
#define PID_USUAL (1 << 15)

/* Append the pids that a `children` file lists. */
static int read_children(int procfd, const char *path, struct list *found)
{
	CLEANUP_FREE char *text = NULL;
	ssize_t n = fd_read_whole(procfd, path, 64 << 20, &text);

	if (n < 0)
		return (int)n;
	for (char *p = text, *end;; p = end) {
		pid_t pid = (pid_t)strtol(p, &end, 10);

		if (end == p)
			return 0;
		if (list_append(found, &pid, sizeof(pid)) < 0)
			return -ENOMEM;
	}
}

/* Each thread has children of its own. */
static int children_of_threads(int procfd, pid_t pid, struct list *found)
{
	char path[64];
	struct dirent *entry;

	(void)snprintf(path, sizeof(path), "%d/task", pid);
	CLEANUP_CLOSE int tasks =
		RETRY(openat(procfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (tasks < 0)
		return -errno;
	CLEANUP_DIR DIR *dir = directory_list(tasks);
	if (!dir)
		return -errno;
	while ((entry = directory_next(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%.20s/children",
			       entry->d_name);

		int r = read_children(tasks, path, found);

		/* A thread that has ended has none. */
		if (r < 0 && !procfs_is_absent(r))
			return r;
	}
	return -errno; /* 0 at the end. */
}

int procfs_children_of(int procfd, pid_t pid, int threads, struct list *found)
{
	char path[64];

	if (threads > 1)
		return children_of_threads(procfd, pid, found);
	(void)snprintf(path, sizeof(path), "%d/task/%d/children", pid, pid);
	return read_children(procfd, path, found);
}

/* Without CONFIG_PROC_CHILDREN: the children of the reader, as this procfs
 * numbers it and them. */
static int children_from_scan(int procfd, struct list *found)
{
	CLEANUP(list_free) struct list all = { 0 };
	char self[16] = "";
	int r = procfs_scan(procfd, &all);

	if (r == 0 && readlinkat(procfd, "self", self, sizeof(self) - 1) < 0)
		r = -errno;
	for (size_t i = 0; r == 0 && i < all.count; i++) {
		const struct proc_stat *stat = list_at(&all, i, sizeof(*stat));

		if (stat->ppid == (pid_t)strtol(self, NULL, 10))
			r = list_append(found, &stat->pid, sizeof(stat->pid));
	}
	return r;
}

/* The number that the kernel gives out now; the highest there is to ask. The
 * child has no pidfd: there may be no number for a descriptor. */
static pid_t newest_pid(void)
{
	pid_t pid = sys_fork_quietly(0);

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return PROCFS_PID_LAST;
	/* Ours, and it ends at once. */
	(void)RETRY(waitpid(pid, NULL, __WALL));
	return pid;
}

static int ask_waitid(pid_t first, pid_t last, struct list *found)
{
	for (pid_t pid = first; pid <= last; pid++) {
		siginfo_t info;

		if (waitid(P_PID, (id_t)pid, &info,
			   WEXITED | WNOHANG | WNOWAIT | __WALL) < 0)
			continue;
		if (list_append(found, &pid, sizeof(pid)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * Without /proc: waitid answers ECHILD for every number that is not our child,
 * and WNOWAIT leaves a zombie unreaped. About 0.1 us a number, so those that
 * were given out before this round of numbers are only asked when none of this
 * round is ours, and yet there are children; and the highest ones last.
 */
static int children_from_waitid(struct list *found)
{
	pid_t asked = newest_pid(), next = PID_USUAL;
	siginfo_t info;
	int r = ask_waitid(1, asked, found);

	if (r < 0 || found->count > 0 ||
	    waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0)
		return r;
	for (; r == 0 && found->count == 0 && asked < PROCFS_PID_LAST - 1;
	     next *= 2) {
		if (next <= asked)
			continue;
		r = ask_waitid(asked + 1, next - 1, found);
		asked = next - 1;
	}
	return r;
}

int procfs_children(int procfd, struct list *ret)
{
	struct list found = { 0 };
	int r = procfd < 0
			? -ENOENT
			/* The reader, as this procfs numbers it. */
			: read_children(procfd, "thread-self/children", &found);

	if (r < 0 && r != -ENOMEM && procfd >= 0)
		r = children_from_scan(procfd, &found);
	if (r < 0 && r != -ENOMEM)
		r = children_from_waitid(&found);
	if (r < 0) {
		list_free(&found);
		return r;
	}
	*ret = found;
	return 0;
}

/* The last number of NSpid: as the pid namespace of the process has it. */
static pid_t inner_number(int procfd, pid_t pid)
{
	char path[32], text[4096];
	const char *line, *last;

	(void)snprintf(path, sizeof(path), "%d/status", pid);
	if (fd_read_file(procfd, path, text, sizeof(text)) < 0)
		return 0;
	line = strstr(text, "\nNSpid:");
	if (!line)
		return 0;
	last = line + strcspn(line + 1, "\n");
	while (last > line && *last >= '0' && *last <= '9')
		last--;
	return (pid_t)strtol(last + 1, NULL, 10);
}

pid_t procfs_outer_number(int procfd, pid_t pid)
{
	CLEANUP(list_free) struct list children = { 0 };
	int r = read_children(procfd, "thread-self/children", &children);

	if (r == -ENOENT)
		r = children_from_scan(procfd, &children);
	if (r < 0)
		return r;
	for (size_t i = 0; i < children.count; i++) {
		pid_t child = *(pid_t *)list_at(&children, i, sizeof(child));

		/* Usually it is the only one. */
		if (children.count == 1 || inner_number(procfd, child) == pid)
			return child;
	}
	return -ESRCH;
}
