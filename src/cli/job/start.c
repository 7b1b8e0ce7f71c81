// SPDX-License-Identifier: MIT
/*
 * `jig start`: a command as a job (cli/job/begin/begin.h).
 *
 * `jig start` is also an older name of `jig up`: without words, or with only
 * names in a directory with a project's file.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file/pty.h"
#include "base/text.h"
#include "cli/command/external.h"
#include "cli/command/up_options.h"
#include "cli/job/begin/begin.h"
#include "cli/job/begin/outside.h"
#include "cli/job/begin/start.h"
#include "cli/run/option/option.h"
#include "cli/run/option/value.h"
#include "job/spec.h"

/* --------------------------------------------------------------- options */

static int take_name(void *data, const char *value, struct fault *fault)
{
	return job_begin_take_name(data, value, fault);
}

static int start_take_pty(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct job_begin *)data)->no_terminal = false;
	((struct job_begin *)data)->wants_terminal = true;
	return 0;
}

static int take_no_pty(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct job_begin *)data)->no_terminal = true;
	((struct job_begin *)data)->wants_terminal = false;
	return 0;
}

static int start_take_size(void *data, const char *value, struct fault *fault)
{
	struct job_begin *settings = data;

	return pty_size_parse(value, &settings->size) < 0
		       ? option_wrong(
				 fault, "size", value,
				 "rows and columns from 1 to 65535, such as "
				 "24x80")
		       : 0;
}

static int start_take_again(void *data, const char *value, struct fault *fault)
{
	return job_begin_take_again(data, value, fault);
}

static const struct option start_options[] = {
	OPTION_GROUP("job"),
	{ 0, "name", "NAME", NULL, "name of the job, for %NAME", take_name },
	{ 0, "pty", NULL, NULL, "give the job a terminal (default)",
	  start_take_pty },
	{ 0, "no-pty", NULL, NULL,
	  "no terminal: stdin is /dev/null, output is kept", take_no_pty },
	{ 0, "size", "ROWSxCOLUMNS", NULL,
	  "size of its terminal (default: that of this one, or 24x80)",
	  start_take_size },
	{ 0, "again", "N", NULL, NULL, start_take_again },
	{ 0, "with", "COMMAND", NULL, NULL, job_begin_refuse_with },
	{ 0 },
};

static int start_parse(const struct command *command, int argc, char **argv,
		       struct job_begin *settings, struct fault *fault)
{
	job_begin_init(settings);

	int first = options_parse(command, argc, argv, settings, fault);
	int r = first;

	/* Now, so that a host also gets the error of a wrong option. */
	settings->lifeline = settings->run.plan.lifeline;
	settings->board = settings->run.plan.board;
	if (first >= 0)
		r = job_begin_complete(settings, fault);
	return r < 0 ? r : first;
}

/* ------------------------------------------------------------ a service? */

/* Only names, in a directory with a project. */
static bool start_are_names(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!spec_is_name(argv[i]))
			return false;
	return external_has_project();
}

static bool start_is_for_services(int argc, char **argv, int first)
{
	struct up_settings settings;
	struct fault fault;

	/* "jig start", "jig start -p 80": no command. */
	if (first == argc)
		return true;
	if (first >= 0)
		return start_are_names(argc, argv);
	/* Not options of a job: maybe they are options of `jig up`. */
	up_settings_init(&settings);
	first = options_parse(&command_up, argc, argv, &settings, &fault);
	up_settings_free(&settings);
	return first >= 0;
}

static int start_start(struct job_begin *settings, int argc, char **argv,
		       int first)
{
	const struct outside_job outside = {
		.name = settings->name,
		.words = argv + first,
		.invocation = { argc, argv, settings->run.env.count > 0 },
	};
	unsigned number, session;
	pid_t main;
	int status;

	if (!settings->again && settings->name &&
	    outside_has_name(settings->name, &session))
		status = outside_start(session, &outside, &number, &main);
	else
		status = job_begin(settings, argc, argv, argv + first, &number,
				   &main);
	if (status == 0)
		say_line("[%u] %d", number, (int)main);
	return status;
}

static int start_run(const struct command *command, int argc, char **argv)
{
	static struct job_begin settings;
	struct fault fault = { "" };
	int status = 0;

	fd_open_standard();
	int first = start_parse(command, argc, argv, &settings, &fault);

	if (options_want_help(first))
		status = command_print_help(command, first);
	else if (settings.lifeline < 0 &&
		 start_is_for_services(argc, argv, first))
		status = external_run(command, argc, argv);
	else if (first < 0)
		status = settings.lifeline < 0
				 ? complain_usage(command, &fault)
				 : job_start_refuse(settings.lifeline,
						    settings.board, first,
						    &fault);
	else
		status = start_start(&settings, argc, argv, first);
	job_begin_free(&settings);
	return status;
}

static const struct page_pair start_examples[] = {
	{ "jig start -- ./server --port 8080",
	  "a job in the background; `jig fg` shows it" },
	{ "jig start --name web --ready http:8080 ./server",
	  "return when it serves requests" },
	{ NULL, NULL },
};

const struct command command_start = {
	.name = "start",
	.task = TASK_RUN,
	.usage = "[OPTION…] [--] COMMAND [ARGUMENT…]",
	.words = "command",
	.summary = "run a command in the background, as a job",
	.manual = "jig-start(1)",
	.options = { start_options, run_options, run_limit_options },
	.examples = start_examples,
	.note = run_via_note,
	.run = start_run,
};
