// SPDX-License-Identifier: MIT
#include "cli/command/external.h"
#include "cli/command/up_takes.h"

static int take_graph(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->graph = true;
	return 0;
}

static const struct option options[] = {
	OPTION_GROUP("output"),
	{ 0, "graph", NULL, NULL,
	  "print the dependencies, in the language of graphviz", take_graph },
	OPTION_GROUP("project"),
	PROJECT_OPTIONS,
	OPTION_GROUP("environment"),
	ENVIRONMENT_OPTIONS,
	OPTION_GROUP("instances"),
	FORMATION_OPTIONS,
	{ 0 },
};

static const struct page_pair check_examples[] = {
	{ "jig check -f Procfile", "the services of this file, or its errors" },
	{ "jig check --graph", "which service depends on which" },
	{ NULL, NULL },
};

const struct command command_check = {
	.name = "check",
	.usage = "[OPTION…] [NAME…]",
	.words = "service+",
	.summary = "show what a Procfile or YAML file would run",
	.manual = "jig-check(1)",
	.options = { options },
	.examples = check_examples,
	.run = external_run,
};
