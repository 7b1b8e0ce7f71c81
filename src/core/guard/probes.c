// SPDX-License-Identifier: MIT
/*
 * The guard's captured output and its probes, before the command starts and
 * after it: their descriptors, their children, their end.
 */
#include "core/guard/guard.h"
#include "core/shared/wake.h"
#include "net/names.h"

void guard_ready_descriptors(const struct guard *guard, struct fd_except *ret)
{
	const struct readiness *readiness = guard->plan->readiness;
	short events;

	if (guard->plan->capture)
		capture_descriptors(guard->plan->capture, ret);
	for (size_t i = 0; readiness && i < readiness->count; i++) {
		const struct probe *probe = &readiness->probes[i];

		if (probe->ops->descriptor)
			fd_except_add(ret,
				      probe->ops->descriptor(probe, &events));
	}
}

void guard_ready_announce(struct guard *guard)
{
	const struct list *names = guard->plan->names;
	const struct capture *capture = guard->plan->capture;

	if (guard->host < 0)
		return;
	for (size_t i = 0; names && i < names->count; i++)
		board_add_name(guard->board,
			       list_at(names, i, sizeof(struct name)));
	if (capture)
		guard_wake_host(guard, WAKE_RING, capture->ring_fd);
}

void guard_ready_let_go(struct guard *guard)
{
	if (guard->plan->capture)
		capture_let_go(guard->plan->capture);
	if (guard->plan->readiness)
		readiness_let_go(guard->plan->readiness);
}

void guard_ready_reaped(struct guard *guard, pid_t pid, int status)
{
	if (guard->plan->readiness)
		readiness_reaped(guard->plan->readiness, pid, status);
	if (guard->plan->liveness)
		liveness_reaped(guard->plan->liveness, pid, status);
}

bool guard_ready_owns(const struct guard *guard, pid_t pid)
{
	const struct plan *plan = guard->plan;

	return (plan->readiness && readiness_owns(plan->readiness, pid)) ||
	       (plan->liveness && readiness_owns(&plan->liveness->round, pid));
}

void guard_ready_end(struct guard *guard)
{
	if (guard->plan->readiness)
		readiness_end(guard->plan->readiness);
	if (guard->plan->liveness)
		readiness_end(&guard->plan->liveness->round);
}

void guard_ready_close(struct guard *guard)
{
	if (guard->plan->readiness)
		readiness_close(guard->plan->readiness);
	if (guard->plan->liveness)
		liveness_close(guard->plan->liveness);
}
