// SPDX-License-Identifier: MIT
#include "cli/command/external.h"
#include "cli/command/up_takes.h"

static int take_output(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->import_to = value;
	return 0;
}

static const struct option options[] = {
	{ 'o', "output", "FILE", NULL, "write to this new file, not to stdout",
	  take_output },
	{ 0 },
};

static const struct page_pair import_examples[] = {
	{ "jig import compose -o jig.yaml",
	  "the docker-compose.yml here, as a jig.yaml" },
	{ NULL, NULL },
};

const struct command command_import = {
	.name = "import",
	.usage = "[OPTION…] compose [FILE]",
	.words = "import file",
	.summary = "make a jig.yaml from a docker-compose.yml",
	.manual = "jig-import(1)",
	.options = { options },
	.examples = import_examples,
	.run = external_run,
};
