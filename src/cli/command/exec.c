// SPDX-License-Identifier: MIT
#include "cli/command/external.h"
#include "cli/command/up_takes.h"

static const struct option options[] = {
	PROJECT_OPTIONS,
	ENVIRONMENT_OPTIONS,
	{ 0, "allow-commands", NULL, NULL,
	  "run the commands of the file's env_cmds", up_take_allow_commands },
	{ 0 },
};

static const struct page_pair exec_examples[] = {
	{ "jig exec -- env", "the environment of the services" },
	{ NULL, NULL },
};

const struct command command_exec = {
	.name = "exec",
	.usage = "[OPTION…] [--] COMMAND [ARGUMENT…]",
	.words = "command",
	.summary = "run one command in the services' environment",
	.manual = "jig-exec(1)",
	.options = { options },
	.examples = exec_examples,
	.run = external_run,
};
