// SPDX-License-Identifier: MIT
/*
 * All before the supervisor's loop: its session or group, the cage, signals,
 * and the clone of main.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/sys.h"
#include "core/supervisor/supervisor.h"
#include "proc/dropping.h"

static int setup_open_signals(struct supervisor *supervisor,
			      struct fault *fault)
{
	uint64_t wanted = SYS_STOP_SIGNALS | SYS_SIGNAL(SIGCHLD);

	/* A session's leader gets SIGHUP when the terminal hangs up. The guard
	 * held the terminal, so it has ended, and that stops us already. */
	if (supervisor->leads)
		wanted &= ~SYS_SIGNAL(SIGHUP);
	supervisor->signals = sys_signalfd(wanted);
	if (supervisor->signals < 0)
		return fault_set(fault, supervisor->signals,
				 "cannot open a signalfd: %s",
				 strerror(-supervisor->signals));
	return 0;
}

/* The stdin of the command. */
static int stdin_of(const struct plan *plan)
{
	for (size_t i = 0; i < plan->fd_count; i++)
		if (plan->fds[i].to == STDIN_FILENO)
			return plan->fds[i].from;
	return STDIN_FILENO;
}

/*
 * A shell's job can be suspended by the terminal since its parent, the shell,
 * is in the same session (else its group is orphaned, see POSIX). We are that
 * parent.
 */
static int lead_session(struct supervisor *supervisor, struct fault *fault)
{
	int terminal = stdin_of(supervisor->plan);

	supervisor->leads = true;
	supervisor->group = SPAWN_GROUP_OWN;
	if (setsid() < 0)
		return fault_set(fault, -errno, "cannot make a session: %s",
				 strerror(errno));
	if (!fd_is_terminal(terminal))
		return 0;
	/* 0: not even root takes it from another session. */
	if (ioctl(terminal, TIOCSCTTY, 0) < 0)
		return fault_set(fault, -errno,
				 "cannot take stdin as the controlling "
				 "terminal: %s",
				 strerror(errno));
	supervisor->group = SPAWN_GROUP_FOREGROUND;
	supervisor->terminal = terminal;
	return 0;
}

/* Ctrl-C is for the command, not for us. In a pid namespace, init's group is
 * its own already and setpgid may be refused. */
static int leave_group(struct supervisor *supervisor, struct fault *fault)
{
	if (supervisor->group == SPAWN_GROUP_JOB)
		return lead_session(supervisor, fault);
	/* With sched_autogroup each session gets an equal share of the
	 * processors. In the caller's session, which may be crowded, we could
	 * get much less than a command that forks without end. */
	if (supervisor->group == SPAWN_GROUP_SESSION)
		(void)setsid();
	/* Main gets it from us: inside of a pid namespace it has no number. */
	else if (supervisor->group != SPAWN_GROUP_CALLER)
		(void)setpgid(0, 0);
	return 0;
}

/*
 * We must not hold what the command inherited: a pipe would never show end of
 * file, a socket would never be free.
 */
static void drop_inherited(struct supervisor *supervisor)
{
	const struct plan *plan = supervisor->plan;
	struct fd_except except;

	if (supervisor->plain) {
		fd_nullify(STDIN_FILENO, STDERR_FILENO);
		return;
	}
	except.count = 0;
	fd_except_add(&except, supervisor->socket);
	fd_except_add(&except, supervisor->bell);
	fd_except_add(&except, supervisor->signals);
	fd_except_add(&except, supervisor->spawning.pidfd);
	fd_except_add(&except, supervisor->spawning.fd);
	fd_except_add(&except, supervisor->owner);
	cage_descriptors(supervisor->cage, &except);
	for (size_t i = 0; i < plan->port_count; i++)
		fd_except_add(&except, plan->port_sockets[i]);
	drop_inherited_files(STDERR_FILENO, except.fds, except.count);
}

/* Sweeps hold a pidfd for each process; the command has its own limit. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* Else sweeps are shorter. */
}

int supervisor_set_up(struct supervisor *supervisor)
{
	struct cage *cage = supervisor->cage;
	struct fault fault = { "" };
	int r;

	/* Inside of a pid namespace it has another number, or none. */
	supervisor->first_session =
		cage->ops->own_pids ? getsid(0) : cage->session;
	supervisor->first_group = getpgrp();
	r = leave_group(supervisor, &fault);

	(void)prctl(PR_SET_NAME, SUPERVISOR_NAME);
	cage->reaper = getpid();
	if (r == 0)
		r = cage->ops->enter(cage, &fault);
	if (r == 0)
		r = setup_open_signals(supervisor, &fault);
	if (r < 0)
		return supervisor_fail(supervisor, r, BOARD_NO_STAGE, &fault);
	/* No process of our user can trace us or take our descriptors. The maps
	 * of a user namespace were written before. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	/* If we are suspended when the guard dies, the kernel continues us. The
	 * guard has one thread. */
	(void)prctl(PR_SET_PDEATHSIG, SIGCONT);
	supervisor->began_us = cage->opened_us = clock_us();
	supervisor->report->began_us = clock_wall_us();
	r = supervisor_begin_main(supervisor);
	if (r < 0)
		return r;
	/* Main has its group now. A parent in another group of its session
	 * would make that a group that can be continued, see "orphaned process
	 * group" in POSIX: so we leave the session, too. */
	if (supervisor->group == SPAWN_GROUP_CALLER)
		(void)setsid();
	if (supervisor->plan->timeout_us > 0) {
		supervisor->timeout_us =
			clock_add_us(supervisor->began_us,
				     supervisor->plan->timeout_us);
		supervisor_tell_pulse(supervisor);
	}
	/* The child has descriptors of its own by now. */
	drop_inherited(supervisor);
	raise_file_limit();
	return 0;
}
