// SPDX-License-Identifier: MIT
/*
 * `jig start`: a command as a job. What we fork is the job's keeper, which is
 * its guard; we wait until it says that the command runs.
 *
 * `jig start` is the older name of `jig up`, too: without a word, or with names
 * alone where a project's file lies.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/external.h"
#include "cli/job_start.h"
#include "cli/run_options.h"
#include "cli/up_options.h"
#include "core/wire.h"
#include "job/keeper.h"
#include "job/spec.h"

/* Run's come first: its options take what they are given as these. */
struct start_settings {
	struct run_settings run;
	const char *name;
	bool no_terminal;
	struct winsize size; /* rows 0: our terminal's */
	unsigned again; /* the number of a job that is started again */
	int lifeline; /* to a libjig host, or -1 */
};

/* --------------------------------------------------------------- options */

static int take_name(void *data, const char *value, struct fault *fault)
{
	if (!spec_is_name(value))
		return option_wrong(fault, "name", value,
				    "a name: letters, digits and _ . -, not "
				    "digits alone");
	((struct start_settings *)data)->name = value;
	return 0;
}

static int take_pty(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct start_settings *)data)->no_terminal = false;
	return 0;
}

static int take_no_pty(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct start_settings *)data)->no_terminal = true;
	return 0;
}

static int take_size(void *data, const char *value, struct fault *fault)
{
	struct winsize *size = &((struct start_settings *)data)->size;
	unsigned rows, columns;
	char end;

	if (sscanf(value, "%5ux%5u%c", &rows, &columns, &end) != 2 ||
	    rows == 0 || columns == 0 || rows > 65535 || columns > 65535)
		return option_wrong(fault, "size", value,
				    "rows and columns such as 24x80");
	size->ws_row = (unsigned short)rows;
	size->ws_col = (unsigned short)columns;
	return 0;
}

static int take_again(void *data, const char *value, struct fault *fault)
{
	uint64_t number;

	if (text_number(value, INT32_MAX, &number) < 0)
		return option_wrong(fault, "again", value, "a job's number");
	((struct start_settings *)data)->again = (unsigned)number;
	return 0;
}

static const struct option start_options[] = {
	{ 0, "name", "NAME", NULL, "what to call the job: %NAME", take_name },
	{ 0, "pty", NULL, NULL, "a terminal of its own (default)", take_pty },
	{ 0, "no-pty", NULL, NULL, "none: stdin is /dev/null, output is kept",
	  take_no_pty },
	{ 0, "size", "ROWSxCOLUMNS", NULL,
	  "of its terminal (default: of this one, or 24x80)", take_size },
	{ 0, "again", "N", NULL, NULL, take_again },
	{ 0 },
};

static int complete(struct start_settings *settings, bool split,
		    struct fault *fault)
{
	struct run_settings *run = &settings->run;

	if (split)
		return fault_set(fault, -EINVAL,
				 "a job has no --with: jig start -- jig run "
				 "--with …");
	/* The keeper's own; the host hears of the start alone. */
	settings->lifeline = run->plan.lifeline;
	run->plan.lifeline = -1;
	/* "parent": who runs us, since we are gone in a moment. */
	if (run->plan.owner == 0)
		run->plan.owner = getppid();
	return run_settings_complete(run, fault);
}

static int parse(const struct command *command, int argc, char **argv,
		 struct start_settings *settings, struct fault *fault)
{
	bool split;

	*settings = (struct start_settings){ .lifeline = -1 };
	run_settings_init(&settings->run);
	settings->run.plan.owner = JIG_OWNER_NONE;
	int first = options_parse_part(command, argc, argv, 1, settings, &split,
				       fault);
	int r = first < 0 ? first : complete(settings, split, fault);

	return r < 0 ? r : first;
}

/* ------------------------------------------------------------ a service? */

static bool has_project(void)
{
	static const char *const files[] = {
		"Procfile",
		"jig.yaml",
		"jig.yml",
		"process-compose.yaml",
		"process-compose.yml",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (access(files[i], F_OK) == 0)
			return true;
	return false;
}

/* Nothing but names, where there are services that have names. */
static bool are_names(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!spec_is_name(argv[i]))
			return false;
	return has_project();
}

static bool is_for_services(int argc, char **argv, int first)
{
	struct up_settings settings;
	struct fault fault;

	/* "jig start", "jig start -p 80": no command. */
	if (first == argc)
		return true;
	if (first >= 0)
		return are_names(argc, argv);
	/* Options that are none of a job's, and are of `jig up`. */
	up_settings_init(&settings);
	first = options_parse(&command_up, argc, argv, &settings, &fault);
	up_settings_free(&settings);
	return first >= 0;
}

/* ------------------------------------------------------------ the keeper */

/* A word with blanks that is no program is a line for a shell. */
static bool is_line(char *const *words)
{
	return !words[1] && strpbrk(words[0], " \t\n|&;<>()$`\"'*?~") &&
	       access(words[0], F_OK) < 0;
}

static char **words_of(char **argv, char *shell[4])
{
	if (!is_line(argv))
		return argv;
	shell[0] = "/bin/sh";
	shell[1] = "-c";
	shell[2] = argv[0];
	shell[3] = NULL;
	return shell;
}

/* What may still be printed goes where ours goes, until the job runs. */
static int be_keeper(struct keeper *keeper, struct start_settings *settings,
		     char **words, bool *ret_lives)
{
	struct run_settings *run = &settings->run;
	struct outcome outcome = { .stage = WIRE_NO_STAGE };
	char number[32];
	const char *variable = number;
	int status = EXIT_JIG;

	(void)setsid(); /* No hang-up of the terminal that it began in. */
	(void)snprintf(number, sizeof(number), "JIG_JOB=%u",
		       keeper->job.number);
	int r = list_append(&run->env, &variable, sizeof(variable));

	if (r == 0)
		r = keeper_serve(keeper, &run->plan, &run->capture);
	if (r == 0)
		r = run_settings_open(run, words, &outcome.fault);
	run->plan.argv = words;
	outcome.error = r;
	if (r < 0)
		complain("%s", outcome.fault.text);
	else
		status = run_fixture(run, &keeper->hooks, &outcome);
	*ret_lives = keeper_finish(keeper, &outcome, status);
	return status;
}

__attribute__((noreturn)) static void run_keeper(
	int store, struct keeper *keeper, struct start_settings *settings,
	char **words)
{
	bool lives;

	/* Our stdin is not the job's, and not held. */
	fd_nullify(STDIN_FILENO, STDIN_FILENO);
	int status = be_keeper(keeper, settings, words, &lives);

	if (!lives)
		store_discard(store, keeper->job.number);
	_exit(status);
}

/* @return the exit status. */
static int await_start(struct keeper *keeper, int told, pid_t child)
{
	pid_t main;
	int status;

	if (read(told, &main, sizeof(main)) == sizeof(main)) {
		printf("[%u] %d\n", keeper->job.number, (int)main);
		return 0;
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_JIG;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	complain("the job's keeper was killed");
	return EXIT_JIG;
}

/* -------------------------------------------------------------- the start */

static void choose_size(struct start_settings *settings)
{
	struct winsize usual = { .ws_row = 24, .ws_col = 80 };

	for (int fd = 0; fd < 3 && !settings->size.ws_row; fd++)
		if (ioctl(fd, TIOCGWINSZ, &settings->size) < 0)
			settings->size = (struct winsize){ 0 };
	if (!settings->size.ws_row || !settings->size.ws_col)
		settings->size = usual;
}

static void describe(struct keeper *keeper, char **words)
{
	struct job_record *record = keeper->job.record;

	if (!getcwd(record->directory, sizeof(record->directory)))
		text_copy(record->directory, sizeof(record->directory), "?");
	if (is_line(words))
		text_copy(record->command, sizeof(record->command), words[0]);
	else
		record_quote(words, record->command, sizeof(record->command));
	record->rank_us = clock_wall_us();
}

static int start(struct start_settings *settings, int argc, char **argv,
		 int first)
{
	CLEANUP(keeper_close) struct keeper keeper = KEEPER_NONE;
	struct fault fault;
	char *shell[4];
	int pair[2];
	CLEANUP_CLOSE int store = store_open(&fault);
	int r = store < 0 ? store
			  : store_create(store, settings->name, settings->again,
					 &keeper.job, &fault);

	if (r < 0)
		return job_start_refuse(settings->lifeline, r, &fault);
	choose_size(settings);
	describe(&keeper, argv + first);
	r = keeper_open(&keeper, settings->no_terminal ? NULL : &settings->size,
			&fault);
	if (r == 0)
		r = job_start_save(keeper.job.directory, argc, argv, &fault);
	if (r == 0 && pipe2(pair, O_CLOEXEC) < 0)
		r = fault_set(&fault, -errno, "cannot make a pipe: %s",
			      strerror(errno));
	pid_t child = r < 0 ? -1 : fork();

	if (child == 0) {
		cleanup_close(&pair[0]);
		keeper.told = pair[1];
		keeper.lifeline = settings->lifeline;
		run_keeper(store, &keeper, settings,
			   words_of(argv + first, shell));
	}
	if (child < 0) {
		if (r == 0)
			r = fault_set(&fault, -errno, "cannot fork: %s",
				      strerror(errno));
		store_discard(store, keeper.job.number);
		return job_start_refuse(settings->lifeline, r, &fault);
	}
	cleanup_close(&pair[1]);
	CLEANUP_CLOSE int told = pair[0];

	return await_start(&keeper, told, child);
}

static int start_run(const struct command *command, int argc, char **argv)
{
	static struct start_settings settings;
	struct fault fault = { "" };
	int status = 0;

	run_open_standard_fds();
	int first = parse(command, argc, argv, &settings, &fault);

	if (first == OPTIONS_HELP)
		command_print_help(command);
	else if (settings.lifeline < 0 && is_for_services(argc, argv, first))
		status = external_run(command, argc, argv);
	else if (first < 0)
		status = settings.lifeline < 0
				 ? complain_usage(command, &fault)
				 : job_start_refuse(settings.lifeline, first,
						    &fault);
	else
		status = start(&settings, argc, argv, first);
	run_settings_free(&settings.run);
	return status;
}

const struct command command_start = {
	.name = "start",
	.usage = "[OPTION…] [--] COMMAND [ARGUMENT…]",
	.summary = "run a command in the background, as a job",
	.manual = "jig-start(1)",
	.options = run_options,
	.more_options = start_options,
	.run = start_run,
};
