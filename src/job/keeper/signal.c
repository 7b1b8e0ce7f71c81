// SPDX-License-Identifier: MIT
/*
 * Signals to a job: to the foreground of its terminal, or to all its processes.
 */
#include <errno.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "job/keeper/parts.h"
#include "proc/handle.h"
#include "proc/procfs.h"

/* Limit, because a process that always forks always adds members. */
#define MAX_ROUNDS 8

/* The foreground of the job's terminal. */
struct foreground {
	int procfd;
	int signo;
	pid_t group, session;
	struct list hit; /* of struct proc_stat */
	bool is_denied; /* -EPERM for one of them */
};

static bool keeper_signal_is_member(const struct proc_stat *stat,
				    const void *context)
{
	const struct foreground *foreground = context;

	return stat->pgid == foreground->group &&
	       stat->sid == foreground->session && !stat_is_dead(stat);
}

static bool was_hit(const struct foreground *foreground,
		    const struct proc_stat *stat)
{
	for (size_t i = 0; i < foreground->hit.count; i++) {
		const struct proc_stat *one =
			list_at(&foreground->hit, i, sizeof(*one));

		if (one->pid == stat->pid &&
		    one->start_ticks == stat->start_ticks)
			return true;
	}
	return false;
}

/* Pin, read, confirm, and only then signal. @return 0 or a reason to stop. */
static int keeper_signal_hit(struct foreground *foreground,
			     const struct proc_stat *seen)
{
	CLEANUP(handle_close) struct handle handle = HANDLE_NONE;
	struct proc_stat now;
	int r = handle_open(foreground->procfd, seen, &handle, &now);

	if (r == 0 && keeper_signal_is_member(&now, foreground))
		r = handle_kill(&handle, foreground->signo);
	else if (r == 0)
		return 0; /* It has left the group meanwhile. */
	if (r == -EPERM)
		foreground->is_denied = true;
	if (r == -ESRCH || r == -EPERM)
		return 0;
	return r < 0 ? r : list_append(&foreground->hit, seen, sizeof(*seen));
}

/* @return number of new members that got the signal, or -errno. */
static int hit_members(struct foreground *foreground)
{
	CLEANUP(list_free) struct list members = { 0 };
	size_t before = foreground->hit.count;
	int r = procfs_select(foreground->procfd, keeper_signal_is_member,
			      foreground, &members);

	for (size_t i = 0; r == 0 && i < members.count; i++) {
		const struct proc_stat *stat =
			list_at(&members, i, sizeof(*stat));

		if (!was_hit(foreground, stat))
			r = keeper_signal_hit(foreground, stat);
	}
	return r < 0 ? r : (int)(foreground->hit.count - before);
}

/* @return 0; -ESRCH: no process is in the foreground; -EPERM; -errno. */
static int hit_foreground(const struct keeper *keeper, int signo)
{
	struct foreground foreground = {
		.procfd = keeper->guard->cage.procfd,
		.signo = signo,
		.group = tcgetpgrp(keeper->pty.master),
		.session = tcgetsid(keeper->pty.master),
	};
	int r = foreground.group > 0 && foreground.session > 0 ? 1 : 0;

	for (int i = 0; r > 0 && i < MAX_ROUNDS; i++)
		r = hit_members(&foreground);

	bool is_hit = foreground.hit.count > 0;

	list_free(&foreground.hit);
	if (is_hit || r < 0)
		return is_hit ? 0 : r;
	return foreground.is_denied ? -EPERM : -ESRCH;
}

int signal_foreground(struct keeper *keeper, int signo)
{
	bool is_key = signo == SIGINT || signo == SIGQUIT || signo == SIGTSTP;
	int r = -ESRCH;

	/* The kernel finds the group, as for a key: no pid can be reused. */
	if (keeper->pty.master >= 0 && is_key &&
	    ioctl(keeper->pty.master, TIOCSIG, signo) == 0)
		return 0;
	if (keeper->pty.master >= 0)
		r = hit_foreground(keeper, signo);
	if (r == 0 || r == -EPERM)
		return r;
	/* No terminal, or no process in its foreground: the supervisor has the
	 * group of main. */
	guard_signal_foreground(keeper->guard, signo);
	return 0;
}

void signal_all(struct keeper *keeper, int signo)
{
	keeper->frozen =
		signo == SIGSTOP || (keeper->frozen && signo != SIGCONT);
	guard_signal(keeper->guard, signo, JIG_TARGET_ALL);
}

bool signal_wakes(const struct keeper *keeper, int signo)
{
	bool is_stopped = keeper->job.record->state == JIG_JOB_STOPPED;

	return signo == SIGCONT ||
	       (is_stopped && (signo == SIGTERM || signo == SIGHUP));
}
