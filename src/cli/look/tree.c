// SPDX-License-Identifier: MIT
/* `jig tree`: the tree of processes; its options. */
#include "cli/look/tree.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/text/words.h"
#include "cli/look/selection.h"

#define INTERVAL_US 2000000
#define INTERVAL_MIN_US 50000

/* ------------------------------------------------------------------ options */

static int tree_take_users(void *data, const char *value, struct fault *fault)
{
	struct tree_settings *settings = data;

	return selection_take_words(&settings->selection.users, value,
				    selection_take_user, fault);
}

static int tree_take_sessions(void *data, const char *value,
			      struct fault *fault)
{
	struct tree_settings *settings = data;

	return selection_take_words(&settings->selection.sessions, value,
				    selection_take_number, fault);
}

#define FLAG(function, member)                                                 \
	static int function(void *data, const char *value,                     \
			    struct fault *fault)                               \
	{                                                                      \
		(void)value, (void)fault;                                      \
		((struct tree_settings *)data)->member = true;                 \
		return 0;                                                      \
	}

FLAG(take_all, kernel)
FLAG(take_args, arguments)
FLAG(take_unfold, unfold)
FLAG(take_ascii, ascii)
FLAG(take_wide, wide)
FLAG(take_json, json)
FLAG(take_watch, watch)

static int take_interval(void *data, const char *value, struct fault *fault)
{
	struct tree_settings *settings = data;
	int64_t us;

	if (text_duration(value, &us) < 0 || us < INTERVAL_MIN_US)
		return fault_set(
			fault, -EINVAL,
			"--interval '%s' is not a duration of 50ms or more",
			value);
	settings->interval_us = us;
	settings->watch = true;
	return 0;
}

static int tree_take_colour(void *data, const char *value, struct fault *fault)
{
	static const char *const names[] = {
		[TREE_COLOUR_AUTO] = "auto",
		[TREE_COLOUR_ALWAYS] = "always",
		[TREE_COLOUR_NEVER] = "never",
	};
	static const struct words words = WORDS_OF(names);
	int i = words_parse(&words, value);

	if (i < 0)
		return fault_set(fault, -EINVAL,
				 "--colour '%s' is not auto, always or never",
				 value);
	((struct tree_settings *)data)->colour = (enum tree_colour)i;
	return 0;
}

static int take_svg(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct tree_settings *)data)->svg = value;
	return 0;
}

static int take_dot(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct tree_settings *)data)->dot = value;
	return 0;
}

static const struct option tree_options[] = {
	OPTION_GROUP("selection"),
	{ 'a', "all", NULL, NULL, "also the kernel's threads", take_all },
	{ 'u', "user", "USER,...", NULL, "processes of these users (effective)",
	  tree_take_users },
	{ 's', "session", "SID,...", NULL, "processes of these sessions",
	  tree_take_sessions },
	OPTION_GROUP("drawing"),
	{ 'l', "args", NULL, NULL, "show commands with their arguments",
	  take_args },
	{ 0, "unfold", NULL, NULL, "show equal leaves on a line each",
	  take_unfold },
	{ 0, "ascii", NULL, NULL, "use only ASCII", take_ascii },
	{ 'w', "wide", NULL, NULL, "do not cut lines to the terminal's width",
	  take_wide },
	{ 0, "colour", "WHEN", "auto always never", "a colour for each session",
	  tree_take_colour },
	{ 0, "color", "WHEN", "auto always never", "same as --colour",
	  tree_take_colour },
	OPTION_GROUP("watch"),
	{ 0, "watch", NULL, NULL, "draw the tree again every 2 s; q quits",
	  take_watch },
	{ 'i', "interval", "TIME", NULL, "like --watch, with this interval",
	  take_interval },
	OPTION_GROUP("formats"),
	{ 0, "svg", "FILE", NULL, "write a picture (-: stdout)", take_svg },
	{ 0, "dot", "FILE", NULL, "write a graph for graphviz (-: stdout)",
	  take_dot },
	{ 0, "json", NULL, NULL, "like jig ps --json, parents first",
	  take_json },
	{ 0 },
};

/* ------------------------------------------------------------------ command */

static int tree_take_word(struct tree_settings *settings, const char *word,
			  struct fault *fault)
{
	uint64_t pid;

	if (*word == '%')
		/* A job's tree begins at its keeper. */
		return selection_find_job(word, &settings->root, fault);
	if (text_number(word, INT32_MAX, &pid) < 0 || pid == 0)
		return fault_set(fault, -EINVAL,
				 "'%s' is not a pid or a jobspec", word);
	settings->root = (pid_t)pid;
	return 0;
}

static bool is_stdout(const char *file)
{
	return file && strcmp(file, "-") == 0;
}

static int tree_check(const struct tree_settings *settings, struct fault *fault)
{
	int texts = settings->json + is_stdout(settings->svg) +
		    is_stdout(settings->dot);

	if (settings->watch &&
	    (settings->json || settings->svg || settings->dot))
		return fault_set(fault, -EINVAL,
				 "--watch excludes --json, --svg and --dot");
	if (texts > 1 || (settings->json && (settings->svg || settings->dot)))
		return fault_set(fault, -EINVAL,
				 "only one format can go to stdout");
	return 0;
}

static int tree_parse(const struct command *command, int argc, char **argv,
		      struct tree_settings *settings, struct fault *fault)
{
	int first = options_parse(command, argc, argv, settings, fault);

	if (first < 0)
		return first;
	if (argc - first > 1)
		return fault_set(fault, -EINVAL,
				 "'%s': tree takes one process or job",
				 argv[first + 1]);
	if (first < argc) {
		int r = tree_take_word(settings, argv[first], fault);

		if (r < 0)
			return r;
	}
	return tree_check(settings, fault);
}

static int tree_run(const struct command *command, int argc, char **argv)
{
	struct tree_settings settings = {
		.selection = { .all = true },
		.interval_us = INTERVAL_US,
	};
	struct fault fault;
	int status = 0, r = tree_parse(command, argc, argv, &settings, &fault);

	if (options_want_help(r)) {
		status = command_print_help(command, r);
	} else if (r == -ESRCH || r == -ENOTUNIQ) {
		complain("tree: %s", fault.text);
		status = 1;
	} else if (r < 0) {
		status = complain_usage(command, &fault);
	} else {
		status = settings.watch ? tree_watch(&settings)
					: tree_show(&settings);
	}
	view_selection_free(&settings.selection);
	return status;
}

static const struct page_pair tree_examples[] = {
	{ "jig tree -l", "all processes, with their arguments" },
	{ "jig tree --svg tree.svg %1", "a picture of job 1" },
	{ NULL, NULL },
};

const struct command command_tree = {
	.name = "tree",
	.task = TASK_LOOK,
	.usage = "[OPTION…] [PID | JOBSPEC]",
	.words = "process",
	.summary = "draw processes as a tree, with sessions and jobs",
	.manual = "jig-tree(1)",
	.options = { tree_options },
	.examples = tree_examples,
	.run = tree_run,
};
