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
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "core/supervisor/supervisor.h"

/* Interval after which a round is repeated, if no process has died. */
#define ROUND_GAP_US 2000
#define ROUND_GAP_MAX_US 50000

/* Before SIGKILL, for what a transport has left. */
#define TRANSPORT_US 2000000

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

	if (supervisor->cage->ops->members(supervisor->cage, &members) < 0)
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
	supervisor_note_signal(supervisor, SIGKILL, 0);
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

/* What a transport has left after its relay: the times of the policy were for
 * what ran on the other machine. */
static bool is_of_transport(const struct supervisor *supervisor)
{
	return supervisor->plan->remote && supervisor->main_ended;
}

static void begin_step(struct supervisor *supervisor)
{
	skip_idle_steps(supervisor);

	const struct jig_step *step =
		&supervisor->plan->steps[supervisor->step];
	int signo = step->signal;
	int64_t wait_us = is_of_transport(supervisor) && signo != SIGKILL
				  ? TRANSPORT_US
				  : step->wait_us;

	if (supervisor->step == 0 && supervisor->first_signal)
		signo = supervisor->first_signal;
	supervisor->step_signal = signo;
	allow_time(supervisor, wait_us);
	if (step->signal == SIGKILL) {
		begin_kill(supervisor);
		return;
	}
	if (supervisor->plan->stop_mode == JIG_STOP_MAIN &&
	    !supervisor->main_ended)
		supervisor_note_signal(supervisor, signo,
				       supervisor_signal_main(supervisor,
							      signo));
	else
		supervisor_signal_all(supervisor, signo, true);
	/* Signalling many takes a while: the step's time begins after it. */
	allow_time(supervisor, wait_us);
	supervisor->rest_told = supervisor->plan->stop_mode == JIG_STOP_ALL ||
				supervisor->main_ended;
}

void supervisor_stop(struct supervisor *supervisor, enum jig_reason reason,
		     int signo)
{
	if (supervisor->stopping)
		return;
	supervisor->stopping = true;
	fd_make_room(STDERR_FILENO);
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
	supervisor->step = is_of_transport(supervisor)
				   ? supervisor->plan->step_count - 1
				   : supervisor->step + 1;
	begin_step(supervisor);
}

static void kill_round(struct supervisor *supervisor)
{
	int64_t began = clock_us(), gap;
	int killed;

	fd_make_room(STDERR_FILENO);
	killed = supervisor->cage->ops->kill(supervisor->cage,
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
