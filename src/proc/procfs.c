// SPDX-License-Identifier: MIT
#include "proc/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/retry.h"
#include "base/sys.h"
#include "base/text.h"
#include "proc/pids.h"
#include "proc/status.h"

/* PID_MAX_LIMIT of 64 bit kernels. */
#define PID_LAST (1 << 22)
/* PID_MAX_DEFAULT of the kernel. */
#define PID_USUAL (1 << 15)

/* The first pid namespace's, which has been the same since there are any:
 * PROC_PID_INIT_INO of the kernel's proc_ns.h. */
#define FIRST_NAMESPACE "pid:[4026531836]"

/*
 * Whether its numbers mean to us what they mean there. That of an outer pid
 * namespace, which is what `unshare --pid` leaves at /proc, has our processes
 * under other numbers, and under ours others.
 */
static bool is_ours(int procfd)
{
	char text[4096], self[16];
	ssize_t n = readlinkat(procfd, "self", text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	(void)snprintf(self, sizeof(self), "%d", getpid());
	if (strcmp(text, self) != 0)
		return false;
	/* The same number, by chance? */
	n = readlinkat(procfd, "self/ns/pid", text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	if (strcmp(text, FIRST_NAMESPACE) == 0)
		return true; /* In those inside of it we have no number. */
	if (fd_read_file(procfd, "self/status", text, sizeof(text)) < 0)
		return false;
	const char *numbers = strstr(text, "\nNSpid:\t");

	return !numbers ||
	       strspn(numbers + 8, "0123456789") == strcspn(numbers + 8, "\n");
}

/* The link's text costs a quarter of stat(2), which makes an inode for it. */
uint64_t procfs_namespace(int procfd)
{
	static const char before[] = "pid:[";
	char text[sizeof("pid:[18446744073709551615]")];
	ssize_t n = readlinkat(procfd, "self/ns/pid", text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	if (strncmp(text, before, strlen(before)) != 0)
		return 0;
	return strtoull(text + strlen(before), NULL, 10);
}

int procfs_open(void)
{
	struct statfs fs = { 0 };

	CLEANUP_CLOSE int fd =
		RETRY(open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (fd < 0 && fault_is_shortage(-errno))
		return -errno;
	if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC &&
	    is_ours(fd))
		return take_fd(&fd);

	int own = sys_fsopen_proc();

	return own >= 0 || fault_is_shortage(own) ? own : -ENOENT;
}

/* Not in a list. With any other error the list would be too short. */
static bool is_absent(int error)
{
	return error == -ENOENT || stat_is_absent(error);
}

/* As readdir(3), with errno 0 at the end. */
static struct dirent *next_entry(DIR *dir)
{
	errno = 0;
	return readdir(dir);
}

int procfs_scan(int procfd, struct list *ret)
{
	struct list found = { 0 };
	struct dirent *entry = NULL;
	int r = 0;

	CLEANUP_DIR DIR *dir = directory_list(procfd);
	if (!dir)
		return -errno;

	while (r == 0 && (entry = next_entry(dir))) {
		struct proc_stat stat;
		uint64_t pid;

		if (text_number(entry->d_name, PID_LAST, &pid) < 0)
			continue;
		r = stat_read(procfd, (pid_t)pid, &stat);
		if (r == 0)
			r = list_append(&found, &stat, sizeof(stat));
		else if (is_absent(r))
			r = 0;
	}
	if (r == 0 && !entry)
		r = -errno; /* Of readdir; 0 at the end. */
	if (r < 0) {
		list_free(&found);
		return r;
	}
	*ret = found;
	return 0;
}

int procfs_select(int procfd,
		  bool (*keep)(const struct proc_stat *stat,
			       const void *context),
		  const void *context, struct list *ret)
{
	CLEANUP(list_free) struct list all = { 0 };
	struct list found = { 0 };
	int r = procfs_scan(procfd, &all);

	for (size_t i = 0; r == 0 && i < all.count; i++) {
		const struct proc_stat *stat = list_at(&all, i, sizeof(*stat));

		if (keep(stat, context))
			r = list_append(&found, stat, sizeof(*stat));
	}
	if (r < 0) {
		list_free(&found);
		return r;
	}
	*ret = found;
	return 0;
}

bool procfs_any_alive(const struct list *stats)
{
	for (size_t i = 0; i < stats->count; i++)
		if (!stat_is_dead(list_at(stats, i, sizeof(struct proc_stat))))
			return true;
	return false;
}

/* Indexes of @all in the order of parents, so that children are one run. */
struct by_parent {
	pid_t ppid;
	uint32_t index;
};

static int compare_parents(const void *a, const void *b)
{
	const struct by_parent *x = a, *y = b;

	if (x->ppid != y->ppid)
		return x->ppid < y->ppid ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The first entry whose parent is not before @ppid. */
static size_t first_child(const struct by_parent *order, size_t count,
			  pid_t ppid)
{
	size_t low = 0;

	while (count > 0) {
		size_t half = count / 2;

		if (order[low + half].ppid < ppid) {
			low += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return low;
}

static int append_children(const struct list *all,
			   const struct by_parent *order, pid_t parent,
			   struct list *found)
{
	const struct proc_stat *stats = all->items;

	for (size_t i = first_child(order, all->count, parent);
	     i < all->count && order[i].ppid == parent; i++) {
		const struct proc_stat *child = &stats[order[i].index];

		/* pid 0 (a parent outside our namespace) is its own child. */
		if (child->pid == child->ppid)
			continue;
		if (list_append(found, child, sizeof(*child)) < 0)
			return -ENOMEM;
	}
	return 0;
}

int procfs_descendants(const struct list *all, pid_t root, struct list *ret)
{
	const struct proc_stat *stats = all->items;
	struct list found = { 0 };

	CLEANUP_FREE struct by_parent *order =
		calloc(all->count + 1, sizeof(*order));
	if (!order)
		return -ENOMEM;

	for (size_t i = 0; i < all->count; i++)
		order[i] = (struct by_parent){ stats[i].ppid, (uint32_t)i };
	qsort(order, all->count, sizeof(*order), compare_parents);

	int r = append_children(all, order, root, &found);

	/* A snapshot that is not atomic may hold a cycle; then the list would
	 * outgrow the processes that there are. */
	for (size_t i = 0; r == 0 && i < found.count; i++) {
		const struct proc_stat *items = found.items;

		if (found.count > all->count)
			r = -EAGAIN;
		else
			r = append_children(all, order, items[i].pid, &found);
	}
	if (r < 0) {
		list_free(&found);
		return r;
	}
	*ret = found;
	return 0;
}

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
	while ((entry = next_entry(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%.20s/children",
			       entry->d_name);

		int r = read_children(tasks, path, found);

		/* A thread that has ended has none. */
		if (r < 0 && !is_absent(r))
			return r;
	}
	return -errno; /* 0 at the end. */
}

static int children_of(int procfd, pid_t pid, int threads, struct list *found)
{
	char path[64];

	if (threads > 1)
		return children_of_threads(procfd, pid, found);
	(void)snprintf(path, sizeof(path), "%d/task/%d/children", pid, pid);
	return read_children(procfd, path, found);
}

/*
 * What was listed below @parent, if its own ppid confirms it: its pid may have
 * been reused.
 */
static int append_stats(int procfd, pid_t parent, const struct list *pids,
			struct list *found)
{
	for (size_t i = 0; i < pids->count; i++) {
		struct proc_stat stat;
		int r = stat_read(procfd,
				  *(pid_t *)list_at(pids, i, sizeof(pid_t)),
				  &stat);

		/* Gone meanwhile: another process has adopted its children. */
		if (is_absent(r) || (r == 0 && stat.ppid != parent))
			continue;
		if (r == 0)
			r = list_append(found, &stat, sizeof(stat));
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * The children of a process that was found. If it ended while we read, its pid
 * may have been reused: then they are not taken. Its real children are adopted
 * by an ancestor, and are found there.
 */
static int append_below(int procfd, const struct proc_stat *parent,
			struct list *found)
{
	CLEANUP(list_free) struct list pids = { 0 };
	size_t before = found->count;
	struct proc_stat now;
	int r = children_of(procfd, parent->pid, parent->threads, &pids);

	if (r == 0)
		r = append_stats(procfd, parent->pid, &pids, found);
	if (r < 0)
		return is_absent(r) ? 0 : r;
	if (found->count == before)
		return 0;
	r = stat_read(procfd, parent->pid, &now);
	if (is_absent(r) ||
	    (r == 0 && now.start_ticks != parent->start_ticks)) {
		found->count = before;
		r = 0;
	}
	return r;
}

/* From the @first of those that are found on: their children, and so on. */
static int walk_below(int procfd, size_t first, struct list *found)
{
	int r = 0;

	/* A process that is reparented while we walk may be met twice, but not
	 * without end. */
	for (size_t i = first; r == 0 && i < found->count && i < PID_LAST;
	     i++) {
		struct proc_stat stat =
			*(struct proc_stat *)list_at(found, i, sizeof(stat));

		r = append_below(procfd, &stat, found);
	}
	return r;
}

/* Of @pids keep those that are not in @known, and add them to it. */
static int keep_new(struct list *pids, struct list *known)
{
	size_t kept = 0, old = known->count;
	int r = 0;

	pids_sort(known);
	for (size_t i = 0; r == 0 && i < pids->count; i++) {
		pid_t pid = *(pid_t *)list_at(pids, i, sizeof(pid));

		if (pids_find(known, old, pid))
			continue;
		memcpy(list_at(pids, kept++, sizeof(pid)), &pid, sizeof(pid));
		r = list_append(known, &pid, sizeof(pid));
	}
	pids->count = kept;
	return r;
}

/* A subreaper adopts orphans while we walk below it: look there again until no
 * new process is found. */
#define WALKS 4

static int walk_tree(int procfd, pid_t root, struct list *found)
{
	CLEANUP(list_free) struct list known = { 0 };
	struct proc_stat stat;
	int r = stat_read(procfd, root, &stat);

	for (int i = 0; r == 0 && i < WALKS; i++) {
		CLEANUP(list_free) struct list pids = { 0 };
		size_t first = found->count;

		r = children_of(procfd, root, stat.threads, &pids);
		if (r == 0)
			r = keep_new(&pids, &known);
		if (r < 0 || pids.count == 0)
			return r;
		r = append_stats(procfd, root, &pids, found);
		if (r == 0)
			r = walk_below(procfd, first, found);
		for (size_t j = first; r == 0 && j < found->count; j++) {
			const struct proc_stat *one =
				list_at(found, j, sizeof(*one));

			r = list_append(&known, &one->pid, sizeof(one->pid));
		}
	}
	return r;
}

int procfs_tree(int procfd, pid_t root, struct list *ret)
{
	CLEANUP(list_free) struct list all = { 0 };
	struct list found = { 0 };
	int r = walk_tree(procfd, root, &found);

	if (r == 0) {
		*ret = found;
		return 0;
	}
	list_free(&found);
	if (r == -ENOMEM)
		return r;
	r = procfs_scan(procfd, &all);
	return r < 0 ? r : procfs_descendants(&all, root, ret);
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
		return PID_LAST;
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
	for (; r == 0 && found->count == 0 && asked < PID_LAST - 1; next *= 2) {
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

		/* Mostly it is the only one. */
		if (children.count == 1 || inner_number(procfd, child) == pid)
			return child;
	}
	return -ESRCH;
}

void procfs_command(int procfd, const struct proc_stat *stat, char *ret,
		    size_t size)
{
	char path[32], comm[sizeof(stat->comm)];

	(void)snprintf(path, sizeof(path), "%d/cmdline", stat->pid);

	ssize_t n = fd_read_file(procfd, path, ret, size);

	for (ssize_t i = 0; i + 1 < n; i++)
		if (ret[i] == '\0')
			ret[i] = ' ';
	if (n > 0)
		return;
	/* No arguments: a zombie, or one that has cleared them. */
	text_printable(stat->comm, comm, sizeof(comm));
	(void)snprintf(ret, size, "[%s]", comm);
}

int procfs_detail(int procfd, const struct proc_stat *stat,
		  struct proc_detail *ret)
{
	struct proc_status status;

	*ret = (struct proc_detail){ .uid = (uid_t)-1 };
	procfs_command(procfd, stat, ret->command, sizeof(ret->command));

	int r = status_read(procfd, stat->pid, &status);

	if (r < 0)
		return r;
	ret->uid = status.uid;
	ret->ignored = status.ignored;
	ret->caught = status.caught;
	return 0;
}

int procfs_user(int procfd, pid_t pid, uid_t *ret)
{
	char path[16];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%d", pid);
	if (fstatat(procfd, path, &st, 0) < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	*ret = st.st_uid;
	return 0;
}

/* A read that does not fill its buffer has reached the end. */
static ssize_t read_on(int fd, size_t limit, struct buffer *ret)
{
	size_t used = 0;
	char part[4096];

	while (used < limit) {
		size_t left = limit - used;
		size_t wanted = left < sizeof(part) ? left : sizeof(part);
		ssize_t n = RETRY(read(fd, part, wanted));

		if (n < 0)
			return -errno;
		buffer_add(ret, part, (size_t)n);
		used += (size_t)n;
		if ((size_t)n < wanted)
			break;
	}
	return ret->error ? ret->error : (ssize_t)used;
}

ssize_t procfs_arguments(int procfd, pid_t pid, size_t limit,
			 struct buffer *ret)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "%d/cmdline", pid);
	CLEANUP_CLOSE int fd =
		RETRY(openat(procfd, path, O_RDONLY | O_CLOEXEC));
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return read_on(fd, limit, ret);
}
