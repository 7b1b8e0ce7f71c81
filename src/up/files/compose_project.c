// SPDX-License-Identifier: MIT
/* The keys of the top level. */
#include <errno.h>
#include <stddef.h>

#include "base/text/words.h"
#include "up/files/compose_reader.h"

#define HERE(field) offsetof(struct project, field)

static int take_processes(struct compose *compose, yaml_node_t *node,
			  void *target)
{
	(void)target;
	return compose_pairs(compose, node, NULL, compose_process);
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
				     "'%s' is none of first, any-can-die, "
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

static int refuse_env_cmds(struct compose *compose, yaml_node_t *node,
			   void *target)
{
	(void)target;
	return compose_wrong(compose, node,
			     "env_cmds: reading a file runs no command; set "
			     "it in .env or in the environment");
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
	/* Read before all others: */
	{ "env_file", KEY_IGNORED, 0, NULL },
	{ "extends", KEY_IGNORED, 0, NULL },
	{ "vars", KEY_IGNORED, 0, NULL },
	{ "disable_env_expansion", KEY_IGNORED, 0, NULL },
	{ "is_strict", KEY_IGNORED, 0, NULL },
	{ "env_cmds", KEY_TAKE, 0, refuse_env_cmds },
	/* Of its screen, and of its own words. */
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
		return compose_wrong(compose, node, "no file is read here");
	if (r == 0 && *path != '/')
		path = project_print(compose->project, "%s/%s",
				     compose->directory, path);
	if (r == 0 && !path)
		r = -ENOMEM;
	return r < 0 ? r : compose_file(compose, path);
}

/* What all others are read with. */
static int read_switches(struct compose *compose, const yaml_node_t *root)
{
	yaml_node_t *node =
		compose_find(compose, root, "disable_env_expansion");
	int r = node ? compose_bool(compose, node, &compose->is_literal) : 0;

	node = compose_find(compose, root, "is_strict");
	if (r == 0 && node && !compose->is_own)
		r = compose_bool(compose, node, &compose->is_strict);
	node = compose_find(compose, root, "extends");
	if (r == 0 && node)
		r = take_extends(compose, node);
	return r;
}

int compose_project(struct compose *compose, yaml_node_t *root)
{
	yaml_node_t *node;
	int r = root->type == YAML_MAPPING_NODE
			? read_switches(compose, root)
			: compose_wrong(compose, root,
					"keys are wanted: processes, …");

	node = compose_find(compose, root, "vars");
	if (r == 0 && node)
		r = compose_vars(compose, node, &compose->vars);
	node = compose_find(compose, root, "env_file");
	if (r == 0 && node)
		r = compose_env_file(compose, node, &compose->project->env);
	return r < 0 ? r : compose_map(compose, root, keys, compose->project);
}

/* ------------------------------------------------------------------ logging */

static int take_megabytes(struct compose *compose, yaml_node_t *node,
			  void *target)
{
	uint64_t number;
	int r = compose_number(compose, node, 1 << 20, &number);

	if (r == 0)
		*(uint64_t *)target = number << 20;
	return r;
}

static int take_rotation(struct compose *compose, yaml_node_t *node,
			 void *target)
{
	static const struct key rotation[] = {
		{ "max_size_mb", KEY_TAKE, offsetof(struct log_file, max_bytes),
		  take_megabytes },
		{ "max_age_days", KEY_NUMBER,
		  offsetof(struct log_file, max_days), NULL },
		{ "max_backups", KEY_NUMBER,
		  offsetof(struct log_file, max_files), NULL },
		{ "compress", KEY_IGNORED, 0, NULL },
		{ "directory", KEY_IGNORED, 0, NULL },
		{ "filename", KEY_IGNORED, 0, NULL },
		{ 0 },
	};

	return compose_map(compose, node, rotation, target);
}

int compose_log(struct compose *compose, yaml_node_t *node, void *target)
{
	static const struct key log[] = {
		{ "rotation", KEY_TAKE, 0, take_rotation },
		{ "add_timestamp", KEY_NOT, offsetof(struct log_file, no_times),
		  NULL },
		{ "timestamp_format", KEY_IGNORED, 0, NULL },
		{ "fields_order", KEY_IGNORED, 0, NULL },
		{ "disable_json", KEY_IGNORED, 0, NULL },
		{ "no_metadata", KEY_IGNORED, 0, NULL },
		{ "no_color", KEY_IGNORED, 0, NULL },
		{ "flush_each_line", KEY_IGNORED, 0, NULL },
		{ 0 },
	};

	return compose_map(compose, node, log, target);
}
