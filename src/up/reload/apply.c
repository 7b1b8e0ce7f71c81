// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "up/engine/schedule.h"
#include "up/engine/timetable.h"
#include "up/project/field.h"
#include "up/reload/fresh.h"
#include "up/reload/reload.h"

/* ------------------------------------------------------------------ projects
 */

static struct project *past_at(const struct up *up, size_t index)
{
	return *(struct project **)list_at(&up->pasts, index,
					   sizeof(struct project *));
}

static bool is_in_use(const struct up *up, const struct project *project)
{
	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);

		if (project_has(project, instance->service) ||
		    (instance->next && project_has(project, instance->next)))
			return true;
	}
	return false;
}

/* The first one is the caller's of up_run(), and has texts of the settings. */
void reload_forget(struct up *up)
{
	struct project **pasts = up->pasts.items;
	size_t kept = 0;

	for (size_t i = 0; i < up->pasts.count; i++) {
		if (i == 0 || is_in_use(up, pasts[i]))
			pasts[kept++] = pasts[i];
		else
			project_drop(&pasts[i]);
	}
	up->pasts.count = kept;
}

void reload_close(struct up *up, const struct project *first)
{
	for (size_t i = 0; i < up->pasts.count; i++) {
		struct project *past = past_at(up, i);

		if (past != first)
			project_drop(&past);
	}
	list_free(&up->pasts);
	if (up->project != first)
		project_drop(&up->project);
}

void reload_keep_scale(const struct up *up, struct project *next)
{
	for (size_t i = 0; i < next->services.count; i++) {
		struct service *new = project_service(next, i);
		const struct service *old =
			project_find(up->project, new->name);

		if (old && old->given.replicas == new->given.replicas)
			new->replicas = old->replicas;
	}
}

/* ----------------------------------------------------------------- instances
 */

/* In the order of the new files; those that go come last. */
static int sort_instances(struct up *up, const struct project *next)
{
	size_t count = up->instances.count, used = 0;
	CLEANUP_FREE struct instance **sorted =
		(struct instance **)calloc(count + 1,
					   sizeof(struct instance *));
	struct instance **from = up->instances.items;

	if (!sorted)
		return -ENOMEM;
	for (size_t s = 0; s < next->services.count; s++)
		for (size_t i = 0; i < count; i++)
			if (from[i] &&
			    strcmp(from[i]->service->name,
				   project_service(next, s)->name) == 0) {
				sorted[used++] = from[i];
				from[i] = NULL;
			}
	for (size_t i = 0; i < count; i++)
		if (from[i])
			sorted[used++] = from[i];
	if (used)
		memcpy((void *)from, (void *)sorted,
		       used * sizeof(struct instance *));
	return 0;
}

/* It is as before. */
static void instance_keep(struct instance *instance, struct service *same)
{
	if (!same)
		return;
	if (instance->next)
		instance->next = same;
	else
		instance->service = same;
}

/* @return of enum reload_action, for each instance: freed by the caller; NULL:
 * out of memory. */
static int *decide_all(const struct up *up, const struct project *next)
{
	size_t count = up->instances.count;
	CLEANUP_FREE int *actions = calloc(count + 1, sizeof(*actions));
	int *ret = actions;

	for (size_t i = 0; actions && i < count; i++) {
		CLEANUP(list_free_texts) struct list why = { 0 };
		const struct instance *instance = up_instance(up, i);

		actions[i] =
			reload_decide(instance,
				      project_find(next,
						   instance->service->name),
				      &why);
		if (actions[i] < 0)
			return NULL;
	}
	actions = NULL;
	return ret;
}

static int apply_swap(struct up *up, struct project *next, const int *actions)
{
	size_t count = up->instances.count;

	if (list_append(&up->pasts, (void *)&up->project,
			sizeof(struct project *)) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct instance *instance = up_instance(up, i);

		if (actions[i] == RELOAD_KEEP && !instance->is_removed)
			instance_keep(instance,
				      project_find(next,
						   instance->service->name));
	}
	/* If memory is short, they stay in their order. */
	(void)sort_instances(up, next);
	up->project = next;
	up->has_changed = true;
	return 0;
}

int reload_swap(struct up *up, struct project *next)
{
	CLEANUP_FREE int *actions = decide_all(up, next);

	return actions ? apply_swap(up, next, actions) : -ENOMEM;
}

static void instance_update(struct instance *instance)
{
	bool has_time = instance->state == INSTANCE_SCHEDULED;

	if (instance_is_running(instance))
		return; /* At its end. */
	instance_adopt(instance);
	if (has_time)
		timetable_wait(instance);
}

static void instance_leave(struct instance *instance)
{
	if (instance_is_running(instance) ||
	    instance->state == INSTANCE_LAUNCHED)
		instance->is_leaving = true;
	else
		instance_stop(instance);
}

static void instance_act(struct instance *instance, enum reload_action action,
			 struct service *new)
{
	if (action == RELOAD_KEEP)
		return;
	instance->next = new;
	switch (action) {
	case RELOAD_UPDATE:
		instance_update(instance);
		break;
	case RELOAD_END:
		instance->is_removed |= !new;
		instance->is_wanted = instance->restarts_at_end = false;
		instance_leave(instance);
		if (!instance->is_leaving)
			instance_adopt(instance);
		break;
	default: /* It starts, or starts again. */
		instance->is_leaving = instance_is_running(instance) ||
				       instance->state == INSTANCE_LAUNCHED;
		if (instance->is_leaving)
			instance->restarts_at_end = true;
		else
			instance_restart(instance);
	}
}

static void hold_starts(struct up *up)
{
	for (size_t i = 0; i < up->instances.count; i++) {
		struct instance *instance = up_instance(up, i);

		instance->is_held |= instance->state == INSTANCE_WAITING ||
				     instance->restarts_at_end;
	}
}

int reload_apply(struct up *up, struct project *next)
{
	CLEANUP(project_drop) struct project *unused = next;
	size_t count = up->instances.count;
	CLEANUP_FREE int *actions = decide_all(up, next);
	CLEANUP_FREE struct instance **all =
		(struct instance **)calloc(count + 1,
					   sizeof(struct instance *));

	if (!actions || !all)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		all[i] = up_instance(up, i);
	if (apply_swap(up, next, actions) < 0)
		return -ENOMEM;
	unused = NULL;
	for (size_t i = 0; i < count; i++)
		instance_act(all[i], (enum reload_action)actions[i],
			     project_find(next, all[i]->service->name));
	for (size_t i = 0; i < next->services.count; i++) {
		struct service *service = project_service(next, i);

		/* If memory is short, some are missing, as after `jig scale`.
		 */
		(void)up_scale(up, service, service->replicas);
	}
	(void)sort_instances(up, next);
	hold_starts(up);
	schedule_unskip(up);
	return 0;
}
