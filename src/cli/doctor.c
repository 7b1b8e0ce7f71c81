// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "cli/command.h"

static int run_doctor(const struct command *command, int argc, char **argv)
{
	(void)command; (void)argc; (void)argv;
	return 0;
}

const struct command command_doctor = {
	.name = "doctor",
	.usage = "[options]",
	.summary = "show which cages this machine and user can have, and why",
	.run = run_doctor,
};
