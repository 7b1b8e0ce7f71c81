// SPDX-License-Identifier: MIT
#include "cli/command/up_options.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "base/text/words.h"
#include "cage/cage.h"
#include "core/shared/plan.h"

static int wrong(struct fault *fault, const char *option, const char *value,
		 const char *wanted)
{
	return fault_set(fault, -EINVAL, "--%s '%s' is not %s", option, value,
			 wanted);
}

static int one_of(const char *option, const char *value,
		  const struct words *words, struct fault *fault)
{
	int i = words_parse(words, value);

	if (i >= 0)
		return i;
	return fault_set(fault, -EINVAL, "--%s: there is no '%s'", option,
			 value);
}

static int keep(struct list *list, const char *value)
{
	return list_append(list, &value, sizeof(value));
}

/* ------------------------------------------------------------ the project */

static int take_file(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	return keep(&((struct up_settings *)data)->files, value);
}

static int take_directory(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->directory = value;
	return 0;
}

static int take_honcho(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;

	(void)value, (void)fault;
	settings->honcho = true;
	settings->dialect = ENV_HONCHO;
	return 0;
}

static int take_env(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->env_files = value;
	return 0;
}

static int take_dialect(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;

	return env_dialect_parse(value, &settings->dialect) < 0
		       ? wrong(fault, "env-dialect", value,
			       "docker, honcho or foreman")
		       : 0;
}

static int take_formation(struct up_settings *settings, const char *value,
			  bool exclusive)
{
	struct up_formation formation = { value, exclusive };

	return list_append(&settings->formations, &formation,
			   sizeof(formation));
}

static int take_concurrency(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	return take_formation(data, value, false);
}

static int take_exclusive(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	return take_formation(data, value, true);
}

static int take_exclude(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	return keep(&((struct up_settings *)data)->left_out, value);
}

static int take_port(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->port = value;
	return 0;
}

/* ----------------------------------------------------------------- output */

static int take_no_prefix(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->plain = true;
	return 0;
}

static int take_json(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;

	(void)value, (void)fault;
	settings->json = settings->status_json = true;
	return 0;
}

static int take_services(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->services = true;
	return 0;
}

static int take_no_times(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->no_times = true;
	return 0;
}

static int take_merge(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->merge = true;
	return 0;
}

static int take_pty(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->pty = true;
	return 0;
}

static int take_quiet(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->quiet = true;
	return 0;
}

static int take_colour(void *data, const char *value, struct fault *fault)
{
	/* In the order of enum output_colour. */
	static const char *const names[] = { "auto", "always", "never" };
	static const struct words words = WORDS_OF(names);
	int i = one_of("colour", value, &words, fault);

	if (i >= 0)
		((struct up_settings *)data)->colour = i;
	return i < 0 ? i : 0;
}

static int take_log_dir(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->log_dir = value;
	return 0;
}

static int take_log_size(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;

	return text_size(value, &settings->log_size) < 0
		       ? wrong(fault, "log-size", value, "a size such as 10M")
		       : 0;
}

static int take_log_files(void *data, const char *value, struct fault *fault)
{
	uint64_t number;

	if (text_number(value, 1000, &number) < 0)
		return wrong(fault, "log-files", value, "a number up to 1000");
	((struct up_settings *)data)->log_files = (unsigned)number;
	return 0;
}

/* ----------------------------------------------------------------- ending */

static int take_any_can_die(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->ending = UP_ENDING_ANY_CAN_DIE;
	return 0;
}

static int take_exit_on_failure(void *data, const char *value,
				struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->ending = UP_ENDING_ON_FAILURE;
	return 0;
}

static int take_keep_going(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->ending = UP_ENDING_KEEP_GOING;
	return 0;
}

static int take_restart(void *data, const char *value, struct fault *fault)
{
	static const char *const names[] = {
		[UP_RESTART_FILE] = "file",
		[UP_RESTART_NO] = "no",
		[UP_RESTART_ON_FAILURE] = "on-failure",
		[UP_RESTART_ALWAYS] = "always",
	};
	static const struct words words = WORDS_OF(names);
	int i = one_of("restart", value, &words, fault);

	if (i >= 0)
		((struct up_settings *)data)->restart = (enum up_restart)i;
	return i < 0 ? i : 0;
}

static int take_max_restarts(void *data, const char *value, struct fault *fault)
{
	uint64_t number;

	if (text_number(value, 1000000, &number) < 0)
		return wrong(fault, "max-restarts", value, "a number");
	((struct up_settings *)data)->max_restarts = (unsigned)number;
	return 0;
}

static int take_stop(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;

	return plan_parse_steps(value, settings->steps, &settings->step_count) <
			       0
		       ? wrong(fault, "stop", value,
			       "a policy such as 'INT 2s TERM 10s KILL'")
		       : 0;
}

static int take_timeout(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;

	return text_duration(value, &settings->grace_us) < 0
		       ? wrong(fault, "timeout", value,
			       "a duration such as 500ms, 10s or 2m")
		       : 0;
}

static int take_cage(void *data, const char *value, struct fault *fault)
{
	int i = one_of("cage", value, &cage_words, fault);

	if (i >= 0)
		((struct up_settings *)data)->cage = (enum jig_cage)i;
	return i < 0 ? i : 0;
}

static int take_owner(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;
	uint64_t pid;

	if (strcmp(value, "none") == 0)
		settings->owner = JIG_OWNER_NONE;
	else if (strcmp(value, "parent") == 0)
		settings->owner = 0;
	else if (text_number(value, INT32_MAX, &pid) < 0 || pid == 0)
		return wrong(fault, "owner", value, "a pid, parent or none");
	else
		settings->owner = (pid_t)pid;
	return 0;
}

static int take_detached(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->detached = true;
	return 0;
}

static int take_force_new(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->force_new = true;
	return 0;
}

/* ------------------------------------------------ against a running `up` */

static int take_lines(void *data, const char *value, struct fault *fault)
{
	uint64_t number;

	if (text_number(value, 1000000000, &number) < 0)
		return wrong(fault, "lines", value, "a number");
	((struct up_settings *)data)->lines = (unsigned)number;
	return 0;
}

static int take_follow(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->follow = true;
	return 0;
}

static int take_detach_key(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;

	return detach_key_parse(value, &settings->detach_key) < 0
		       ? wrong(fault, "detach-key", value,
			       "a key such as 'ctrl-] d', or none")
		       : 0;
}

static int take_read_only(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->read_only = true;
	return 0;
}

/* ----------------------------------------------------------------- export */

static int take_application(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->application = value;
	return 0;
}

static int take_user(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->user = value;
	return 0;
}

static int take_image(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->image = value;
	return 0;
}

static int take_log(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->export_log_dir = value;
	return 0;
}

/* ------------------------------------------------------------- the tables */

/* Which project: the same for every command. */
#define PROJECT_OPTIONS                                                        \
	{ 'f',                                                                 \
	  "file",                                                              \
	  "FILE",                                                              \
	  NULL,                                                                \
	  "Procfile or YAML; a later YAML file overrides",                     \
	  take_file },                                                         \
	{                                                                      \
		'd', "directory", "DIR", NULL,                                 \
			"directory in which services run", take_directory      \
	}

#define ENVIRONMENT_OPTIONS                                                    \
	{ 'e',                                                                 \
	  "env",                                                               \
	  "FILES",                                                             \
	  NULL,                                                                \
	  "files with variables, a,b (default: .env)",                         \
	  take_env },                                                          \
		{ 0,                                                           \
		  "env-dialect",                                               \
		  "DIALECT",                                                   \
		  "docker honcho foreman",                                     \
		  "format of these files (default: docker)",                   \
		  take_dialect },                                              \
	{                                                                      \
		0, "honcho", NULL, NULL,                                       \
			"like Honcho: its dialect, the current directory",     \
			take_honcho                                            \
	}

#define FORMATION_OPTIONS                                                      \
	{ 'c',                                                                 \
	  "concurrency",                                                       \
	  "NAME=N,...",                                                        \
	  NULL,                                                                \
	  "number of instances (default: 1)",                                  \
	  take_concurrency },                                                  \
		{ 'm',                                                         \
		  "formation",                                                 \
		  "NAME=N,...",                                                \
		  NULL,                                                        \
		  "the same; run only the named services",                     \
		  take_exclusive },                                            \
		{ 'x',                                                         \
		  "exclude",                                                   \
		  "NAME,...",                                                  \
		  NULL,                                                        \
		  "run all services but these",                                \
		  take_exclude },                                              \
	{                                                                      \
		'p', "port", "PORT", NULL,                                     \
			"base of the port numbers (default: 5000)", take_port  \
	}

const struct option up_options[] = {
	PROJECT_OPTIONS,
	ENVIRONMENT_OPTIONS,
	FORMATION_OPTIONS,
	{ 0, "no-prefix", NULL, NULL, "print lines without a prefix",
	  take_no_prefix },
	{ 0, "no-times", NULL, NULL, "print prefixes without the time",
	  take_no_times },
	{ 0, "json", NULL, NULL, "print each line as a JSON object",
	  take_json },
	{ 0, "merge", NULL, NULL, "print the services' stderr on stdout",
	  take_merge },
	{ 0, "colour", "WHEN", "auto always never",
	  "a colour for each service's prefix", take_colour },
	{ 0, "color", "WHEN", "auto always never", "same as --colour",
	  take_colour },
	{ 0, "pty", NULL, NULL, "give each service a terminal", take_pty },
	{ 0, "log-dir", "DIR", NULL, "also write a log file for each instance",
	  take_log_dir },
	{ 0, "log-size", "SIZE", NULL,
	  "rotate a log file above this size (default: 10M)", take_log_size },
	{ 0, "log-files", "N", NULL,
	  "number of old log files to keep (default: 5)", take_log_files },
	{ 'q', "quiet", NULL, NULL, "print only errors of jig", take_quiet },
	{ 0, "any-can-die", NULL, NULL, "if one service ends, the others go on",
	  take_any_can_die },
	{ 0, "exit-on-failure", NULL, NULL, "stop all only if a service fails",
	  take_exit_on_failure },
	{ 0, "keep-going", NULL, NULL,
	  "do not exit when all services have ended", take_keep_going },
	{ 0, "restart", "POLICY", "no on-failure always",
	  "restart services: no, on-failure, always (default: the file's)",
	  take_restart },
	{ 0, "max-restarts", "N", NULL, "limit of restarts; 0: none",
	  take_max_restarts },
	{ 0, "stop", "POLICY", NULL, "steps of a stop: 'TERM 10s KILL'",
	  take_stop },
	{ 't', "timeout", "TIME", NULL,
	  "time from SIGTERM to SIGKILL (default: 10s)", take_timeout },
	{ 0, "cage", "KIND", "auto cgroup pidns subreaper pgroup",
	  "kind of cage of each service", take_cage },
	{ 0, "owner", "PID", "parent none",
	  "end when this process ends (default: parent; with -D none)",
	  take_owner },
	{ 'D', "detach", NULL, NULL,
	  "run in the background; return when all are ready", take_detached },
	{ 0, "force-new", NULL, NULL, "start even if this project runs already",
	  take_force_new },
	{ 0 },
};

const struct option check_options[] = {
	PROJECT_OPTIONS,
	ENVIRONMENT_OPTIONS,
	FORMATION_OPTIONS,
	{ 0 },
};

const struct option exec_options[] = {
	PROJECT_OPTIONS,
	ENVIRONMENT_OPTIONS,
	{ 0 },
};

const struct option export_options[] = {
	PROJECT_OPTIONS,
	ENVIRONMENT_OPTIONS,
	FORMATION_OPTIONS,
	{ 'a', "app", "NAME", NULL, "name of the application, for file names",
	  take_application },
	{ 'u', "user", "USER", NULL, "user that runs the services", take_user },
	{ 'i', "image", "IMAGE", NULL, "image of containers", take_image },
	{ 'l', "log", "DIR", NULL, "directory for logs", take_log },
	{ 0 },
};

const struct option client_options[] = { PROJECT_OPTIONS, { 0 } };

const struct option down_options[] = {
	PROJECT_OPTIONS,
	{ 't', "timeout", "TIME", NULL,
	  "hurry the stop after this time (default: by the policies)",
	  take_timeout },
	{ 0 },
};

const struct option ps_options[] = {
	PROJECT_OPTIONS,
	{ 0, "services", NULL, NULL, "show services, in any directory",
	  take_services },
	{ 0, "json", NULL, NULL, "print JSON", take_json },
	{ 0 },
};

const struct option logs_options[] = {
	{ 0, "file", "FILE", NULL, "file of the project", take_file },
	{ 'd', "directory", "DIR", NULL, "directory in which services run",
	  take_directory },
	{ 'f', "follow", NULL, NULL, "also print further output", take_follow },
	{ 'n', "lines", "N", NULL,
	  "only the last N lines (default: all that are kept)", take_lines },
	{ 0 },
};

const struct option attach_options[] = {
	PROJECT_OPTIONS,
	{ 0, "detach-key", "KEY", NULL,
	  "key that detaches (default: 'ctrl-] d')", take_detach_key },
	{ 0, "read-only", NULL, NULL, "show output, pass no input",
	  take_read_only },
	{ 0 },
};

void up_settings_init(struct up_settings *settings)
{
	*settings = (struct up_settings){ .grace_us = -1 };
	(void)detach_key_parse("ctrl-] d", &settings->detach_key);
}

void up_settings_free(struct up_settings *settings)
{
	list_free(&settings->files);
	list_free(&settings->formations);
	list_free(&settings->left_out);
}
