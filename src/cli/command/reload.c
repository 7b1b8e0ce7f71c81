// SPDX-License-Identifier: MIT
#include "cli/command/external.h"
#include "cli/command/up_takes.h"

static int take_dry_run(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->dry_run = true;
	return 0;
}

static const struct option options[] = {
	PROJECT_OPTIONS,
	{ 0, "dry-run", NULL, NULL, "only print what would change",
	  take_dry_run },
	{ 0, "json", NULL, NULL, "print JSON", up_take_json },
	{ 0 },
};

static const struct page_pair reload_examples[] = {
	{ "jig reload --dry-run", "what a changed Procfile or .env changes" },
	{ "jig reload", "start, end and restart what has changed" },
	{ NULL, NULL },
};

const struct command command_reload = {
	.name = "reload",
	.task = TASK_SERVICES,
	.usage = "[OPTION…]",
	.summary = "apply changed files to a running `jig up`",
	.manual = "jig-reload(1)",
	.options = { options },
	.examples = reload_examples,
	.run = external_run,
};
