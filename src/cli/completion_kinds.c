// SPDX-License-Identifier: MIT
/* The kinds of arguments and words, for the completion scripts. */
#include <signal.h>
#include <string.h>

#include "base/text.h"
#include "base/text/resource.h"
#include "cli/completion.h"
#include "cli/topic.h"
#include "view/columns/columns.h"

/* By the name of an option's argument; the option may matter, too. */
static const struct {
	const char *argument, *option, *kind;
} kinds[] = {
	{ "COMMAND", NULL, "command-name" },
	{ "DIR", NULL, "directory" },
	{ "FILE", NULL, "file" },
	{ "FILES", NULL, "files" },
	{ "NAME,...", "columns", "column-list" },
	{ "NAME,...", "exclude", "service-list" },
	{ "NAME=N[:M]", NULL, "limit" },
	{ "NAME=N,...", NULL, "scale-list" },
	{ "NAME|PID", NULL, "process" },
	{ "NAME|PID|JOBSPEC", NULL, "process" },
	{ "PGID,...", NULL, "pid-list" },
	{ "PID", NULL, "pid" },
	{ "PID,...", NULL, "pid-list" },
	{ "PROBE", NULL, "probe" },
	{ "SID,...", NULL, "pid-list" },
	{ "SIG", NULL, "signal" },
	{ "SIGNAL", NULL, "signal" },
	{ "USER", NULL, "user" },
	{ "USER,...", NULL, "user-list" },
	{ "USER[:GROUP]", NULL, "user" },
};

const struct option *completion_option(const struct command *command,
				       const struct option *last)
{
	const struct option *option = command_option(command, last);

	while (option && !option->help)
		option = command_option(command, option);
	return option;
}

const char *completion_kind(const struct option *option)
{
	if (!option->argument)
		return NULL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].argument, option->argument) == 0 &&
		    (!kinds[i].option ||
		     strcmp(kinds[i].option, option->name) == 0))
			return kinds[i].kind;
	return option->choices ? "choice" : "none";
}

/* `--or` takes the probes of `--ready`. */
const char *completion_choices(const struct command *command,
			       const struct option *option)
{
	const struct option *other = NULL;

	if (strcmp(completion_kind(option), "signal") == 0)
		return "";
	if (option->choices)
		return option->choices;
	if (strcmp(option->argument, "PROBE") != 0)
		return "";
	while ((other = completion_option(command, other)))
		if (strcmp(other->name, "ready") == 0)
			return other->choices;
	return "";
}

void completion_print_names(void)
{
	for (size_t i = 0; commands[i]; i++)
		say_words("%s%s", i ? " " : "", commands[i]->name);
}

/* Without "SIG". */
void completion_print_signals(void)
{
	char buffer[TEXT_SIGNAL_SIZE];

	for (int i = 1; i < SIGSYS + 1; i++)
		say_words("%s%s", i > 1 ? " " : "",
			  text_signal_name(i, buffer, sizeof(buffer)) + 3);
}

static const char *topic_name(size_t index, const void *table)
{
	return ((const struct topic *)table)[index].name;
}

static const char *column_name(size_t index, const void *table)
{
	return ((const struct column *)table)[index].name;
}

void completion_print_lists(const char *before, const char *after)
{
	static const struct {
		const char *name;
		const char *(*next)(size_t index, const void *table);
		const void *table;
		const char *ending; /* of each word */
	} lists[] = {
		{ "topics", topic_name, topics, "" },
		{ "columns", column_name, columns_table, "" },
		{ "limits", resource_name_at, NULL, "=" },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *word;

		say_words(before, lists[i].name);
		for (size_t at = 0; (word = lists[i].next(at, lists[i].table));
		     at++)
			say_words("%s%s%s", at ? " " : "", word,
				  lists[i].ending);
		say_words("%s", after);
	}
}

void completion_print_lines(const char *const *lines)
{
	for (; *lines; lines++)
		say_words("%s", *lines);
}
