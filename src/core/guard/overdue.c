// SPDX-License-Identifier: MIT
/*
 * The supervisor lives, but does not finish: it was suspended, is traced, or
 * hangs in a system call. It publishes the deadline of its next step
 * (core/shared/pulse.h). A second after this deadline the guard begins to look
 * at the processor time that the supervisor has used. If that does not grow
 * during five seconds, the supervisor hangs, and the guard kills it. If it
 * grows, the supervisor has much to do, or gets little processor time on a
 * loaded machine. Then it has a minute.
 *
 * Without a timeout there is no deadline before a stop. Then only a supervisor
 * that was suspended (SIGSTOP) is noticed: after five seconds it is continued.
 */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/poll.h"
#include "core/guard/guard.h"

#define SLACK_US 5000000

/* From the deadline to the first check. Guard and supervisor may have been
 * frozen together: so five seconds pass after this look in any case. */
#define LOOK_US 1000000

/* From the deadline on, at most; it spins, or is suspended again and again. */
#define WORK_MAX_US 60000000

/* Processor time in SLACK_US. A wait in the kernel that is repeated uses less.
 */
#define WORK_NS 1000000

/* Upper limit; with mode JIG_STOP_MAIN a step may be taken twice. */
static int64_t guard_overdue_policy_us(const struct plan *plan)
{
	int64_t sum = 0;

	for (size_t i = 0; i < plan->step_count; i++)
		if (__builtin_add_overflow(sum, plan->steps[i].wait_us, &sum))
			return INT64_MAX / 4;
	if (plan->stop_mode != JIG_STOP_ALL)
		sum = sum < INT64_MAX / 4 ? 2 * sum : INT64_MAX / 4;
	return sum < INT64_MAX / 4 ? sum : INT64_MAX / 4;
}

/* The later one of its deadline and of the end of the stop that we requested,
 * in case it has not seen the request. 0: neither. */
static int64_t guard_overdue_due_us(struct guard *guard)
{
	int64_t told = pulse_get(&guard->board->pulse), asked = 0;

	if (guard->stop_asked && guard->stop_us == 0)
		guard->stop_us = clock_us();
	if (guard->stop_us > 0 && guard->outcome->report->signal_count == 0)
		asked = guard->stop_us + guard_overdue_policy_us(guard->plan);
	return told > asked ? told : asked;
}

static int64_t late_from_us(struct guard *guard)
{
	int64_t due = guard_overdue_due_us(guard);

	return due == 0 ? -1 : clock_add_us(due, LOOK_US);
}

int64_t guard_overdue_us(struct guard *guard)
{
	int64_t stands =
		guard->stands_us > 0 ? guard->stands_us + SLACK_US : -1;
	int64_t late = guard->late_us > 0 ? guard->late_us + SLACK_US
					  : late_from_us(guard);

	return clock_sooner(late, stands);
}

void guard_note_standing(struct guard *guard)
{
	siginfo_t info = { 0 };

	if (guard->reaped)
		return;
	if (waitid(P_PID, (id_t)guard->supervisor, &info,
		   WSTOPPED | WCONTINUED | WNOHANG | __WALL) < 0 ||
	    info.si_pid == 0)
		return;
	guard->stands_us = info.si_code == CLD_CONTINUED ? 0 : clock_us();
}

/* The supervisor's processor time, clock_getcpuclockid(3); 0: not known. */
static int64_t used_ns(const struct guard *guard)
{
	struct timespec used;
	clockid_t id;

	/* Our child that is not reaped: the number is its own. */
	if (clock_getcpuclockid(guard->supervisor, &id) != 0 ||
	    clock_gettime(id, &used) < 0)
		return 0;
	return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* Since the look at late_us. */
static bool has_worked(const struct guard *guard)
{
	return used_ns(guard) - guard->late_used_ns >= WORK_NS;
}

static void look_at_time(struct guard *guard, int64_t now)
{
	int64_t late = late_from_us(guard);

	if (late < 0 || now < late) {
		guard->late_us = 0;
	} else if (guard->late_us == 0 ||
		   (now >= guard->late_us + SLACK_US && has_worked(guard) &&
		    now < clock_add_us(late, WORK_MAX_US))) {
		guard->late_us = now;
		guard->late_used_ns = used_ns(guard);
	} else if (now >= guard->late_us + SLACK_US) {
		/* In state D it does not die. We do not wait for it. */
		(void)kill(guard->supervisor, SIGKILL); /* Ours. */
		cleanup_close(&guard->socket);
	}
}

void guard_look_after(struct guard *guard)
{
	int64_t now;

	if (guard->reaped || guard->socket < 0 || guard_overdue_us(guard) < 0)
		return;
	now = clock_us();
	if (guard->stands_us > 0 && now >= guard->stands_us + SLACK_US) {
		guard->stands_us = 0;
		(void)kill(guard->supervisor, SIGCONT); /* Ours. */
	}
	look_at_time(guard, now);
}

static bool guard_overdue_is_gone(struct guard *guard)
{
	pid_t pid = waitpid(guard->supervisor, NULL, WNOHANG | __WALL);

	/* ECHILD: reap() of signals.c has reaped it. */
	guard->reaped = pid != 0;
	return guard->reaped;
}

bool guard_await_supervisor(struct guard *guard, int64_t limit_us)
{
	struct pollfd over = { guard->supervisor_fd, POLLIN, 0 };
	int64_t until;
	bool dead;

	if (guard->reaped)
		return true;
	dead = over.fd >= 0 && poll_fds(&over, 1, (int)(limit_us / 1000)) > 0;
	if (dead && guard_overdue_is_gone(guard))
		return true;
	/* Dead, but its tracer has to reap it first. */
	until = dead || over.fd < 0 ? clock_in_us(limit_us) : clock_us();
	while (!guard_overdue_is_gone(guard)) {
		if (clock_us() >= until)
			return dead;
		clock_sleep_us(1000);
	}
	return true;
}
