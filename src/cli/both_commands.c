// SPDX-License-Identifier: MIT
/*
 * The commands that exist for jobs and for services of `jig up`: their first
 * word decides (job_is_meant()). `ps` is in cli/look/ps.c.
 */
#include "cli/command/external.h"
#include "cli/job/begin/job.h"

const struct command command_restart = {
	.name = "restart",
	.usage = "[OPTION…] JOBSPEC | NAME…",
	.summary = "stop a job or services, and start them again",
	.manual = "jig-restart(1)",
	.options = client_options,
	.run = job_restart_run,
};

const struct command command_stop = {
	.name = "stop",
	.usage = "[OPTION…] JOBSPEC… | NAME…",
	.summary = "suspend a job as Ctrl-Z does, or end services",
	.manual = "jig-stop(1)",
	.options = client_options,
	.more_options = job_stop_options,
	.run = job_stop_run,
};

const struct command command_logs = {
	.name = "logs",
	.usage = "[OPTION…] [JOBSPEC | NAME]",
	.summary = "show the output of a job or of services",
	.manual = "jig-logs(1)",
	.options = logs_options,
	.run = job_logs_run,
};

const struct command command_attach = {
	.name = "attach",
	.usage = "[OPTION…] JOBSPEC | NAME",
	.summary = "connect this terminal to a job or a service",
	.manual = "jig-attach(1)",
	.options = attach_options,
	.more_options = job_attach_options,
	.run = job_attach_run,
};
