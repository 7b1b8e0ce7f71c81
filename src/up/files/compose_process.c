// SPDX-License-Identifier: MIT
/* The keys of a process. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "cage/cage.h"
#include "up/files/compose_reader.h"

#define HERE(field) offsetof(struct service, field)
#define INSTANCES_MAX 10000

/* -------------------------------------------------------------- the command */

static int take_command(struct compose *compose, yaml_node_t *node,
			void *target)
{
	return compose_line(compose, node, target);
}

static int compose_process_take_word(struct compose *compose, yaml_node_t *node,
				     void *target)
{
	const char *text;
	int r = compose_text(compose, node, &text);

	return r < 0 ? r : compose_append(target, text);
}

static int take_entrypoint(struct compose *compose, yaml_node_t *node,
			   void *target)
{
	list_free(target);
	return compose_each(compose, node, target, compose_process_take_word);
}

static int compose_process_take_words(struct compose *compose,
				      yaml_node_t *node, void *target)
{
	return compose_each(compose, node, target, compose_process_take_word);
}

/* "NAME: ADDRESS" or "NAME=ADDRESS". */
static int take_name_pair(struct compose *compose, yaml_node_t *key,
			  yaml_node_t *value, void *target)
{
	const char *name = "", *text = "";
	int r = compose_scalar(compose, key, &name);

	if (r == 0)
		r = compose_text(compose, value, &text);
	if (r < 0)
		return r;
	return compose_append(target,
			      *text ? project_print(compose->project, "%s=%s",
						    name, text)
				    : project_copy(compose->project, name));
}

static int compose_process_take_names(struct compose *compose,
				      yaml_node_t *node, void *target)
{
	list_free(target);
	if (node->type == YAML_MAPPING_NODE)
		return compose_pairs(compose, node, target, take_name_pair);
	return compose_process_take_words(compose, node, target);
}

static int take_replicas(struct compose *compose, yaml_node_t *node,
			 void *target)
{
	uint64_t number;
	int r = compose_number(compose, node, INSTANCES_MAX, &number);

	if (r == 0)
		*(unsigned *)target = (unsigned)number;
	return r;
}

static int compose_process_take_cage(struct compose *compose, yaml_node_t *node,
				     void *target)
{
	int i = compose_one_of(compose, node, &cage_words);

	if (i >= 0)
		*(enum jig_cage *)target = (enum jig_cage)i;
	return i < 0 ? i : 0;
}

/* ----------------------------------------------------- statuses, and refusals
 */

static int take_code(struct compose *compose, yaml_node_t *node, void *target)
{
	uint64_t number;
	int code, r = compose_number(compose, node, 255, &number);

	code = (int)number;
	return r < 0 ? r : list_append(target, &code, sizeof(code));
}

static int take_codes(struct compose *compose, yaml_node_t *node, void *target)
{
	list_free(target);
	return compose_each(compose, node, target, take_code);
}

/* For root it has no effect. */
static int take_elevated(struct compose *compose, yaml_node_t *node,
			 void *target)
{
	bool is_elevated = false;
	int r = compose_bool(compose, node, &is_elevated);

	(void)target;
	if (r == 0 && is_elevated && geteuid() != 0)
		return compose_wrong(
			compose, node,
			"is_elevated: jig does not ask for a password; run jig "
			"as root, or use sudo in the command");
	return r;
}

static int refuse_schedule(struct compose *compose, yaml_node_t *node,
			   void *target)
{
	(void)target;
	return compose_wrong(compose, node,
			     "schedule: jig does not start processes at fixed "
			     "times; use a systemd timer or cron");
}

static int refuse_watch(struct compose *compose, yaml_node_t *node,
			void *target)
{
	(void)target;
	return compose_wrong(
		compose, node,
		"watch: jig does not watch files; use a program such "
		"as entr or watchexec in the command");
}

static int refuse_mcp(struct compose *compose, yaml_node_t *node, void *target)
{
	(void)target;
	return compose_wrong(compose, node,
			     "mcp: jig does not run tools for language models");
}

/* ------------------------------------------------------------------ the table
 */

static const struct key keys[] = {
	{ "command", KEY_TAKE, HERE(shell), take_command },
	{ "entrypoint", KEY_TAKE, HERE(argv), take_entrypoint },
	{ "description", KEY_TEXT, HERE(description), NULL },
	{ "working_dir", KEY_PATH, HERE(cwd), NULL },
	{ "environment", KEY_TAKE, HERE(env), compose_environment },
	{ "depends_on", KEY_TAKE, HERE(depends), compose_depends },
	{ "readiness_probe", KEY_TAKE, 0, compose_readiness },
	{ "liveness_probe", KEY_TAKE, 0, compose_liveness },
	{ "ready_log_line", KEY_TAKE, 0, compose_log_line },
	{ "availability", KEY_TAKE, HERE(availability), compose_availability },
	{ "shutdown", KEY_TAKE, HERE(shutdown), compose_shutdown },
	{ "success_exit_codes", KEY_TAKE, HERE(success), take_codes },
	{ "namespace", KEY_TEXT, HERE(group), NULL },
	{ "disabled", KEY_BOOL, HERE(disabled), NULL },
	{ "is_daemon", KEY_BOOL, HERE(is_daemon), NULL },
	{ "is_tty", KEY_BOOL, HERE(is_tty), NULL },
	{ "is_interactive", KEY_BOOL, HERE(is_tty), NULL },
	{ "is_foreground", KEY_BOOL, HERE(is_foreground), NULL },
	{ "is_elevated", KEY_TAKE, 0, take_elevated },
	{ "launch_timeout_seconds", KEY_IGNORED, 0, NULL },
	{ "log_location", KEY_PATH, HERE(log) + offsetof(struct log_file, path),
	  NULL },
	{ "log_configuration", KEY_TAKE, HERE(log), compose_log },
	/* Keys of jig. */
	{ "ready", KEY_TAKE, HERE(ready) + offsetof(struct check, probes),
	  compose_process_take_names },
	{ "live", KEY_TAKE, HERE(live) + offsetof(struct check, probes),
	  compose_process_take_names },
	{ "listen", KEY_TAKE, HERE(listen), compose_process_take_names },
	{ "ports", KEY_TAKE, HERE(ports), compose_process_take_names },
	{ "stop", KEY_TAKE, HERE(shutdown), compose_stop },
	{ "cage", KEY_TAKE, HERE(cage), compose_process_take_cage },
	{ "start_timeout", KEY_SECONDS, HERE(start_timeout_us), NULL },
	/* read_first() reads them. */
	{ "env_file", KEY_IGNORED, 0, NULL },
	{ "replicas", KEY_IGNORED, 0, NULL },
	{ "vars", KEY_IGNORED, 0, NULL },
	/* Errors: to ignore them would run a process at a wrong time. */
	{ "schedule", KEY_TAKE, 0, refuse_schedule },
	{ "watch", KEY_TAKE, 0, refuse_watch },
	{ "mcp", KEY_TAKE, 0, refuse_mcp },
	/* For the screen of process-compose. */
	{ "disable_ansi_colors", KEY_IGNORED, 0, NULL },
	{ "is_dotenv_disabled", KEY_IGNORED, 0, NULL },
	{ 0 },
};

/* Names occur in paths, on terminals and in `jig scale NAME=N`. */
static bool compose_process_is_name(const char *name)
{
	if (!*name || *name == '.' || *name == '-' || strpbrk(name, "/,="))
		return false;
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	return true;
}

/* A later file changes the process of an earlier one. */
static int find_or_add(struct compose *compose, const yaml_node_t *key,
		       const char *name, struct service **ret)
{
	struct project *project = compose->project;
	struct service *service = project_find(project, name);
	struct service fresh = { .replicas = 1,
				 .line = (int)key->start_mark.line + 1,
				 .port_index = (int)project->services.count };
	int r = 0;

	if (!compose_process_is_name(name))
		return compose_wrong(compose, key, "'%s' is not a process name",
				     name);
	if (!service) {
		fresh.name = project_copy(project, name);
		r = fresh.name ? project_add(project, &fresh) : -ENOMEM;
		service = project_find(project, name);
	}
	if (r == 0 && !service)
		r = -ENOMEM;
	if (r == 0)
		*ret = service;
	return r;
}

/* If there are both, `command` wins, as in process-compose. */
static int end_words(struct service *service)
{
	size_t count = service->argv.count;
	const char *end = NULL;

	if (service->shell)
		list_free(&service->argv);
	if (service->shell || count == 0)
		return 0;
	/* An earlier file may have added the NULL. */
	return *(char **)list_at(&service->argv, count - 1, sizeof(char *))
		       ? list_append(&service->argv, &end, sizeof(end))
		       : 0;
}

/* Keys that affect others: vars, replicas, and env_file, which `environment`
 * overrides whatever their order is. */
static int read_first(struct compose *compose, yaml_node_t *value,
		      struct service *service)
{
	yaml_node_t *node = compose_find(compose, value, "vars");
	int r = node ? compose_vars(compose, node, &compose->own_vars) : 0;

	node = compose_find(compose, value, "replicas");
	if (r == 0 && node)
		r = take_replicas(compose, node, &service->replicas);
	compose->is_single = service->replicas <= 1;
	node = compose_find(compose, value, "env_file");
	if (r == 0 && node)
		r = compose_env_file(compose, node, &service->env);
	return r;
}

/* process-compose also refuses the two together. */
static int check_readiness(struct compose *compose, yaml_node_t *value)
{
	yaml_node_t *line = compose_find(compose, value, "ready_log_line");

	return line && compose_find(compose, value, "readiness_probe")
		       ? compose_wrong(compose, line,
				       "ready_log_line and readiness_probe "
				       "exclude each other")
		       : 0;
}

static int read_keys(struct compose *compose, yaml_node_t *key,
		     yaml_node_t *value, struct service *service)
{
	int r = read_first(compose, value, service);

	if (r == 0)
		r = check_readiness(compose, value);
	if (r == 0)
		r = compose_map(compose, value, keys, service);
	if (r == 0 && !service->shell && service->argv.count == 0)
		r = compose_wrong(compose, key, "process '%s' has no command",
				  service->name);
	return r < 0 ? r : end_words(service);
}

int compose_process(struct compose *compose, yaml_node_t *key,
		    yaml_node_t *value, void *unused)
{
	struct service *service = NULL;
	const char *name = "";
	int r = compose_scalar(compose, key, &name);

	(void)unused;
	if (r < 0 || strncmp(name, "x-", 2) == 0)
		return r;
	r = find_or_add(compose, key, name, &service);
	if (!service)
		return r;
	list_free(&compose->own_vars);
	r = read_keys(compose, key, value, service);
	list_free(&compose->own_vars);
	return r;
}
