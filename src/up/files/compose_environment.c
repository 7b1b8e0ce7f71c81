// SPDX-License-Identifier: MIT
/* environment, env_file, vars. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "env/file.h"
#include "up/files/compose_reader.h"

int compose_set(struct compose *compose, struct list *env, const char *name,
		const char *value)
{
	const char *variable =
		project_print(compose->project, "%s=%s", name, value);
	size_t length = strlen(name) + 1;

	for (size_t i = 0; variable && i < env->count; i++) {
		const char **earlier = list_at(env, i, sizeof(*earlier));

		if (strncmp(*earlier, variable, length) == 0) {
			*earlier = variable;
			return 0;
		}
	}
	return compose_append(env, variable);
}

/* NAME alone is that of .env or of our environment, which a service inherits;
 * an export needs its value. One that is not set stays so. */
static int set_inherited(struct compose *compose, const yaml_node_t *node,
			 const char *name, struct list *env)
{
	size_t length = strlen(name);
	const char *value = compose_variable(compose, name, length);
	const struct list *lists[] = { env, &compose->project->env };

	if (!*name)
		return compose_wrong(compose, node,
				     "'' is not of the form NAME=value or "
				     "NAME");
	for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++)
		for (size_t i = 0; i < lists[l]->count; i++) {
			const char *one = *(const char **)list_at(lists[l], i,
								  sizeof(one));

			if (strncmp(one, name, length) == 0 &&
			    one[length] == '=')
				return 0;
		}
	return value ? compose_set(compose, env, name, value) : 0;
}

static int set_pair(struct compose *compose, yaml_node_t *key,
		    yaml_node_t *value, void *target)
{
	const char *name = "", *text = "";
	int r = compose_text(compose, key, &name);

	if (r == 0)
		r = compose_text(compose, value, &text);
	if (r == 0 && (!*name || strchr(name, '=')))
		r = compose_wrong(compose, key, "'%s' is not a variable name",
				  name);
	return r < 0 ? r : compose_set(compose, target, name, text);
}

static int set_item(struct compose *compose, yaml_node_t *node, void *target)
{
	const char *text, *equals;
	char *name;
	int r = compose_text(compose, node, &text);

	if (r < 0)
		return r;
	equals = strchr(text, '=');
	if (!equals)
		return set_inherited(compose, node, text, target);
	if (equals == text)
		return compose_wrong(compose, node,
				     "'%s' is not of the form NAME=value or "
				     "NAME",
				     text);
	name = strndup(text, (size_t)(equals - text));
	r = name ? compose_set(compose, target, name, equals + 1) : -ENOMEM;
	free(name);
	return r;
}

int compose_environment(struct compose *compose, yaml_node_t *node,
			void *target)
{
	if (node->type == YAML_MAPPING_NODE)
		return compose_pairs(compose, node, target, set_pair);
	return compose_each(compose, node, target, set_item);
}

static int read_env_file(struct compose *compose, yaml_node_t *node,
			 void *target)
{
	struct list read = { 0 };
	const char *path;
	struct fault why = { "" };
	int r = compose_path(compose, node, &path);

	if (r < 0 || !path)
		return r;
	if (compose->is_alone)
		return compose_wrong(compose, node,
				     "this input must not refer to files");
	r = env_file_read(ENV_DOCKER, AT_FDCWD, path, false, &read, &why);
	if (r < 0)
		r = compose_wrong(compose, node, "%s", why.text);
	for (size_t i = 0; r == 0 && i < read.count; i++) {
		char *variable = *(char **)list_at(&read, i, sizeof(char *));
		char *equals = strchr(variable, '=');

		*equals = '\0';
		r = compose_set(compose, target, variable, equals + 1);
	}
	list_free_texts(&read);
	return r;
}

int compose_env_file(struct compose *compose, yaml_node_t *node, void *target)
{
	return compose_each(compose, node, target, read_env_file);
}

static int set_variable(struct compose *compose, yaml_node_t *key,
			yaml_node_t *value, void *target)
{
	struct variable variable;
	int r = compose_scalar(compose, key, &variable.name);

	variable.is_plain = value->type == YAML_SCALAR_NODE &&
			    value->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (r == 0)
		r = compose_text(compose, value, &variable.value);
	if (r == 0)
		variable.name = project_copy(compose->project, variable.name);
	if (r == 0 && !variable.name)
		r = -ENOMEM;
	return r < 0 ? r : list_append(target, &variable, sizeof(variable));
}

int compose_vars(struct compose *compose, yaml_node_t *node, void *target)
{
	return compose_pairs(compose, node, target, set_variable);
}
