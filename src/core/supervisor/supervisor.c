// SPDX-License-Identifier: MIT
#include "core/supervisor/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/sys.h"
#include "base/text.h"
#include "proc/dropping.h"

/* A cgroup member that another process has adopted sends us no SIGCHLD, so
 * poll: often during a stop, else rarely. */
#define LOOK_AGAIN_US 20000
#define LOOK_IDLY_US 500000
#define SIGNALS_AT_ONCE 64

static int open_signals(struct supervisor *supervisor, struct fault *fault)
{
	uint64_t wanted = SYS_STOP_SIGNALS | SYS_SIGNAL(SIGCHLD);

	/* A session's leader gets SIGHUP when the terminal has gone. The guard
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

/* What the command gets as stdin. */
static int stdin_of(const struct plan *plan)
{
	for (size_t i = 0; i < plan->fd_count; i++)
		if (plan->fds[i].to == STDIN_FILENO)
			return plan->fds[i].from;
	return STDIN_FILENO;
}

/*
 * A shell's job can be stopped by the terminal since its parent, the shell, is
 * in the same session (else its group is orphaned, see POSIX). We are that
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
	else if (supervisor->group != SPAWN_GROUP_KEEP)
		(void)setpgid(0, 0);
	return 0;
}

/*
 * We must not hold what the command inherited: a pipe would never show end of
 * file, a socket would never be free.
 */
static void drop_inherited(struct supervisor *supervisor)
{
	const struct cage *cage = supervisor->cage;
	const struct plan *plan = supervisor->plan;
	const struct spawning *spawning = &supervisor->spawning;
	int keep[10 + PLAN_HELD] = {
		supervisor->socket, supervisor->signals, spawning->pidfd,
		spawning->fd,	    supervisor->owner,	 cage->procfd,
		cage->parent,	    cage->dir,		 cage->registry,
		cage->lock,
	};
	size_t count = 10;

	for (size_t i = 0; i < plan->held_count; i++)
		keep[count++] = plan->held[i];
	drop_inherited_files(STDERR_FILENO, keep, count);
}

/* Sweeps hold a pidfd for each process; the command has its own limit. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* Else sweeps are shorter. */
}

/* By --timeout; -1: no time is running. */
static int64_t ends_us(const struct supervisor *supervisor)
{
	if (supervisor->stopping || supervisor->timeout_us == 0)
		return -1;
	return run_clock_due_us(&supervisor->board->run_clock,
				supervisor->timeout_us);
}

/* Before a stop. */
static void tell_pulse(struct supervisor *supervisor)
{
	int64_t until = ends_us(supervisor);

	pulse_set(&supervisor->board->pulse, until < 0 ? 0 : until);
}

static int start(struct supervisor *supervisor)
{
	struct cage *cage = supervisor->cage;
	struct fault fault = { "" };
	int r;

	supervisor->first_session = getsid(0);
	supervisor->first_group = getpgrp();
	r = leave_group(supervisor, &fault);

	(void)prctl(PR_SET_NAME, SUPERVISOR_NAME);
	cage->reaper = getpid();
	if (r == 0)
		r = cage->ops->enter(cage, &fault);
	if (r == 0)
		r = open_signals(supervisor, &fault);
	if (r < 0)
		return supervisor_fail(supervisor, r, BOARD_NO_STAGE, &fault);
	/* No process of our user can trace us or take our descriptors. The maps
	 * of a user namespace were written before. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	/* If we are stopped when the guard dies, the kernel continues us. The
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
	if (supervisor->group == SPAWN_GROUP_KEEP)
		(void)setsid();
	if (supervisor->plan->timeout_us > 0) {
		supervisor->timeout_us =
			clock_add_us(supervisor->began_us,
				     supervisor->plan->timeout_us);
		tell_pulse(supervisor);
	}
	/* The child has descriptors of its own by now. */
	drop_inherited(supervisor);
	raise_file_limit();
	return 0;
}

bool supervisor_suspended(struct supervisor *supervisor, bool suspended)
{
	struct run_clock *clock = &supervisor->board->run_clock;
	bool changed =
		suspended ? run_clock_stop(clock) : run_clock_go_on(clock);

	/* The deadlines of a stop run on. */
	if (changed && !supervisor->stopping)
		tell_pulse(supervisor);
	return changed;
}

static void read_signals(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	/* The rest is read in the next round. */
	for (int i = 0; i < SIGNALS_AT_ONCE; i++) {
		if (read(supervisor->signals, &info, sizeof(info)) !=
		    sizeof(info))
			return;
		if (info.ssi_signo == SIGCHLD)
			continue; /* Every round of the loop reaps. */
		/* An outer jig's stop reaches our guard too, which passes it
		 * on. */
		if (supervisor->socket >= 0)
			continue;
		if (supervisor->stopping)
			supervisor_hurry(supervisor);
		else
			supervisor_stop(supervisor, JIG_REASON_STOP,
					(int)info.ssi_signo);
	}
}

static void wait_for_news(struct supervisor *supervisor)
{
	struct pollfd fds[] = {
		{ .fd = supervisor->signals, .events = POLLIN },
		{ .fd = supervisor->socket, .events = POLLIN },
		{ .fd = supervisor->owner, .events = POLLIN },
		/* Each round looks at it. It is polled only if the guard needs
		 * a packet. */
		{ .fd = supervisor->tell_start ? supervisor->spawning.fd : -1,
		  .events = POLLIN },
	};
	int64_t until = clock_sooner(supervisor_stop_deadline(supervisor),
				     supervisor_requests_due(supervisor));

	until = clock_sooner(until, ends_us(supervisor));
	if (supervisor->main_ended && supervisor->childless)
		until = clock_sooner(until,
				     clock_in_us(supervisor->stopping
							 ? LOOK_AGAIN_US
							 : LOOK_IDLY_US));
	(void)poll_fds(fds, 4,
		       supervisor->reap_again ? 0 : clock_poll_ms(until));
	if (fds[0].revents)
		read_signals(supervisor);
	if (fds[2].revents)
		supervisor_owner_died(supervisor);
	supervisor_read_requests(supervisor, fds[1].revents);
}

/* Main has ended by itself, and other processes live. */
static bool becomes_daemon(struct supervisor *supervisor)
{
	if (!supervisor->plan->daemon || supervisor->report->main_status != 0)
		return false;
	supervisor->daemon = true;
	supervisor->report->daemon = true;
	return true;
}

void supervisor_look_at_daemon(struct supervisor *supervisor)
{
	if (!supervisor->plan->daemon || supervisor->daemon)
		return;
	supervisor_reap(supervisor);
	if (supervisor->main_ended && !supervisor_is_empty(supervisor))
		(void)becomes_daemon(supervisor);
}

static void outlive_main(struct supervisor *supervisor)
{
	if (becomes_daemon(supervisor))
		return;
	supervisor_take_leftovers(supervisor);
	supervisor_stop(supervisor, JIG_REASON_EXIT, 0);
}

static void run_until_empty(struct supervisor *supervisor)
{
	for (;;) {
		supervisor_look_at_start(supervisor);
		supervisor_reap(supervisor);
		if (supervisor->start_error < 0)
			return;
		if (supervisor_is_empty(supervisor))
			return;
		if (supervisor->main_ended && !supervisor->stopping)
			outlive_main(supervisor);
		if (ends_us(supervisor) >= 0 &&
		    clock_us() >= ends_us(supervisor))
			supervisor_stop(supervisor, JIG_REASON_TIMEOUT, 0);
		supervisor_continue_stop(supervisor);
		if (supervisor->gave_up)
			return;
		wait_for_news(supervisor);
	}
}

static void finish(struct supervisor *supervisor)
{
	struct jig_report *report = supervisor->report;
	const struct cage_ops *ops = supervisor->cage->ops;
	struct rusage usage = { 0 };

	pulse_set(&supervisor->board->pulse, clock_us());
	if (supervisor->gave_up)
		supervisor_take_survivors(supervisor);
	/* When we, init of a pid namespace, exit, the kernel ends the rest. The
	 * guard waits for that, and takes them out of the report. */
	if (ops->own_pids)
		supervisor->gave_up = false;
	/* The leader that the pgroup cage has kept unreaped. */
	if (!ops->subreaper && supervisor->main_ended)
		(void)waitpid(supervisor->main.pid, NULL, WNOHANG);
	(void)getrusage(RUSAGE_CHILDREN, &usage); /* Valid arguments. */
	report->wall_us = clock_us() - supervisor->began_us;
	report->user_us = clock_timeval_us(&usage.ru_utime);
	report->system_us = clock_timeval_us(&usage.ru_stime);
	report->peak_bytes = (uint64_t)usage.ru_maxrss * 1024;
	report->cage = ops->kind;
	report->strength = ops->strength;
	report->proved = !supervisor->gave_up &&
			 !*cage_doubt(supervisor->cage) &&
			 ops->strength != CAGE_MAY_ESCAPE;
	(void)snprintf(report->why, sizeof(report->why), "%.400s%s",
		       supervisor->cage->why, cage_doubt(supervisor->cage));
	report->complete = true;
	atomic_store(&supervisor->board->reported, true);
	supervisor_rouse_guard(supervisor);
	/* Else the guard does it while we exit. */
	if (supervisor->socket < 0)
		ops->remove(supervisor->cage);
	/* This wakes the guard before our memory is freed, also if a child has
	 * a copy of the socket. */
	(void)shutdown(supervisor->socket, SHUT_RDWR); /* -1: EBADF. */
	cleanup_close(&supervisor->socket);
}

int supervisor_run(struct supervisor *supervisor)
{
	int r;

	supervisor->main = (struct spawned){ .pidfd = -1 };
	supervisor->spawning = SPAWNING_NONE;
	supervisor->report->main_status = -1;
	supervisor->report->main_us = -1;
	r = start(supervisor);
	if (r < 0)
		return r;
	run_until_empty(supervisor);
	if (supervisor->start_error < 0)
		supervisor_clear_start(supervisor);
	else
		finish(supervisor);
	return supervisor->start_error;
}
