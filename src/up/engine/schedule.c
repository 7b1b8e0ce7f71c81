// SPDX-License-Identifier: MIT
#include "up/engine/schedule.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "up/engine/background.h"
#include "up/engine/timetable.h"
#include "up/project/order.h"

/* After this run time an instance counts as healthy: reset its restarts. */
#define HEALTHY_US 60000000
/* How long a start waits for the execve(2) of the one before. */
#define ORDER_US 500000

static bool is_final(const struct instance *instance)
{
	return !instance_is_alive(instance);
}

/* ------------------------------------------------------- what it depends on */

static bool schedule_is_met(const struct instance *instance,
			    enum condition condition)
{
	bool has_ended = instance->state == INSTANCE_ENDED ||
			 instance->state == INSTANCE_LAUNCHED ||
			 (instance->state == INSTANCE_SCHEDULED &&
			  instance->was_started);

	switch (condition) {
	case CONDITION_STARTED:
		return instance->was_started;
	case CONDITION_HEALTHY:
	case CONDITION_LOG_READY:
		return instance->was_ready;
	case CONDITION_COMPLETED:
		return has_ended;
	case CONDITION_SUCCEEDED:
		return has_ended && instance->succeeded;
	}
	return false;
}

enum verdict { YES, NOT_YET, NEVER };

/* All instances of the service must meet the condition. */
static enum verdict schedule_look_at(const struct up *up,
				     const struct dependency *dependency)
{
	enum verdict verdict = YES;

	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *other = up_instance(up, i);

		/* As in process-compose, what starts only by its name is not
		 * waited for. */
		if (strcmp(other->service->name, dependency->name) != 0 ||
		    other->state == INSTANCE_DISABLED ||
		    schedule_is_met(other, dependency->condition))
			continue;
		if (is_final(other))
			return NEVER;
		verdict = NOT_YET;
	}
	return verdict;
}

static enum verdict may_start(struct instance *instance)
{
	const struct list *depends = &instance->service->depends;
	enum verdict verdict = YES;

	for (size_t i = 0; i < depends->count; i++) {
		const struct dependency *dependency =
			list_at(depends, i, sizeof(*dependency));
		enum verdict one = schedule_look_at(instance->up, dependency);

		if (one == NEVER)
			(void)snprintf(instance->problem,
				       sizeof(instance->problem),
				       "its dependency %s will never meet the "
				       "condition",
				       dependency->name);
		if (one > verdict)
			verdict = one;
	}
	return verdict;
}

static void skip(struct instance *instance)
{
	instance->up->has_changed = true;
	instance->state = INSTANCE_SKIPPED;
	background_note(instance);
	output_say(instance->up->output, instance->name, "skipped: %s",
		   instance->problem);
	if (instance->service->availability.exit_on_skipped) {
		up_note_reason(instance->up, "%s was skipped: %s",
			       instance->name, instance->problem);
		up_stop(instance->up, 1);
	}
}

/* Until when the next start waits for this one; 0: it need not wait. */
static int64_t exec_awaited_until(const struct instance *instance)
{
	int64_t until = clock_add_us(instance->started_us, ORDER_US);
	bool is_new =
		instance->state == INSTANCE_STARTING && !instance->was_executed;

	return is_new && clock_us() < until ? until : 0;
}

static int64_t next_start_us(const struct up *up)
{
	int64_t until = 0;

	for (size_t i = 0; until == 0 && i < up->instances.count; i++)
		until = exec_awaited_until(up_instance(up, i));
	return until;
}

static void start_wait_over(void *context)
{
	(void)context; /* The next round starts others. */
}

bool schedule_is_starting(struct up *up)
{
	int64_t until = next_start_us(up);

	if (until == 0)
		return false;
	/* If memory is short, do not wait. */
	return alarm_set(&up->start_alarm, &up->loop, until - clock_us(),
			 start_wait_over, up) == 0;
}

static bool is_any_leaving(const struct up *up)
{
	for (size_t i = 0; i < up->instances.count; i++)
		if (up_instance(up, i)->is_leaving)
			return true;
	return false;
}

static bool unskip_some(struct up *up)
{
	bool holds = is_any_leaving(up), is_any = false;

	for (size_t i = 0; i < up->instances.count; i++) {
		struct instance *instance = up_instance(up, i);

		if (instance->state != INSTANCE_SKIPPED ||
		    may_start(instance) == NEVER)
			continue;
		instance->problem[0] = '\0';
		instance->is_held = holds;
		instance->state = INSTANCE_WAITING;
		is_any = true;
	}
	return is_any;
}

void schedule_unskip(struct up *up)
{
	/* Others may depend on them. */
	while (unskip_some(up))
		up->has_changed = true;
}

void schedule_starts(struct up *up)
{
	bool holds = is_any_leaving(up);

	for (size_t i = 0; !up->stopping && i < up->instances.count; i++) {
		struct instance *instance = up_instance(up, i);
		enum verdict verdict;

		if (instance->state != INSTANCE_WAITING ||
		    (holds && instance->is_held))
			continue;
		verdict = may_start(instance);
		if (verdict == YES && schedule_is_starting(up))
			return;
		if (verdict == YES)
			instance_start(instance);
		else if (verdict == NEVER)
			skip(instance);
	}
}

/* ------------------------------------------------------------ all of it ends
 */

static bool schedule_has_processes(const struct instance *instance)
{
	return instance_is_running(instance) ||
	       instance->state == INSTANCE_LAUNCHED;
}

/* An instance may have an older form of its service. One whose service is not
 * in the project any more has the place behind all. */
static size_t service_of(const struct up *up, const struct instance *instance)
{
	const struct service *service =
		project_current(up->project, instance->service);

	return service ? (size_t)(service - project_service(up->project, 0))
		       : up->project->services.count;
}

/* For each service, whether a running one depends on it. NULL if memory is
 * short: then all stop in no order. */
static bool *needed_services(const struct up *up)
{
	size_t count = up->project->services.count;
	CLEANUP_FREE bool *from = calloc(count + 1, sizeof(*from));
	CLEANUP_FREE bool *needed = calloc(count + 1, sizeof(*needed));
	bool *ret = needed;

	if (!from || !needed)
		return NULL;
	for (size_t i = 0; i < up->instances.count; i++)
		if (schedule_has_processes(up_instance(up, i)))
			from[service_of(up, up_instance(up, i))] = true;
	if (order_needed(up->project, from, needed) < 0)
		return NULL;
	needed = NULL;
	return ret;
}

static bool is_any_stopping(const struct up *up)
{
	for (size_t i = 0; i < up->instances.count; i++)
		if (up_instance(up, i)->state == INSTANCE_STOPPING)
			return true;
	return false;
}

/* From the last of the file to the first. An instance on which others depend
 * waits for them. Dependencies have no circle (order_check()), so at least one
 * running instance is not needed, and a stop always goes on. */
static void stop_those_that_may(struct up *up, const bool *needed)
{
	bool ordered = up->project->ordered_shutdown && !up->hurried;
	bool waits = ordered && is_any_stopping(up);

	for (size_t i = up->instances.count; i > 0; i--) {
		struct instance *instance = up_instance(up, i - 1);

		if (!schedule_has_processes(instance)) {
			instance_stop(instance); /* It becomes STOPPED. */
			continue;
		}
		if (waits || instance->state == INSTANCE_STOPPING ||
		    (needed && needed[service_of(up, instance)]))
			continue;
		instance_stop(instance);
		waits = ordered; /* One at a time. */
	}
}

void schedule_stops(struct up *up)
{
	/* The command of `jig up -- command` ends first. */
	if (!up->stopping || (up->around_fixture && !up->hurried))
		return;
	CLEANUP_FREE bool *needed = up->hurried ? NULL : needed_services(up);

	stop_those_that_may(up, needed);
}

/* -------------------------------------------------------------- one has ended
 */

static enum restart policy(const struct instance *instance)
{
	const struct availability *how = &instance->service->availability;
	enum restart restart = how->restart;

	if (how->named)
		return how->named;
	switch (instance->up->settings->restart) {
	case UP_RESTART_NO:
		return RESTART_NO;
	case UP_RESTART_ON_FAILURE:
		return RESTART_ON_FAILURE;
	case UP_RESTART_ALWAYS:
		return RESTART_ALWAYS;
	case UP_RESTART_FILE:
		break;
	}
	return restart == RESTART_DEFAULT ? RESTART_NO : restart;
}

static bool is_to_restart(struct instance *instance)
{
	const struct up_settings *settings = instance->up->settings;
	unsigned most = settings->max_restarts
				? settings->max_restarts
				: instance->service->availability.max_restarts;
	enum restart restart = policy(instance);

	if (clock_us() - instance->started_us >= HEALTHY_US)
		instance->restarts = 0;
	if (most && instance->restarts >= most)
		return false;
	return restart == RESTART_ALWAYS ||
	       (restart == RESTART_ON_FAILURE && !instance->succeeded);
}

static bool ends_all(const struct instance *instance)
{
	const struct up *up = instance->up;
	const struct availability *how = &instance->service->availability;
	enum ending ending = up->project->ending;

	if (how->exit_on_end || (ending == ENDING_FIRST && !how->can_die))
		return true;
	return !instance->succeeded &&
	       (ending == ENDING_ON_FAILURE ||
		how->restart == RESTART_EXIT_ON_FAILURE);
}

static bool others_run(const struct instance *instance)
{
	const struct up *up = instance->up;

	for (size_t i = 0; i < up->instances.count; i++)
		if (up_instance(up, i) != instance &&
		    instance_is_alive(up_instance(up, i)))
			return true;
	return false;
}

static void ended_for_good(struct instance *instance)
{
	struct up *up = instance->up;
	char text[INSTANCE_END_SIZE];

	instance->state = INSTANCE_ENDED;
	if (instance_has_failed(instance) ||
	    (ends_all(instance) && others_run(instance)))
		background_note(instance);
	if (!ends_all(instance))
		return;
	instance_describe_end(instance, text);
	up_note_reason(up, "%s %s", instance->name, text);
	/* The command of `jig up -- command` has not failed itself. A status in
	 * success_exit_codes is a success, so it is 0 for the project. */
	up_stop(up, up->around		  ? EXIT_JIG
		    : instance->succeeded ? 0
					  : instance->code);
}

void schedule_ended(struct instance *instance)
{
	assert(!instance_is_running(instance)); /* Invariant 3 of instance.h. */
	instance->up->has_changed = true;
	instance->is_leaving = false;
	bool was_stopped = instance->up->stopping || instance->is_removed ||
			   (!instance->is_wanted && !instance->restarts_at_end);

	instance_adopt(instance);
	if (was_stopped) {
		instance->state = INSTANCE_STOPPED;
	} else if (instance->restarts_at_end) {
		instance->restarts_at_end = false;
		instance->is_wanted = true;
		instance->was_started = instance->was_ready = false;
		instance->state = INSTANCE_WAITING;
	} else if (instance->service->is_daemon && instance->code == 0 &&
		   instance->state != INSTANCE_STOPPING) {
		/* One that is not ready is probed on: instance_probe(). */
		instance->was_ready |=
			instance->state == INSTANCE_READY ||
			instance->service->ready.probes.count == 0;
		instance->state = INSTANCE_LAUNCHED;
	} else if (is_to_restart(instance)) {
		timetable_back_off(instance);
	} else if (service_has_times(instance->service) &&
		   !ends_all(instance)) {
		timetable_wait(instance);
	} else {
		ended_for_good(instance);
	}
}

/* `jig scale NAME=0`: it may be scaled up again. */
static bool is_any_scaled_out(const struct up *up)
{
	for (size_t i = 0; i < up->project->services.count; i++) {
		const struct service *service = project_service(up->project, i);

		if (service->replicas == 0 && service->given.replicas > 0)
			return true;
	}
	return false;
}

bool schedule_is_over(const struct up *up)
{
	if (up->around_fixture || (!up->stopping && is_any_scaled_out(up)))
		return false;
	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);

		/* After `jig stop`, `jig restart` may start it again. */
		if (instance_is_alive(instance) ||
		    (!up->stopping && instance->state == INSTANCE_STOPPED))
			return false;
	}
	return up->stopping || up->project->ending != ENDING_KEEP_GOING;
}
