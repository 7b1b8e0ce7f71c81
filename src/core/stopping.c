// SPDX-License-Identifier: MIT
/*
 * Stopping: the steps of the policy, and the rounds of SIGKILL at its end.
 *
 * A step ends when the cage is empty or its time is over. The last step is
 * SIGKILL, in rounds: a round signals all processes that the cage can list. The
 * next one comes when those are reaped (we have adopted their orphans then), or
 * when none was reaped for some milliseconds.
 */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "cage/sweep.h"
#include "core/inner.h"
#include "core/supervisor.h"

/* Without any death for so long, a round is repeated. */
#define ROUND_GAP_US 2000
#define ROUND_GAP_MAX_US 50000

static int list_members(void *context, struct list *ret)
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
		(void)kill(supervisor->main.pid,
			   SIGCONT); /* Or it has ended. */
	return 1;
}

void supervisor_signal_all(struct supervisor *supervisor, int signo, bool stop)
{
	struct sweep sweep = { supervisor->cage->procfd,
			       stop ? list_addressees : list_members,
			       supervisor, confirm_member };
	size_t count = 0;

	/* Without /proc only main's pid is known. The others get SIGKILL at the
	 * end, as our children. */
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
			find(&orphans->spared, stat->pid);

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

	if (!find(&orphans.spared, pid) ||
	    supervisor->plan->steps[supervisor->step].signal == SIGKILL)
		return;
	supervisor->spared = (struct list){ 0 };
	(void)sweep_signal(&sweep, supervisor->step_signal, true, &count);
	list_free(&orphans.spared);
	/* If all have ended meanwhile, no signal was sent. */
	if (count > 0)
		note_signal(supervisor, supervisor->step_signal, count);
}

static bool is_killing(const struct supervisor *supervisor)
{
	return supervisor->stopping &&
	       supervisor->plan->steps[supervisor->step].signal == SIGKILL;
}

/* On a slow or loaded machine they die one by one. So the bound begins anew
 * with each death, up to PLAN_KILL_MAX_US. */
void supervisor_note_death(struct supervisor *supervisor)
{
	int64_t last =
		clock_add_us(supervisor->kill_began_us, PLAN_KILL_MAX_US);
	int64_t until = clock_in_us(PLAN_KILL_US);

	if (!is_killing(supervisor))
		return;
	supervisor->step_until_us = until < last ? until : last;
	pulse_set(&supervisor->board->pulse, supervisor->step_until_us);
}

/* Members that another process has adopted die without a SIGCHLD for us. */
static void count_left(struct supervisor *supervisor)
{
	CLEANUP(list_free) struct list members = { 0 };
	size_t left = 0;

	if (list_members(supervisor, &members) < 0)
		return;
	for (size_t i = 0; i < members.count; i++)
		left += !stat_is_dead(
			list_at(&members, i, sizeof(struct proc_stat)));
	if (left < supervisor->kill_left && supervisor->kill_left != SIZE_MAX)
		supervisor_note_death(supervisor);
	supervisor->kill_left = left;
}

static void begin_kill(struct supervisor *supervisor)
{
	supervisor->kill_round = 0;
	supervisor->kills_pending = 0;
	supervisor->kill_gap_us = 0;
	supervisor->kill_again_us = 0; /* The first round is due now. */
	supervisor->kill_began_us = clock_us();
	supervisor->kill_left = SIZE_MAX;
	note_signal(supervisor, SIGKILL, 0);
}

static bool is_last(const struct supervisor *supervisor)
{
	return supervisor->step + 1 >= supervisor->plan->step_count;
}

/* A step without time, directly before SIGKILL, is skipped. */
static void skip_idle_steps(struct supervisor *supervisor)
{
	const struct jig_step *steps = supervisor->plan->steps;

	while (!is_last(supervisor) && steps[supervisor->step].wait_us == 0 &&
	       steps[supervisor->step + 1].signal == SIGKILL)
		supervisor->step++;
}

static void allow_time(struct supervisor *supervisor, int64_t us)
{
	supervisor->step_until_us = clock_in_us(us);
	pulse_set(&supervisor->board->pulse, supervisor->step_until_us);
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
	allow_time(supervisor, step->wait_us);
	if (step->signal == SIGKILL) {
		begin_kill(supervisor);
		return;
	}
	if (supervisor->plan->stop_mode == JIG_STOP_MAIN &&
	    !supervisor->main_ended)
		note_signal(supervisor, signo, signal_main(supervisor, signo));
	else
		supervisor_signal_all(supervisor, signo, true);
	/* Signalling many takes a while: the step's time begins after it. */
	allow_time(supervisor, step->wait_us);
	supervisor->rest_told = supervisor->plan->stop_mode == JIG_STOP_ALL ||
				supervisor->main_ended;
}

void supervisor_stop(struct supervisor *supervisor, enum jig_reason reason,
		     int signo)
{
	if (supervisor->stopping)
		return;
	supervisor->stopping = true;
	/* Beside a hundred processes that fork as fast as they can we would get
	 * a hundredth of a processor. An ordinary user may not do this. */
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
	/* In a stop, a process that outlives main by more than a step is a
	 * leftover; the others only end a little later than main. */
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
	if (supervisor->kill_round == 1) /* It may have taken long itself. */
		supervisor_note_death(supervisor);
	if (supervisor->childless)
		count_left(supervisor);
	/* A round that took long is not repeated soon. Nor is one that could
	 * not kill any process: more rounds do not help there. */
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
	/* If all that were killed are reaped and there are still children
	 * (orphans of those, or a relay), the next round is due at once. */
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
	if (is_killing(supervisor)) {
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
	if (is_killing(supervisor))
		return supervisor->kill_again_us;
	return supervisor->step_until_us;
}
