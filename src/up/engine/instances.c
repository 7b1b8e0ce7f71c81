// SPDX-License-Identifier: MIT
/* Which instances exist: at the start, and after `jig scale`. */
#include <errno.h>
#include <string.h>

#include "up/engine/parts.h"
#include "up/engine/schedule.h"
#include "up/engine/timetable.h"
#include "up/engine/up.h"

static int up_instances_append(struct up *up, struct service *service,
			       unsigned number)
{
	struct instance *instance =
		instance_new(up, service, number, schedule_ended);

	if (!instance)
		return -ENOMEM;
	if (service->is_foreground || service->disabled)
		instance->state = INSTANCE_DISABLED;
	else if (service_has_times(service) && !service->timetable.on_start)
		timetable_wait(instance);
	int r = list_append(&up->instances, &instance,
			    sizeof(struct instance *));

	if (r < 0)
		instance_free(instance);
	return r;
}

/* It may still have an older form of the service. */
static bool is_instance_of(const struct instance *instance,
			   const struct service *service)
{
	return instance->service == service ||
	       strcmp(instance->service->name, service->name) == 0;
}

static struct instance *up_instances_find(const struct up *up,
					  const struct service *service,
					  unsigned number)
{
	for (size_t i = 0; i < up->instances.count; i++) {
		struct instance *instance = up_instance(up, i);

		if (is_instance_of(instance, service) &&
		    instance->number == number)
			return instance;
	}
	return NULL;
}

/* `jig scale` wants an instance again that it has removed; or `jig reload`
 * does.
 */
static void revive(struct instance *instance, struct service *service)
{
	if (instance->service != service)
		instance->next = service;
	instance->is_removed = false;
	instance->is_wanted = true;
	instance->was_ready = false;
	if (instance_is_running(instance)) {
		instance->restarts_at_end = true;
	} else {
		instance_adopt(instance);
		instance->state = INSTANCE_WAITING;
	}
}

int up_scale(struct up *up, struct service *service, unsigned count)
{
	int r = 0;

	for (unsigned i = 1; r == 0 && i <= count; i++) {
		struct instance *instance = up_instances_find(up, service, i);

		if (!instance)
			r = up_instances_append(up, service, i);
		else if (instance->is_removed)
			revive(instance, service);
	}
	for (size_t i = 0; i < up->instances.count; i++) {
		struct instance *instance = up_instance(up, i);

		if (!is_instance_of(instance, service) ||
		    instance->number <= count)
			continue;
		instance->is_removed = true;
		if (instance->state != INSTANCE_STOPPING)
			instance_stop(instance);
	}
	service->replicas = count;
	return r;
}

/* Its leftovers are reported now, and its survivors at the end. */
static void up_instances_forget(struct up *up, struct instance *instance)
{
	up->survivors += instance->survivors;
	up_say_one(up, instance);
	instance_free(instance);
}

void up_forget_gone(struct up *up)
{
	struct instance **items = up->instances.items;
	size_t count = 0;

	for (size_t i = 0; i < up->instances.count; i++) {
		if (items[i]->is_removed && !instance_is_alive(items[i]))
			up_instances_forget(up, items[i]);
		else
			items[count++] = items[i];
	}
	up->instances.count = count;
}

int up_append_all(struct up *up)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < up->project->services.count; i++) {
		struct service *service = project_service(up->project, i);

		for (unsigned n = 1; r == 0 && n <= service->replicas; n++)
			r = up_instances_append(up, service, n);
	}
	return r;
}

bool up_is_ready(const struct up *up)
{
	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);

		if (instance->prober || instance->state == INSTANCE_WAITING ||
		    instance->state == INSTANCE_STARTING ||
		    instance->state == INSTANCE_STOPPING ||
		    instance->state == INSTANCE_BACKOFF)
			return false;
	}
	return true;
}

bool up_has_failed(const struct up *up)
{
	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);

		if (instance_has_failed(instance))
			return true;
	}
	return false;
}
