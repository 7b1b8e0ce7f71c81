// SPDX-License-Identifier: MIT
/*
 * Expand variables of the environment as process-compose does (${V:-default},
 * $$), then the simple form of its templates, {{.NAME}}, if there are vars.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "env/dialect.h"
#include "up/files/compose_reader.h"

#define REPLICA "PC_REPLICA_NUM"

static const char *compose_text_look_up(const char *name, const void *context)
{
	const struct compose *compose = context;
	size_t length = strlen(name);

	for (size_t i = compose->env->count; i > 0; i--) {
		const char *variable =
			*(char **)list_at(compose->env, i - 1, sizeof(char *));

		if (strncmp(variable, name, length) == 0 &&
		    variable[length] == '=')
			return variable + length + 1;
	}
	return getenv(name);
}

static int expand_environment(struct compose *compose, const yaml_node_t *node,
			      const char *text, struct buffer *ret)
{
	struct list none = { 0 };
	struct env_reader reader = {
		.at = text,
		.end = text + strlen(text),
		.file = compose->file,
		.line = (int)node->start_mark.line + 1,
		.lookup = compose_text_look_up,
		.context = compose,
		.variables = &none,
		.fault = compose->fault,
	};
	struct env_cursor cursor = { .reader = &reader,
				     .at = reader.at,
				     .end = reader.end };
	int r = 0;

	while (r == 0 && cursor.at < cursor.end) {
		if (*cursor.at == '$' && !compose->is_literal)
			r = env_expand(&cursor, ret);
		else
			buffer_add(ret, cursor.at++, 1);
	}
	buffer_add(ret, "", 0);
	return r ? r : ret->error;
}

static const char *find_variable(const struct compose *compose,
				 const char *name, size_t length)
{
	const struct list *lists[] = { &compose->own_vars, &compose->vars };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (size_t v = 0; v < lists[i]->count; v++) {
			const struct variable *variable =
				list_at(lists[i], v, sizeof(*variable));

			if (strlen(variable->name) == length &&
			    strncmp(variable->name, name, length) == 0)
				return variable->value;
		}
	}
	return NULL;
}

/* At "{{". @return the length of the template, or -errno. */
static long expand_template(struct compose *compose, const yaml_node_t *node,
			    const char *at, bool is_shell, struct buffer *ret)
{
	const char *name = at + 2 + strspn(at + 2, " \t-");
	size_t length = *name == '.' ? strspn(name + 1, "ABCDEFGHIJKLMNOPQRSTU"
							"VWXYZabcdefghijklmnop"
							"qrstuvwxyz0123456789_")
				     : 0;
	const char *end = name + 1 + length;
	const char *value;

	end += strspn(end, " \t-");
	if (length == 0 || strncmp(end, "}}", 2) != 0)
		return compose_wrong(
			compose, node,
			"only templates of the form {{.NAME}} are supported");
	name++;
	value = find_variable(compose, name, length);
	if (!value && length == strlen(REPLICA) &&
	    strncmp(name, REPLICA, length) == 0)
		value = is_shell	     ? "${" REPLICA "}"
			: compose->is_single ? "0"
					     : "{" REPLICA "}";
	if (!value)
		return compose_wrong(compose, node, "unknown var '%.*s'",
				     (int)length, name);
	buffer_add(ret, value, strlen(value));
	return end + 2 - at;
}

static int expand_templates(struct compose *compose, const yaml_node_t *node,
			    const char *text, bool is_shell, struct buffer *ret)
{
	bool has_vars = compose->vars.count || compose->own_vars.count ||
			strstr(text, "." REPLICA);

	while (*text) {
		long length = 1;

		if (has_vars && strncmp(text, "{{", 2) == 0)
			length = expand_template(compose, node, text, is_shell,
						 ret);
		else
			buffer_add(ret, text, 1);
		if (length < 0)
			return (int)length;
		text += length;
	}
	buffer_add(ret, "", 0);
	return ret->error;
}

int compose_expand(struct compose *compose, const yaml_node_t *node,
		   const char *text, bool is_shell, const char **ret)
{
	struct buffer plain = { 0 }, whole = { 0 };
	int r = expand_environment(compose, node, text, &plain);

	if (r == 0)
		r = expand_templates(compose, node,
				     plain.text ? plain.text : "", is_shell,
				     &whole);
	if (r == 0) {
		*ret = project_copy(compose->project,
				    whole.text ? whole.text : "");
		r = *ret ? 0 : -ENOMEM;
	}
	buffer_free(&plain);
	buffer_free(&whole);
	return r;
}
