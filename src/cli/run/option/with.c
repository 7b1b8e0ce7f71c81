// SPDX-License-Identifier: MIT
/* The options of `jig run` about --with; cli/run/fixtures.c starts and stops
 * the fixtures. */
#include <stdlib.h>
#include <string.h>

#include "cli/command/command.h"
#include "cli/run/option/option.h"
#include "cli/run/option/value.h"
#include "net/names.h"

int run_take_with(void *data, const char *value, struct fault *fault)
{
	if (!*value)
		return option_wrong(fault, "with", value, "a command");
	((struct run_settings *)data)->next_with = value;
	return OPTION_SPLITS;
}

int run_take_name(void *data, const char *value, struct fault *fault)
{
	if (name_check(value, strlen(value)) < 0)
		return option_wrong(fault, "name", value,
				    "a name of letters, digits, '_' and '-'");
	((struct run_settings *)data)->name = value;
	return 0;
}

int run_take_if_dies(void *data, const char *value, struct fault *fault)
{
	bool ignore = strcmp(value, "ignore") == 0;

	if (!ignore && strcmp(value, "stop") != 0)
		return option_wrong(fault, "if-dies", value, "stop or ignore");
	((struct run_settings *)data)->with.ignore_deaths = ignore;
	return 0;
}

int run_take_parallel(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct run_settings *)data)->with.parallel = true;
	return 0;
}

int run_take_log_dir(void *data, const char *value, struct fault *fault)
{
	if (!*value)
		return option_wrong(fault, "log-dir", value,
				    "a directory's path");
	((struct run_settings *)data)->with.log_dir = value;
	return 0;
}

void run_with_free(struct run_settings *settings)
{
	for (size_t i = 0; i < settings->groups.count; i++)
		free(((struct with_group *)list_at(&settings->groups, i,
						   sizeof(struct with_group)))
			     ->options);
	list_free(&settings->groups);
	list_free(&settings->given);
	list_free(&settings->guard_fds);
	list_free(&settings->guards);
	with_free(&settings->with);
}
