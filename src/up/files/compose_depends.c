// SPDX-License-Identifier: MIT
/* depends_on, and whether its conditions mean what they say. */
#include <errno.h>
#include <string.h>

#include "up/files/compose_reader.h"

static int take_condition(struct compose *compose, yaml_node_t *node,
			  void *target)
{
	static const char *const names[] = {
		[CONDITION_STARTED] = "process_started",
		[CONDITION_HEALTHY] = "process_healthy",
		[CONDITION_LOG_READY] = "process_log_ready",
		[CONDITION_COMPLETED] = "process_completed",
		[CONDITION_SUCCEEDED] = "process_completed_successfully",
	};
	static const struct words words = WORDS_OF(names);
	int i = compose_one_of(compose, node, &words);

	if (i >= 0)
		*(enum condition *)target = (enum condition)i;
	return i < 0 ? i : 0;
}

static int add_dependency(struct compose *compose, const yaml_node_t *key,
			  enum condition condition, struct list *depends)
{
	struct dependency one = { .condition = condition,
				  .line = (int)key->start_mark.line + 1 };
	int r = compose_text(compose, key, &one.name);

	for (size_t i = 0; r == 0 && i < depends->count; i++) {
		struct dependency *earlier = list_at(depends, i, sizeof(one));

		if (strcmp(earlier->name, one.name) == 0) {
			*earlier = one;
			return 0;
		}
	}
	return r < 0 ? r : list_append(depends, &one, sizeof(one));
}

static int take_dependency(struct compose *compose, yaml_node_t *key,
			   yaml_node_t *value, void *target)
{
	static const struct key keys[] = {
		{ "condition", KEY_TAKE, 0, take_condition },
		{ 0 },
	};
	enum condition condition = CONDITION_STARTED;
	int r = compose_map(compose, value, keys, &condition);

	return r < 0 ? r : add_dependency(compose, key, condition, target);
}

static int take_started(struct compose *compose, yaml_node_t *node,
			void *target)
{
	return add_dependency(compose, node, CONDITION_STARTED, target);
}

int compose_depends(struct compose *compose, yaml_node_t *node, void *target)
{
	if (node->type == YAML_MAPPING_NODE)
		return compose_pairs(compose, node, target, take_dependency);
	return compose_each(compose, node, target, take_started);
}

/* "FILE:LINE: …" of a dependency that is not what it seems. */
static int note_dependency(struct compose *compose, const struct dependency *on,
			   const char *text)
{
	struct project *project = compose->project;

	return text ? compose_append(&project->notes,
				     project_print(project, "%s:%d: %s",
						   project->file, on->line,
						   text))
		    : -ENOMEM;
}

static int check_dependency(struct compose *compose,
			    const struct service *service,
			    const struct dependency *on)
{
	struct project *project = compose->project;
	const struct service *other = project_find(project, on->name);

	/* order_check() reports a missing one. */
	if (!other || service->disabled)
		return 0;
	if (other->disabled || other->is_foreground)
		return note_dependency(
			compose, on,
			project_print(project,
				      "%s does not wait for %s, which starts "
				      "only when it is named",
				      service->name, other->name));
	if (other->ready.probes.count)
		return 0;
	if (on->condition == CONDITION_LOG_READY)
		return fault_set(compose->fault, -EINVAL,
				 "%s:%d: %s waits for a line of %s "
				 "(process_log_ready), which has no "
				 "ready_log_line",
				 project->file, on->line, service->name,
				 other->name);
	if (on->condition != CONDITION_HEALTHY || other->live.probes.count)
		return 0;
	return note_dependency(
		compose, on,
		project_print(project,
			      "%s has no readiness_probe, so %s only waits "
			      "until it has started",
			      other->name, service->name));
}

int compose_check(struct compose *compose)
{
	const struct project *project = compose->project;
	int r = 0;

	for (size_t i = 0; r == 0 && i < project->services.count; i++) {
		const struct service *service = project_service(project, i);

		for (size_t d = 0; r == 0 && d < service->depends.count; d++)
			r = check_dependency(
				compose, service,
				list_at(&service->depends, d,
					sizeof(struct dependency)));
	}
	return r;
}
