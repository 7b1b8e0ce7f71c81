// SPDX-License-Identifier: MIT
#include "cage/cgroup_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/retry.h"
#include "cage/cgroup_path.h"
#include "cage/cgroup_walk.h"
#include "cage/sweep.h"
#include "proc/procfs.h"

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
static int open_below_root(int procfd, const char *own, bool hybrid)
{
	/* Beside hierarchies of v1 the second one is likelier. */
	static const char *const mounts[] = { "/sys/fs/cgroup",
					      "/sys/fs/cgroup/unified" };
	const size_t count = sizeof(mounts) / sizeof(mounts[0]);
	struct stat st;

	if (fstatat(procfd, "self/ns/cgroup", &st, 0) < 0 ||
	    st.st_ino != INIT_NAMESPACE)
		return -ENOENT;
	for (size_t i = 0; i < count; i++) {
		const char *mount = mounts[(i + hybrid) % count];
		struct statfs fs;
		CLEANUP_CLOSE int root =
			RETRY(openat(AT_FDCWD, mount,
				     O_RDONLY | O_DIRECTORY | O_CLOEXEC));

		if (root < 0 || fstatfs(root, &fs) < 0 ||
		    fs.f_type != CGROUP2_SUPER_MAGIC || fstat(root, &st) < 0 ||
		    st.st_ino != ROOT_INODE)
			continue;
		if (strcmp(own, "/") == 0)
			return take_fd(&root);

		int fd = RETRY(openat(root, own + 1,
				      O_RDONLY | O_DIRECTORY | O_CLOEXEC));

		return fd < 0 ? -errno : fd;
	}
	return -ENOENT;
}

/* Not inlined: the path would take a page of the stack from every start. */
__attribute__((noinline)) static int open_by_mounts(int procfd, const char *own,
						    struct fault *fault)
{
	CLEANUP_FREE char *mounts = NULL;
	char path[4096];
	ssize_t n = fd_read_whole(procfd, "self/mountinfo", 16 << 20, &mounts);
	int r;

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

	int fd = RETRY(
		openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	return fd < 0 ? fault_set(fault, -errno, "cannot open %s: %s", path,
				  strerror(errno))
		      : fd;
}

int cgroup_open_own(int procfd, struct fault *fault)
{
	char text[8192];
	const char *own = NULL;
	ssize_t n = fd_read_record(procfd, "self/cgroup", text, sizeof(text));
	int r = n < 0 ? (int)n : 0;

	if (n < 0 && n != -ENOENT)
		return fault_set(fault, r, "cannot read /proc/self/cgroup: %s",
				 strerror(-r));
	if (r == 0)
		r = cgroup_find_own(text, &own);
	if (r < 0)
		return fault_set(fault, r,
				 "no cgroup v2 in /proc/self/cgroup: %s",
				 strerror(-r));

	int fd = open_below_root(procfd, own, own != text + strlen("0::"));

	return fd >= 0 ? fd : open_by_mounts(procfd, own, fault);
}

static int cgroup_dir_collect(int dir, void *context)
{
	struct list *pids = context;
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
		if (pid > 0 && list_append(pids, &pid, sizeof(pid)) < 0)
			return -ENOMEM;
	}
	return 0;
}

int cgroup_pids(int dir, struct list *ret)
{
	struct list pids = { 0 };
	struct cgroup_visitor visitor = { .enter = cgroup_dir_collect,
					  .context = &pids };
	int r = cgroup_walk(dir, &visitor);

	if (r < 0) {
		list_free(&pids);
		return r;
	}
	*ret = pids;
	return 0;
}

/* If its path cannot be read because it is longer than the kernel shows. */
static int is_listed(int dir, pid_t pid)
{
	CLEANUP(list_free) struct list pids = { 0 };
	int r = cgroup_pids(dir, &pids);

	return r < 0 ? r : list_has(&pids, &pid, sizeof(pid));
}

int cgroup_holds(int dir, const char *name, int procfd, pid_t pid)
{
	CLEANUP_FREE char *text = NULL;
	char path[32];

	(void)snprintf(path, sizeof(path), "%d/cgroup", pid);

	ssize_t n = fd_read_whole(procfd, path, 1 << 20, &text);

	if (n == -ESRCH || n == -ENOENT)
		return 0;
	if (n < 0)
		return is_listed(dir, pid);
	return cgroup_path_has(text, name);
}

static int event_is(int dir, const char *line)
{
	char text[256];
	ssize_t n = fd_read_record(dir, "cgroup.events", text, sizeof(text));

	if (n == -ENODEV ||
	    n == -ENOENT) /* It is gone, and so are its processes. */
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
		RETRY(openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC));

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
		if (RETRY(pread(fd, text, sizeof(text), 0)) < 0)
			poll_fd.fd = -1; /* Then poll waits, no more. */
		(void)poll_fds(&poll_fd, 1, 20);
	}
}

int cgroup_wait_empty(int dir, int timeout_ms)
{
	return wait_event(dir, "populated 0", timeout_ms);
}

struct frozen {
	int dir;
	const char *name;
	int procfd;
};

static int confirm_frozen(void *context, struct descent *descent,
			  const struct proc_stat *now)
{
	const struct frozen *frozen = context;

	(void)descent;
	return cgroup_holds(frozen->dir, frozen->name, frozen->procfd,
			    now->pid);
}

/* All that can be read, also when that fails for one of them. */
static int list_frozen(void *context, struct list *ret)
{
	const struct frozen *frozen = context;
	CLEANUP(list_free) struct list pids = { 0 };
	struct list found = { 0 };
	int r = cgroup_pids(frozen->dir, &pids);

	for (size_t i = 0; i < pids.count; i++) {
		struct proc_stat stat;
		int s = stat_read(frozen->procfd,
				  *(pid_t *)list_at(&pids, i, sizeof(pid_t)),
				  &stat);

		if (s == 0)
			s = list_append(&found, &stat, sizeof(stat));
		if (s < 0 && !stat_is_absent(s) && r == 0)
			r = s;
	}
	*ret = found;
	return r;
}

/* A frozen process cannot fork, so one pass finds all. */
int cgroup_end_by_freezer(int dir, const char *name, int procfd)
{
	struct frozen frozen = { dir, name, procfd };
	struct sweep sweep = { procfd, list_frozen, &frozen, confirm_frozen };
	int r = fd_write_file(dir, "cgroup.freeze", "1");

	if (r == 0)
		(void)wait_event(dir, "frozen 1", 200); /* Sweeps repeat. */
	r = sweep_signal(&sweep, SIGKILL, false, NULL);
	(void)fd_write_file(dir, "cgroup.freeze", "0"); /* As it was. */
	return r;
}

int cgroup_end(int dir, const char *name, int procfd)
{
	int r = fd_write_file(dir, "cgroup.kill", "1");

	/* Asked of the file, not of the kernel's version. */
	if (r == -ENOENT || r == -EOPNOTSUPP)
		return cgroup_end_by_freezer(dir, name, procfd);
	return r;
}

struct removal {
	int error; /* the first */
};

static int remove_one(int parent, const char *name, void *context)
{
	struct removal *removal = context;

	if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT &&
	    removal->error == 0)
		removal->error = -errno;
	return 0;
}

static int remove_below(int parent, const char *name)
{
	struct removal removal = { 0 };
	struct cgroup_visitor visitor = { .leave = remove_one,
					  .context = &removal };
	CLEANUP_CLOSE int dir =
		RETRY(openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	int r = dir < 0 ? -errno : cgroup_walk(dir, &visitor);

	if (r == 0)
		r = removal.error;
	if (r == 0 && unlinkat(parent, name, AT_REMOVEDIR) < 0)
		r = -errno;
	return r == -ENOENT ? 0 : r;
}

int cgroup_remove(int parent, const char *name)
{
	/* Nearly always there is nothing below. */
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno != EBUSY && errno != ENOTEMPTY)
		return -errno;
	return remove_below(parent, name);
}
