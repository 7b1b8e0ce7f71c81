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

static const struct page_pair down_examples[] = {
	{ "jig down", "stop the services of the project here" },
	{ NULL, NULL },
};

const struct command command_down = {
	.name = "down",
	.task = TASK_SERVICES,
	.usage = "[OPTION…]",
	.summary = "stop a running `jig up`",
	.manual = "jig-down(1)",
	.options = { options },
	.examples = down_examples,
	.run = external_run,
};
