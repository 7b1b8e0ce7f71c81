// SPDX-License-Identifier: MIT
/* The table of the completion script for zsh: arguments of _arguments. */
#include <stdio.h>
#include <string.h>

#include "cli/completion.h"

/* In single quotes, with the syntax of zsh's _arguments escaped. */
static void zsh_quoted(const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			say_words("'\\''");
		else if (strchr("[]:", *text))
			say_words("\\%c", *text);
		else /* may be part of a character */
			(void)say_bytes(text, 1);
	}
}

/* "*": it may be given again. @names  "-f+" or "--file=". */
static void zsh_option(const struct command *command,
		       const struct option *option, const char *names)
{
	const char *kind = completion_kind(option);

	say_words("\t\t\t'*%s[", names);
	zsh_quoted(option->help);
	say_words("]");
	if (kind) {
		say_words(":");
		zsh_quoted(option->argument);
		say_words(": _jig_kind %s ", kind);
		zsh_quoted(completion_choices(command, option));
	}
	say_words("'\n");
}

static void zsh_names(const struct command *command,
		      const struct option *option)
{
	char names[64];

	(void)snprintf(names, sizeof(names), "--%s%s", option->name,
		       option->argument ? "=" : "");
	zsh_option(command, option, names);
	if (!option->letter)
		return;
	(void)snprintf(names, sizeof(names), "-%c%s", option->letter,
		       option->argument ? "+" : "");
	zsh_option(command, option, names);
}

static void zsh_command(const struct command *command)
{
	say_words("\t%s)\n\t\tkinds=(%s)\n\t\toptions=(\n", command->name,
		  completion_words(command));
	for (const struct option *option = completion_option(command, NULL);
	     option; option = completion_option(command, option))
		zsh_names(command, option);
	say_words("\t\t\t'(-h --help)'{-h,--help}'[show help]'\n\t\t)\n"
		  "\t\t;;\n");
}

static void zsh_summaries(void)
{
	say_words("typeset -ga _jig_commands=(\n");
	for (size_t i = 0; commands[i]; i++) {
		say_words("\t'%s:", commands[i]->name);
		zsh_quoted(commands[i]->summary);
		say_words("'\n");
	}
	say_words(")\n");
}

void completion_print_zsh(void)
{
	say_words("#compdef jig\n# printed by `jig completion zsh`\n\n");
	zsh_summaries();
	say_words("typeset -ga _jig_signals=(");
	completion_print_signals();
	say_words(")\ntypeset -ga _jig_formats=(" COMPLETION_FORMATS ")\n");
	completion_print_lists("typeset -ga _jig_%s=(", ")\n");
	say_words("\n_jig_table() {\n\tcase $1 in\n");
	for (size_t i = 0; commands[i]; i++)
		zsh_command(commands[i]);
	say_words("\tesac\n}\n\n");
	completion_print_lines(completion_zsh_lines);
}
