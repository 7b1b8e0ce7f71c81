// SPDX-License-Identifier: MIT
/*
 * Expand a value as process-compose does: variables of the environment
 * (compose_variable.c), then templates (compose_template.c).
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "up/files/compose_reader.h"

/* In a file without vars, {{.State.Running}} is meant for another program. */
static int expand_foreign(struct compose *compose, const yaml_node_t *node,
			  const char *text, struct buffer *ret)
{
	CLEANUP(buffer_free) struct buffer rendered = { 0 };
	struct fault before = *compose->fault;
	int r = compose_expand_templates(compose, node, text, &rendered);

	if (r == -ENOMEM)
		return r;
	*compose->fault = before;
	if (r < 0)
		buffer_add(ret, text, strlen(text));
	else if (rendered.used)
		buffer_add(ret, rendered.text, rendered.used);
	return ret->error;
}

static int expand_templates(struct compose *compose, const yaml_node_t *node,
			    const char *text, struct buffer *ret)
{
	bool has_vars = compose->vars.count || compose->own_vars.count ||
			strstr(text, ".PC_REPLICA_NUM");

	return has_vars ? compose_expand_templates(compose, node, text, ret)
			: expand_foreign(compose, node, text, ret);
}

int compose_expand(struct compose *compose, const yaml_node_t *node,
		   const char *text, bool is_shell, const char **ret)
{
	CLEANUP(buffer_free) struct buffer plain = { 0 };
	CLEANUP(buffer_free) struct buffer whole = { 0 };
	const char *expanded = NULL;
	int r = compose_expand_variables(compose, node, text, is_shell, &plain);

	if (r < 0)
		return r;
	if (compose->is_raw || !plain.text || !strstr(plain.text, "{{")) {
		expanded = plain.text ? plain.text : "";
	} else {
		r = expand_templates(compose, node, plain.text, &whole);
		expanded = whole.text ? whole.text : "";
	}
	if (r == 0) {
		*ret = project_copy(compose->project, expanded);
		r = *ret ? 0 : -ENOMEM;
	}
	return r;
}
