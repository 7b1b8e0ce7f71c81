// SPDX-License-Identifier: MIT
/*
 * The commands that jobs have, too (cli/both_commands.c): here they are the
 * services' alone, and `start` is the older name of `up`.
 */
#include "cli/command/up_options.h"

const struct command command_start = {
	.name = "start",
	.usage = "[OPTION…] [NAME…] [-- COMMAND [ARGUMENT…]]",
	.summary = "the same as up",
	.manual = "jig-up(1)",
	.options = up_options,
};

const struct command command_ps = {
	.name = "ps",
	.usage = "[OPTION…]",
	.summary = "show the services of a running `jig up`",
	.manual = "jig-up(1)",
	.options = ps_options,
};

const struct command command_restart = {
	.name = "restart",
	.usage = "[OPTION…] NAME…",
	.summary = "stop services and start them again",
	.manual = "jig-up(1)",
	.options = client_options,
};

const struct command command_stop = {
	.name = "stop",
	.usage = "[OPTION…] NAME…",
	.summary = "stop services",
	.manual = "jig-up(1)",
	.options = client_options,
};

const struct command command_logs = {
	.name = "logs",
	.usage = "[OPTION…] [NAME]",
	.summary = "show the output of services",
	.manual = "jig-up(1)",
	.options = logs_options,
};

const struct command command_attach = {
	.name = "attach",
	.usage = "[OPTION…] NAME",
	.summary = "connect this terminal to a service's terminal",
	.manual = "jig-up(1)",
	.options = attach_options,
};
