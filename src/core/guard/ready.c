// SPDX-License-Identifier: MIT
/*
 * The command's output and its readiness, on the guard's loop.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/guard/guard.h"
#include "core/probe/ownership.h"
#include "core/shared/wake.h"
#include "net/manager.h"
#include "net/names.h"

static void guard_ready_take_line(void *context, const char *line,
				  size_t length)
{
	readiness_line(context, line, length);
}

static int64_t guard_ready_due_us(const struct guard *guard, int64_t run_us)
{
	return run_clock_due_us(&guard->board->run_clock, run_us);
}

void guard_ready_begin(struct guard *guard)
{
	if (guard->plan->readiness)
		readiness_started(guard->plan->readiness, guard_run_us(guard));
}

/* The start timeout runs from the beginning of the start, which may take long,
 * or hang. */
static void begin_to_ask(struct guard *guard)
{
	struct readiness *readiness = guard->plan->readiness;
	int64_t deadline_us = readiness->deadline_us;

	readiness_started(readiness, guard->started_run_us);
	readiness->deadline_us = deadline_us;
}

void guard_ready_started(struct guard *guard)
{
	struct capture *capture = guard->plan->capture;
	struct readiness *readiness = guard->plan->readiness;

	guard->started_us = clock_us();
	guard->started_run_us = guard_run_us(guard);
	if (capture && readiness) {
		capture->line = guard_ready_take_line;
		capture->context = readiness;
	}
	if (readiness) {
		begin_to_ask(guard);
		return;
	}
	if (guard->plan->remote) /* It tells the rest. */
		return;
	/* Nothing is waited for. */
	if (guard->plan->liveness)
		liveness_start(guard->plan->liveness, guard->started_run_us);
	/* The packet that says "started" follows, and wakes the host. */
	atomic_store(&guard->board->ready, 1);
}

static bool awaits_start(const struct guard *guard)
{
	return guard->plan->readiness && guard->main == 0 && !guard->failed &&
	       !guard->stop_asked && !guard->ready_told;
}

int64_t guard_ready_deadline(const struct guard *guard)
{
	const struct readiness *readiness = guard->plan->readiness;

	return readiness && !guard->ready_told && !guard->stop_asked
		       ? guard_ready_due_us(guard, readiness->deadline_us)
		       : -1;
}

size_t guard_ready_watch(const struct guard *guard, struct pollfd *ret,
			 int64_t *ret_until_us)
{
	int64_t until;
	size_t count = 0;

	*ret_until_us = -1;
	if (guard->main == 0) { /* Not started yet. */
		if (awaits_start(guard))
			*ret_until_us = guard_ready_deadline(guard);
		return 0;
	}
	if (guard->plan->readiness)
		count = readiness_watch(guard->plan->readiness, ret,
					ret_until_us);
	*ret_until_us = guard_ready_due_us(guard, *ret_until_us);
	if (guard->plan->capture) {
		count += capture_watch(guard->plan->capture, ret + count);
		*ret_until_us =
			clock_sooner(*ret_until_us,
				     capture_deadline(guard->plan->capture));
	}
	if (guard->plan->liveness) {
		count += liveness_watch(guard->plan->liveness, ret + count,
					&until);
		*ret_until_us = clock_sooner(*ret_until_us,
					     guard_ready_due_us(guard, until));
	}
	return count;
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
	if (guard->plan->manager)
		manager_tell_ready(guard->plan->manager);
	if (guard->plan->liveness)
		liveness_start(guard->plan->liveness, guard_run_us(guard));
	tell_matches(guard);
	if (guard->host >= 0) {
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
static void guard_ready_tell(struct guard *guard)
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

static void tell_unhealthy(struct guard *guard)
{
	const struct fault *problem = &guard->plan->liveness->problem;

	guard->outcome->unhealthy = true;
	guard->outcome->problem = *problem;
	board_write(&guard->board->problem, problem->text);
	guard_wake_host(guard, WAKE_LOOK, -1);
	if (guard->hooks->unhealthy)
		guard->hooks->unhealthy(guard);
	guard_stop(guard, JIG_REASON_UNHEALTHY);
}

/* Foreign listeners at a port of --port, which no probe checks. */
static void look_at_ports(struct guard *guard, const struct probe_view *view)
{
	const struct list *names = guard->plan->names;
	struct fault *occupied = &guard->plan->readiness->occupied;

	for (size_t i = 0; names && i < names->count && !occupied->text[0];
	     i++) {
		const struct name *name = list_at(names, i, sizeof(*name));
		const struct endpoint endpoint = {
			.kind = ENDPOINT_LOCALHOST,
			.port = (uint16_t)name->port,
		};
		const struct ownership nothing_known = { 0 };
		struct fault found;
		char text[NAME_SIZE + 32];

		if (name->port == 0 || name->fd >= 0)
			continue;
		(void)snprintf(text, sizeof(text), "port %d of '%s'",
			       name->port, name->name);
		if (ownership_occupied(&nothing_known, &endpoint, view, text,
				       false, &found) < 0)
			*occupied = found;
	}
}

/* @cage  a copy: only the supervisor's descendants, not all of ours. */
static struct probe_view view_of(const struct guard *guard, struct cage *cage)
{
	const struct plan *plan = guard->plan;

	*cage = guard->cage;
	cage->reaper = guard->supervisor;
	return (struct probe_view){
		.cage = cage,
		.main = guard->main,
		.user = plan->set_user ? plan->user.uid : getuid(),
		.started_us = guard->started_run_us,
		.now_us = guard_run_us(guard),
		.manager = plan->manager,
	};
}

/* A server often exits because a foreign process listens at its address. */
static void guard_ready_look_back(struct guard *guard,
				  const struct probe_view *view)
{
	struct readiness *readiness = guard->plan->readiness;

	if (readiness->state != READINESS_WAITING)
		return;
	readiness_look_back(readiness, view);
	look_at_ports(guard, view);
}

/* The last lines and messages may show that it was ready, and the lines belong
 * to the tail that is shown. */
static void look_last(struct guard *guard, const struct probe_view *view,
		      bool stopped)
{
	if (guard->plan->capture)
		capture_drain(guard->plan->capture);
	/* A stop does not wait for what it does not need. */
	if (!stopped)
		readiness_look_last(guard->plan->readiness, view);
}

void guard_ready_main_ended(struct guard *guard, int status, bool stopped)
{
	struct readiness *readiness = guard->plan->readiness;
	struct cage cage;
	struct probe_view view;

	if (guard->plan->liveness)
		liveness_stop(guard->plan->liveness);
	if (!readiness || guard->ready_told || guard->main == 0)
		return;
	view = view_of(guard, &cage);
	view.main_ended = view.is_last = true;
	look_last(guard, &view, stopped);
	/* A stop before it was ready is not a failure. */
	if (stopped)
		readiness_stop(readiness);
	if (readiness->state == READINESS_STOPPED)
		return;
	guard_ready_look_back(guard, &view);
	readiness_ended(readiness, status, clock_us() - guard->started_us);
	guard_ready_tell(guard);
}

static void guard_ready_look_ready(struct guard *guard,
				   const struct probe_view *view,
				   const struct pollfd *polled, size_t count)
{
	struct readiness *readiness = guard->plan->readiness;

	if (guard->stop_asked)
		readiness_stop(readiness);
	if (guard->ready_told || readiness->state == READINESS_STOPPED) {
		if (guard->plan->manager)
			readiness_listen(readiness, view, polled, count);
		else
			readiness_drop(readiness, polled, count);
		return;
	}
	readiness_look(readiness, view, polled, count, view->now_us);
	guard_ready_tell(guard);
}

static void look_live(struct guard *guard, const struct probe_view *view,
		      const struct pollfd *polled, size_t count)
{
	struct liveness *liveness = guard->plan->liveness;

	if (guard->stop_asked)
		liveness_stop(liveness);
	if (liveness->state != LIVENESS_WAITING &&
	    liveness->state != LIVENESS_ASKING)
		return;
	if (run_clock_stands(&guard->board->run_clock)) {
		liveness_suspend(liveness);
		return;
	}
	liveness_look(liveness, view, polled, count, view->now_us);
	if (liveness->state == LIVENESS_FAILED)
		tell_unhealthy(guard);
}

static void guard_ready_look_at_start(struct guard *guard)
{
	if (!awaits_start(guard))
		return;
	readiness_await_start(guard->plan->readiness, guard_run_us(guard));
	if (guard->plan->readiness->state == READINESS_FAILED)
		guard_ready_tell(guard);
}

void guard_ready_work(struct guard *guard, const struct pollfd *polled,
		      size_t count)
{
	struct cage cage;
	struct probe_view view;

	if (guard->main == 0) {
		guard_ready_look_at_start(guard);
		return;
	}
	if (guard->plan->capture)
		capture_work(guard->plan->capture);
	if (!guard->plan->readiness && !guard->plan->liveness)
		return;
	view = view_of(guard, &cage);
	view.main_ended = guard->daemon;
	if (guard->plan->readiness)
		guard_ready_look_ready(guard, &view, polled, count);
	if (guard->plan->liveness)
		look_live(guard, &view, polled, count);
}

void guard_ready_finish(struct guard *guard)
{
	struct readiness *readiness = guard->plan->readiness;
	const struct jig_report *report = guard->outcome->report;

	if (guard->plan->capture)
		capture_finish(guard->plan->capture);
	if (readiness && report && report->main_status >= 0)
		guard_ready_main_ended(guard, report->main_status,
				       report->reason != JIG_REASON_EXIT);
	guard_ready_close(guard);
}
