// SPDX-License-Identifier: MIT
/*
 * Signals to the processes of the cage, as the supervisor sends them: to main,
 * to all, and in a stop to all except those that an inner jig signals.
 */
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "cage/sweep.h"
#include "core/supervisor/inner.h"
#include "core/supervisor/supervisor.h"

static int signalling_list_members(void *context, struct list *ret)
{
	struct supervisor *supervisor = context;

	return supervisor->cage->ops->members(supervisor->cage, ret);
}

static int confirm_member(void *context, struct descent *descent,
			  const struct proc_stat *now)
{
	const struct supervisor *supervisor = context;

	return cage_confirm(supervisor->cage, descent, now);
}

/* Whether it is an inner jig's supervisor, or below one. @return 1, 0, -errno
 */
static int is_inner(struct supervisor *supervisor, struct list *inner,
		    const struct proc_stat *stat)
{
	/* Before its execve(2), main has our name and our program. */
	bool is_main =
		!supervisor->main_ended && stat->pid == supervisor->main.pid;
	int r;

	if ((is_main || !inner_is_supervisor(supervisor->cage->procfd, stat)) &&
	    !list_has(inner, &stat->ppid, sizeof(stat->ppid)))
		return 0;
	r = list_append(inner, &stat->pid, sizeof(stat->pid));
	if (r == 0)
		r = list_append(&supervisor->spared, stat, sizeof(*stat));
	return r < 0 ? r : 1;
}

/*
 * Each process of the cage, except those below a jig inside of it. The guard of
 * that jig gets the signal and stops its own fixture, so that each process gets
 * the signal once, and not once from each jig around it. SIGKILL goes to all.
 */
static int list_addressees(void *context, struct list *ret)
{
	struct supervisor *supervisor = context;
	CLEANUP(list_free) struct list inner = { 0 };
	struct list all = { 0 };
	size_t kept = 0;
	int r = supervisor->cage->ops->members(supervisor->cage, &all);

	list_free(&supervisor->spared);
	/* Parents stand before their children. */
	for (size_t i = 0; i < all.count; i++) {
		struct proc_stat *stat = list_at(&all, i, sizeof(*stat));
		int s = is_inner(supervisor, &inner, stat);

		if (s == 0)
			memmove(list_at(&all, kept++, sizeof(*stat)), stat,
				sizeof(*stat));
		if (s < 0)
			r = s;
	}
	all.count = kept;
	*ret = all;
	return r;
}

void supervisor_note_signal(struct supervisor *supervisor, int signo,
			    size_t count)
{
	struct jig_report *report = supervisor->report;

	if (report->signal_count == REPORT_SIGNALS)
		return;
	report->signals[report->signal_count++] = (struct report_signal){
		.signo = signo,
		.count = (uint32_t)count,
		.at_us = clock_us() - supervisor->began_us,
	};
}

/* Main is an unreaped child of ours as long as it has not ended. */
size_t supervisor_signal_main(struct supervisor *supervisor, int signo)
{
	struct proc_stat stat;

	if (supervisor->main_ended || supervisor->main.pid <= 0)
		return 0;
	bool wakes = signo != SIGCONT && signo != SIGKILL;
	/* Without /proc it may be suspended. */
	bool after = stat_read(supervisor->cage->procfd, supervisor->main.pid,
			       &stat) < 0 ||
		     stat_wakes_after(&stat);

	if (wakes && !after)
		(void)kill(supervisor->main.pid, SIGCONT);
	if (kill(supervisor->main.pid, signo) < 0)
		return 0;
	if (wakes && after)
		(void)kill(supervisor->main.pid,
			   SIGCONT); /* Or it has ended. */
	return 1;
}

void supervisor_signal_all(struct supervisor *supervisor, int signo, bool stop)
{
	struct sweep sweep = { supervisor->cage->procfd,
			       stop ? list_addressees : signalling_list_members,
			       supervisor, confirm_member };
	size_t count = 0;

	/* Without /proc only main's pid is known. The others get SIGKILL at the
	 * end, as our children. */
	if (sweep_signal(&sweep, signo, stop, &count) < 0 && count == 0)
		count = supervisor_signal_main(supervisor, signo);
	if (supervisor->stopping)
		supervisor_note_signal(supervisor, signo, count);
}

static const struct proc_stat *signalling_find(const struct list *stats,
					       pid_t pid)
{
	for (size_t i = 0; i < stats->count; i++) {
		const struct proc_stat *stat = list_at(stats, i, sizeof(*stat));

		if (stat->pid == pid)
			return stat;
	}
	return NULL;
}

struct orphans {
	struct supervisor *supervisor;
	struct list spared;
};

/* Those that were spared, and are not below an inner jig any more. */
static int list_orphans(void *context, struct list *ret)
{
	struct orphans *orphans = context;
	struct list all = { 0 };
	size_t kept = 0;
	int r = list_addressees(orphans->supervisor, &all);

	for (size_t i = 0; i < all.count; i++) {
		struct proc_stat *stat = list_at(&all, i, sizeof(*stat));
		const struct proc_stat *spared =
			signalling_find(&orphans->spared, stat->pid);

		if (spared && spared->start_ticks == stat->start_ticks)
			memmove(list_at(&all, kept++, sizeof(*stat)), stat,
				sizeof(*stat));
	}
	all.count = kept;
	*ret = all;
	return r;
}

static int confirm_orphan(void *context, struct descent *descent,
			  const struct proc_stat *now)
{
	const struct orphans *orphans = context;

	return confirm_member(orphans->supervisor, descent, now);
}

void supervisor_tell_orphans(struct supervisor *supervisor, pid_t pid)
{
	struct orphans orphans = { supervisor, supervisor->spared };
	struct sweep sweep = { supervisor->cage->procfd, list_orphans, &orphans,
			       confirm_orphan };
	size_t count = 0;

	if (!signalling_find(&orphans.spared, pid) ||
	    supervisor->plan->steps[supervisor->step].signal == SIGKILL)
		return;
	supervisor->spared = (struct list){ 0 };
	(void)sweep_signal(&sweep, supervisor->step_signal, true, &count);
	list_free(&orphans.spared);
	/* If all have ended meanwhile, no signal was sent. */
	if (count > 0)
		supervisor_note_signal(supervisor, supervisor->step_signal,
				       count);
}
