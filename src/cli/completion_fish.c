// SPDX-License-Identifier: MIT
/* The table of the completion script for fish. */
#include <string.h>

#include "cli/completion.h"

static void fish_quoted(const char *text)
{
	say_words("'");
	for (; *text; text++) {
		if (strchr("'\\", *text))
			say_words("\\");
		(void)say_bytes(text, 1); /* may be part of a character */
	}
	say_words("'");
}

/* fish itself completes files, with blanks and all. */
static void fish_argument(const struct command *command,
			  const struct option *option)
{
	const char *kind = completion_kind(option);

	if (!kind)
		return;
	if (strcmp(kind, "file") == 0)
		say_words(" -r -F");
	else
		say_words(" -x -a '(__jig_kind %s %s)'", kind,
			  completion_choices(command, option));
}

static void fish_option(const struct command *command,
			const struct option *option)
{
	say_words("complete -c jig -n '__jig_is_in %s' -l %s", command->name,
		  option->name);
	if (option->letter)
		say_words(" -s %c", option->letter);
	fish_argument(command, option);
	say_words(" -d ");
	fish_quoted(option->help);
	say_words("\n");
}

static void fish_command(const struct command *command)
{
	say_words("complete -c jig -n __jig_is_first -x -a %s -d ",
		  command->name);
	fish_quoted(command->summary);
	say_words("\n");
	for (const struct option *option = completion_option(command, NULL);
	     option; option = completion_option(command, option))
		fish_option(command, option);
	say_words("complete -c jig -n '__jig_is_in %s' -l help -s h -d 'show "
		  "help'\n",
		  command->name);
}

/* The options of each command that have an argument. */
static void print_valued(void)
{
	say_words("function __jig_valued\n\tswitch $argv[1]\n");
	for (size_t i = 0; commands[i]; i++) {
		const struct option *option = NULL;

		say_words("\tcase %s\n\t\tstring split ' ' -- '",
			  commands[i]->name);
		while ((option = completion_option(commands[i], option))) {
			if (!option->argument)
				continue;
			say_words("--%s ", option->name);
			if (option->letter)
				say_words("-%c ", option->letter);
		}
		say_words("'\n");
	}
	say_words("\tend\nend\n\n");
}

static void print_words(void)
{
	say_words("function __jig_words\n\tswitch $argv[1]\n");
	for (size_t i = 0; commands[i]; i++)
		say_words("\tcase %s\n\t\tstring split ' ' -- '%s'\n",
			  commands[i]->name, completion_words(commands[i]));
	say_words("\tend\nend\n\n");
}

void completion_print_fish(void)
{
	say_words("# fish completion for jig, printed by `jig completion "
		  "fish`\n\nset -g __jig_commands ");
	completion_print_names();
	say_words("\nset -g __jig_signals ");
	completion_print_signals();
	say_words("\nset -g __jig_formats " COMPLETION_FORMATS "\n");
	completion_print_lists("set -g __jig_%s ", "\n");
	say_words("\n");
	print_valued();
	print_words();
	completion_print_lines(completion_fish_lines);
	for (size_t i = 0; commands[i]; i++)
		fish_command(commands[i]);
}
