// SPDX-License-Identifier: MIT
/*
 * After the guard's loop: the end of the supervisor, or of the processes that
 * it has left behind, and the names of those that could not be ended.
 */
#include <signal.h>
#include <sys/wait.h>

#include "core/guard/guard.h"
#include "core/supervisor/supervisor.h"
#include "proc/aside.h"
#include "proc/procfs.h"
#include "proc/status.h"

/* For a supervisor that hangs in its exit, and was killed. */
#define AFTER_KILL_US 1000000

/* The supervisor is init of its pid namespace, and it has ended: so the kernel
 * has ended all other processes of the namespace. */
static void forget_survivors(struct jig_report *report)
{
	report->survivor_count = report->survivor_total = 0;
	for (uint32_t i = 0; i < report->leftover_count; i++) {
		if (report->leftovers[i].fate != JIG_FATE_SURVIVED)
			continue;
		report->leftovers[i].fate = JIG_FATE_SIGNALED;
		report->leftovers[i].value = SIGKILL;
	}
}

/* It has reported, but it does not end: it hangs in close(2) of a file whose
 * file system does not answer; or, as init, it waits for a member in state D,
 * or for a dead one whose parent is outside of the namespace and does not reap.
 */
static void name_supervisor(struct guard *guard)
{
	struct jig_report *report = guard->outcome->report;
	struct proc_status status = { .uid = (uid_t)-1 };
	struct proc_stat stat = {
		.pid = guard->supervisor,
		.state = '?',
		.comm = SUPERVISOR_NAME,
	};

	report->proved = false;
	if (report->survivor_total > 0)
		return;
	/* Values that cannot be read stay unknown; the process is named anyway.
	 */
	(void)stat_read(guard->cage.procfd, guard->supervisor, &stat);
	(void)status_read(guard->cage.procfd, guard->supervisor, &status);
	leftover_name(&stat, &status, &report->survivors[0]);
	report->survivors[0].fate = JIG_FATE_SURVIVED;
	report->survivor_count = report->survivor_total = 1;
}

static void wait_supervisor(struct guard *guard)
{
	if (!guard_await_supervisor(guard, PLAN_KILL_US)) {
		(void)kill(guard->supervisor, SIGKILL); /* Ours, unreaped. */
		if (!guard_await_supervisor(guard, AFTER_KILL_US)) {
			name_supervisor(guard);
			return;
		}
	}
	if (guard->cage.ops->own_pids)
		forget_survivors(guard->outcome->report);
}

/* A child (proc/aside.h) that waits for a file system and could not be ended.
 */
static void note_abandoned(struct guard *guard)
{
	CLEANUP(list_free) struct list children = { 0 };
	siginfo_t info;

	/* Mostly there is no child at all. */
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 ||
	    procfs_children(guard->cage.procfd, &children) < 0)
		return;
	for (size_t i = 0; i < children.count; i++) {
		pid_t pid = *(pid_t *)list_at(&children, i, sizeof(pid));

		if (aside_is(pid))
			guard->outcome->abandoned = pid;
	}
}

void guard_leave(struct guard *guard)
{
	struct outcome *outcome = guard->outcome;
	int status;

	if (!guard->failed && !outcome->report->complete) {
		/* The runs of probes end meanwhile: kill first, then wait. */
		guard_ready_end(guard);
		guard_end_alone(guard);
		guard_ready_close(guard);
		guard->cage.ops->remove(&guard->cage);
	} else {
		/* The cage is empty, and the supervisor on its way out: both
		 * at once. */
		guard->cage.ops->remove(&guard->cage);
		wait_supervisor(guard);
	}
	watch_close(&guard->watch, guard->supervisor, outcome->report);
	status = outcome->report->main_status;
	terminal_take_back(&guard->terminal, guard->main, false,
			   status < 0 || WIFSIGNALED(status));
	guard_ready_finish(guard);
	if (guard->plan->remote)
		guard_remote_finish(guard);
	note_abandoned(guard);
}
