// SPDX-License-Identifier: MIT
#include "proc/handle.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>

#include "base/sys.h"

/* Missing, or refused by a filter that answers EPERM (moby#42680). */
static bool is_refused(int error)
{
	return error == -ENOSYS || error == -EPERM || error == -EINVAL;
}

int handle_open(int procfd, const struct proc_stat *seen, struct handle *ret,
		struct proc_stat *ret_now)
{
	struct proc_stat now;

	CLEANUP_CLOSE int fd = sys_pidfd_open(seen->pid);
	if (fd < 0 && !is_refused(fd))
		return fd;

	int r = stat_read(procfd, seen->pid, &now);

	if (r < 0)
		return r;
	if (now.start_ticks != seen->start_ticks || stat_is_dead(&now))
		return -ESRCH;
	if (ret_now)
		*ret_now = now;
	*ret = (struct handle){
		.pid = seen->pid,
		.fd = fd < 0 ? -1 : take_fd(&fd),
		.procfd = procfd,
		.start_ticks = now.start_ticks,
	};
	return 0;
}

int handle_kill(const struct handle *handle, int signo)
{
	struct proc_stat now;

	if (handle->fd >= 0) {
		int r = sys_pidfd_kill(handle->fd, signo);

		if (r != -ENOSYS)
			return r;
	}

	int r = stat_read(handle->procfd, handle->pid, &now);

	if (r < 0)
		return r;
	if (now.start_ticks != handle->start_ticks)
		return -ESRCH;
	return kill(handle->pid, signo) < 0 ? -errno : 0;
}

int handle_rouse(const struct handle *handle, const struct proc_stat *now,
		 int signo)
{
	bool after = stat_wakes_after(now);
	int r;

	if (!after)
		(void)handle_kill(handle, SIGCONT);
	r = handle_kill(handle, signo);
	if (r == 0 && after)
		(void)handle_kill(handle, SIGCONT); /* Or it has ended. */
	return r;
}

void handle_close(struct handle *handle)
{
	cleanup_close(&handle->fd);
	*handle = HANDLE_NONE;
}
