// SPDX-License-Identifier: MIT
/*
 * The supervisor was killed. We have inherited its orphans, since we are a
 * subreaper too: SIGKILL at once, until no process is left. There is no grace:
 * the record of the cage's processes was lost with the supervisor.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "cage/sweep.h"
#include "core/guard/guard.h"
#include "core/supervisor/inner.h"
#include "core/supervisor/supervisor.h"
#include "proc/aside.h"
#include "proc/handle.h"
#include "proc/procfs.h"
#include "proc/status.h"

#define ROUND_MS 2
/* While no child dies, the interval of rounds grows up to this one. */
#define ROUND_MAX_MS 50

/* Number of rounds after which a child that was cloned has run. */
#define UNBORN_ROUNDS 25

#define SIGNALS_AT_ONCE 64

/* @return whether a child has died. */
static bool reap_some(struct guard *guard, struct jig_report *report)
{
	bool any = false;
	int status;
	pid_t pid;

	for (int i = 0; i < PLAN_REAPED_AT_ONCE &&
			(pid = waitpid(-1, &status, WNOHANG)) > 0;
	     i++) {
		kin_forget(&guard->kin, pid);
		if (pid == guard->clearing) {
			guard->clearing = 0;
			continue;
		}
		any = true;
		if (pid == guard->supervisor && !guard->reaped) {
			guard->reaped = true;
			continue;
		}
		/* A probe's run is reaped here as well. */
		guard_ready_reaped(guard, pid, status);
		report->seen++;
		/* Main's end was not seen yet: the pid is still main's. */
		if (pid == report->main_pid && report->main_us < 0 &&
		    !guard->cage.ops->own_pids) {
			report->main_status = status;
			report->main_us = clock_wall_us() - report->began_us;
		}
	}
	return any;
}

static int list_behind(void *context, struct list *ret)
{
	const struct guard *guard = context;

	return procfs_tree(guard->cage.procfd, guard->supervisor, ret);
}

/* The supervisor is not reaped, so its number is its own. */
static int confirm_behind(void *context, struct descent *descent,
			  const struct proc_stat *now)
{
	const struct guard *guard = context;

	descent->root = guard->supervisor;
	return descent_confirm(descent, now);
}

/* While a supervisor hangs in the kernel, we do not adopt its children; if it
 * is init, it even keeps them alive. Its number is pinned: it is not reaped. */
static void kill_behind(struct guard *guard)
{
	struct sweep sweep = { guard->cage.procfd, list_behind, guard,
			       confirm_behind };

	if (!guard->reaped && guard->cage.procfd >= 0)
		(void)sweep_signal(&sweep, SIGKILL, false, NULL);
}

static void add_survivor(struct guard *guard, const struct proc_stat *stat)
{
	struct jig_report *report = guard->outcome->report;
	struct proc_status status = { .uid = (uid_t)-1 };
	struct leftover *ret;

	report->survivor_total++;
	if (report->survivor_count == REPORT_SURVIVORS)
		return;
	ret = &report->survivors[report->survivor_count++];
	/* Not its command line: to read it may block, see
	 * core/supervisor/describing.c. */
	(void)status_read(guard->cage.procfd, stat->pid, &status);
	leftover_name(stat, &status, ret);
	ret->fate = JIG_FATE_SURVIVED;
}

/* Children of ours that are not the cage's, and their descendants. Parents
 * stand before their children. */
static bool is_foreign(const struct guard *guard, const struct proc_stat *stat,
		       struct list *foreign)
{
	bool is_child =
		stat->ppid == getpid() && stat->pid != guard->supervisor;

	if (!(is_child && guard_ready_owns(guard, stat->pid)) &&
	    !(is_child && stat->pid == guard->clearing) &&
	    !(is_child && guard_judge(guard, stat->pid) != KIN_OURS) &&
	    !list_has(foreign, &stat->ppid, sizeof(stat->ppid)))
		return false;
	(void)list_append(foreign, &stat->pid, sizeof(stat->pid));
	return true;
}

static void name_survivors(struct guard *guard)
{
	CLEANUP(list_free) struct list members = { 0 }, foreign = { 0 };
	struct cage *cage = &guard->cage;

	if (cage->procfd < 0)
		return;
	/* The supervisor's list has the pids of the inner namespace. */
	if (cage->ops->own_pids)
		(void)procfs_tree(cage->procfd, getpid(), &members);
	else
		(void)cage->ops->members(cage, &members);
	for (size_t i = 0; i < members.count; i++) {
		const struct proc_stat *stat =
			list_at(&members, i, sizeof(*stat));

		if (!is_foreign(guard, stat, &foreign) && !stat_is_dead(stat))
			add_survivor(guard, stat);
	}
}

static void name_tree(struct guard *guard, pid_t root)
{
	CLEANUP(list_free) struct list below = { 0 };
	struct proc_stat stat;

	if (stat_read(guard->cage.procfd, root, &stat) < 0 ||
	    stat_is_dead(&stat))
		return;
	add_survivor(guard, &stat);
	(void)procfs_tree(guard->cage.procfd, root, &below); /* As found. */
	for (size_t i = 0; i < below.count; i++) {
		const struct proc_stat *one = list_at(&below, i, sizeof(*one));

		if (!stat_is_dead(one))
			add_survivor(guard, one);
	}
}

/* Children that may be the cage's, so that we may not signal them. */
static void name_unknown(struct guard *guard)
{
	CLEANUP(list_free) struct list children = { 0 };

	(void)procfs_children(guard->cage.procfd, &children); /* As found. */
	for (size_t i = 0; i < children.count; i++) {
		pid_t pid = *(pid_t *)list_at(&children, i, sizeof(pid));

		if (pid != guard->clearing && !aside_is(pid) &&
		    !guard_ready_owns(guard, pid) &&
		    guard_judge(guard, pid) == KIN_UNKNOWN)
			name_tree(guard, pid);
	}
}

/* The usage of the processes that we have reaped; the supervisor has written
 * none. */
static void note_usage(struct jig_report *report)
{
	struct rusage usage = { 0 };

	(void)getrusage(RUSAGE_CHILDREN, &usage); /* Valid arguments. */
	if (report->began_us > 0)
		report->wall_us = clock_wall_us() - report->began_us;
	report->user_us = clock_timeval_us(&usage.ru_utime);
	report->system_us = clock_timeval_us(&usage.ru_stime);
	report->peak_bytes = (uint64_t)usage.ru_maxrss * 1024;
}

/*
 * Of a pgroup cage: main that the supervisor has just cloned is in no group of
 * its own yet, and no child of ours. It has the supervisor's name and program
 * until it executes.
 * @return  whether there is one, or may be.
 */
static bool kill_unborn(struct guard *guard, unsigned round)
{
	CLEANUP(handle_close) struct handle handle = HANDLE_NONE;
	pid_t main = guard->outcome->report->main_pid;
	struct proc_stat stat;

	if (guard->cage.ops->subreaper || guard->cage.procfd < 0)
		return false;
	guard->cage.main = main;
	if (main == 0) /* It may not have run yet, to write its pid. */
		return round < UNBORN_ROUNDS;
	if (stat_read(guard->cage.procfd, main, &stat) < 0 ||
	    stat_is_dead(&stat) || stat.pgid == main ||
	    handle_open(guard->cage.procfd, &stat, &handle, &stat) < 0 ||
	    !inner_is_supervisor(guard->cage.procfd, &stat))
		return false;
	(void)handle_kill(&handle, SIGKILL); /* Repeated. */
	return true;
}

/* Without the read, the first signal would end every later poll at once. Each
 * round reaps, so only a request to stop is noted. */
static void guard_alone_read_signals(struct guard *guard)
{
	struct signalfd_siginfo info;

	for (int i = 0; i < SIGNALS_AT_ONCE; i++) {
		if (read(guard->signals, &info, sizeof(info)) != sizeof(info))
			return;
		guard->stop_asked |=
			SYS_SIGNAL(info.ssi_signo) & SYS_STOP_SIGNALS;
	}
}

/* SIGKILL until no process is left, or none has died for PLAN_KILL_US.
 * @return  how many are left. */
static size_t guard_alone_kill_all(struct guard *guard,
				   struct guard_doubt *ret_doubt)
{
	const struct cage_ops *ops = guard->cage.ops;
	struct pollfd signals = { .fd = guard->signals, .events = POLLIN };
	int64_t until = clock_in_us(PLAN_KILL_US);
	int64_t last = clock_in_us(PLAN_KILL_MAX_US);
	size_t ours = 1;
	int gap_ms = ROUND_MS;
	bool unborn;

	for (unsigned round = 0; clock_us() < until; round++) {
		fd_make_room(STDOUT_FILENO); /* stderr is for our messages. */
		if (guard->has_strangers)
			kin_learn(&guard->kin);
		(void)ops->kill(&guard->cage, round); /* Repeated. */
		kill_behind(guard);
		unborn = kill_unborn(guard, round);
		gap_ms = gap_ms < ROUND_MAX_MS ? gap_ms + 1 : ROUND_MAX_MS;
		if (reap_some(guard, guard->outcome->report)) {
			until = clock_in_us(PLAN_KILL_US);
			gap_ms = ROUND_MS;
		}
		if (until > last)
			until = last;
		ours = guard_count_ours(guard, ret_doubt);
		if (ours == 0 && !unborn && ops->is_empty(&guard->cage) == 1)
			break;
		(void)poll_fds(&signals, 1, gap_ms);
		guard_alone_read_signals(guard);
	}
	return ours;
}

/* Why this cage, and why it is not proved empty. */
static void guard_alone_explain(struct guard *guard,
				const struct guard_doubt *doubt)
{
	struct jig_report *report = guard->outcome->report;
	char stranger[80] = "";

	if (doubt->probably_strangers > 0)
		(void)snprintf(stranger, sizeof(stranger),
			       "; not proved empty: process %d may have been "
			       "in it",
			       doubt->stranger);
	(void)snprintf(report->why, sizeof(report->why), "%.300s%s%s",
		       guard->cage.why, cage_doubt(&guard->cage), stranger);
}

void guard_end_alone(struct guard *guard)
{
	struct jig_report *report = guard->outcome->report;
	const struct cage_ops *ops = guard->cage.ops;
	struct guard_doubt doubt = { 0 };
	size_t ours;
	bool empty;

	guard->cage.reaper = getpid();
	guard->cage.main = ops->own_pids ? 0 : report->main_pid;
	guard_end_clearing(guard);
	if (guard->has_strangers)
		guard->cage.kin = &guard->kin;
	ours = guard_alone_kill_all(guard, &doubt);
	note_usage(report);
	empty = ours == 0 && ops->is_empty(&guard->cage) == 1;
	report->survivor_count = report->survivor_total = 0;
	if (!empty)
		name_survivors(guard);
	if (report->survivor_total == 0) /* They could not be listed. */
		report->survivor_total = (uint32_t)ours;
	if (doubt.unknown > 0 && ops->subreaper)
		name_unknown(guard);
	report->reason = JIG_REASON_FAILURE;
	report->proved =
		empty && doubt.unknown == 0 && doubt.probably_strangers == 0 &&
		!*cage_doubt(&guard->cage) && ops->strength != CAGE_MAY_ESCAPE;
	report->cage = ops->kind;
	report->strength = ops->strength;
	guard_alone_explain(guard, &doubt);
}
