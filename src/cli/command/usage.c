// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "cli/command/command.h"

static void print_option(const struct option *option)
{
	char left[64];

	(void)snprintf(left, sizeof(left), "%s%c%s--%s%s%s",
		       option->letter ? "-" : "  ",
		       option->letter ? option->letter : ' ',
		       option->letter ? ", " : " ", option->name,
		       option->argument ? " " : "",
		       option->argument ? option->argument : "");
	if (strlen(left) < 30)
		say_words("  %-29s %s\n", left, option->help);
	else
		say_words("  %s\n  %-29s %s\n", left, "", option->help);
}

void command_print_help(const struct command *command)
{
	say_words("usage: jig %s %s\n\n%s\n", command->name, command->usage,
		  command->summary);
	const struct option *option = NULL;

	if (command_option(command, NULL))
		say_words("\noptions:\n");
	while ((option = command_option(command, option)))
		if (option->help)
			print_option(option);
	say_words("\nSee %s for the whole manual.\n", command->manual);
}
