// SPDX-License-Identifier: MIT
#include "up/engine/stop_bound.h"

#include "base/clock.h"
#include "core/shared/plan.h"
#include "up/engine/instance_start.h"
#include "up/engine/parts.h"

/* SIGTERM, 10 s, SIGKILL: the default policy, and that of commands. */
#define USUAL_US 10000000

/* Between two steps of a hurried stop. */
#define HURRY_US 1000000

static int64_t stop_bound_policy_us(const struct instance *instance)
{
	struct jig_command command = { .steps = NULL };
	int64_t us = 0;

	instance_choose_stop(instance, &command);
	for (size_t i = 0; i < command.step_count; i++)
		us = clock_add_us(us, command.steps[i].wait_us);
	return clock_add_us(command.step_count > 0 ? us : USUAL_US,
			    PLAN_KILL_US);
}

static int64_t instance_us(const struct instance *instance)
{
	const struct shutdown *shutdown = &instance->service->shutdown;
	int64_t us = stop_bound_policy_us(instance);

	if (!shutdown->command)
		return us;
	us = clock_add_us(us, shutdown->command_timeout_us > 0
				      ? shutdown->command_timeout_us
				      : USUAL_US);
	return clock_add_us(us, USUAL_US + PLAN_KILL_US);
}

static bool has_order(const struct project *project)
{
	for (size_t i = 0; i < project->services.count; i++)
		if (project_service(project, i)->depends.count > 0)
			return true;
	return project->ordered_shutdown;
}

int64_t stop_bound_us(const struct up *up)
{
	bool adds = has_order(up->project);
	int64_t all = 0;

	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);
		int64_t us =
			instance_is_alive(instance) ? instance_us(instance) : 0;

		if (adds)
			all = clock_add_us(all, us);
		else if (us > all)
			all = us;
	}
	return up->around_fixture ? clock_add_us(all, USUAL_US + PLAN_KILL_US)
				  : all;
}

static void takes_long(void *context)
{
	struct up *up = context;

	if (!up->hurried && !up->settings->quiet)
		output_say(up->output, "jig",
			   "down: it takes too long: hurrying");
	up_hurry(up);
	/* If memory is short, the policies take their usual time. */
	(void)alarm_set(&up->down_alarm, &up->loop, HURRY_US, takes_long, up);
}

void stop_bound_set(struct up *up, int64_t us)
{
	int64_t until = clock_in_us(us);

	if (alarm_is_set(&up->down_alarm) && up->down_until_us <= until)
		return;
	up->down_until_us = until;
	(void)alarm_set(&up->down_alarm, &up->loop, us, takes_long, up);
}
