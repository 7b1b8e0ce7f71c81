// SPDX-License-Identifier: MIT
#include "up/settings/defaults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/retry.h"
#include "up/settings/values.h"

#define OVERMIND_FILE ".overmind.env"

/* The variables of the files, and the settings that they change. */
struct defaults {
	struct up_settings *settings;
	struct list env; /* of char *: "NAME=value" */
	struct list foreman; /* of char *: "key=value" */
	struct fault *fault;
};

static const char *defaults_find(const struct list *list, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = list->count; i > 0; i--) {
		const char *one = *(char **)list_at(list, i - 1, sizeof(one));

		if (strncmp(one, name, length) == 0 && one[length] == '=')
			return one + length + 1;
	}
	return NULL;
}

/* ------------------------------------------------------------------- reading
 */

static int note_origin(struct defaults *defaults, const char *what, int r,
		       const char *value)
{
	struct buffer *origin = &defaults->settings->origin;

	if (r > 0)
		buffer_printf(origin, "%s%s", origin->used ? ", " : "", what);
	if (r == -EINVAL)
		fault_set(defaults->fault, r, "%s: '%s' is not a value", what,
			  value);
	return r < 0 ? r : 0;
}

/* A variable of the files, which override the environment in Overmind. */
static const char *variable_of(struct defaults *defaults, const char *prefix,
			       const char *name, char *ret, size_t size)
{
	const char *value;

	(void)snprintf(ret, size, "%s_%s", prefix, name);
	value = defaults_find(&defaults->env, ret);
	value = value ? value : getenv(ret);
	return value && *value ? defaults_print(defaults->settings, "%s", value)
			       : NULL;
}

static int take_minds(struct defaults *defaults, bool runs)
{
	static const char *const prefixes[] = { "OVERMIND", "HIVEMIND" };
	char name[64];
	int r = 0;

	for (size_t i = 0; r == 0 && defaults_of_minds[i / 2].name; i++) {
		const struct default_setting *one = &defaults_of_minds[i / 2];
		const char *value;

		if (!runs && !one->is_project)
			continue;
		value = variable_of(defaults, prefixes[i % 2], one->name, name,
				    sizeof(name));
		if (value)
			r = note_origin(defaults, name,
					one->take(defaults->settings, value),
					value);
	}
	return r;
}

/* "N,M" of two variables; each has a default of its own. */
static int take_port_steps(struct defaults *defaults)
{
	struct up_settings *settings = defaults->settings;
	char name[64], other[64];
	const char *step = variable_of(defaults, "OVERMIND", "PORT_STEP", name,
				       sizeof(name));
	const char *own =
		variable_of(defaults, "OVERMIND", "FORMATION_PORT_STEP", other,
			    sizeof(other));

	if (!step)
		step = variable_of(defaults, "HIVEMIND", "PORT_STEP", name,
				   sizeof(name));
	if (settings->port_step || (!step && !own))
		return 0;
	settings->port_step =
		defaults_print(settings, "%s,%s", step ? step : "100",
			       own ? own : "10");
	return settings->port_step
		       ? note_origin(defaults, step ? name : other, 1, "")
		       : -ENOMEM;
}

static int take_procfile_of_env(struct defaults *defaults)
{
	const char *value = defaults_find(&defaults->env, "PROCFILE");

	if (!value || !*value)
		return 0;
	value = defaults_print(defaults->settings, "%s", value);
	return value ? note_origin(defaults, "PROCFILE of .env",
				   default_procfile(defaults->settings, value),
				   value)
		     : -ENOMEM;
}

static int take_foreman(struct defaults *defaults, bool runs)
{
	char what[64];
	int r = 0;

	for (const struct default_setting *one = defaults_of_foreman;
	     r == 0 && one->name; one++) {
		const char *value =
			defaults_find(&defaults->foreman, one->name);

		if (!value || !*value || (!runs && !one->is_project))
			continue;
		(void)snprintf(what, sizeof(what), "%s of .foreman", one->name);
		value = defaults_print(defaults->settings, "%s", value);
		r = value ? note_origin(defaults, what,
					one->take(defaults->settings, value),
					value)
			  : -ENOMEM;
	}
	return r;
}

/* --------------------------------------------------------------------- files
 */

int defaults_environment(const struct up_settings *settings, struct list *ret,
			 struct fault *fault)
{
	const char *home = getenv("HOME");
	CLEANUP_FREE char *path = NULL;
	int r = 0;

	if (!settings->has_defaults)
		return 0;
	/* The commas of a list of files. */
	if (home && *home && !strchr(home, ',')) {
		if (asprintf(&path, "%s/" OVERMIND_FILE, home) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		r = env_file_read(ENV_DOCKER, AT_FDCWD, path, true, ret, fault);
	}
	return r < 0 ? r
		     : env_file_read(ENV_DOCKER, AT_FDCWD, OVERMIND_FILE, true,
				     ret, fault);
}

/* An error in .env is reported when the services get it. A pipe (-e <(…)) can
 * be read only once, and that is for the services: so it counts as an error. */
static void read_dotenv(struct defaults *defaults)
{
	const struct up_settings *settings = defaults->settings;
	const char *directory = settings->directory ? settings->directory : ".";
	CLEANUP_CLOSE int fd =
		RETRY(open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC));
	struct fault fault;

	if (settings->env_files)
		(void)env_file_read(settings->dialect, AT_FDCWD,
				    settings->env_files, true, &defaults->env,
				    &fault);
	else if (fd >= 0 && !settings->no_dotenv)
		(void)env_file_read(settings->dialect, fd, ".env", true,
				    &defaults->env, &fault);
}

static int read_environment_files(struct defaults *defaults)
{
	struct up_settings *settings = defaults->settings;
	int r = defaults_environment(settings, &defaults->env, defaults->fault);
	char name[64];

	if (r < 0)
		return r;
	settings->no_dotenv =
		getenv("OVERMIND_SKIP_ENV") ||
		defaults_find(&defaults->env, "OVERMIND_SKIP_ENV");
	read_dotenv(defaults);
	settings->more_env_files =
		settings->env_files ? NULL
				    : variable_of(defaults, "OVERMIND", "ENV",
						  name, sizeof(name));
	return settings->more_env_files
		       ? env_file_read(ENV_DOCKER, AT_FDCWD,
				       settings->more_env_files, true,
				       &defaults->env, defaults->fault)
		       : 0;
}

static int defaults_take_all(struct defaults *defaults, bool runs)
{
	int r = read_environment_files(defaults);

	if (r == 0)
		r = defaults_read_foreman(&defaults->foreman, defaults->fault);
	/* Without errors for a client: `jig down` must not need them. */
	if (r < 0 && runs)
		return r;
	r = take_minds(defaults, runs);
	if (r == 0)
		r = take_procfile_of_env(defaults);
	if (r == 0 && runs)
		r = take_port_steps(defaults);
	return r < 0 ? r : take_foreman(defaults, runs);
}

int defaults_take(struct up_settings *settings, bool runs, struct fault *fault)
{
	struct defaults defaults = { .settings = settings, .fault = fault };
	int r;

	settings->has_defaults = true;
	r = defaults_take_all(&defaults, runs);
	list_free_texts(&defaults.env);
	list_free_texts(&defaults.foreman);
	return r;
}

static bool is_of_project(const struct project *project, const char *word)
{
	size_t length = strcspn(word, "=");

	if (length == 3 && strncmp(word, "all", 3) == 0)
		return true;
	for (size_t i = 0; i < project->services.count; i++) {
		const char *name = project_service(project, i)->name;

		if (strlen(name) == length && strncmp(name, word, length) == 0)
			return true;
	}
	return false;
}

const char *defaults_known(struct project *project, const char *text)
{
	CLEANUP_FREE char *copy = strdup(text);
	CLEANUP(buffer_free) struct buffer known = { 0 };
	char *word, *rest = copy;

	while (copy && (word = strsep(&rest, ",")))
		if (is_of_project(project, word + strspn(word, " \t")))
			buffer_printf(&known, "%s%s", known.used ? "," : "",
				      word);
	return copy && !known.error
		       ? project_copy(project, known.text ? known.text : "")
		       : NULL;
}

int defaults_names(const struct up_settings *settings, struct project *project,
		   struct list *ret)
{
	const char *copy = defaults_known(project, settings->names);
	char *word, *rest = (char *)copy;
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (word = strsep(&rest, ", ")))
		r = *word ? list_append(ret, &word, sizeof(word)) : 0;
	return r < 0 ? r : list_end(ret);
}
