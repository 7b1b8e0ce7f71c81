// SPDX-License-Identifier: MIT
/*
 * Files of one process that may block, or that few callers need.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/retry.h"
#include "base/text.h"
#include "proc/procfs.h"
#include "proc/status.h"

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
