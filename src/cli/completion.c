// SPDX-License-Identifier: MIT
/*
 * Shell completions, generated from the table of commands.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command/command.h"

/* The next option after @last, or the first one, that is not hidden. */
static const struct option *next_option(const struct command *command,
					const struct option *last)
{
	const struct option *option = command_option(command, last);

	while (option && !option->help)
		option = command_option(command, option);
	return option;
}

static void print_names(void)
{
	for (size_t i = 0; commands[i]; i++)
		say_words("%s%s", i ? " " : "", commands[i]->name);
}

static void bash_options(const struct command *command)
{
	say_words("\t%s)\n\t\tcase $previous in\n", command->name);
	for (const struct option *option = next_option(command, NULL); option;
	     option = next_option(command, option)) {
		if (!option->argument)
			continue;
		say_words("\t\t--%s) ", option->name);
		if (option->choices)
			say_words(
				"COMPREPLY=($(compgen -W '%s' -- \"$word\"));",
				option->choices);
		else if (strcmp(option->argument, "DIR") == 0)
			say_words("COMPREPLY=($(compgen -d -- \"$word\"));");
		else if (strcmp(option->argument, "FILE") == 0)
			say_words("COMPREPLY=($(compgen -f -- \"$word\"));");
		else
			say_words("COMPREPLY=();");
		say_words(" return ;;\n");
	}
	say_words("\t\tesac\n\t\toptions='--help");
	for (const struct option *option = next_option(command, NULL); option;
	     option = next_option(command, option))
		say_words(" --%s", option->name);
	say_words("' ;;\n");
}

static void print_bash(void)
{
	say_words("# bash completion for jig, made by `jig completion bash`\n"
		  "_jig() {\n"
		  "\tlocal word=${COMP_WORDS[COMP_CWORD]}\n"
		  "\tlocal previous=${COMP_WORDS[COMP_CWORD-1]} options=\n"
		  "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
		  "\t\tCOMPREPLY=($(compgen -W '");
	print_names();
	say_words("' -- \"$word\"))\n\t\treturn\n\tfi\n"
		  "\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; commands[i]; i++)
		bash_options(commands[i]);
	say_words("\tesac\n"
		  "\tif [ \"${COMP_WORDS[1]}\" = help ]; then\n"
		  "\t\tCOMPREPLY=($(compgen -W '");
	print_names();
	say_words("' -- \"$word\"))\n"
		  "\telif [ \"${word#-}\" != \"$word\" ]; then\n"
		  "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
		  "\telse\n"
		  "\t\tCOMPREPLY=($(compgen -c -f -- \"$word\"))\n"
		  "\tfi\n}\ncomplete -F _jig jig\n");
}

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

static void zsh_option(const struct option *option)
{
	say_words("\t\t\t'--%s[", option->name);
	zsh_quoted(option->help);
	say_words("]");
	if (option->argument) {
		say_words(":");
		zsh_quoted(option->argument);
		say_words(":");
		if (option->choices)
			say_words("(%s)", option->choices);
		else if (strcmp(option->argument, "DIR") == 0)
			say_words("_files -/");
		else if (strcmp(option->argument, "FILE") == 0)
			say_words("_files");
	}
	say_words("' \\\n");
}

static void print_zsh(void)
{
	say_words("#compdef jig\n# made by `jig completion zsh`\n"
		  "_jig() {\n\tif (( CURRENT == 2 )); then\n"
		  "\t\tlocal -a names=(\n");
	for (size_t i = 0; commands[i]; i++) {
		say_words("\t\t\t'%s:", commands[i]->name);
		zsh_quoted(commands[i]->summary);
		say_words("'\n");
	}
	say_words("\t\t)\n\t\t_describe command names\n\t\treturn\n\tfi\n"
		  "\tcase $words[2] in\n");
	for (size_t i = 0; commands[i]; i++) {
		say_words("\t%s)\n\t\tshift words; (( CURRENT-- ))\n"
			  "\t\t_arguments -S \\\n",
			  commands[i]->name);
		for (const struct option *option =
			     next_option(commands[i], NULL);
		     option; option = next_option(commands[i], option))
			zsh_option(option);
		say_words("\t\t\t'--help[show help]' \\\n"
			  "\t\t\t'*::arguments:_normal' ;;\n");
	}
	say_words("\tesac\n}\n_jig \"$@\"\n");
}

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

static void print_fish(void)
{
	say_words("# fish completion for jig, made by `jig completion fish`\n");
	for (size_t i = 0; commands[i]; i++) {
		say_words(
			"complete -c jig -n __fish_use_subcommand -f -a %s -d ",
			commands[i]->name);
		fish_quoted(commands[i]->summary);
		say_words("\n");
		for (const struct option *option =
			     next_option(commands[i], NULL);
		     option; option = next_option(commands[i], option)) {
			say_words("complete -c jig -n "
				  "'__fish_seen_subcommand_from %s' -l %s",
				  commands[i]->name, option->name);
			if (option->letter)
				say_words(" -s %c", option->letter);
			if (option->argument)
				say_words(option->choices ? " -x" : " -r");
			if (option->choices)
				say_words(" -a '%s'", option->choices);
			say_words(" -d ");
			fish_quoted(option->help);
			say_words("\n");
		}
	}
}

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
		print_bash();
	else if (strcmp(argv[first], "zsh") == 0)
		print_zsh();
	else if (strcmp(argv[first], "fish") == 0)
		print_fish();
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
	.summary = "write a shell's completion of jig to stdout",
	.manual = "jig(1)",
	.examples = completion_examples,
	.run = run_completion,
};
