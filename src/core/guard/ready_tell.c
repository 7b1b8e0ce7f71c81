// SPDX-License-Identifier: MIT
/*
 * Report readiness, its failure, and a failure of liveness: on the board, to
 * the hooks, and as a request to stop.
 */
#include <string.h>

#include "core/guard/guard.h"
#include "core/shared/wake.h"

/* Readiness and liveness do not count the time for which the user has suspended
 * the job. */
int64_t guard_run_us(const struct guard *guard)
{
	return run_clock_us(&guard->board->run_clock, clock_us());
}

static void tell_matches(struct guard *guard)
{
	const struct readiness *readiness = guard->plan->readiness;

	for (size_t i = 0; i < readiness->count; i++) {
		const struct probe *probe = &readiness->probes[i];
		const struct list *found =
			probe->ops->matches ? probe->ops->matches(probe) : NULL;

		for (size_t j = 0; found && j < found->count; j++)
			board_add_match(guard->board,
					*(char **)list_at(found, j,
							  sizeof(char *)));
	}
}

static void tell_ready(struct guard *guard)
{
	int64_t us = clock_us() - guard->started_us;

	guard->outcome->ready_us = us;
	if (guard->plan->liveness)
		liveness_start(guard->plan->liveness, guard_run_us(guard));
	if (guard->host >= 0) {
		tell_matches(guard);
		board_write(&guard->board->problem, "");
		atomic_store(&guard->board->ready, us + 1);
		guard_wake_host(guard, WAKE_LOOK, -1);
	}
	if (guard->hooks->ready)
		guard->hooks->ready(guard);
}

static void tell_unready(struct guard *guard)
{
	struct readiness *readiness = guard->plan->readiness;
	struct outcome *outcome = guard->outcome;

	outcome->unready = readiness->error;
	outcome->problem = readiness->problem;
	board_write(&guard->board->problem, readiness->problem.text);
	atomic_store(&guard->board->unready, readiness->error);
	guard_wake_host(guard, WAKE_LOOK, -1);
	guard_stop(guard, JIG_REASON_UNREADY);
}

static void tell_waiting(struct guard *guard)
{
	char text[sizeof(guard->waiting)];

	readiness_waiting_for(guard->plan->readiness, text, sizeof(text));
	if (guard->host < 0 || strcmp(text, guard->waiting) == 0)
		return;
	memcpy(guard->waiting, text, sizeof(text));
	board_write(&guard->board->problem, text);
	guard_wake_host(guard, WAKE_LOOK, -1);
}

/* The result, once. Until then what readiness waits for, at each change. */
void guard_ready_tell(struct guard *guard)
{
	switch (guard->plan->readiness->state) {
	case READINESS_READY:
		guard->ready_told = true;
		tell_ready(guard);
		break;
	case READINESS_FAILED:
		guard->ready_told = true;
		tell_unready(guard);
		break;
	default:
		tell_waiting(guard);
	}
}

void guard_ready_tell_unhealthy(struct guard *guard)
{
	const struct fault *problem = &guard->plan->liveness->problem;

	guard->outcome->unhealthy = true;
	guard->outcome->problem = *problem;
	board_write(&guard->board->problem, problem->text);
	guard_wake_host(guard, WAKE_LOOK, -1);
	guard_stop(guard, JIG_REASON_UNHEALTHY);
}
