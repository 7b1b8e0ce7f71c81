// SPDX-License-Identifier: MIT
/* Which values are expanded: variables of the environment, then templates. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "up/files/compose_reader.h"

static struct expander expander_of(const struct compose *compose,
				   struct fault *why)
{
	return (struct expander){
		.project = compose->project,
		.env = compose->env,
		.vars = { &compose->own_vars, &compose->vars },
		.is_single = compose->is_single,
		.fault = why,
	};
}

const char *compose_variable(const struct compose *compose, const char *name,
			     size_t length)
{
	struct expander expander = expander_of(compose, NULL);

	return expand_look_up(&expander, name, length);
}

/* In a file without vars, {{.State.Running}} is meant for another program. */
static bool compose_text_is_foreign(const struct compose *compose,
				    const char *text)
{
	return compose->vars.count == 0 && compose->own_vars.count == 0 &&
	       !strstr(text, ".PC_REPLICA_NUM");
}

static int compose_text_render(const struct compose *compose, const char *text,
			       struct fault *why, struct buffer *ret)
{
	CLEANUP(buffer_free) struct buffer rendered = { 0 };
	struct expander expander = expander_of(compose, why);
	int r = expand_templates(&expander, text, &rendered);

	if (r < 0 && (r == -ENOMEM || !compose_text_is_foreign(compose, text)))
		return r;
	if (r == 0)
		text = rendered.text ? rendered.text : "";
	buffer_add(ret, text, strlen(text));
	return ret->error;
}

static int compose_text_expand(const struct compose *compose, const char *text,
			       bool is_shell, struct fault *why,
			       struct buffer *ret)
{
	CLEANUP(buffer_free) struct buffer plain = { 0 };
	struct expander expander = expander_of(compose, why);
	int r = 0;

	if (compose->place.is_literal)
		buffer_add(&plain, text, strlen(text));
	else
		r = expand_variables(&expander, text, is_shell, &plain);
	if (r < 0 || plain.error)
		return r < 0 ? r : plain.error;
	if (!compose->is_raw && strstr(plain.text, "{{"))
		return compose_text_render(compose, plain.text, why, ret);
	buffer_add(ret, plain.text, plain.used);
	return ret->error;
}

int compose_expand(struct compose *compose, const yaml_node_t *node,
		   const char *text, bool is_shell, const char **ret)
{
	CLEANUP(buffer_free) struct buffer whole = { 0 };
	struct fault why = { "" };
	int r = compose_text_expand(compose, text, is_shell, &why, &whole);

	if (r < 0)
		return r == -ENOMEM
			       ? r
			       : compose_wrong(compose, node, "%s", why.text);
	*ret = project_copy(compose->project, whole.text);
	return *ret ? 0 : -ENOMEM;
}
