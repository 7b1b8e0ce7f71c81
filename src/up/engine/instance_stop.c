// SPDX-License-Identifier: MIT
/* An instance's stop: shutdown.command, then the stop policy. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "lib/fixture.h"
#include "up/engine/instance_probe.h"
#include "up/engine/instance_start.h"
#include "up/engine/up.h"

/* The default of shutdown.timeout_seconds for the command. */
#define STOPPER_US 10000000
#define TAIL_LINES 20

/* Print the last lines of its shutdown command. */
static void say_tail(const struct instance *instance)
{
	CLEANUP_FREE char *tail = NULL;
	char *rest = NULL;

	if (jig_tail(instance->stopper, TAIL_LINES, &tail) <= 0)
		return;
	for (char *line = strtok_r(tail, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		instance_say(instance, line);
}

static void stopper_done(struct instance *instance)
{
	say_tail(instance);
	watch_free(&instance->stopper_watch);
	alarm_free(&instance->stopper_alarm);
	jig_free(instance->stopper);
	instance->stopper = NULL;
	if (instance->fixture)
		(void)jig_stop(instance->fixture);
	else
		instance_end(instance);
}

static void say_no_stopper(const struct instance *instance,
			   const struct fault *fault)
{
	output_say(instance->up->output, instance->name,
		   "cannot run its shutdown command: %s", fault->text);
}

static void stopper_news(void *context)
{
	struct instance *instance = context;
	struct fault fault = { "" };
	int r = fixture_over(instance->stopper, &instance->stopper_was_executed,
			     NULL, &fault);

	if (r < 0 && alarm_is_set(&instance->stopper_alarm))
		say_no_stopper(instance, &fault);
	if (r != 0)
		stopper_done(instance);
}

static void stopper_late(void *context)
{
	struct instance *instance = context;

	instance_say(instance, "its shutdown command takes too long; stopped");
	(void)jig_stop(instance->stopper);
}

/* @return whether it runs; then the signals come after its end. */
static bool run_stopper(struct instance *instance)
{
	const struct shutdown *shutdown = &instance->service->shutdown;
	int64_t us = shutdown->command_timeout_us;
	struct fault fault = { "" };

	assert(!instance->stopper); /* Invariant 1. */
	/* A service that was not executed needs no shutdown command. */
	if (!shutdown->command ||
	    (instance->fixture && !instance->was_executed))
		return false;
	instance->stopper_was_executed = false;
	if (instance_start_stopper(instance, &instance->stopper, &fault) < 0) {
		say_no_stopper(instance, &fault);
		return false;
	}
	instance->stopper_watch =
		watch_new(&instance->up->loop, jig_fd(instance->stopper),
			  UV_READABLE, stopper_news, instance);
	if (!instance->stopper_watch ||
	    alarm_set(&instance->stopper_alarm, &instance->up->loop,
		      us > 0 ? us : STOPPER_US, stopper_late, instance) < 0) {
		(void)jig_stop(instance->stopper);
		stopper_done(instance);
	}
	return true;
}

static void hurry(struct instance *instance)
{
	instance_probe_stop(instance);
	if (instance->stopper)
		(void)jig_hurry(instance->stopper);
	else if (instance->fixture)
		(void)jig_hurry(instance->fixture);
}

void instance_stop(struct instance *instance)
{
	bool was_launched = instance->state == INSTANCE_LAUNCHED;

	if (instance->state == INSTANCE_STOPPING) {
		hurry(instance);
		return;
	}
	alarm_free(&instance->backoff);
	if (!instance->fixture && !was_launched) {
		if (instance->state == INSTANCE_WAITING ||
		    instance->state == INSTANCE_BACKOFF ||
		    instance->state == INSTANCE_SCHEDULED)
			instance->state = INSTANCE_STOPPED;
		return;
	}
	instance->state = INSTANCE_STOPPING;
	instance_probe_stop(instance);
	if (run_stopper(instance))
		return;
	if (instance->fixture)
		(void)jig_stop(instance->fixture);
	else
		instance_end(instance);
}

void instance_restart(struct instance *instance)
{
	instance->is_wanted = true;
	instance->restarts = 0;
	/* A launched daemon must be shut down first. */
	if (instance_is_running(instance) ||
	    instance->state == INSTANCE_LAUNCHED) {
		instance->restarts_at_end = true;
		if (instance->state != INSTANCE_STOPPING)
			instance_stop(instance);
		return;
	}
	alarm_free(&instance->backoff);
	instance_adopt(instance);
	instance->was_ready = false;
	instance->state = INSTANCE_WAITING;
}

void instance_look_stopper(struct instance *instance)
{
	if (fixture_is_awaited(instance->stopper))
		stopper_news(instance);
}
