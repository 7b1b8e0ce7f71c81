// SPDX-License-Identifier: MIT
/*
 * A guard that does not map the board. jig maps it before anything that can
 * hang. A program that does not map it is not jig, and may never exit.
 *
 * Only looks at which both host and program could run are counted. So a host
 * that was suspended, a program that was stopped, or a machine under load
 * does not make jig look like another program.
 */
#include <errno.h>
#include <jig.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/poll.h"
#include "base/sys.h"
#include "core/fixture.h"
#include "proc/procfs.h"
#include "proc/stat.h"

/* Number of looks, one each second. */
#define LOOKS 10

/* A program that is ready to run counts only after this much processor time. */
#define STARVED_SECONDS 1

/* How long a program that was killed may take to end. */
#define KILL_MS 1000

static bool could_run(pid_t pid)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	struct proc_stat stat;

	if (procfd < 0 || stat_read(procfd, pid, &stat) < 0)
		return true; /* It is not known. */
	if (stat.state == 'T' || stat.state == 't')
		return false;
	return stat.state != 'R' ||
	       stat.user_ticks + stat.system_ticks >=
		       (uint64_t)sysconf(_SC_CLK_TCK) * STARVED_SECONDS;
}

bool guard_is_there(const struct board *board)
{
	return atomic_load(&board->attached) != 0;
}

int guard_await(const struct board *board, const struct spawned *guard,
		int socket, int64_t deadline, int *looks)
{
	struct pollfd poll_fd = { .fd = socket, .events = POLLIN };
	int64_t look = clock_in_us(1000000);
	bool waits = !guard_is_there(board);

	if (waits && (deadline < 0 || look < deadline)) {
		if (poll_fds(&poll_fd, 1, clock_poll_ms(look)) != 0 ||
		    guard_is_there(board) || !could_run(guard->pid))
			return 0;
		return ++*looks < LOOKS ? 0 : -ENOPKG;
	}
	(void)poll_fds(&poll_fd, 1, clock_poll_ms(deadline)); /* Repeated. */
	return !poll_fd.revents && deadline >= 0 && clock_us() >= deadline
		       ? -ETIMEDOUT
		       : 0;
}

/* A program that is not jig may have started others, which we must end, too. */
static bool end_mute(const struct spawned *guard)
{
	struct pollfd end = { .fd = guard->pidfd, .events = POLLIN };

	if (end.fd >= 0 && poll_fds(&end, 1, 0) > 0)
		return true;
	if (jig_end_tree(guard->pid, KILL_MS, NULL) < 0 && end.fd >= 0)
		(void)sys_pidfd_kill(end.fd, SIGKILL);
	return end.fd < 0 || poll_fds(&end, 1, KILL_MS) > 0;
}

void guard_reap(const struct board *board, struct spawned *guard)
{
	siginfo_t info;

	if (guard->pid <= 0)
		return;
	/* One that SIGKILL does not reach stays our child. */
	if (!board || guard_is_there(board) || end_mute(guard)) {
		/* By its pidfd where there is one: a host that reaps every
		 * child has taken it already (ECHILD), and the number may be
		 * another's. */
		if (guard->pidfd >= 0)
			while (waitid(P_PIDFD, (id_t)guard->pidfd, &info,
				      WEXITED) < 0 &&
			       errno == EINTR)
				;
		else
			while (waitpid(guard->pid, NULL, 0) < 0 &&
			       errno == EINTR)
				;
	}
	cleanup_close(&guard->pidfd);
	guard->pid = 0;
}

int guard_was_mute(const char *program, struct fault *fault)
{
	return fault_set(fault, -ENOPKG,
			 "%s is not jig " JIG_VERSION
			 ": as the guard it gave no answer for %d s, and was "
			 "killed; set JIG_PROGRAM",
			 program, LOOKS);
}
