// SPDX-License-Identifier: MIT
#include "cli/command/external.h"
#include "cli/command/up_takes.h"

static int take_application(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->application = value;
	return 0;
}

static int take_user(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->user = value;
	return 0;
}

static int take_image(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->image = value;
	return 0;
}

static int take_log(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->export_log_dir = value;
	return 0;
}

static int take_workdir(void *data, const char *value, struct fault *fault)
{
	if (*value != '/')
		return up_wrong(fault, "workdir", value, "an absolute path");
	((struct up_settings *)data)->workdir = value;
	return 0;
}

static int take_jig(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->jig_path = value;
	return 0;
}

static int take_pod(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->pod = true;
	return 0;
}

static const struct option options[] = {
	OPTION_GROUP("project"),
	PROJECT_OPTIONS,
	OPTION_GROUP("environment"),
	ENVIRONMENT_OPTIONS,
	{ 0, "allow-commands", NULL, NULL,
	  "run the commands of the file's env_cmds", up_take_allow_commands },
	OPTION_GROUP("instances"),
	FORMATION_OPTIONS,
	OPTION_GROUP("output"),
	{ 'a', "app", "NAME", NULL, "name of the application, for file names",
	  take_application },
	{ 'u', "user", "USER", NULL, "user that runs the services", take_user },
	{ 'i', "image", "IMAGE", NULL, "image of containers", take_image },
	{ 'l', "log", "DIR", NULL, "directory for logs", take_log },
	{ 0, "restart", "POLICY", "no on-failure always",
	  "restart services: always (default for a Procfile), on-failure, no",
	  up_take_restart },
	{ 't', "timeout", "TIME", NULL,
	  "time from TERM to KILL (default 10s), unless the file has one",
	  up_take_timeout },
	{ 0, "workdir", "DIR", NULL,
	  "the project's directory where the services will run", take_workdir },
	{ 0, "jig", "PATH", NULL, "jig there, for probes (default: jig)",
	  take_jig },
	{ 0, "pod", NULL, NULL, "kubernetes: one Pod, or a Job for COMMAND",
	  take_pod },
	{ 0 },
};

static const struct page_pair export_examples[] = {
	{ "jig export systemd units", "units of the services, in ./units" },
	{ "jig export --pod kubernetes out -- ./test",
	  "a Job: the services beside a command" },
	{ NULL, NULL },
};

const struct command command_export = {
	.name = "export",
	.usage = "[OPTION…] FORMAT DIR [-- COMMAND…]",
	.words = "format directory",
	.summary = "write files for systemd, compose, kubernetes, …",
	.manual = "jig-export(1)",
	.options = { options },
	.examples = export_examples,
	.run = external_run,
};
