// SPDX-License-Identifier: MIT
/* The environment of the command: first ours, then the files of --env-file,
 * then --env. The later one wins; the order of the options does not count. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "cli/run/option/option.h"
#include "cli/run/option/value.h"

int run_take_env(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	if (!strchr(value, '=') || *value == '=')
		return option_wrong(fault, "env", value,
				    "of the form NAME=value");
	return list_append(&settings->env, &value, sizeof(value));
}

int run_take_clear_env(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	(void)value;
	(void)fault;
	settings->clear_env = true;
	return 0;
}

int run_take_env_file(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	(void)fault;
	return list_append(&settings->env_files, &value, sizeof(value));
}

int run_take_env_dialect(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	return env_dialect_parse(value, &settings->env_dialect) < 0
		       ? option_wrong(fault, "env-dialect", value,
				      "docker, honcho or foreman")
		       : 0;
}

int run_env_read(struct run_settings *settings, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->env_files.count; i++) {
		const struct env_files files = {
			.dialect = settings->env_dialect,
			.dirfd = AT_FDCWD,
			.paths = *(const char **)list_at(&settings->env_files,
							 i, sizeof(char *)),
			/* A library's host cannot end a wait by Ctrl-C. */
			.named_by = settings->plan.lifeline < 0 ? NAMED_BY_USER
								: NAMED_BY_FILE,
		};

		r = env_files_read(&files, &settings->file_env, fault);
	}
	return r;
}

static int option_env_set_all(struct list *all, const struct list *variables)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < variables->count; i++)
		r = environment_set(all,
				    *(const char **)list_at(variables, i,
							    sizeof(char *)));
	return r;
}

int run_env_collect(const struct run_settings *settings, struct list *ret)
{
	int r = option_env_set_all(ret, &settings->file_env);

	return r < 0 ? r : option_env_set_all(ret, &settings->env);
}

int run_env_make(struct run_settings *settings)
{
	CLEANUP(list_free) struct list all = { 0 };
	int r;

	if (settings->env.count == 0 && settings->file_env.count == 0 &&
	    !settings->clear_env) {
		settings->plan.envp = environ;
		return 0;
	}
	r = settings->clear_env ? 0 : environment_inherit(&all, environ);
	if (r == 0)
		r = run_env_collect(settings, &all);
	if (r == 0)
		r = list_end(&all);
	if (r < 0)
		return r;
	settings->plan.envp = all.items; /* run_settings_free() frees it. */
	all = (struct list){ 0 };
	return 0;
}

void run_env_free(struct run_settings *settings)
{
	if (settings->plan.envp != environ)
		free(settings->plan.envp);
	list_free(&settings->env);
	list_free(&settings->env_files);
	list_free_texts(&settings->file_env);
}
