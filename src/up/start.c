// SPDX-License-Identifier: MIT
/* `jig start`: the older name of `jig up`. */
#include "up/commands.h"

const struct command command_start = {
	.name = "start",
	.usage = "[OPTION…] [NAME…] [-- COMMAND [ARGUMENT…]]",
	.summary = "the same as up",
	.manual = "jig-up(1)",
	.options = up_options,
};

int run_start(const struct request *request)
{
	return run_up(request);
}
