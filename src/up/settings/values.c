// SPDX-License-Identifier: MIT
/* What each setting of .foreman, and of OVERMIND_*, sets. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "up/settings/values.h"

const char *defaults_print(struct up_settings *settings, const char *format,
			   ...)
{
	char *text;
	va_list arguments;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	return length < 0 || list_take_text(&settings->texts, text) < 0 ? NULL
									: text;
}

/* ------------------------------------------------------------ one setting each
 */

static bool is_true(const char *value)
{
	static const char *const words[] = { "1",    "t",    "T",
					     "true", "TRUE", "True" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(value, words[i]) == 0)
			return true;
	return false;
}

static bool has_named(const struct up_settings *settings,
		      enum up_named_kind kind)
{
	for (size_t i = 0; i < settings->named.count; i++) {
		const struct up_named *named =
			list_at(&settings->named, i, sizeof(*named));

		if (named->kind == kind)
			return true;
	}
	return false;
}

static int name_default(struct up_settings *settings, enum up_named_kind kind,
			const char *text)
{
	struct up_named named = { kind, text, true };

	return list_append(&settings->named, &named, sizeof(named));
}

static int default_file(struct up_settings *settings, const char *value)
{
	if (settings->files.count > 0)
		return 0;
	settings->has_default_file = true;
	return list_append(&settings->files, &value, sizeof(value)) ?: 1;
}

/* Honcho looks for it in its -d. */
int default_procfile(struct up_settings *settings, const char *value)
{
	if (settings->directory && *value != '/')
		value = defaults_print(settings, "%s/%s", settings->directory,
				       value);
	return value ? default_file(settings, value) : -ENOMEM;
}

static int default_root(struct up_settings *settings, const char *value)
{
	if (settings->directory)
		return 0;
	settings->directory = value;
	return 1;
}

static int default_env(struct up_settings *settings, const char *value)
{
	if (settings->env_files)
		return 0;
	settings->env_files = value;
	settings->has_default_env = true;
	return 1;
}

static int add_formation(struct up_settings *settings, const char *value,
			 bool exclusive)
{
	struct up_formation formation = { value, exclusive, true };

	if (settings->formations.count > 0)
		return 0;
	return list_append(&settings->formations, &formation, sizeof(formation))
		       ?: 1;
}

static int default_formation(struct up_settings *settings, const char *value)
{
	return add_formation(settings, value, false);
}

static int default_foreman_formation(struct up_settings *settings,
				     const char *value)
{
	return add_formation(settings, value, true);
}

static int default_port(struct up_settings *settings, const char *value)
{
	if (settings->port)
		return 0;
	settings->port = value;
	return 1;
}

static int default_no_port(struct up_settings *settings, const char *value)
{
	settings->no_port = is_true(value);
	return 1;
}

/* In seconds. */
static int default_timeout(struct up_settings *settings, const char *value)
{
	uint64_t seconds;

	if (settings->grace_us >= 0)
		return 0;
	if (text_number(value, 1000000, &seconds) < 0)
		return -EINVAL;
	settings->grace_us = (int64_t)seconds * 1000000;
	return 1;
}

static int default_names(struct up_settings *settings, const char *value)
{
	settings->names = value;
	return 1;
}

static int default_left_out(struct up_settings *settings, const char *value)
{
	if (settings->left_out.count > 0)
		return 0;
	settings->not_names = value;
	return 1;
}

static int default_can_die(struct up_settings *settings, const char *value)
{
	if (settings->ending != UP_ENDING_FILE ||
	    has_named(settings, UP_NAMED_CAN_DIE))
		return 0;
	return name_default(settings, UP_NAMED_CAN_DIE, value) ?: 1;
}

static int default_any_can_die(struct up_settings *settings, const char *value)
{
	if (settings->ending != UP_ENDING_FILE || !is_true(value))
		return 0;
	settings->ending = UP_ENDING_ANY_CAN_DIE;
	return 1;
}

static int default_delayed(struct up_settings *settings, const char *value)
{
	return name_default(settings, UP_NAMED_DELAYED, value) ?: 1;
}

/* "web,worker", or "all". */
static int default_restart(struct up_settings *settings, const char *value)
{
	CLEANUP_FREE char *copy = strdup(value);
	char *word, *rest = copy;
	int r = copy ? 0 : -ENOMEM;

	if (settings->restart != UP_RESTART_FILE ||
	    has_named(settings, UP_NAMED_RESTART))
		return 0;
	while (r == 0 && (word = strsep(&rest, ", "))) {
		const char *text;

		if (strcmp(word, "all") == 0)
			settings->restart = UP_RESTART_ALWAYS;
		if (!*word || strcmp(word, "all") == 0)
			continue;
		text = defaults_print(settings, "%s=always", word);
		r = text ? name_default(settings, UP_NAMED_RESTART, text)
			 : -ENOMEM;
	}
	return r < 0 ? r : 1;
}

/* "web=KILL": nothing can follow. */
static bool is_last_step(const char *word)
{
	const char *signal = strchr(word, '=');

	return signal && text_signal(signal + 1) == SIGKILL;
}

/* "web=QUIT,worker=TERM". SIGKILL follows after the timeout. */
static int default_stop(struct up_settings *settings, const char *value)
{
	CLEANUP_FREE char *copy = strdup(value);
	char *word, *rest = copy;
	int64_t grace_us = settings->grace_us;
	int r = copy ? 0 : -ENOMEM;

	if (settings->step_count > 0 || has_named(settings, UP_NAMED_STOP))
		return 0;
	while (r == 0 && (word = strsep(&rest, ", "))) {
		const char *text;

		if (!*word)
			continue;
		text = is_last_step(word)
			       ? defaults_print(settings, "%s", word)
			       : defaults_print(settings, "%s %lldms KILL",
						word,
						grace_us >= 0
							? (long long)grace_us /
								  1000
							: 10000LL);
		r = text ? name_default(settings, UP_NAMED_STOP, text)
			 : -ENOMEM;
	}
	return r < 0 ? r : 1;
}

static int default_detach(struct up_settings *settings, const char *value)
{
	settings->default_detach = is_true(value);
	return 1;
}

static int default_shell(struct up_settings *settings, const char *value)
{
	settings->shell = value;
	return 1;
}

static int default_plain(struct up_settings *settings, const char *value)
{
	settings->plain |= is_true(value);
	return 1;
}

/* Foreman's "timestamp: false". */
static int default_timestamp(struct up_settings *settings, const char *value)
{
	settings->no_times |= strcmp(value, "false") == 0;
	return 1;
}

static int default_color(struct up_settings *settings, const char *value)
{
	if (settings->colour != UP_COLOUR_AUTO)
		return 0;
	settings->colour = is_true(value) ? UP_COLOUR_ALWAYS : UP_COLOUR_AUTO;
	return 1;
}

static int default_application(struct up_settings *settings, const char *value)
{
	if (settings->application)
		return 0;
	settings->application = value;
	return 1;
}

static int default_user(struct up_settings *settings, const char *value)
{
	if (settings->user)
		return 0;
	settings->user = value;
	return 1;
}

static int default_log(struct up_settings *settings, const char *value)
{
	if (settings->export_log_dir)
		return 0;
	settings->export_log_dir = value;
	return 1;
}

/* -------------------------------------------------------------------- tables
 */

/* A timeout comes before the signals, which it is for. */
const struct default_setting defaults_of_minds[] = {
	{ "PROCFILE", true, default_file },
	{ "ROOT", true, default_root },
	{ "PROCESSES", false, default_names },
	{ "IGNORED_PROCESSES", false, default_left_out },
	{ "DELAYED_PROCESSES", false, default_delayed },
	{ "FORMATION", false, default_formation },
	{ "PORT", false, default_port },
	{ "NO_PORT", false, default_no_port },
	{ "TIMEOUT", false, default_timeout },
	{ "ANY_CAN_DIE", false, default_any_can_die },
	{ "CAN_DIE", false, default_can_die },
	{ "AUTO_RESTART", false, default_restart },
	{ "STOP_SIGNALS", false, default_stop },
	{ "SHELL", false, default_shell },
	{ "DAEMONIZE", false, default_detach },
	{ "NO_PREFIX", false, default_plain },
	{ 0 },
};

const struct default_setting defaults_of_foreman[] = {
	{ "procfile", true, default_file },
	{ "root", true, default_root },
	{ "env", false, default_env },
	{ "formation", false, default_foreman_formation },
	{ "port", false, default_port },
	{ "timeout", false, default_timeout },
	{ "timestamp", false, default_timestamp },
	{ "color", false, default_color },
	{ "app", false, default_application },
	{ "user", false, default_user },
	{ "log", false, default_log },
	{ 0 },
};
