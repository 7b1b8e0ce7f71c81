// SPDX-License-Identifier: MIT
/* Which of the instances that a reload ends may end now. */
#include <string.h>

#include "up/reload/reload.h"

static bool leave_depends_on(const struct instance *instance, const char *name)
{
	const struct list *depends = &instance->service->depends;

	for (size_t i = 0; i < depends->count; i++) {
		const struct dependency *on = list_at(depends, i, sizeof(*on));

		if (strcmp(on->name, name) == 0)
			return true;
	}
	return false;
}

/* By another one that leaves, too. */
static bool leave_is_needed(const struct up *up,
			    const struct instance *instance)
{
	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *other = up_instance(up, i);

		if (other != instance && other->is_leaving &&
		    leave_depends_on(other, instance->service->name))
			return true;
	}
	return false;
}

/* @return whether one of them is stopping now, or none is left. */
static bool stop_some(struct up *up, bool in_order)
{
	bool is_stopping = false, is_any = false;

	for (size_t i = up->instances.count; i > 0; i--) {
		struct instance *instance = up_instance(up, i - 1);

		if (!instance->is_leaving)
			continue;
		is_any = true;
		if (instance->state != INSTANCE_STOPPING &&
		    !(in_order && leave_is_needed(up, instance)))
			instance_stop(instance);
		is_stopping |= instance->state == INSTANCE_STOPPING;
	}
	return is_stopping || !is_any;
}

/* Instances of different forms of a project could wait for each other. */
void reload_step(struct up *up)
{
	reload_forget(up);
	if (!up->stopping && !stop_some(up, true))
		(void)stop_some(up, false);
}
