// SPDX-License-Identifier: MIT
/* `jig start`: the older name of `jig up`. */
#include "cli/command/external.h"
#include "up/commands.h"

const struct command command_start = {
	.name = "start",
	.usage = "[OPTION…] [NAME…] [-- COMMAND [ARGUMENT…]]",
	.summary = "the same as up",
	.manual = "jig-up(1)",
	.elsewhere =
		"here `jig start` means services; a job: jig start -- COMMAND",
	.options = { up_options },
};

int run_start(const struct request *request)
{
	if (request->bare && external_has_project())
		complain("%s", command_start.elsewhere);
	return run_up(request);
}
