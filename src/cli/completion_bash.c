// SPDX-License-Identifier: MIT
/* The table of the completion script for bash. */
#include "cli/completion.h"

/* 'NAMES|KIND CHOICES'; without an argument 'NAMES|'. */
static void bash_option(const struct command *command,
			const struct option *option)
{
	const char *kind = completion_kind(option);

	say_words("\t\t\t'");
	if (option->letter)
		say_words("-%c ", option->letter);
	say_words("--%s|%s", option->name, kind ? kind : "");
	if (kind)
		say_words(" %s", completion_choices(command, option));
	say_words("'\n");
}

static void bash_command(const struct command *command)
{
	say_words("\t%s)\n\t\twords='%s'\n\t\toptions=(\n", command->name,
		  completion_words(command));
	for (const struct option *option = completion_option(command, NULL);
	     option; option = completion_option(command, option))
		bash_option(command, option);
	say_words("\t\t\t'-h --help|'\n\t\t)\n\t\t;;\n");
}

void completion_print_bash(void)
{
	say_words("# bash completion for jig, printed by `jig completion "
		  "bash`\n\n_jig_commands='");
	completion_print_names();
	say_words("'\n_jig_signals='");
	completion_print_signals();
	say_words("'\n_jig_formats='" COMPLETION_FORMATS "'\n");
	completion_print_lists("_jig_%s='", "'\n");
	say_words("\n_jig_table() {\n\tcase $1 in\n");
	for (size_t i = 0; commands[i]; i++)
		bash_command(commands[i]);
	say_words("\tesac\n}\n\n");
	completion_print_lines(completion_bash_lines);
}
