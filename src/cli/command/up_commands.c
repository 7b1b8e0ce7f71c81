// SPDX-License-Identifier: MIT
/*
 * The commands around `jig up`, as `jig` knows them; what they do stands in
 * src/up/.
 */
#include "cli/command/external.h"
#include "cli/command/up_options.h"

const struct command command_up = {
	.name = "up",
	.usage = "[OPTION…] [NAME…] [-- COMMAND [ARGUMENT…]]",
	.summary = "run the services of a Procfile or process-compose.yaml",
	.manual = "jig-up(1)",
	.options = up_options,
	.run = external_run,
};

const struct command command_check = {
	.name = "check",
	.usage = "[OPTION…]",
	.summary = "show what a Procfile or YAML file would run",
	.manual = "jig-up(1)",
	.options = check_options,
	.run = external_run,
};

const struct command command_exec = {
	.name = "exec",
	.usage = "[OPTION…] [--] COMMAND [ARGUMENT…]",
	.summary = "run one command in the services' environment",
	.manual = "jig-up(1)",
	.options = exec_options,
	.run = external_run,
};

const struct command command_export = {
	.name = "export",
	.usage = "[OPTION…] FORMAT DIR",
	.summary = "write files for systemd, compose, kubernetes, …",
	.manual = "jig-export(1)",
	.options = export_options,
	.run = external_run,
};

const struct command command_scale = {
	.name = "scale",
	.usage = "[OPTION…] NAME=N…",
	.summary = "run more or fewer instances of services",
	.manual = "jig-up(1)",
	.options = client_options,
	.run = external_run,
};

const struct command command_down = {
	.name = "down",
	.usage = "[OPTION…]",
	.summary = "stop a running `jig up`",
	.manual = "jig-up(1)",
	.options = down_options,
	.run = external_run,
};
