// SPDX-License-Identifier: MIT
#include "cli/command/external.h"
#include "cli/command/up_takes.h"

const struct command command_scale = {
	.name = "scale",
	.usage = "[OPTION…] NAME=N…",
	.summary = "run more or fewer instances of services",
	.manual = "jig-scale(1)",
	.options = client_options,
	.run = external_run,
};
