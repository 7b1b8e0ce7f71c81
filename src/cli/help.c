// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/command/command.h"

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void print_overview(void)
{
	say_words("usage: jig COMMAND …\n\n"
		  "Start a command, and when you leave it nothing that it "
		  "started "
		  "is left.\n\ncommands:\n");
	for (size_t i = 0; commands[i]; i++)
		say_words("  %-12s %s\n", commands[i]->name,
			  commands[i]->summary);
	say_words("\nTry: jig run -- COMMAND [ARGUMENT…], jig help run, "
		  "jig doctor\n");
}

static const char *command_name(size_t index, const void *table)
{
	(void)table;
	return commands[index] ? commands[index]->name : NULL;
}

const char *command_nearest(const char *name)
{
	return text_nearest(name, command_name, NULL);
}

static int run_help(const struct command *command, int argc, char **argv)
{
	struct fault fault;
	int first = options_parse(command, argc, argv, NULL, &fault);

	if (first < 0 && first != OPTIONS_HELP)
		return complain_usage(command, &fault);
	if (first < 0 || first == argc) {
		print_overview();
		return 0;
	}
	const struct command *about = command_find(argv[first]);

	if (about) {
		command_print_help(about);
		return 0;
	}
	const char *nearest = command_nearest(argv[first]);

	fault_set(&fault, -EINVAL, "no command '%s'%s%s%s", argv[first],
		  nearest ? "; did you mean '" : "", nearest ? nearest : "",
		  nearest ? "'?" : "");
	return complain_usage(NULL, &fault);
}

const struct command command_help = {
	.name = "help",
	.usage = "[COMMAND]",
	.summary = "show what a command does and its options",
	.manual = "jig-help(1)",
	.run = run_help,
};

static int run_version(const struct command *command, int argc, char **argv)
{
	struct fault fault;
	int first = options_parse(command, argc, argv, NULL, &fault);

	if (first == OPTIONS_HELP) {
		command_print_help(command);
		return 0;
	}
	if (first >= 0 && first < argc)
		first = fault_set(&fault, -EINVAL,
				  "version takes no arguments");
	if (first < 0)
		return complain_usage(command, &fault);
	say_words("jig %s\n", JIG_VERSION);
	return 0;
}

const struct command command_version = {
	.name = "version",
	.usage = "",
	.summary = "show the version",
	.manual = "jig-version(1)",
	.run = run_version,
};
