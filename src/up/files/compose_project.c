// SPDX-License-Identifier: MIT
/* The keys of the top level, and the shell of a project that names none. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "up/files/compose.h"
#include "up/files/compose_reader.h"

/* That of process-compose. */
#define SHELL "bash"
#define HERE(field) offsetof(struct project, field)

static int take_processes(struct compose *compose, yaml_node_t *node,
			  void *target)
{
	(void)target;
	return compose_pairs(compose, node, NULL, compose_add_entry);
}

static int take_ending(struct compose *compose, yaml_node_t *node, void *target)
{
	static const char *const names[] = {
		[ENDING_FIRST] = "first",
		[ENDING_ANY_CAN_DIE] = "any-can-die",
		[ENDING_ON_FAILURE] = "on-failure",
		[ENDING_KEEP_GOING] = "keep-going",
	};
	static const struct words words = WORDS_OF(names);
	const char *text;
	int r = compose_text(compose, node, &text);
	int i = r < 0 ? r : words_parse(&words, text);

	if (i >= 0) {
		*(enum ending *)target = (enum ending)i;
		return 0;
	}
	return r < 0 ? r
		     : compose_wrong(compose, node,
				     "'%s' is not one of first, any-can-die, "
				     "on-failure, keep-going",
				     text);
}

static int take_shell(struct compose *compose, yaml_node_t *node, void *target)
{
	static const struct key keys[] = {
		{ "shell_command", KEY_TEXT, HERE(shell), NULL },
		{ "shell_argument", KEY_TEXT, HERE(shell_argument), NULL },
		{ "elevated_shell_command", KEY_IGNORED, 0, NULL },
		{ "elevated_shell_argument", KEY_IGNORED, 0, NULL },
		{ 0 },
	};

	return compose_map(compose, node, keys, target);
}

/* src/up/load/environment_commands.c runs them, if the user allows it. */
static int take_env_cmd(struct compose *compose, yaml_node_t *key,
			yaml_node_t *value, void *target)
{
	struct environment_command command;
	int r = compose_text(compose, key, &command.name);

	if (r == 0)
		r = compose_line(compose, value, &command.line);
	if (r == 0 && (!*command.name || strchr(command.name, '=')))
		r = compose_wrong(compose, key, "'%s' is not a variable name",
				  command.name);
	if (r < 0)
		return r;
	command.place =
		project_print(compose->project, "%s:%zu:%zu",
			      compose->place.file, key->start_mark.line + 1,
			      key->start_mark.column + 1);
	return command.place ? list_append(target, &command, sizeof(command))
			     : -ENOMEM;
}

static int take_env_cmds(struct compose *compose, yaml_node_t *node,
			 void *target)
{
	return compose_pairs(compose, node, target, take_env_cmd);
}

static int note_mcp_server(struct compose *compose, yaml_node_t *node,
			   void *target)
{
	(void)target;
	return compose_note(compose, node,
			    "mcp_server: jig offers no tools to language "
			    "models");
}

static int take_version(struct compose *compose, yaml_node_t *node,
			void *target)
{
	const char *text;

	(void)target;
	return compose_scalar(compose, node, &text);
}

static const struct key keys[] = {
	{ "version", KEY_TAKE, 0, take_version },
	{ "name", KEY_TEXT, HERE(name), NULL },
	{ "processes", KEY_TAKE, 0, take_processes },
	{ "environment", KEY_TAKE, HERE(env), compose_environment },
	{ "shell", KEY_TAKE, 0, take_shell },
	{ "ending", KEY_TAKE, HERE(ending), take_ending },
	{ "ordered_shutdown", KEY_BOOL, HERE(ordered_shutdown), NULL },
	{ "log_location", KEY_PATH, HERE(log) + offsetof(struct log_file, path),
	  NULL },
	{ "log_configuration", KEY_TAKE, HERE(log), compose_log },
	/* compose_project() reads them first. */
	{ "env_file", KEY_IGNORED, 0, NULL },
	{ "extends", KEY_IGNORED, 0, NULL },
	{ "vars", KEY_IGNORED, 0, NULL },
	{ "disable_env_expansion", KEY_IGNORED, 0, NULL },
	{ "is_strict", KEY_IGNORED, 0, NULL },
	{ "env_cmds", KEY_TAKE, HERE(commands), take_env_cmds },
	{ "mcp_server", KEY_TAKE, 0, note_mcp_server },
	/* For the screen and the log of process-compose. */
	{ "is_tui_disabled", KEY_IGNORED, 0, NULL },
	{ "log_level", KEY_IGNORED, 0, NULL },
	{ "log_length", KEY_IGNORED, 0, NULL },
	{ "log_format", KEY_IGNORED, 0, NULL },
	{ 0 },
};

static int take_extends(struct compose *compose, const yaml_node_t *node)
{
	const char *path;
	int r = compose_text(compose, node, &path);

	if (r == 0 && compose->is_alone)
		return compose_wrong(compose, node,
				     "this input must not refer to files");
	if (r == 0 && *path != '/')
		path = project_print(compose->project, "%s/%s",
				     compose->place.directory, path);
	if (r == 0 && !path)
		r = -ENOMEM;
	return r < 0 ? r : compose_extend(compose, node, path);
}

/* Keys that affect how all others are read. */
static int read_switches(struct compose *compose, const yaml_node_t *root)
{
	yaml_node_t *node =
		compose_find(compose, root, "disable_env_expansion");
	int r = node ? compose_bool(compose, node, &compose->place.is_literal)
		     : 0;

	node = compose_find(compose, root, "is_strict");
	if (r == 0 && node && !compose->place.is_own)
		r = compose_bool(compose, node, &compose->place.is_strict);
	node = compose_find(compose, root, "extends");
	if (r == 0 && node)
		r = take_extends(compose, node);
	return r;
}

int compose_project(struct compose *compose, yaml_node_t *root)
{
	yaml_node_t *node = root->type == YAML_MAPPING_NODE
				    ? compose_find(compose, root, "services")
				    : NULL;

	if (node && !compose_find(compose, root, "processes"))
		return compose_containers(compose, root, node);
	int r = root->type == YAML_MAPPING_NODE
			? read_switches(compose, root)
			: compose_wrong(compose, root,
					"expected a mapping with the key "
					"'processes'");

	node = compose_find(compose, root, "vars");
	if (r == 0 && node)
		r = compose_vars(compose, node, &compose->vars);
	node = compose_find(compose, root, "env_file");
	if (r == 0 && node)
		r = compose_env_file(compose, node, &compose->project->env);
	return r < 0 ? r : compose_map(compose, root, keys, compose->project);
}

/* -------------------------------------------------------------------- shell */

/* In PATH. @ret  NULL: it is not there. */
static int find_program(struct project *project, const char *name,
			const char **ret)
{
	const char *at = getenv("PATH"), *path = NULL;

	if (strchr(name, '/'))
		at = "";
	*ret = NULL;
	while (at && !*ret) {
		size_t length = strcspn(at, ":");

		path = project_print(project, "%.*s%s%s", (int)length, at,
				     length ? "/" : "", name);
		if (!path)
			return -ENOMEM;
		if (*path == '/' && access(path, X_OK) == 0)
			*ret = path;
		at = at[length] ? at + length + 1 : NULL;
	}
	return 0;
}

/* An export must not depend on our PATH, so the path is absolute. */
int compose_shell(struct compose *compose)
{
	struct project *project = compose->project;
	const char *wanted = getenv("COMPOSE_SHELL");
	const char *name = wanted && *wanted ? wanted : SHELL;

	/* What is added to a Procfile leaves its shell. */
	if (project->shell || compose->is_alone || project->is_procfile ||
	    compose_is_own(project->file))
		return 0;
	int r = find_program(project, name, &project->shell);

	if (r < 0 || project->shell)
		return r;
	return compose_append(&project->notes,
			      project_print(project,
					    "%s: there is no %s, so /bin/sh "
					    "runs the commands",
					    project->file, name));
}
