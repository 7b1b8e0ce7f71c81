// SPDX-License-Identifier: MIT
#include "cli/command/external.h"
#include "cli/command/up_takes.h"

static const struct page_pair scale_examples[] = {
	{ "jig scale web=3", "three instances of the service web" },
	{ NULL, NULL },
};

const struct command command_scale = {
	.name = "scale",
	.usage = "[OPTION…] NAME=N…",
	.words = "scale+",
	.summary = "run more or fewer instances of services",
	.manual = "jig-scale(1)",
	.options = { client_options },
	.examples = scale_examples,
	.run = external_run,
};
