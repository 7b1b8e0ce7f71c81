// SPDX-License-Identifier: MIT
/*
 * Stopping: the steps of the policy, and the rounds of SIGKILL at its end.
 *
 * A step ends when the cage is empty or its time is over. The last step is
 * SIGKILL, given in rounds: a round signals all whom the cage can name; the
 * next one comes when those are reaped (their orphans are ours then), or when
 * for some milliseconds nobody was.
 */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "cage/sweep.h"
#include "core/supervisor.h"

/* Without any death for so long, a round is repeated. */
#define ROUND_GAP_US 2000
#define ROUND_GAP_MAX_US 50000

static int list_members(void *context, struct list *ret)
{
	struct supervisor *supervisor = context;

	return supervisor->cage->ops->members(supervisor->cage, ret);
}

/*
 * Everybody in the cage, but nobody below a jig inside of it: its guard hears
 * us and stops its own fixture, and who is in that should hear it once and not
 * once from each jig around. SIGKILL makes no such difference.
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
	for (size_t i = 0; r == 0 && i < all.count; i++) {
		struct proc_stat *stat = list_at(&all, i, sizeof(*stat));

		if (strcmp(stat->comm, SUPERVISOR_NAME) != 0 &&
		    !list_has(&inner, &stat->ppid, sizeof(stat->ppid))) {
			memmove(list_at(&all, kept++, sizeof(*stat)), stat,
				sizeof(*stat));
			continue;
		}
		r = list_append(&inner, &stat->pid, sizeof(stat->pid));
		if (r == 0)
			r = list_append(&supervisor->spared, stat,
					sizeof(*stat));
	}
	if (r < 0) {
		list_free(&all);
		return r;
	}
	all.count = kept;
	*ret = all;
	return 0;
}

static void note_signal(struct supervisor *supervisor, int signo, size_t count)
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
static size_t signal_main(struct supervisor *supervisor, int signo)
{
	if (supervisor->main_ended || supervisor->main.pid <= 0)
		return 0;
	if (kill(supervisor->main.pid, signo) < 0)
		return 0;
	if (signo != SIGCONT && signo != SIGKILL)
		(void)kill(supervisor->main.pid, SIGCONT); /* As above. */
	return 1;
}

void supervisor_signal_all(struct supervisor *supervisor, int signo, bool stop)
{
	struct sweep sweep = { supervisor->cage->procfd,
			       stop ? list_addressees : list_members,
			       supervisor };
	size_t count = 0;

	/* Without /proc nobody but main has a name that we know: the others
	 * get SIGKILL at the end, as our children. */
	if (sweep_signal(&sweep, signo, stop, &count) < 0 && count == 0)
		count = signal_main(supervisor, signo);
	if (supervisor->stopping)
		note_signal(supervisor, signo, count);
}

static const struct proc_stat *find(const struct list *stats, pid_t pid)
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

/* Of those who were spared, who is nobody else's to tell now. */
static int list_orphans(void *context, struct list *ret)
{
	struct orphans *orphans = context;
	struct list all = { 0 };
	size_t kept = 0;
	int r = list_addressees(orphans->supervisor, &all);

	for (size_t i = 0; r == 0 && i < all.count; i++) {
		struct proc_stat *stat = list_at(&all, i, sizeof(*stat));
		const struct proc_stat *spared =
			find(&orphans->spared, stat->pid);

		if (spared && spared->start_ticks == stat->start_ticks)
			memmove(list_at(&all, kept++, sizeof(*stat)), stat,
				sizeof(*stat));
	}
	if (r < 0)
		return r;
	all.count = kept;
	*ret = all;
	return 0;
}

void supervisor_tell_orphans(struct supervisor *supervisor, pid_t pid)
{
	struct orphans orphans = { supervisor, supervisor->spared };
	struct sweep sweep = { supervisor->cage->procfd, list_orphans,
			       &orphans };
	size_t count = 0;

	if (!find(&orphans.spared, pid) ||
	    supervisor->plan->steps[supervisor->step].signal == SIGKILL)
		return;
	supervisor->spared = (struct list){ 0 };
	(void)sweep_signal(&sweep, supervisor->step_signal, true, &count);
	list_free(&orphans.spared);
	/* Who had gone too has left nobody. */
	if (count > 0)
		note_signal(supervisor, supervisor->step_signal, count);
}

static void begin_kill(struct supervisor *supervisor)
{
	supervisor->kill_round = 0;
	supervisor->kills_pending = 0;
	supervisor->kill_gap_us = 0;
	supervisor->kill_again_us = 0; /* The first round is due now. */
	note_signal(supervisor, SIGKILL, 0);
}

static bool is_last(const struct supervisor *supervisor)
{
	return supervisor->step + 1 >= supervisor->plan->step_count;
}

/* A signal with no time to act on it is nothing but work before SIGKILL. */
static void skip_idle_steps(struct supervisor *supervisor)
{
	const struct jig_step *steps = supervisor->plan->steps;

	while (!is_last(supervisor) && steps[supervisor->step].wait_us == 0 &&
	       steps[supervisor->step + 1].signal == SIGKILL)
		supervisor->step++;
}

static void begin_step(struct supervisor *supervisor)
{
	skip_idle_steps(supervisor);

	const struct jig_step *step =
		&supervisor->plan->steps[supervisor->step];
	int signo = step->signal;

	if (supervisor->step == 0 && supervisor->first_signal)
		signo = supervisor->first_signal;
	supervisor->step_signal = signo;
	supervisor->step_until_us = clock_in_us(step->wait_us);
	if (step->signal == SIGKILL) {
		begin_kill(supervisor);
		return;
	}
	if (supervisor->plan->stop_mode == JIG_STOP_MAIN &&
	    !supervisor->main_ended)
		note_signal(supervisor, signo, signal_main(supervisor, signo));
	else
		supervisor_signal_all(supervisor, signo, true);
	supervisor->rest_told = supervisor->plan->stop_mode == JIG_STOP_ALL ||
				supervisor->main_ended;
}

void supervisor_stop(struct supervisor *supervisor, enum jig_reason reason,
		     int signo)
{
	if (supervisor->stopping)
		return;
	supervisor->stopping = true;
	/* Among a hundred who fork as fast as they can we would get a hundredth
	 * of a processor. Refused to an ordinary user. */
	(void)setpriority(PRIO_PROCESS, 0, -10);
	supervisor->report->reason = reason;
	supervisor->first_signal = signo;
	supervisor->step = 0;
	begin_step(supervisor);
}

void supervisor_hurry(struct supervisor *supervisor)
{
	if (!supervisor->stopping || is_last(supervisor))
		return;
	/* In a stop, who outlives main by more than a step is a leftover; the
	 * others only follow it a little later. */
	if (supervisor->main_ended)
		supervisor_take_leftovers(supervisor);
	supervisor->step++;
	begin_step(supervisor);
}

static void kill_round(struct supervisor *supervisor)
{
	int64_t began = clock_us(), gap;
	int killed = supervisor->cage->ops->kill(supervisor->cage,
						 supervisor->kill_round++);

	supervisor->kills_pending = killed > 0 ? (size_t)killed : 1;
	/* A round that took long is not repeated soon, and whom nobody may
	 * kill will not be hurried by more of them. */
	gap = ROUND_GAP_US + 2 * (clock_us() - began);
	if (killed <= 0)
		gap += (int64_t)ROUND_GAP_US * supervisor->kill_round;
	if (gap > ROUND_GAP_MAX_US)
		gap = ROUND_GAP_MAX_US;
	supervisor->kill_gap_us = gap;
	supervisor->kill_again_us = clock_in_us(gap);
}

static void continue_kill(struct supervisor *supervisor)
{
	int64_t now = clock_us();

	if (now >= supervisor->step_until_us) {
		supervisor->gave_up = true;
		return;
	}
	/* All who were hit are reaped, and there are children still: orphans
	 * of those, or a relay. They must not get any time. */
	if (supervisor->kills_pending > 0 || supervisor->childless) {
		if (now < supervisor->kill_again_us)
			return;
	}
	kill_round(supervisor);
}

void supervisor_continue_stop(struct supervisor *supervisor)
{
	if (!supervisor->stopping)
		return;
	if (supervisor->plan->steps[supervisor->step].signal == SIGKILL) {
		continue_kill(supervisor);
		return;
	}
	if (!supervisor->rest_told && supervisor->main_ended)
		begin_step(supervisor); /* The rest, with the whole wait. */
	if (clock_us() >= supervisor->step_until_us)
		supervisor_hurry(supervisor);
}

int64_t supervisor_stop_deadline(const struct supervisor *supervisor)
{
	if (!supervisor->stopping)
		return -1;
	if (supervisor->plan->steps[supervisor->step].signal == SIGKILL)
		return supervisor->kill_again_us;
	return supervisor->step_until_us;
}
