// SPDX-License-Identifier: MIT
#include "cli/command/external.h"
#include "cli/command/up_takes.h"

static const struct option options[] = {
	PROJECT_OPTIONS,
	{ 't', "timeout", "TIME", NULL,
	  "hurry the stop after this time (default: by the policies)",
	  up_take_timeout },
	{ 0 },
};

const struct command command_down = {
	.name = "down",
	.usage = "[OPTION…]",
	.summary = "stop a running `jig up`",
	.manual = "jig-down(1)",
	.options = options,
	.run = external_run,
};
