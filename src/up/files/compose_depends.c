// SPDX-License-Identifier: MIT
/* depends_on. */
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
