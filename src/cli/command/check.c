// SPDX-License-Identifier: MIT
#include "cli/command/external.h"
#include "cli/command/up_takes.h"

static const struct option options[] = {
	PROJECT_OPTIONS,
	ENVIRONMENT_OPTIONS,
	FORMATION_OPTIONS,
	{ 0 },
};

const struct command command_check = {
	.name = "check",
	.usage = "[OPTION…] [NAME…]",
	.summary = "show what a Procfile or YAML file would run",
	.manual = "jig-check(1)",
	.options = options,
	.run = external_run,
};
