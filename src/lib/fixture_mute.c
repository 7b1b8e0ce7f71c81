// SPDX-License-Identifier: MIT
/*
 * A guard that does not map the board. jig maps it before anything that can
 * hang. A program that does not map it is not jig, and may never exit.
 *
 * Only those checks count before which both host and program could run. So a
 * host that was suspended, a program that was suspended, or a machine under
 * load does not make jig look like another program.
 */
#include <errno.h>
#include <jig.h>
#include <signal.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/poll.h"
#include "base/sys.h"
#include "lib/fixture.h"
#include "proc/procfs.h"
#include "proc/stat.h"

/* Number of checks, and their interval. */
#define LOOKS 10
#define LOOK_MUTE_US 1000000

/* A program that is ready to run counts only after this much processor time. */
#define STARVED_SECONDS 1

/* How long a program that was killed may take to end. */
#define KILL_MS 1000

/* How long a guard whose fixture is over may take to end: output that is still
 * to be written, the supervisor's end, the clearing of abandoned cages. */
#define END_US 30000000
#define LOOK_US 100000

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

/* By the clock, so that a host is told which calls often and never waits. */
static bool is_mute(const struct board *board, const struct spawned *guard,
		    struct mute_looks *looks)
{
	int64_t now = clock_us();

	if (guard_is_there(board) || now < looks->next_us)
		return false;
	if (looks->next_us > 0 && could_run(guard->pid))
		looks->count++;
	looks->next_us = clock_add_us(now, LOOK_MUTE_US);
	return looks->count >= LOOKS;
}

int guard_await(const struct board *board, const struct spawned *guard,
		int socket, int64_t deadline, struct mute_looks *looks)
{
	struct pollfd poll_fd = { .fd = socket, .events = POLLIN };
	int64_t until = deadline;

	if (is_mute(board, guard, looks))
		return -ENOPKG;
	if (!guard_is_there(board))
		until = clock_sooner(until, looks->next_us);
	(void)poll_fds(&poll_fd, 1, clock_poll_ms(until)); /* Repeated. */
	return !poll_fd.revents && deadline >= 0 && clock_us() >= deadline
		       ? -ETIMEDOUT
		       : 0;
}

static void fixture_mute_send(const struct spawned *guard, int signo)
{
	if (guard->pidfd >= 0)
		(void)sys_pidfd_kill(guard->pidfd, signo); /* Ours. */
	else
		(void)kill(guard->pid, signo); /* As above, not reaped. */
}

/* A host that reaps every child has taken it, so its number may be another
 * process's. */
static bool is_lost(const struct spawned *guard)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)guard->pid, &info,
		      WEXITED | WNOHANG | WNOWAIT) < 0 &&
	       errno == ECHILD;
}

/* Its parent sees that it was suspended; WNOWAIT leaves that to the host. */
static bool is_stopped(const struct spawned *guard)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)guard->pid, &info,
		      WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == guard->pid;
}

void guard_continue_stopped(const struct spawned *guard)
{
	if (guard->pid > 0 && is_stopped(guard))
		fixture_mute_send(guard, SIGCONT);
}

void guard_kill(const struct spawned *guard)
{
	if (guard->pid > 0 && !is_lost(guard))
		fixture_mute_send(guard, SIGKILL);
}

/* @return whether it was reaped, by us or by the host. */
static bool fixture_mute_reap(const struct spawned *guard)
{
	siginfo_t info = { 0 };
	/* By its pidfd where there is one: a host that reaps every child has
	 * taken it already (ECHILD), and the number may be another's. */
	int r = guard->pidfd >= 0 ? waitid(P_PIDFD, (id_t)guard->pidfd, &info,
					   WEXITED | WNOHANG)
				  : waitid(P_PID, (id_t)guard->pid, &info,
					   WEXITED | WNOHANG);

	return r < 0 ? errno != EINTR : info.si_pid != 0;
}

static bool fixture_mute_await_end(const struct spawned *guard,
				   int64_t limit_us)
{
	struct pollfd end = { .fd = guard->pidfd, .events = POLLIN };
	int64_t until = clock_in_us(limit_us);

	while (!fixture_mute_reap(guard)) {
		if (clock_us() >= until)
			return false;
		/* Without a pidfd it is a sleep. */
		(void)poll_fds(&end, 1, end.fd < 0 ? 1 : LOOK_US / 1000);
		guard_continue_stopped(guard);
	}
	return true;
}

/* A program that is not jig may have started others, which we must end, too. */
static bool end_mute(const struct spawned *guard)
{
	struct pollfd end = { .fd = guard->pidfd, .events = POLLIN };

	if (end.fd >= 0 && poll_fds(&end, 1, 0) > 0)
		return true;
	if (is_lost(guard))
		return true;
	if (jig_end_tree(guard->pid, KILL_MS, NULL) < 0 && end.fd >= 0)
		(void)sys_pidfd_kill(end.fd, SIGKILL);
	return end.fd < 0 || poll_fds(&end, 1, KILL_MS) > 0;
}

void guard_reap(const struct board *board, struct spawned *guard)
{
	if (guard->pid <= 0)
		return;
	/* One that SIGKILL does not reach stays our child. */
	if ((!board || guard_is_there(board) || end_mute(guard)) &&
	    !fixture_mute_await_end(guard, END_US)) {
		guard_kill(guard);
		(void)fixture_mute_await_end(guard, (int64_t)KILL_MS * 1000);
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
