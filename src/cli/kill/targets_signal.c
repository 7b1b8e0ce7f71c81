// SPDX-License-Identifier: MIT
/* A signal to targets: pin, read and confirm each before it is sent. */
#include <errno.h>
#include <signal.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/kill/targets.h"
#include "proc/handle.h"

/* Limit of scans, because a process that always forks always adds targets. */
#define MAX_ROUNDS 8

static bool kill_targets_signal_is_known(const struct proc_stat *stat,
					 const void *context)
{
	const struct target *target = targets_find(context, stat);

	return target && target->sure;
}

int targets_confirm(const struct targets *targets, const struct target *target,
		    struct descent *descent, const struct proc_stat *now)
{
	if (targets->scope.group)
		return now->pgid == targets->scope.group &&
		       now->sid == targets->sid;
	if (target->sure)
		return 1;
	descent->is_known = kill_targets_signal_is_known;
	descent->context = targets;

	int r = descent_confirm(descent, now);

	/* The next scan is in a later tick than its start. */
	return r == 0 && targets_leader(targets, now->sid) ? -EAGAIN : r;
}

/* Pin, read, confirm, and only then signal. @return 0, or -errno: give up. */
static int kill_targets_signal_hit(const struct targets *targets,
				   struct target *target, int signo, bool wake)
{
	CLEANUP(handle_close) struct handle handle = HANDLE_NONE;
	CLEANUP(descent_close)
	struct descent descent = { .procfd = targets->procfd };
	struct proc_stat now;
	int r = handle_open(targets->procfd, &target->stat, &handle, &now);

	if (r == 0)
		r = targets_confirm(targets, target, &descent, &now);
	if (r == 0)
		target->fate = TARGET_LEFT;
	if (r == 0 || r == -EAGAIN)
		return 0;
	if (r == 1)
		r = wake ? handle_rouse(&handle, &now, signo)
			 : handle_kill(&handle, signo);
	if (r == 0 && signo != 0)
		target->fate = TARGET_HIT;
	else if (r == -ESRCH)
		target->fate = TARGET_GONE;
	else if (r == -EPERM)
		target->fate = TARGET_DENIED;
	return r == -ESRCH || r == -EPERM ? 0 : r;
}

static int hit_met(struct targets *targets, int signo, bool wake)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < targets->items.count; i++)
		if (targets_at(targets, i)->fate == TARGET_MET)
			r = kill_targets_signal_hit(targets,
						    targets_at(targets, i),
						    signo, wake);
	return r;
}

int targets_ask(struct targets *targets)
{
	return hit_met(targets, 0, false);
}

int targets_signal(struct targets *targets, int signo, bool wake)
{
	for (int i = 0; i < MAX_ROUNDS; i++) {
		int r = hit_met(targets, signo, wake);

		if (r == 0)
			r = targets_look(targets);
		if (r == 0 && targets_count(targets, TARGET_MET) > 0)
			r = 1; /* Some are not confirmed yet. */
		if (r <= 0)
			return r;
		if (targets_count(targets, TARGET_MET) > 0)
			clock_sleep_us(10000); /* A tick. */
	}
	return -EAGAIN;
}
