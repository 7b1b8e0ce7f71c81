// SPDX-License-Identifier: MIT
#include "up/load/environment_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "up/load/ask.h"

/* The limit of process-compose. */
#define COMMAND_US 2000000

/* The environment of services; nothing else is known yet. */
static int make_env(const struct project *project, struct list *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < project->env.count; i++)
		r = environment_set(ret, *(char **)list_at(&project->env, i,
							   sizeof(char *)));
	return r < 0 ? r : list_end(ret);
}

/* Without blanks at both ends, as process-compose has it. */
static const char *trimmed(char *text)
{
	size_t length;

	text += strspn(text, " \t\r\n");
	length = strlen(text);
	while (length > 0 && strchr(" \t\r\n", text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* @return  the command's status; or -errno with the reason.
 * @ret     what it has printed; free(3) it. */
static int run_one(const char *jig, const struct project *project,
		   const struct environment_command *one, char **ret,
		   struct fault *fault)
{
	CLEANUP(list_free) struct list env = { 0 };
	const char *const words[] = {
		project->shell ? project->shell : "/bin/sh",
		project->shell_argument ? project->shell_argument : "-c",
		one->line,
		NULL,
	};
	struct jig_command command = {
		.argv = words,
		.cwd = project->directory,
		.timeout_us = COMMAND_US,
	};
	int r = make_env(project, &env);

	command.env = env.items;
	return r < 0 ? r : ask_program(jig, &command, ret, fault);
}

static int set_one(const char *jig, struct project *project,
		   const struct environment_command *one, struct fault *fault)
{
	CLEANUP_FREE char *value = NULL;
	const char *variable;
	int r = run_one(jig, project, one, &value, fault);

	if (r > 0)
		complain("%s: the command of %s has exited with status %d; %s "
			 "is not set",
			 one->place, one->name, r, one->name);
	if (r != 0)
		return r < 0 ? r : 0;
	variable = project_print(project, "%s=%s", one->name,
				 value ? trimmed(value) : "");
	return variable ? environment_set(&project->env, variable) : -ENOMEM;
}

int environment_commands_run(const struct up_settings *settings,
			     const char *jig, struct project *project,
			     struct fault *fault)
{
	const struct environment_command *first = project->commands.items;
	int r = 0;

	if (project->commands.count && !settings->allow_commands)
		return fault_set(fault, -EPERM,
				 "%s: env_cmds would run a command for %s; "
				 "allow it with --allow-commands",
				 first->place, first->name);
	for (size_t i = 0; r == 0 && i < project->commands.count; i++)
		r = set_one(jig, project,
			    list_at(&project->commands, i, sizeof(*first)),
			    fault);
	return r;
}
