// SPDX-License-Identifier: MIT
#include "cage/cgroup_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/directory.h"
#include "base/fd.h"
#include "cage/cgroup_path.h"
#include "cage/sweep.h"
#include "proc/procfs.h"

/* Deeper nests are refused, so that a hostile one cannot use up our stack. */
#define MAX_DEPTH 64

/* CGROUP_NS_INIT_INO, linux/proc_ns.h: the namespace of the first process. */
#define INIT_NAMESPACE 0xEFFFFFFBU

/* kernfs numbers the root of a hierarchy 1. */
#define ROOT_INODE 1

/*
 * A short cut: reading mountinfo takes a twentieth of a whole fixture's start.
 *
 * In the first cgroup namespace our path counts from the hierarchy's root, so
 * below a directory that is this root the path is right, whatever mountinfo
 * says of other mounts. Elsewhere: no answer.
 */
static int open_below_root(int procfd, const char *own)
{
	static const char *const mounts[] = { "/sys/fs/cgroup",
					      "/sys/fs/cgroup/unified" };
	struct stat st;

	if (fstatat(procfd, "self/ns/cgroup", &st, 0) < 0 ||
	    st.st_ino != INIT_NAMESPACE)
		return -ENOENT;
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		struct statfs fs;
		CLEANUP_CLOSE int root =
			open(mounts[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (root < 0 || fstatfs(root, &fs) < 0 ||
		    fs.f_type != CGROUP2_SUPER_MAGIC || fstat(root, &st) < 0 ||
		    st.st_ino != ROOT_INODE)
			continue;
		if (strcmp(own, "/") == 0)
			return take_fd(&root);

		int fd = openat(root, own + 1,
				O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		return fd < 0 ? -errno : fd;
	}
	return -ENOENT;
}

int cgroup_open_own(int procfd, struct fault *fault)
{
	CLEANUP_FREE char *mounts = NULL;
	char text[8192], own[4096], path[4096];
	ssize_t n = fd_read_file(procfd, "self/cgroup", text, sizeof(text));
	int r = n < 0 ? (int)n : cgroup_parse_own(text, own, sizeof(own));

	if (r < 0)
		return fault_set(fault, r,
				 "no cgroup v2 in /proc/self/cgroup: %s",
				 strerror(-r));

	int fd = open_below_root(procfd, own);

	if (fd >= 0)
		return fd;
	n = fd_read_whole(procfd, "self/mountinfo", 16 << 20, &mounts);
	if (n < 0)
		return fault_set(fault, (int)n,
				 "cannot read /proc/self/mountinfo: %s",
				 strerror((int)-n));
	r = cgroup_parse_mounts(mounts, own, path, sizeof(path));
	if (r == -ENOENT)
		return fault_set(fault, r, "cgroup v2 is not mounted");
	if (r < 0)
		return fault_set(fault, r,
				 "our cgroup %s is not below any mount of "
				 "cgroup v2",
				 own);

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? fault_set(fault, -errno, "cannot open %s: %s", path,
				  strerror(errno))
		      : fd;
}

/* Call @visit for each cgroup right below @dir. */
static int each_below(int dir,
		      int (*visit)(int dir, const char *name, void *context),
		      void *context)
{
	struct dirent *entry;
	int r = 0;

	CLEANUP_DIR DIR *list = directory_list(dir);
	if (!list)
		return -errno;
	while (r == 0 && (entry = readdir(list))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		r = visit(dir, entry->d_name, context);
	}
	return r;
}

struct walk {
	struct list *pids;
	int depth;
};

static int collect(int dir, struct walk *walk);

static int collect_below(int dir, const char *name, void *context)
{
	struct walk *walk = context;

	CLEANUP_CLOSE int below =
		openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (below < 0) /* Removed meanwhile: nobody is in it. */
		return errno == ENOENT ? 0 : -errno;
	if (walk->depth >= MAX_DEPTH)
		return -ELOOP;
	walk->depth++;
	int r = collect(below, walk);
	walk->depth--;
	return r;
}

static int collect(int dir, struct walk *walk)
{
	CLEANUP_FREE char *text = NULL;
	/* A threaded cgroup has no cgroup.procs to read (EOPNOTSUPP): its
	 * processes stand in that of its domain, which we read as well. */
	ssize_t n = fd_read_whole(dir, "cgroup.procs", 64 << 20, &text);

	/* ENODEV: the cgroup went while we read. */
	if (n < 0 && n != -ENODEV && n != -ENOENT && n != -EOPNOTSUPP)
		return (int)n;
	for (char *p = text, *end; n > 0; p = end) {
		pid_t pid = (pid_t)strtol(p, &end, 10);

		if (end == p)
			break;
		/* 0: a process of a pid namespace that we do not see into. */
		if (pid > 0 && list_append(walk->pids, &pid, sizeof(pid)) < 0)
			return -ENOMEM;
	}
	return each_below(dir, collect_below, walk);
}

int cgroup_pids(int dir, struct list *ret)
{
	struct list pids = { 0 };
	struct walk walk = { .pids = &pids };
	int r = collect(dir, &walk);

	if (r < 0) {
		list_free(&pids);
		return r;
	}
	*ret = pids;
	return 0;
}

static int event_is(int dir, const char *line)
{
	char text[256];
	ssize_t n = fd_read_file(dir, "cgroup.events", text, sizeof(text));

	if (n == -ENODEV || n == -ENOENT) /* Gone, and so is everybody in it. */
		return strcmp(line, "populated 0") == 0;
	if (n < 0)
		return (int)n;
	return strstr(text, line) != NULL;
}

int cgroup_is_empty(int dir)
{
	return event_is(dir, "populated 0");
}

/* A change of cgroup.events is shown as POLLPRI; wait for @line. */
static int wait_event(int dir, const char *line, int timeout_ms)
{
	int64_t deadline = clock_in_us(clock_ms_us(timeout_ms));
	CLEANUP_CLOSE int fd =
		openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);

	for (;;) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };
		char text[256];
		int r = event_is(dir, line);

		if (r != 0)
			return r < 0 ? r : 0;
		if (clock_us() >= deadline)
			return -ETIMEDOUT;
		/* The read makes poll wait for what comes after it; a change
		 * between is seen by event_is() after at most 20 ms. */
		(void)pread(fd, text, sizeof(text), 0);
		(void)poll(&poll_fd, 1, 20);
	}
}

int cgroup_wait_empty(int dir, int timeout_ms)
{
	return wait_event(dir, "populated 0", timeout_ms);
}

struct frozen {
	int dir;
	int procfd;
};

static int list_frozen(void *context, struct list *ret)
{
	const struct frozen *frozen = context;
	CLEANUP(list_free) struct list pids = { 0 };
	struct list found = { 0 };
	int r = cgroup_pids(frozen->dir, &pids);

	for (size_t i = 0; r == 0 && i < pids.count; i++) {
		struct proc_stat stat;

		if (stat_read(frozen->procfd,
			      *(pid_t *)list_at(&pids, i, sizeof(pid_t)),
			      &stat) == 0)
			r = list_append(&found, &stat, sizeof(stat));
	}
	if (r < 0) {
		list_free(&found);
		return r;
	}
	*ret = found;
	return 0;
}

/* Before Linux 5.14: who is frozen cannot fork, so one pass meets everybody. */
static int end_by_freezer(int dir, int procfd)
{
	struct frozen frozen = { dir, procfd };
	struct sweep sweep = { procfd, list_frozen, &frozen };
	int r = fd_write_file(dir, "cgroup.freeze", "1");

	if (r == 0)
		(void)wait_event(dir, "frozen 1", 200); /* Sweeps repeat. */
	r = sweep_signal(&sweep, SIGKILL, false, NULL);
	(void)fd_write_file(dir, "cgroup.freeze", "0"); /* As it was. */
	return r;
}

int cgroup_end(int dir, int procfd)
{
	int r = fd_write_file(dir, "cgroup.kill", "1");

	/* Asked of the file, not of the kernel's version. */
	if (r == -ENOENT || r == -EOPNOTSUPP)
		return end_by_freezer(dir, procfd);
	return r;
}

static int remove_below(int dir, const char *name, void *context)
{
	int *depth = context;

	CLEANUP_CLOSE int below =
		openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (below < 0)
		return errno == ENOENT ? 0 : -errno;
	if (*depth >= MAX_DEPTH)
		return -ELOOP;
	(*depth)++;
	int r = each_below(below, remove_below, depth);
	(*depth)--;
	if (r < 0)
		return r;
	return unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno
									: 0;
}

int cgroup_remove(int parent, const char *name)
{
	int depth = 0;

	/* Nearly always there is nothing below. */
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno != EBUSY && errno != ENOTEMPTY)
		return -errno;
	return remove_below(parent, name, &depth);
}
