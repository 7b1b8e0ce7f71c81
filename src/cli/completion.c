// SPDX-License-Identifier: MIT
/* `jig completion`: print the completion script of a shell. */
#include <errno.h>
#include <string.h>

#include "cli/completion.h"

static int run_completion(const struct command *command, int argc, char **argv)
{
	struct fault fault;
	int first = options_parse(command, argc, argv, NULL, &fault);

	if (options_want_help(first))
		return command_print_help(command, first);
	if (first >= 0 && first + 1 != argc)
		first = fault_set(&fault, -EINVAL,
				  "which shell: bash, zsh or fish?");
	if (first < 0)
		return complain_usage(command, &fault);
	if (strcmp(argv[first], "bash") == 0)
		completion_print_bash();
	else if (strcmp(argv[first], "zsh") == 0)
		completion_print_zsh();
	else if (strcmp(argv[first], "fish") == 0)
		completion_print_fish();
	else {
		fault_set(&fault, -EINVAL,
			  "no completion for '%s': bash, zsh or fish",
			  argv[first]);
		return complain_usage(command, &fault);
	}
	return 0;
}

static const struct page_pair completion_examples[] = {
	{ "jig completion bash", "a script for bash, on stdout" },
	{ NULL, NULL },
};

const struct command command_completion = {
	.name = "completion",
	.usage = "bash|zsh|fish",
	.words = "shell",
	.summary = "write a shell's completion of jig to stdout",
	.manual = "jig-completion(1)",
	.examples = completion_examples,
	.run = run_completion,
};
