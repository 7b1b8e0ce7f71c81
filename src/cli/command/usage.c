// SPDX-License-Identifier: MIT
/* The help of one command: jig COMMAND --help, jig COMMAND -h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command/command.h"

/* Where the names of a group begin. */
#define GROUP_COLUMN 15

static void add_option(struct page *page, const struct option *option)
{
	char left[64];

	(void)snprintf(left, sizeof(left), "%s%c%s--%s%s%s",
		       option->letter ? "-" : "  ",
		       option->letter ? option->letter : ' ',
		       option->letter ? ", " : " ", option->name,
		       option->argument ? " " : "",
		       option->argument ? option->argument : "");
	page_pair(page, left, option->help);
}

/* "-f/--file=FILE, --stop=POLICY": an argument stays with its option. */
static void add_name(struct buffer *names, const struct option *option)
{
	const char letter[] = { '-', option->letter, '/', '\0' };

	buffer_printf(names, "%s%s--%s%s%s", names->used ? ", " : "",
		      option->letter ? letter : "", option->name,
		      option->argument ? "=" : "",
		      option->argument ? option->argument : "");
}

/* The options of one group. @return the row after them. */
static const struct option *add_group(struct page *page,
				      const struct command *command,
				      const struct option *group)
{
	CLEANUP(buffer_free) struct buffer names = { 0 };
	const struct option *row = command_row(command, group);

	for (; row && !option_is_group(row); row = command_row(command, row))
		if (row->help)
			add_name(&names, row);
	page->column = GROUP_COLUMN;
	page_pair(page, group->help, names.text ? names.text : "");
	return row;
}

static void add_options(struct page *page, const struct command *command,
			bool brief)
{
	const struct option *row = command_row(command, NULL);

	if (row && !option_is_group(row))
		page_heading(page, "options");
	else if (row && brief) /* Each line of a screen counts. */
		page_text(page, 0, "");
	while (row) {
		const struct option *next = command_row(command, row);

		if (!option_is_group(row) && row->help)
			add_option(page, row);
		else if (option_is_group(row) && brief)
			next = add_group(page, command, row);
		else if (option_is_group(row))
			page_heading(page, row->help);
		row = next;
	}
}

/* "jig help probes explains PROBE", for what the usage or an option names. */
static void add_topics(struct page *page, const struct command *command)
{
	static const char *const table[][2] = {
		{ "PROBE", "probes" },
		{ "JOBSPEC", "jobspecs" },
		{ "POLICY", "stop-policies" },
	};
	CLEANUP(buffer_free) struct buffer line = { 0 };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct option *row = NULL;
		bool is_named = strstr(command->usage, table[i][0]) != NULL;

		while (!is_named && (row = command_option(command, row)))
			is_named = row->help && row->argument &&
				   strcmp(row->argument, table[i][0]) == 0;
		if (is_named)
			buffer_printf(&line, "%sjig help %s explains %s",
				      line.used ? "; " : "\n", table[i][1],
				      table[i][0]);
	}
	if (line.text)
		buffer_printf(&line, ".");
	if (line.text)
		page_text(page, 0, line.text);
}

static void add_examples(struct page *page, const struct command *command)
{
	const struct page_pair *example = command->examples;

	if (example)
		page_heading(page, "examples");
	for (; example && example->left; example++) {
		page_text(page, 2, example->left);
		page_text(page, 6, example->right);
	}
	if (command->statuses)
		page_heading(page, "exit status");
	page_pairs(page, command->statuses);
}

int command_print_help(const struct command *command, int form)
{
	CLEANUP(buffer_free) struct buffer line = { 0 };
	bool brief = form == OPTIONS_SHORT_HELP;
	struct page page;

	page_open(&page, STDOUT_FILENO);
	buffer_printf(&line, "usage: jig %s %s\n%s%s", command->name,
		      command->usage, brief ? "" : "\n", command->summary);
	page_text(&page, 0, line.text ? line.text : "");
	buffer_drop(&line, line.used);
	add_options(&page, command, brief);
	if (!brief) {
		add_examples(&page, command);
		add_topics(&page, command);
	}
	buffer_printf(&line,
		      brief ? "\njig %s --help shows more; %s is the manual."
			    : "\njig %s -h is shorter; %s is the manual.",
		      command->name, command->manual);
	page_text(&page, 0, line.text ? line.text : "");
	return page_close(&page) < 0 ? EXIT_JIG : 0;
}
