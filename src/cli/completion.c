// SPDX-License-Identifier: MIT
/*
 * Shell completions, written from the command table.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

/* The first option, or the one behind @last, that is shown to people. */
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
		printf("%s%s", i ? " " : "", commands[i]->name);
}

static void bash_options(const struct command *command)
{
	printf("\t%s)\n\t\tcase $previous in\n", command->name);
	for (const struct option *option = next_option(command, NULL); option;
	     option = next_option(command, option)) {
		if (!option->argument)
			continue;
		printf("\t\t--%s) ", option->name);
		if (option->choices)
			printf("COMPREPLY=($(compgen -W '%s' -- \"$word\"));",
			       option->choices);
		else if (strcmp(option->argument, "DIR") == 0)
			printf("COMPREPLY=($(compgen -d -- \"$word\"));");
		else if (strcmp(option->argument, "FILE") == 0)
			printf("COMPREPLY=($(compgen -f -- \"$word\"));");
		else
			printf("COMPREPLY=();");
		printf(" return ;;\n");
	}
	printf("\t\tesac\n\t\toptions='--help");
	for (const struct option *option = next_option(command, NULL); option;
	     option = next_option(command, option))
		printf(" --%s", option->name);
	printf("' ;;\n");
}

static void print_bash(void)
{
	printf("# bash completion for jig, made by `jig completion bash`\n"
	       "_jig() {\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]}\n"
	       "\tlocal previous=${COMP_WORDS[COMP_CWORD-1]} options=\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W '");
	print_names();
	printf("' -- \"$word\"))\n\t\treturn\n\tfi\n"
	       "\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; commands[i]; i++)
		bash_options(commands[i]);
	printf("\tesac\n"
	       "\tif [ \"${COMP_WORDS[1]}\" = help ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W '");
	print_names();
	printf("' -- \"$word\"))\n"
	       "\telif [ \"${word#-}\" != \"$word\" ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
	       "\telse\n"
	       "\t\tCOMPREPLY=($(compgen -c -f -- \"$word\"))\n"
	       "\tfi\n}\ncomplete -F _jig jig\n");
}

/* Within single quotes, and with what zsh's _arguments takes as syntax. */
static void zsh_quoted(const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			printf("'\\''");
		else if (strchr("[]:", *text))
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

static void zsh_option(const struct option *option)
{
	printf("\t\t\t'--%s[", option->name);
	zsh_quoted(option->help);
	printf("]");
	if (option->argument) {
		printf(":");
		zsh_quoted(option->argument);
		printf(":");
		if (option->choices)
			printf("(%s)", option->choices);
		else if (strcmp(option->argument, "DIR") == 0)
			printf("_files -/");
		else if (strcmp(option->argument, "FILE") == 0)
			printf("_files");
	}
	printf("' \\\n");
}

static void print_zsh(void)
{
	printf("#compdef jig\n# made by `jig completion zsh`\n"
	       "_jig() {\n\tif (( CURRENT == 2 )); then\n"
	       "\t\tlocal -a names=(\n");
	for (size_t i = 0; commands[i]; i++) {
		printf("\t\t\t'%s:", commands[i]->name);
		zsh_quoted(commands[i]->summary);
		printf("'\n");
	}
	printf("\t\t)\n\t\t_describe command names\n\t\treturn\n\tfi\n"
	       "\tcase $words[2] in\n");
	for (size_t i = 0; commands[i]; i++) {
		printf("\t%s)\n\t\tshift words; (( CURRENT-- ))\n"
		       "\t\t_arguments -S \\\n",
		       commands[i]->name);
		for (const struct option *option =
			     next_option(commands[i], NULL);
		     option; option = next_option(commands[i], option))
			zsh_option(option);
		printf("\t\t\t'--help[show help]' \\\n"
		       "\t\t\t'*::arguments:_normal' ;;\n");
	}
	printf("\tesac\n}\n_jig \"$@\"\n");
}

static void fish_quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++)
		printf(strchr("'\\", *text) ? "\\%c" : "%c", *text);
	putchar('\'');
}

static void print_fish(void)
{
	printf("# fish completion for jig, made by `jig completion fish`\n");
	for (size_t i = 0; commands[i]; i++) {
		printf("complete -c jig -n __fish_use_subcommand -f -a %s -d ",
		       commands[i]->name);
		fish_quoted(commands[i]->summary);
		printf("\n");
		for (const struct option *option =
			     next_option(commands[i], NULL);
		     option; option = next_option(commands[i], option)) {
			printf("complete -c jig -n "
			       "'__fish_seen_subcommand_from %s' -l %s",
			       commands[i]->name, option->name);
			if (option->letter)
				printf(" -s %c", option->letter);
			if (option->argument)
				printf(option->choices ? " -x" : " -r");
			if (option->choices)
				printf(" -a '%s'", option->choices);
			printf(" -d ");
			fish_quoted(option->help);
			printf("\n");
		}
	}
}

static int run_completion(const struct command *command, int argc, char **argv)
{
	struct fault fault;
	int first = options_parse(command, argc, argv, NULL, &fault);

	if (first == OPTIONS_HELP) {
		command_print_help(command);
		return 0;
	}
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

const struct command command_completion = {
	.name = "completion",
	.usage = "bash|zsh|fish",
	.summary = "write a shell's completion of jig to stdout",
	.manual = "jig(1)",
	.run = run_completion,
};
