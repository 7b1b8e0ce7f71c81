// SPDX-License-Identifier: MIT
/*
 * The commands that exist for jobs and for services of `jig up`: their first
 * word decides (job_is_meant()). `ps` is in cli/look/ps.c.
 */
#include "cli/command/external.h"
#include "cli/job/begin/job.h"

static const struct page_pair restart_examples[] = {
	{ "jig restart web", "the service web" },
	{ "jig restart 'w*'", "each service whose name begins with w" },
	{ "jig restart %1", "the job 1" },
	{ NULL, NULL },
};

const struct command command_restart = {
	.name = "restart",
	.task = TASK_SERVICES,
	.usage = "[OPTION…] [JOBSPEC | NAME…]",
	.words = "target+",
	.summary = "stop a job or services, and start them again",
	.manual = "jig-restart(1)",
	.options = { select_options },
	.examples = restart_examples,
	.run = job_restart_run,
};

static const struct page_pair stop_examples[] = {
	{ "jig stop %1", "suspend job 1; `jig bg %1` continues it" },
	{ "jig stop web", "end the service web" },
	{ NULL, NULL },
};

const struct command command_stop = {
	.name = "stop",
	.task = TASK_JOBS,
	.usage = "[OPTION…] [JOBSPEC… | NAME…]",
	.words = "target+",
	.summary = "suspend a job as Ctrl-Z does, or end services",
	.manual = "jig-stop(1)",
	.options = { job_stop_options, select_options },
	.examples = stop_examples,
	.run = job_stop_run,
};

static const struct page_pair logs_examples[] = {
	{ "jig logs -f web", "the service web, and what it prints next" },
	{ "jig logs -n 20 %1", "the last 20 lines of job 1" },
	{ NULL, NULL },
};

const struct command command_logs = {
	.name = "logs",
	.task = TASK_LOOK,
	.usage = "[OPTION…] [JOBSPEC | NAME]",
	.words = "target",
	.summary = "show the output of a job or of services",
	.manual = "jig-logs(1)",
	.options = { logs_options },
	.examples = logs_examples,
	.run = job_logs_run,
};

static const struct page_pair attach_examples[] = {
	{ "jig attach %web", "the job web; Ctrl-] d detaches" },
	{ "jig attach --read-only web", "the service web, without input" },
	{ NULL, NULL },
};

const struct command command_attach = {
	.name = "attach",
	.usage = "[OPTION…] JOBSPEC | NAME",
	.words = "target",
	.summary = "connect this terminal to a job or a service",
	.manual = "jig-attach(1)",
	.options = { job_attach_options, attach_options },
	.examples = attach_examples,
	.run = job_attach_run,
};
