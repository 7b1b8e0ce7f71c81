// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/command/command.h"
#include "cli/topic.h"

/* Where the summaries of commands and topics begin. */
#define SUMMARY_COLUMN 17

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void add_task(struct page *page, enum command_task task)
{
	static const char *const headings[TASK_COUNT] = {
		[TASK_OTHER] = "other commands",
		[TASK_RUN] = "run something, and end all of it",
		[TASK_SERVICES] = "services of a Procfile or jig.yaml",
		[TASK_JOBS] = "jobs in the background",
		[TASK_LOOK] = "look",
		[TASK_HELP] = "help",
	};

	page_heading(page, headings[task]);
	for (size_t i = 0; commands[i]; i++)
		if (commands[i]->task == task)
			page_pair(page, commands[i]->name,
				  commands[i]->summary);
}

int command_print_overview(int fd, bool all)
{
	struct page page;

	page_open(&page, fd);
	page.column = SUMMARY_COLUMN;
	page_text(&page, 0,
		  "usage: jig COMMAND …\n\n"
		  "Start a command, and when you leave it nothing that it "
		  "started is left.");
	for (int task = TASK_OTHER + 1; task < TASK_COUNT; task++)
		add_task(&page, (enum command_task)task);
	if (all) {
		add_task(&page, TASK_OTHER);
		page_heading(&page, "topics");
		for (const struct topic *topic = topics; topic->name; topic++)
			page_pair(&page, topic->name, topic->summary);
	}
	page_text(&page, 0,
		  all ? "\nTry: jig run -- COMMAND [ARGUMENT…], jig help "
			"COMMAND, jig help TOPIC"
		      : "\nTry: jig run -- COMMAND [ARGUMENT…]\n"
			"jig help COMMAND explains a command; jig help --all "
			"lists all.");
	return page_close(&page);
}

static const char *command_name(size_t index, const void *table)
{
	(void)table;
	return commands[index] ? commands[index]->name : NULL;
}

const char *command_suggest(const char *name, char *buffer, size_t size)
{
	static const struct text_quotes quotes = { "'jig ", "'" };

	return text_suggest(name, command_name, NULL, &quotes, buffer, size);
}

/* Commands, then topics. */
static const char *subject_name(size_t index, const void *table)
{
	size_t count = 0;

	(void)table;
	while (commands[count])
		count++;
	return index < count ? commands[index]->name
			     : topics[index - count].name;
}

static int take_all(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	*(bool *)data = true;
	return 0;
}

static const struct option help_options[] = {
	{ 'a', "all", NULL, NULL, "list all commands, and the topics",
	  take_all },
	{ 0 },
};

static int explain(const char *name)
{
	const struct command *about = command_find(name);
	const struct topic *topic = topic_find(name);
	static const struct text_quotes quotes = { "'", "'" };
	struct fault fault;
	char more[128];

	if (about)
		return command_print_help(about, OPTIONS_HELP);
	if (topic)
		return topic_show(topic);
	fault_set(&fault, -EINVAL, "no command or topic '%s'%s", name,
		  text_suggest(name, subject_name, NULL, &quotes, more,
			       sizeof(more)));
	return complain_usage(NULL, &fault);
}

static int run_help(const struct command *command, int argc, char **argv)
{
	struct fault fault;
	bool all = false;
	int first = options_parse_anywhere(command, argc, argv, &all, &fault);

	if (options_want_help(first))
		return command_print_help(command, first);
	if (first >= 0 && argc - first > 1)
		first = fault_set(&fault, -EINVAL,
				  "help takes one command or topic");
	if (first < 0)
		return complain_usage(command, &fault);
	if (first < argc)
		return explain(argv[first]);
	return command_print_overview(STDOUT_FILENO, all) < 0 ? EXIT_JIG : 0;
}

static const struct page_pair help_examples[] = {
	{ "jig help run", "the options of `jig run`, by subject" },
	{ "jig help probes", "what --ready takes" },
	{ NULL, NULL },
};

const struct command command_help = {
	.name = "help",
	.task = TASK_HELP,
	.usage = "[--all | COMMAND | TOPIC]",
	.words = "subject",
	.summary = "explain a command or a topic",
	.manual = "jig-help(1)",
	.options = { help_options },
	.examples = help_examples,
	.run = run_help,
};

static int run_version(const struct command *command, int argc, char **argv)
{
	struct fault fault;
	int first = options_parse(command, argc, argv, NULL, &fault);

	if (options_want_help(first))
		return command_print_help(command, first);
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
	.task = TASK_HELP,
	.usage = "",
	.summary = "show the version",
	.manual = "jig-version(1)",
	.run = run_version,
};
