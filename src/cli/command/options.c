// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/command/command.h"

int complain_usage(const struct command *command, const struct fault *fault)
{
	complain("%s (see: jig help%s%s)", fault->text, command ? " " : "",
		 command ? command->name : "");
	return EXIT_JIG;
}

/* Whether @last is the last one of a table. */
static bool ends_with(const struct option *table, const struct option *last)
{
	for (; table && table->name; table++)
		if (table == last)
			return !table[1].name;
	return false;
}

const struct option *command_row(const struct command *command,
				 const struct option *last)
{
	bool found = !last;

	if (last && last[1].name)
		return last + 1;
	/* The next table that is not empty. */
	for (size_t i = 0;
	     i < sizeof(command->options) / sizeof(command->options[0]); i++) {
		const struct option *table = command->options[i];

		if (found && table && table->name)
			return table;
		found = found || ends_with(table, last);
	}
	return NULL;
}

const struct option *command_option(const struct command *command,
				    const struct option *last)
{
	const struct option *row = last;

	do
		row = command_row(command, row);
	while (row && option_is_group(row));
	return row;
}

/* The name of the option with this index among those that are not hidden. */
static const char *option_name(size_t index, const void *command)
{
	const struct option *option = NULL;

	for (size_t i = 0; i <= index; i += option->help != NULL) {
		option = command_option(command, option);
		if (!option)
			return NULL;
	}
	return option->name;
}

static const struct option *find_long(const struct command *command,
				      const char *name, size_t length)
{
	const struct option *option = NULL;

	while ((option = command_option(command, option)))
		if (strlen(option->name) == length &&
		    strncmp(option->name, name, length) == 0)
			return option;
	return NULL;
}

static const struct option *find_short(const struct command *command,
				       char letter)
{
	const struct option *option = NULL;

	while ((option = command_option(command, option)))
		if (option->letter == letter)
			return option;
	return NULL;
}

static int options_unknown(const struct command *command, const char *text,
			   size_t length, struct fault *fault)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%.*s", (int)length, text);

	const char *nearest = text_nearest(name, option_name, command);

	if (nearest)
		return fault_set(fault, -EINVAL,
				 "unknown option --%s; did you mean --%s?",
				 name, nearest);
	return fault_set(fault, -EINVAL, "unknown option --%s", name);
}

static int options_take(const struct command *command,
			const struct option *option, const char *value,
			void *settings, struct fault *fault)
{
	int r = option->take(settings, value, fault);

	if (r == 0 && command->note &&
	    command->note(settings, option->name, value) < 0)
		return fault_set(fault, -ENOMEM, "out of memory");
	return r;
}

/* "--name", "--name=value", "--name value". @return arguments used up. */
static int options_take_long(const struct command *command, char **argv,
			     int left, void *settings, bool *ret_split,
			     struct fault *fault)
{
	const char *name = argv[0] + 2;
	size_t length = strcspn(name, "=");
	const struct option *option = find_long(command, name, length);
	const char *value = name[length] == '=' ? name + length + 1 : NULL;
	int used = 1;

	if (!option)
		return options_unknown(command, name, length, fault);
	if (!option->argument && value)
		return fault_set(fault, -EINVAL, "--%s takes no argument",
				 option->name);
	if (option->argument && !value) {
		if (left < 2)
			return fault_set(fault, -EINVAL,
					 "--%s needs an argument: %s",
					 option->name, option->argument);
		value = argv[1];
		used = 2;
	}
	int r = options_take(command, option, value, settings, fault);

	*ret_split = r == OPTION_SPLITS;
	return r < 0 ? r : used;
}

/* "-timeout 5s" for "--timeout 5s", as in some other programs. */
static int unknown_letter(const struct command *command, const char *letters,
			  char letter, struct fault *fault)
{
	const struct option *option =
		find_long(command, letters, strcspn(letters, "="));

	if (option && option->help)
		return fault_set(fault, -EINVAL,
				 "unknown option -%c; did you mean --%s?",
				 letter, option->name);
	return fault_set(fault, -EINVAL, "unknown option -%c", letter);
}

/* "-q", "-qv", "-f file", "-ffile". @return arguments used up. */
static int take_short(const struct command *command, char **argv, int left,
		      void *settings, struct fault *fault)
{
	int used = 1;

	for (const char *letters = argv[0] + 1; *letters; letters++) {
		const struct option *option;

		if (*letters == 'h')
			return OPTIONS_SHORT_HELP;
		option = find_short(command, *letters);
		if (!option)
			return unknown_letter(command, argv[0] + 1, *letters,
					      fault);
		const char *value = NULL;

		if (option->argument) {
			value = letters[1] ? letters + 1 : argv[1];
			used += !letters[1];
			letters += strlen(letters) - 1;
		}
		if (option->argument && (used > left || !value))
			return fault_set(fault, -EINVAL,
					 "-%c needs an argument: %s",
					 option->letter, option->argument);
		int r = options_take(command, option, value, settings, fault);

		if (r < 0)
			return r;
	}
	return used;
}

int options_parse_part(const struct command *command, int argc, char **argv,
		       int first, void *settings, bool *ret_split,
		       struct fault *fault)
{
	*ret_split = false;
	for (int i = first; i < argc;) {
		int used;

		if (strcmp(argv[i], "--") == 0)
			return i + 1;
		if (argv[i][0] != '-' || argv[i][1] == '\0')
			return i;
		if (strcmp(argv[i], "--help") == 0)
			return OPTIONS_HELP;
		used = argv[i][1] == '-'
			       ? options_take_long(command, argv + i, argc - i,
						   settings, ret_split, fault)
			       : take_short(command, argv + i, argc - i,
					    settings, fault);
		if (used < 0)
			return used;
		i += used;
		if (*ret_split)
			return i;
	}
	return argc;
}

int options_parse(const struct command *command, int argc, char **argv,
		  void *settings, struct fault *fault)
{
	bool split;

	return options_parse_part(command, argc, argv, 1, settings, &split,
				  fault);
}

int options_parse_anywhere(const struct command *command, int argc, char **argv,
			   void *settings, struct fault *fault)
{
	CLEANUP_FREE char **words = calloc((size_t)argc + 1, sizeof(*words));
	size_t count = 0;
	int options = 1;
	bool split;

	if (!words)
		return fault_set(fault, -ENOMEM, "out of memory");
	for (int at = 1; at < argc;) {
		int next = options_parse_part(command, argc, argv, at, settings,
					      &split, fault);

		if (next < 0)
			return next;
		bool all = next > at && strcmp(argv[next - 1], "--") == 0;

		memmove(argv + options, argv + at,
			(size_t)(next - at) * sizeof(*argv));
		options += next - at;
		for (at = next; at < argc && (all || at == next); at++)
			words[count++] = argv[at];
	}
	memcpy(argv + options, words, count * sizeof(*words));
	return options;
}
