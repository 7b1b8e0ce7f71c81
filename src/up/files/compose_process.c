// SPDX-License-Identifier: MIT
/* The keys of a process. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "core/shared/plan.h"
#include "up/files/compose_reader.h"

#define HERE(field) offsetof(struct service, field)
#define INSTANCES_MAX 10000

static int wrong_word(const struct compose *compose, const yaml_node_t *node,
		      const char *text, const struct words *words)
{
	const char *nearest = words_nearest(words, text);

	return compose_wrong(compose, node, "'%s' is not known here%s%s%s",
			     text, nearest ? "; did you mean '" : "",
			     nearest ? nearest : "", nearest ? "'?" : "");
}

static int one_of(struct compose *compose, yaml_node_t *node,
		  const struct words *words)
{
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r == 0)
		r = words_parse(words, text);
	else
		return r;
	return r < 0 ? wrong_word(compose, node, text, words) : r;
}

/* -------------------------------------------------------------- the command */

static int take_command(struct compose *compose, yaml_node_t *node,
			void *target)
{
	return compose_line(compose, node, target);
}

static int take_word(struct compose *compose, yaml_node_t *node, void *target)
{
	const char *text;
	int r = compose_text(compose, node, &text);

	return r < 0 ? r : compose_append(target, text);
}

static int take_entrypoint(struct compose *compose, yaml_node_t *node,
			   void *target)
{
	list_free(target);
	return compose_each(compose, node, target, take_word);
}

static int take_words(struct compose *compose, yaml_node_t *node, void *target)
{
	return compose_each(compose, node, target, take_word);
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
				    : project_keep(compose->project, name));
}

static int take_names(struct compose *compose, yaml_node_t *node, void *target)
{
	list_free(target);
	if (node->type == YAML_MAPPING_NODE)
		return compose_pairs(compose, node, target, take_name_pair);
	return take_words(compose, node, target);
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

static int take_cage(struct compose *compose, yaml_node_t *node, void *target)
{
	int i = one_of(compose, node, &cage_words);

	if (i >= 0)
		*(enum jig_cage *)target = (enum jig_cage)i;
	return i < 0 ? i : 0;
}

/* ------------------------------------------------------------- dependencies */

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
	int i = one_of(compose, node, &words);

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

static int take_depends(struct compose *compose, yaml_node_t *node,
			void *target)
{
	if (node->type == YAML_MAPPING_NODE)
		return compose_pairs(compose, node, target, take_dependency);
	return compose_each(compose, node, target, take_started);
}

/* ------------------------------------------------------------- availability */

static int take_restart(struct compose *compose, yaml_node_t *node,
			void *target)
{
	/* "no" and "false" are one value. */
	enum word { NO, FALSE, ALWAYS, ON_FAILURE, EXIT_ON_FAILURE, EMPTY };
	static const char *const names[] = {
		[NO] = "no",
		[FALSE] = "false",
		[ALWAYS] = "always",
		[ON_FAILURE] = "on_failure",
		[EXIT_ON_FAILURE] = "exit_on_failure",
		[EMPTY] = "",
	};
	static const enum restart values[] = {
		[NO] = RESTART_NO,
		[FALSE] = RESTART_NO,
		[ALWAYS] = RESTART_ALWAYS,
		[ON_FAILURE] = RESTART_ON_FAILURE,
		[EXIT_ON_FAILURE] = RESTART_EXIT_ON_FAILURE,
		[EMPTY] = RESTART_DEFAULT,
	};
	static const struct words words = WORDS_OF(names);
	int i = one_of(compose, node, &words);

	if (i >= 0)
		*(enum restart *)target = values[i];
	return i < 0 ? i : 0;
}

static int take_availability(struct compose *compose, yaml_node_t *node,
			     void *target)
{
	static const struct key keys[] = {
		{ "restart", KEY_TAKE, offsetof(struct availability, restart),
		  take_restart },
		{ "backoff_seconds", KEY_SECONDS,
		  offsetof(struct availability, backoff_us), NULL },
		{ "max_backoff_seconds", KEY_SECONDS,
		  offsetof(struct availability, backoff_max_us), NULL },
		{ "max_restarts", KEY_NUMBER,
		  offsetof(struct availability, max_restarts), NULL },
		{ "exit_on_end", KEY_BOOL,
		  offsetof(struct availability, exit_on_end), NULL },
		{ "exit_on_skipped", KEY_BOOL,
		  offsetof(struct availability, exit_on_skipped), NULL },
		{ 0 },
	};

	return compose_map(compose, node, keys, target);
}

/* ----------------------------------------------------------------- shutdown */

struct stopping {
	struct shutdown *shutdown;
	struct jig_step step;
	bool has_step;
};

static int take_signal(struct compose *compose, yaml_node_t *node, void *target)
{
	struct jig_step *step = target;
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r < 0)
		return r;
	step->signal = strcmp(text, "0") == 0 ? SIGTERM : text_signal(text);
	return step->signal > 0 ? 0
				: compose_wrong(compose, node,
						"'%s' is no signal", text);
}

/* As it is written here, and not as a duration of the whole: the first step. */
static int take_shutdown(struct compose *compose, yaml_node_t *node,
			 void *target)
{
	static const struct key keys[] = {
		{ "command", KEY_IGNORED, 0, NULL },
		{ "parent_only", KEY_IGNORED, 0, NULL },
		{ "signal", KEY_TAKE, offsetof(struct stopping, step),
		  take_signal },
		{ "timeout_seconds", KEY_SECONDS,
		  offsetof(struct stopping, step) +
			  offsetof(struct jig_step, wait_us),
		  NULL },
		{ 0 },
	};
	static const struct key own[] = {
		{ "command", KEY_TAKE, offsetof(struct shutdown, command),
		  take_command },
		{ "parent_only", KEY_BOOL, offsetof(struct shutdown, main_only),
		  NULL },
		{ "signal", KEY_IGNORED, 0, NULL },
		{ "timeout_seconds", KEY_SECONDS,
		  offsetof(struct shutdown, command_timeout_us), NULL },
		{ 0 },
	};
	struct stopping stopping = { .step = { SIGTERM, 10000000 } };
	struct shutdown *shutdown = target;
	int r = compose_map(compose, node, keys, &stopping);

	if (r == 0)
		r = compose_map(compose, node, own, shutdown);
	if (r < 0)
		return r;
	list_free(&shutdown->steps);
	return list_append(&shutdown->steps, &stopping.step,
			   sizeof(stopping.step));
}

static int take_stop(struct compose *compose, yaml_node_t *node, void *target)
{
	struct shutdown *shutdown = target;
	struct jig_step steps[PLAN_STEPS];
	size_t count = 0;
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r == 0 && plan_parse_steps(text, steps, &count) < 0)
		r = compose_wrong(compose, node,
				  "'%s' is no policy such as 'INT 2s TERM 10s "
				  "KILL'",
				  text);
	list_free(&shutdown->steps);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = list_append(&shutdown->steps, &steps[i], sizeof(steps[i]));
	return r;
}

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

/* As root nothing more is needed. */
static int take_elevated(struct compose *compose, yaml_node_t *node,
			 void *target)
{
	bool is_elevated = false;
	int r = compose_bool(compose, node, &is_elevated);

	(void)target;
	if (r == 0 && is_elevated && geteuid() != 0)
		return compose_wrong(compose, node,
				     "is_elevated: jig asks for no password; "
				     "run it as root, or sudo in the command");
	return r;
}

static int refuse_schedule(struct compose *compose, yaml_node_t *node,
			   void *target)
{
	(void)target;
	return compose_wrong(compose, node,
			     "schedule: jig starts nothing by the clock; a "
			     "timer of the system does");
}

static int refuse_watch(struct compose *compose, yaml_node_t *node,
			void *target)
{
	(void)target;
	return compose_wrong(compose, node,
			     "watch: jig watches no files; use a program such "
			     "as entr or watchexec in the command");
}

static int refuse_mcp(struct compose *compose, yaml_node_t *node, void *target)
{
	(void)target;
	return compose_wrong(compose, node,
			     "mcp: jig runs no tools for language models");
}

/* ------------------------------------------------------------------ the table
 */

static const struct key keys[] = {
	{ "command", KEY_TAKE, HERE(shell), take_command },
	{ "entrypoint", KEY_TAKE, HERE(argv), take_entrypoint },
	{ "description", KEY_TEXT, HERE(description), NULL },
	{ "working_dir", KEY_PATH, HERE(cwd), NULL },
	{ "environment", KEY_TAKE, HERE(env), compose_environment },
	{ "depends_on", KEY_TAKE, HERE(depends), take_depends },
	{ "readiness_probe", KEY_TAKE, 0, compose_readiness },
	{ "liveness_probe", KEY_TAKE, 0, compose_liveness },
	{ "ready_log_line", KEY_TAKE, 0, compose_log_line },
	{ "availability", KEY_TAKE, HERE(availability), take_availability },
	{ "shutdown", KEY_TAKE, HERE(shutdown), take_shutdown },
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
	/* jig's own. */
	{ "ready", KEY_TAKE, HERE(ready) + offsetof(struct check, probes),
	  take_names },
	{ "live", KEY_TAKE, HERE(live) + offsetof(struct check, probes),
	  take_names },
	{ "listen", KEY_TAKE, HERE(listen), take_names },
	{ "ports", KEY_TAKE, HERE(ports), take_names },
	{ "stop", KEY_TAKE, HERE(shutdown), take_stop },
	{ "cage", KEY_TAKE, HERE(cage), take_cage },
	{ "start_timeout", KEY_SECONDS, HERE(start_timeout_us), NULL },
	/* Read before all others. */
	{ "env_file", KEY_IGNORED, 0, NULL },
	{ "replicas", KEY_IGNORED, 0, NULL },
	{ "vars", KEY_IGNORED, 0, NULL },
	/* To ignore them would run what is not to run now, or not so. */
	{ "schedule", KEY_TAKE, 0, refuse_schedule },
	{ "watch", KEY_TAKE, 0, refuse_watch },
	{ "mcp", KEY_TAKE, 0, refuse_mcp },
	/* Of its screen. */
	{ "disable_ansi_colors", KEY_IGNORED, 0, NULL },
	{ "is_dotenv_disabled", KEY_IGNORED, 0, NULL },
	{ 0 },
};

/* It stands in paths, on terminals and in `jig scale NAME=N`. */
static bool is_name(const char *name)
{
	if (!*name || *name == '.' || *name == '-' || strpbrk(name, "/,="))
		return false;
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	return true;
}

/* What a later file says of a process is over what an earlier one says. */
static int find_or_add(struct compose *compose, const yaml_node_t *key,
		       const char *name, struct service **ret)
{
	struct project *project = compose->project;
	struct service *service = project_find(project, name);
	struct service fresh = { .replicas = 1,
				 .line = (int)key->start_mark.line + 1,
				 .port_index = (int)project->services.count };
	int r = 0;

	if (!is_name(name))
		return compose_wrong(compose, key,
				     "'%s' is no name for a process", name);
	if (!service) {
		fresh.name = project_keep(project, name);
		r = fresh.name ? project_add(project, &fresh) : -ENOMEM;
		service = project_find(project, name);
	}
	if (r == 0 && !service)
		r = -ENOMEM;
	if (r == 0)
		*ret = service;
	return r;
}

/* Of both, the command, as process-compose has it. */
static int end_words(struct service *service)
{
	size_t count = service->argv.count;
	const char *end = NULL;

	if (service->shell)
		list_free(&service->argv);
	if (service->shell || count == 0)
		return 0;
	/* An earlier file may have ended them. */
	return *(char **)list_at(&service->argv, count - 1, sizeof(char *))
		       ? list_append(&service->argv, &end, sizeof(end))
		       : 0;
}

/* What the others are read with: vars, the number of replicas, and env_file,
 * which is below the environment wherever it stands. */
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

/* process-compose refuses the two together, too. */
static int check_readiness(struct compose *compose, yaml_node_t *value)
{
	yaml_node_t *line = compose_find(compose, value, "ready_log_line");

	return line && compose_find(compose, value, "readiness_probe")
		       ? compose_wrong(compose, line,
				       "ready_log_line and readiness_probe do "
				       "not go together")
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
