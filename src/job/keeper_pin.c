// SPDX-License-Identifier: MIT
#include "job/keeper_pin.h"

#include <errno.h>
#include <jig.h>
#include <signal.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "core/guard/guard.h"
#include "job/store.h"
#include "proc/procfs.h"
#include "proc/stat.h"

/* @return  whether the process that is pinned under this number is the parent
 * of the job's supervisor. */
static bool is_keeper(int procfd, const struct jig_job *job)
{
	struct proc_stat supervisor;

	return stat_read(procfd, job->sid, &supervisor) == 0 &&
	       supervisor.sid == job->sid && supervisor.ppid == job->keeper;
}

/* @return  its pidfd or -errno. *ret_state: as in proc_pid_stat(5). */
static int keeper_pin_pin(unsigned number, char *ret_state)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	struct proc_stat stat;
	struct jig_job job;
	int r = procfd < 0 ? procfd : store_look(number, &job);

	if (r < 0)
		return r;
	if (job.keeper <= 0 || job.sid <= 0)
		return -ESRCH; /* not started yet */
	CLEANUP_CLOSE int fd = sys_pidfd_open(job.keeper);

	if (fd < 0)
		return fd;
	r = stat_read(procfd, job.keeper, &stat);
	if (r < 0)
		return r;
	if (!is_keeper(procfd, &job) || sys_pidfd_kill(fd, 0) < 0)
		return -ESRCH;
	*ret_state = stat.state;
	return take_fd(&fd);
}

void keeper_continue(unsigned number)
{
	char state = 0;
	CLEANUP_CLOSE int fd = keeper_pin_pin(number, &state);

	if (fd >= 0 && state == 'T')
		(void)sys_pidfd_queue(fd, SIGCONT,
				      GUARD_WAKE); /* or it has ended */
}

int keeper_kill(unsigned number)
{
	char state;
	CLEANUP_CLOSE int fd = keeper_pin_pin(number, &state);

	return fd < 0 ? fd : sys_pidfd_kill(fd, SIGKILL);
}
