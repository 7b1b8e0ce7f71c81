// SPDX-License-Identifier: MIT
#include "core/supervisor/inner.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "core/supervisor/supervisor.h"
#include "proc/descent.h"

static ssize_t read_program(int procfd, const char *process, char *ret,
			    size_t size)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "%s/exe", process);

	ssize_t n = readlinkat(procfd, path, ret, size - 1);

	ret[n > 0 ? n : 0] = '\0';
	return n < 0 ? -errno : n;
}

/* Pages of program text, the fourth number of statm; 0: cannot be read. */
static unsigned long text_pages(int procfd, const char *process)
{
	char path[32], text[256];
	unsigned long pages = 0;

	(void)snprintf(path, sizeof(path), "%s/statm", process);
	if (fd_read_record(procfd, path, text, sizeof(text)) <= 0 ||
	    sscanf(text, "%*u %*u %*u %lu", &pages) != 1)
		return 0;
	return pages;
}

static bool runs_our_program(int procfd, pid_t pid)
{
	char process[16], own[PATH_MAX], other[PATH_MAX];

	(void)snprintf(process, sizeof(process), "%d", pid);

	ssize_t n = read_program(procfd, process, other, sizeof(other));

	if (n == -EACCES || n == -EPERM) {
		unsigned long pages = text_pages(procfd, process);

		return pages > 0 && pages == text_pages(procfd, "self");
	}
	return n > 0 && read_program(procfd, "self", own, sizeof(own)) > 0 &&
	       strcmp(own, other) == 0;
}

bool inner_is_supervisor(int procfd, const struct proc_stat *stat)
{
	return strcmp(stat->comm, SUPERVISOR_NAME) == 0 && stat_is_fork(stat) &&
	       runs_our_program(procfd, stat->pid);
}

void inner_drop_name(void)
{
	char name[16] = "";

	if (prctl(PR_GET_NAME, name) == 0 && strcmp(name, SUPERVISOR_NAME) == 0)
		(void)prctl(PR_SET_NAME, "jig"); /* Valid arguments. */
}

static bool inner_is_same(const struct proc_stat *stat, const void *context)
{
	const struct proc_stat *wanted = context;

	return stat->pid == wanted->pid &&
	       stat->start_ticks == wanted->start_ticks;
}

bool inner_is_around_us(int procfd, pid_t pid)
{
	struct proc_stat self, other;
	CLEANUP(descent_close)
	struct descent descent = { .procfd = procfd,
				   .is_known = inner_is_same,
				   .context = &other };

	return pid > 0 && stat_read(procfd, pid, &other) == 0 &&
	       inner_is_supervisor(procfd, &other) &&
	       stat_read(procfd, getpid(), &self) == 0 &&
	       descent_confirm(&descent, &self) == 1;
}
