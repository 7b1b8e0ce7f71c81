// SPDX-License-Identifier: MIT
#include "cli/command/up_options.h"

#include <errno.h>
#include <string.h>

#include "base/input.h"
#include "base/text.h"
#include "cage/cage.h"
#include "cli/command/external.h"
#include "cli/command/up_takes.h"
#include "core/shared/plan.h"

/* ------------------------------------------------------------------- output */

static int take_no_prefix(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->plain = true;
	return 0;
}

static int take_no_times(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->no_times = true;
	return 0;
}

static int command_up_take_merge(void *data, const char *value,
				 struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->merge = true;
	return 0;
}

static int command_up_take_pty(void *data, const char *value,
			       struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->pty = true;
	return 0;
}

static int command_up_take_quiet(void *data, const char *value,
				 struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->quiet = true;
	return 0;
}

static int command_up_take_colour(void *data, const char *value,
				  struct fault *fault)
{
	static const char *const names[] = {
		[UP_COLOUR_AUTO] = "auto",
		[UP_COLOUR_ALWAYS] = "always",
		[UP_COLOUR_NEVER] = "never",
	};
	static const struct words words = WORDS_OF(names);
	int i = up_one_of("colour", value, &words, fault);

	if (i >= 0)
		((struct up_settings *)data)->colour = (enum up_colour)i;
	return i < 0 ? i : 0;
}

static int take_log_dir(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->log_dir = value;
	return 0;
}

static int up_take_events(void *data, const char *value, struct fault *fault)
{
	if (!*value)
		return fault_set(fault, -EINVAL,
				 "expected a descriptor or a "
				 "file");
	((struct up_settings *)data)->events = value;
	return 0;
}

static int take_log_size(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;

	return text_size(value, &settings->log_size) < 0
		       ? up_wrong(fault, "log-size", value,
				  "a size such as 10M")
		       : 0;
}

static int take_log_files(void *data, const char *value, struct fault *fault)
{
	uint64_t number;

	if (text_number(value, 1000, &number) < 0)
		return up_wrong(fault, "log-files", value,
				"a number from 0 to 1000");
	((struct up_settings *)data)->log_files = (unsigned)number;
	return 0;
}

static int take_mute(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	return list_append(&((struct up_settings *)data)->muted, &value,
			   sizeof(value));
}

static int take_stdin(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->stdin_of = value;
	return 0;
}

/* ------------------------------------------------------------ some services */

/* Whether it begins with "NAME=". Policies have no '='. */
static bool has_name(const char *value)
{
	size_t length = strcspn(value, "=");

	return length > 0 && value[length] == '=';
}

static int take_can_die(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	return up_add_named(data, UP_NAMED_CAN_DIE, value);
}

static int command_up_take_ready(void *data, const char *value,
				 struct fault *fault)
{
	return has_name(value) ? up_add_named(data, UP_NAMED_READY, value)
			       : up_wrong(fault, "ready", value,
					  "of the form NAME=PROBE");
}

static int command_up_take_via(void *data, const char *value,
			       struct fault *fault)
{
	return has_name(value) ? up_add_named(data, UP_NAMED_VIA, value)
			       : up_wrong(fault, "via", value,
					  "of the form NAME=COMMAND");
}

/* ---------------------------------------------------- the end, and restarts */

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

static int take_restarts(void *data, const char *value, struct fault *fault)
{
	return has_name(value) ? up_add_named(data, UP_NAMED_RESTART, value)
			       : up_take_restart(data, value, fault);
}

static int take_max_restarts(void *data, const char *value, struct fault *fault)
{
	uint64_t number;

	if (text_number(value, 1000000, &number) < 0)
		return up_wrong(fault, "max-restarts", value,
				"a number from 0 to 1000000");
	((struct up_settings *)data)->max_restarts = (unsigned)number;
	return 0;
}

static int take_stop(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;

	if (has_name(value))
		return up_add_named(data, UP_NAMED_STOP, value);
	return plan_parse_steps(value, settings->steps, &settings->step_count) <
			       0
		       ? up_wrong(fault, "stop", value,
				  "a policy such as 'INT 2s TERM 10s KILL'")
		       : 0;
}

static int command_up_take_cage(void *data, const char *value,
				struct fault *fault)
{
	int i = up_one_of("cage", value, &cage_words, fault);

	if (i >= 0)
		((struct up_settings *)data)->cage = (enum jig_cage)i;
	return i < 0 ? i : 0;
}

static int command_up_take_owner(void *data, const char *value,
				 struct fault *fault)
{
	struct up_settings *settings = data;
	uint64_t pid;

	if (strcmp(value, "none") == 0)
		settings->owner = JIG_OWNER_NONE;
	else if (strcmp(value, "parent") == 0)
		settings->owner = 0;
	else if (strcmp(value, "stdin") == 0)
		settings->owner = INPUT_OWNER;
	else if (text_number(value, INT32_MAX, &pid) < 0 || pid == 0)
		return up_wrong(fault, "owner", value,
				"a pid, parent, stdin or none");
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

static int take_ordered(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->ordered = true;
	return 0;
}

static int take_force_new(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->force_new = true;
	return 0;
}

/* ------------------------------------------------------------------ the table
 */

const struct option up_options[] = {
	OPTION_GROUP("project"),
	PROJECT_OPTIONS,
	OPTION_GROUP("environment"),
	ENVIRONMENT_OPTIONS,
	{ 0, "allow-commands", NULL, NULL,
	  "run the commands of the file's env_cmds", up_take_allow_commands },
	OPTION_GROUP("instances"),
	FORMATION_OPTIONS,
	OPTION_GROUP("output"),
	{ 0, "no-prefix", NULL, NULL, "print lines without a prefix",
	  take_no_prefix },
	{ 0, "no-times", NULL, NULL, "print prefixes without the time",
	  take_no_times },
	{ 0, "json", NULL, NULL, "print each line as a JSON object",
	  up_take_json },
	{ 0, "merge", NULL, NULL, "print the services' stderr on stdout",
	  command_up_take_merge },
	{ 0, "colour", "WHEN", "auto always never",
	  "a colour for each service's prefix", command_up_take_colour },
	{ 0, "color", "WHEN", "auto always never", "same as --colour",
	  command_up_take_colour },
	{ 0, "pty", NULL, NULL, "give each service a terminal",
	  command_up_take_pty },
	{ 0, "log-dir", "DIR", NULL, "also write a log file for each instance",
	  take_log_dir },
	{ 0, "log-size", "SIZE", NULL,
	  "rotate a log file above this size (default: 10M)", take_log_size },
	{ 0, "log-files", "N", NULL,
	  "number of old log files to keep (default: 5)", take_log_files },
	{ 0, "events", "TO", NULL,
	  "write events as JSON to this descriptor or file", up_take_events },
	{ 0, "mute", "NAME,...", NULL, "do not print the lines of these",
	  take_mute },
	{ 0, "stdin", "NAME", NULL, "this service reads the standard input",
	  take_stdin },
	{ 'q', "quiet", NULL, NULL, "print only errors of jig",
	  command_up_take_quiet },
	OPTION_GROUP("ending"),
	{ 0, "any-can-die", NULL, NULL, "if one service ends, the others go on",
	  take_any_can_die },
	{ 0, "can-die", "NAME,...", NULL,
	  "if one of these ends, the others go on", take_can_die },
	{ 0, "exit-on-failure", NULL, NULL, "stop all only if a service fails",
	  take_exit_on_failure },
	{ 0, "keep-going", NULL, NULL,
	  "do not exit when all services have ended", take_keep_going },
	{ 0, "restart", "POLICY", "no on-failure always",
	  "restart services: [NAME=]no, on-failure, always", take_restarts },
	{ 0, "max-restarts", "N", NULL, "limit of restarts; 0: none",
	  take_max_restarts },
	OPTION_GROUP("stop"),
	{ 0, "stop", "POLICY", NULL, "steps of a stop: '[NAME=]TERM 10s KILL'",
	  take_stop },
	{ 't', "timeout", "TIME", NULL,
	  "time from SIGTERM to SIGKILL (default: 10s)", up_take_timeout },
	{ 0, "ordered-shutdown", NULL, NULL,
	  "stop services one after the other, in reverse order", take_ordered },
	OPTION_GROUP("readiness"),
	{ 0, "ready", "NAME=PROBE", NULL, "when a service is ready",
	  command_up_take_ready },
	OPTION_GROUP("machine"),
	{ 0, "via", "NAME=COMMAND", NULL,
	  "run a service on the machine that this leads to: db='ssh host'",
	  command_up_take_via },
	OPTION_GROUP("cage"),
	{ 0, "cage", "KIND", "auto cgroup pidns subreaper pgroup",
	  "kind of cage of each service", command_up_take_cage },
	{ 0, "owner", "PID", "parent stdin none",
	  "end when this ends: a pid, parent (default), stdin, none (with -D)",
	  command_up_take_owner },
	OPTION_GROUP("background"),
	{ 'D', "detach", NULL, NULL,
	  "run in the background; return when all are ready", take_detached },
	{ 0, "force-new", NULL, NULL, "start even if this project runs already",
	  take_force_new },
	{ 0 },
};

static const struct page_pair up_examples[] = {
	{ "jig up", "all services of the project here, until Ctrl-C" },
	{ "jig up -D", "in the background; `jig down` stops them" },
	{ "jig up -- pytest", "services around one command" },
	{ NULL, NULL },
};

const struct command command_up = {
	.name = "up",
	.task = TASK_SERVICES,
	.usage = "[OPTION…] [NAME…] [-- COMMAND [ARGUMENT…]]",
	.words = "service+ -- command",
	.summary = "run the services of a Procfile or process-compose.yaml",
	.manual = "jig-up(1)",
	.options = { up_options },
	.examples = up_examples,
	.run = external_run,
};
