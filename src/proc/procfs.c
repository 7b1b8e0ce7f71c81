// SPDX-License-Identifier: MIT
#include "proc/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/file/directory.h"
#include "base/retry.h"
#include "base/sys.h"
#include "base/text.h"
#include "proc/pids.h"

/* The first pid namespace's, which has been the same since there are any:
 * PROC_PID_INIT_INO of the kernel's proc_ns.h. */
#define FIRST_NAMESPACE 4026531836U

/* Not inlined: the text would take a page of the stack from every start. */
__attribute__((noinline)) static int numbers_are_ours(int procfd)
{
	char text[4096], self[16];
	ssize_t n = readlinkat(procfd, "self", text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	(void)snprintf(self, sizeof(self), "%d", getpid());
	if (strcmp(text, self) != 0)
		return 0;
	/* The numbers may be equal by chance. */
	n = fd_read_file(procfd, "self/status", text, sizeof(text));
	if (n < 0)
		return fault_is_shortage((int)n) ? (int)n : 0;
	const char *numbers = strstr(text, "\nNSpid:\t");

	return !numbers ||
	       strspn(numbers + 8, "0123456789") == strcspn(numbers + 8, "\n");
}

/*
 * Whether this /proc numbers processes as we do. The /proc of an outer pid
 * namespace, which `unshare --pid` leaves mounted, has other numbers for our
 * processes, and our numbers for others.
 *
 * @return  1, 0, or -errno if there was no descriptor or memory to look.
 */
static int procfs_is_ours(int procfd, uint64_t namespace)
{
	/* In those inside of the first namespace we have no number, so there is
	 * no such link. */
	return namespace == FIRST_NAMESPACE ? 1 : numbers_are_ours(procfd);
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
	uint64_t ignored;

	return procfs_open_in(&ignored);
}

int procfs_open_in(uint64_t *ret_namespace)
{
	struct statfs fs = { 0 };
	uint64_t namespace = 0;
	int r = 0;

	CLEANUP_CLOSE int fd = RETRY(
		openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (fd < 0 && fault_is_shortage(-errno))
		return -errno;
	if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC) {
		namespace = procfs_namespace(fd);
		r = procfs_is_ours(fd, namespace);
	}
	if (r < 0)
		return r;
	if (r > 0) {
		*ret_namespace = namespace;
		return take_fd(&fd);
	}

	int own = sys_fsopen_proc();

	*ret_namespace = own < 0 ? 0 : procfs_namespace(own);
	return own >= 0 || fault_is_shortage(own) ? own : -ENOENT;
}

int procfs_scan(int procfd, struct list *ret)
{
	struct list found = { 0 };
	struct dirent *entry = NULL;
	int r = 0;

	CLEANUP_DIR DIR *dir = directory_list(procfd);
	if (!dir)
		return -errno;

	while (r == 0 && (entry = directory_next(dir))) {
		struct proc_stat stat;
		uint64_t pid;

		if (text_number(entry->d_name, PROCFS_PID_LAST, &pid) < 0)
			continue;
		r = stat_read(procfd, (pid_t)pid, &stat);
		if (r == 0)
			r = list_append(&found, &stat, sizeof(stat));
		else if (procfs_is_absent(r))
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
		  bool (*wanted)(const struct proc_stat *stat,
				 const void *context),
		  const void *context, struct list *ret)
{
	CLEANUP(list_free) struct list all = { 0 };
	struct list found = { 0 };
	int r = procfs_scan(procfd, &all);

	for (size_t i = 0; r == 0 && i < all.count; i++) {
		const struct proc_stat *stat = list_at(&all, i, sizeof(*stat));

		if (wanted(stat, context))
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
