// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "up/project/field.h"
#include "up/reload/reload.h"

const char *reload_action_name(enum reload_action action)
{
	static const char *const names[] = {
		[RELOAD_KEEP] = "keep",	      [RELOAD_UPDATE] = "update",
		[RELOAD_START] = "start",     [RELOAD_END] = "end",
		[RELOAD_RESTART] = "restart",
	};

	return names[action];
}

static bool starts_by_itself(const struct service *service)
{
	return !service->disabled && !service->is_foreground;
}

static int note(struct list *why, const char *text)
{
	return list_take_text(why, strdup(text));
}

/* One that is disabled now ends; one that a user has started stays. */
static enum reload_action decide_changed(const struct instance *instance,
					 const struct service *old,
					 const struct service *new)
{
	bool is_out = !starts_by_itself(new) && starts_by_itself(old);

	switch (instance->state) {
	case INSTANCE_DISABLED:
		return starts_by_itself(new) ? RELOAD_START : RELOAD_UPDATE;
	case INSTANCE_STOPPED:
		return RELOAD_UPDATE;
	case INSTANCE_SCHEDULED:
		return is_out			? RELOAD_END
		       : service_has_times(new) ? RELOAD_UPDATE
						: RELOAD_RESTART;
	case INSTANCE_ENDED:
	case INSTANCE_SKIPPED:
		return is_out ? RELOAD_UPDATE : RELOAD_RESTART;
	case INSTANCE_STOPPING:
		if (!instance->is_wanted && !instance->restarts_at_end)
			return RELOAD_UPDATE;
		break;
	default:
		break;
	}
	return is_out ? RELOAD_END : RELOAD_RESTART;
}

int reload_decide(const struct instance *instance, const struct service *new,
		  struct list *ret_why)
{
	const struct service *old =
		instance->next ? instance->next : instance->service;
	size_t before = ret_why->count;
	int r;

	if (instance->is_removed)
		return RELOAD_KEEP;
	if (!new) {
		r = note(ret_why, "not in the files any more");
		return r < 0 ? r : RELOAD_END;
	}
	r = field_compare(old, new, ret_why);
	if (r < 0)
		return r;
	if (ret_why->count == before)
		return RELOAD_KEEP;
	return (int)decide_changed(instance, old, new);
}

/* ------------------------------------------------------------------ the plan
 */

static struct reload_line *line_at(const struct list *plan, size_t index)
{
	return list_at(plan, index, sizeof(struct reload_line));
}

static void line_free(struct reload_line *line)
{
	free(line->service);
	list_free_texts(&line->why);
}

void reload_plan_free(struct list *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		line_free(line_at(plan, i));
	list_free(plan);
}

void reload_why_print(const struct list *why, struct buffer *ret)
{
	for (size_t i = 0; i < why->count; i++)
		buffer_printf(ret, "%s%s", i ? ", " : "",
			      *(char **)list_at(why, i, sizeof(char *)));
}

void reload_line_print(const struct reload_line *line, struct buffer *ret)
{
	buffer_printf(ret, "%s %s: ", reload_action_name(line->action),
		      line->service ? line->service : "the project");
	reload_why_print(&line->why, ret);
}

/* @why  the line owns it from now on. */
static int plan_add(struct list *plan, enum reload_action action,
		    const char *service, struct list *why)
{
	struct reload_line line = { .action = action, .why = *why };
	int r = 0;

	*why = (struct list){ 0 };
	if (service) {
		line.service = strdup(service);
		r = line.service ? 0 : -ENOMEM;
	}
	if (r == 0)
		r = list_append(plan, &line, sizeof(line));
	if (r < 0)
		line_free(&line);
	return r;
}

static int plan_add_short(struct list *plan, enum reload_action action,
			  const char *service, const char *reason)
{
	CLEANUP(list_free_texts) struct list why = { 0 };
	int r = note(&why, reason);

	return r < 0 ? r : plan_add(plan, action, service, &why);
}

static int plan_new(const struct service *new, struct list *plan)
{
	if (new->replicas > 0 && starts_by_itself(new))
		return plan_add_short(plan, RELOAD_START, new->name, "new");
	return plan_add_short(plan, RELOAD_UPDATE, new->name,
			      new->replicas ? "new; it starts only by its name"
					    : "new; it has no instance");
}

/* The strongest action of its instances stands for all. */
static int plan_instances(const struct up *up, const struct service *old,
			  const struct service *new, struct list *plan)
{
	CLEANUP(list_free_texts) struct list why = { 0 };
	enum reload_action all = RELOAD_KEEP;
	const char *name = old->name;
	bool has_any = false;

	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);
		CLEANUP(list_free_texts) struct list own = { 0 };

		if (strcmp(instance->service->name, name) != 0)
			continue;
		has_any = true;

		int one = reload_decide(instance, new, &own);

		if (one < 0)
			return one;
		if ((enum reload_action)one <= all)
			continue;
		struct list weaker = why;

		all = (enum reload_action)one;
		why = own;
		own = weaker;
	}
	if (!has_any && new) {
		int r = field_compare(old, new, &why);

		if (r < 0)
			return r;
		all = why.count ? RELOAD_UPDATE : RELOAD_KEEP;
	}
	if (!has_any && !new)
		return plan_add_short(plan, RELOAD_UPDATE, name,
				      "not in the files any more; it has no "
				      "instance");
	if (all == RELOAD_UPDATE && note(&why, "its next start uses it") < 0)
		return -ENOMEM;
	return all == RELOAD_KEEP ? 0 : plan_add(plan, all, name, &why);
}

static int plan_number(const struct service *old, const struct service *new,
		       struct list *plan)
{
	char text[64];

	if (old->replicas == new->replicas)
		return 0;
	(void)snprintf(text, sizeof(text), "%u instance%s instead of %u",
		       new->replicas, new->replicas == 1 ? "" : "s",
		       old->replicas);
	return plan_add_short(plan,
			      new->replicas > old->replicas ? RELOAD_START
							    : RELOAD_END,
			      new->name, text);
}

static int plan_project(const struct project *old, const struct project *new,
			struct list *plan)
{
	CLEANUP(list_free_texts) struct list why = { 0 };
	int r = field_compare_projects(old, new, &why);

	return r < 0 || why.count == 0
		       ? r
		       : plan_add(plan, RELOAD_UPDATE, NULL, &why);
}

static bool plan_starts(const struct list *plan, const char *service)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct reload_line *line = line_at(plan, i);

		if (line->service && strcmp(line->service, service) == 0 &&
		    (line->action == RELOAD_START ||
		     line->action == RELOAD_RESTART))
			return true;
	}
	return false;
}

/* The first dependency that starts now. */
static const char *plan_repaired(const struct list *plan,
				 const struct service *service)
{
	for (size_t i = 0; i < service->depends.count; i++) {
		const struct dependency *on =
			list_at(&service->depends, i, sizeof(*on));

		if (plan_starts(plan, on->name))
			return on->name;
	}
	return NULL;
}

/* One that was skipped starts if its dependency does: schedule_unskip().
 * @return how many lines were added, or -ENOMEM. */
static int plan_skipped(const struct up *up, const struct project *next,
			struct list *plan)
{
	int count = 0;

	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);
		const char *name = instance->service->name, *on;
		const struct service *new = project_find(next, name);
		char text[160];

		if (instance->state != INSTANCE_SKIPPED || !new ||
		    instance->is_removed || plan_starts(plan, name))
			continue;
		on = plan_repaired(plan, new);
		if (!on)
			continue;
		(void)snprintf(text, sizeof(text),
			       "it was skipped, and %.100s starts now", on);
		if (plan_add_short(plan, RELOAD_START, name, text) < 0)
			return -ENOMEM;
		count++;
	}
	return count;
}

int reload_plan(const struct up *up, const struct project *next,
		struct list *ret)
{
	const struct project *now = up->project;
	int r = plan_project(now, next, ret);

	for (size_t i = 0; r == 0 && i < now->services.count; i++) {
		const struct service *old = project_service(now, i);

		if (!project_find(next, old->name))
			r = plan_instances(up, old, NULL, ret);
	}
	for (size_t i = 0; r == 0 && i < next->services.count; i++) {
		const struct service *new = project_service(next, i);
		const struct service *old = project_find(now, new->name);

		if (!old) {
			r = plan_new(new, ret);
			continue;
		}
		r = plan_instances(up, old, new, ret);
		if (r == 0)
			r = plan_number(old, new, ret);
	}
	if (r < 0)
		return r;
	do /* Others may depend on those. */
		r = plan_skipped(up, next, ret);
	while (r > 0);
	return r;
}
