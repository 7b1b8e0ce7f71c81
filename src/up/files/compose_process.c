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
	compose->is_raw = compose->is_plain_command;
	int r = compose_line(compose, node, target);

	compose->is_raw = false;
	return r;
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

/* "8080:8080" of Docker Compose has no effect in process-compose. */
static int take_port(struct compose *compose, yaml_node_t *node, void *target)
{
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r == 0 && strchr(text, ':'))
		return compose_note(compose, node,
				    "ports: '%s' is ignored: it is not of the "
				    "form NAME or NAME=PORT",
				    text);
	return r < 0 ? r : compose_append(target, text);
}

static int take_ports(struct compose *compose, yaml_node_t *node, void *target)
{
	list_free(target);
	if (node->type == YAML_MAPPING_NODE)
		return compose_process_take_names(compose, node, target);
	return compose_each(compose, node, target, take_port);
}

/* jig's own probes replace those of an earlier entry. */
static int take_ready(struct compose *compose, yaml_node_t *node, void *target)
{
	compose->ready.node = NULL;
	return compose_process_take_names(compose, node, target);
}

static int take_live(struct compose *compose, yaml_node_t *node, void *target)
{
	compose->live.node = NULL;
	return compose_process_take_names(compose, node, target);
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

/* @node  NULL: the key is not there. */
static int compose_process_take_number(struct compose *compose,
				       yaml_node_t *node,
				       struct service *service)
{
	int r = compose_on_each_node(compose, node, service);

	if (r != 0 || !node)
		return r < 0 ? r : 0;
	service->machine.on_each_node = false;
	return take_replicas(compose, node, &service->replicas);
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

/* jig up must never wait for a file system, so another program watches it. */
static int note_watch(struct compose *compose, yaml_node_t *node, void *target)
{
	const struct service *service = target;

	return compose_note(compose, node,
			    "watch: jig does not watch files; a service with "
			    "the command 'watchexec --postpone -w DIRECTORY -- "
			    "jig restart %s' does",
			    service->name);
}

/* As in process-compose it starts only when it is named. */
static int take_mcp(struct compose *compose, yaml_node_t *node, void *target)
{
	(void)target;
	compose->is_tool = true;
	return compose_note(compose, node,
			    "mcp: jig offers no tools to language models; the "
			    "service starts only when it is named");
}

static int take_switched(struct compose *compose, yaml_node_t *node,
			 void *target)
{
	const char *text;
	bool is_on = false;
	int r = compose_text(compose, node, &text);

	(void)target;
	if (r < 0 || !*text)
		return r;
	r = compose_bool(compose, node, &is_on);
	if (r == 0)
		compose->switched = is_on ? SWITCHED_ON : SWITCHED_OFF;
	return r;
}

static int take_namespace(struct compose *compose, yaml_node_t *node,
			  void *target)
{
	const char *text;
	int r = compose_text(compose, node, &text);

	return r < 0 || !*text ? r : compose_append(target, text);
}

/* A later file replaces the list. */
static int take_namespaces(struct compose *compose, yaml_node_t *node,
			   void *target)
{
	list_free(target);
	return compose_each(compose, node, target, take_namespace);
}

/* ------------------------------------------------------------------ the table
 */

static const struct key keys[] = {
	{ "command", KEY_TAKE, HERE(shell), take_command },
	{ "entrypoint", KEY_TAKE, HERE(argv), take_entrypoint },
	{ "description", KEY_TEXT, HERE(description), NULL },
	{ "environment", KEY_TAKE, HERE(env), compose_environment },
	{ "depends_on", KEY_TAKE, HERE(depends), compose_depends },
	{ "readiness_probe", KEY_TAKE, 0, compose_readiness },
	{ "liveness_probe", KEY_TAKE, 0, compose_liveness },
	{ "ready_log_line", KEY_TAKE, 0, compose_log_line },
	{ "availability", KEY_TAKE, HERE(availability), compose_availability },
	{ "shutdown", KEY_TAKE, HERE(shutdown), compose_shutdown },
	{ "success_exit_codes", KEY_TAKE, HERE(success), take_codes },
	{ "namespace", KEY_TAKE, HERE(namespaces), take_namespaces },
	{ "disabled", KEY_BOOL, HERE(disabled), NULL },
	{ "is_disabled", KEY_TAKE, 0, take_switched },
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
	  take_ready },
	{ "live", KEY_TAKE, HERE(live) + offsetof(struct check, probes),
	  take_live },
	{ "listen", KEY_TAKE, HERE(listen), compose_process_take_names },
	{ "ports", KEY_TAKE, HERE(ports), take_ports },
	{ "stop", KEY_TAKE, HERE(shutdown), compose_stop },
	{ "cage", KEY_TAKE, HERE(cage), compose_process_take_cage },
	{ "via", KEY_TAKE, HERE(machine), compose_via },
	{ "start_timeout", KEY_SECONDS, HERE(start_timeout_us), NULL },
	{ "is_dotenv_disabled", KEY_BOOL, HERE(no_dotenv), NULL },
	/* compose_process_first() reads them. */
	{ "env_file", KEY_IGNORED, 0, NULL },
	{ "is_template_disabled", KEY_IGNORED, 0, NULL },
	{ "nodes", KEY_IGNORED, 0, NULL },
	{ "replicas", KEY_IGNORED, 0, NULL },
	{ "vars", KEY_IGNORED, 0, NULL },
	{ "working_dir", KEY_IGNORED, 0, NULL },
	/* compose_resolve() reads it. */
	{ "extends", KEY_IGNORED, 0, NULL },
	{ "schedule", KEY_TAKE, HERE(timetable), compose_schedule },
	/* What is not honoured is reported. */
	{ "watch", KEY_TAKE, 0, note_watch },
	{ "mcp", KEY_TAKE, 0, take_mcp },
	/* For the screen of process-compose. */
	{ "disable_ansi_colors", KEY_IGNORED, 0, NULL },
	{ "monitor_for", KEY_IGNORED, 0, NULL },
	{ "monitor_silence_threshold", KEY_IGNORED, 0, NULL },
	{ "truncate_log", KEY_IGNORED, 0, NULL },
	{ 0 },
};

/* If there are both, `command` wins, as in process-compose. */
static int end_words(struct service *service)
{
	if (service->shell)
		list_free(&service->argv);
	return service->argv.count ? list_end(&service->argv) : 0;
}

/* It begins at the project's directory; in a file that is extended, and without
 * one, at that file's directory. */
static int take_directory(struct compose *compose, yaml_node_t *node,
			  struct service *service)
{
	const char *base = compose->place.is_base ? compose->place.directory
						  : compose->project->directory;
	const char *text = "";
	int r = node ? compose_text(compose, node, &text) : 0;

	if (r < 0 || (!*text && !compose->place.is_base))
		return r;
	service->machine.directory = *text ? text : NULL;
	service->cwd =
		*text == '/' ? text
		: *text ? project_print(compose->project, "%s/%s", base, text)
			: base;
	return service->cwd ? 0 : -ENOMEM;
}

/* A path of the process begins at its working directory. */
static int take_env_files(struct compose *compose, yaml_node_t *node,
			  struct service *service)
{
	struct project *project = compose->project;
	const char *before = project->directory;
	int r;

	if (service->cwd)
		project->directory = service->cwd;
	r = compose_env_file(compose, node, &service->env);
	project->directory = before;
	return r;
}

int compose_process_first(struct compose *compose,
			  const struct compose_entry *entry,
			  struct service *service)
{
	yaml_node_t *value = entry->value;
	yaml_node_t *node = compose_find(compose, value, "vars");
	int r = node ? compose_vars(compose, node, &compose->own_vars) : 0;

	node = compose_find(compose, value, "nodes");
	if (r == 0 && node)
		r = compose_nodes(compose, node, service);
	node = compose_find(compose, value, "replicas");
	if (r == 0)
		r = compose_process_take_number(compose, node, service);
	compose->is_single = service->replicas <= 1;
	node = compose_find(compose, value, "is_template_disabled");
	if (r == 0 && node)
		r = compose_bool(compose, node, &compose->is_plain_command);
	if (r == 0)
		r = take_directory(compose,
				   compose_find(compose, value, "working_dir"),
				   service);
	node = compose_find(compose, value, "env_file");
	if (r == 0 && node)
		r = take_env_files(compose, node, service);
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

int compose_process(struct compose *compose, const struct compose_entry *entry,
		    struct service *service)
{
	int r = check_readiness(compose, entry->value);

	return r < 0 ? r : compose_map(compose, entry->value, keys, service);
}

void compose_begin(struct compose *compose)
{
	list_free(&compose->own_vars);
	compose->is_single = true;
	compose->is_plain_command = compose->is_tool = false;
	compose->switched = SWITCHED_UNSET;
	list_free(&compose->ready.http.headers);
	list_free(&compose->live.http.headers);
	compose->ready = compose->live = (struct compose_probe){ 0 };
}

/* The process's own entries were the last ones that were read. */
int compose_end(struct compose *compose, const struct compose_entry *last,
		struct service *service)
{
	if (compose->switched != SWITCHED_UNSET)
		service->disabled = compose->switched == SWITCHED_ON;
	service->disabled |= compose->is_tool;

	int r = compose_finish_probes(compose, service);

	if (r < 0)
		return r;
	if (!service->shell && service->argv.count == 0 && !service->disabled)
		return compose_wrong(compose, last->key,
				     "process '%s' has no command",
				     service->name);
	if (service_has_times(service) && service->replicas > 1)
		return compose_wrong(compose, last->key,
				     "'%s' has a schedule, so it cannot have "
				     "replicas",
				     service->name);
	r = compose_via_check(compose, last, service);
	return r < 0 ? r : end_words(service);
}
