// SPDX-License-Identifier: MIT
/*
 * `jig fg` and `jig attach`: connect this terminal to a job.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "cli/command/external.h"
#include "cli/job/begin/job.h"
#include "job/ask.h"
#include "job/spec.h"
#include "job/store.h"
#include "tty/relay.h"

#define WORDS_MAX 8
#define SIZE_TEXT 16

static int fg_take_detach_key(void *data, const char *value,
			      struct fault *fault)
{
	struct job_settings *settings = data;

	return job_take_detach_key(&settings->up.detach_key, value, fault);
}

static int fg_take_read_only(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct job_settings *)data)->up.read_only = true;
	return 0;
}

static int fg_take_size(void *data, const char *value, struct fault *fault)
{
	struct job_settings *settings = data;

	settings->newest = strcmp(value, "newest") == 0;
	if (!settings->newest && strcmp(value, "smallest") != 0)
		return fault_set(fault, -EINVAL,
				 "--size '%s' is neither smallest nor newest",
				 value);
	return 0;
}

#define SIZE_OPTION                                                            \
	{                                                                      \
		0, "size", "WHOSE", "smallest newest",                         \
			"which attached terminal's size applies: smallest "    \
			"(default), newest",                                   \
			fg_take_size                                           \
	}

static const struct option fg_options[] = {
	{ 0, "detach-key", "KEY", NULL,
	  "key that detaches (default: 'ctrl-] d')", fg_take_detach_key },
	{ 0, "read-only", NULL, NULL, "show output, pass no input",
	  fg_take_read_only },
	SIZE_OPTION,
	{ 0 },
};

/* In addition to the options for services. */
const struct option job_attach_options[] = { SIZE_OPTION, { 0 } };

/* ------------------------------------------------------------- attaching */

/* @return  as ask_open(). */
static int open_attach(unsigned number, const struct job_attach *how)
{
	const char *words[WORDS_MAX] = { "attach" };
	char size[SIZE_TEXT];
	struct winsize ours;
	size_t count = 1;

	if (how->foreground) {
		words[count++] = "foreground";
		words[count++] = "continue";
	}
	if (how->read_only)
		words[count++] = "read-only";
	if (how->newest)
		words[count++] = "newest";
	if (how->was_begun)
		words[count++] = "begun";
	if (raw_terminal_size(STDIN_FILENO, &ours) == 0) {
		(void)snprintf(size, sizeof(size), "%ux%u", ours.ws_row,
			       ours.ws_col);
		words[count++] = size;
	}
	words[count] = NULL;
	return ask_open(number, words);
}

/* A job without a terminal: we send the signals of the keys. */
static void pass_signal(void *context, int signo)
{
	const struct jig_job *job = context;

	(void)jig_job_signal(job->number, signo, JIG_JOB_FOREGROUND);
}

static bool read_again(unsigned number, struct jig_job *ret)
{
	CLEANUP(list_free) struct list jobs = { 0 };

	if (job_list(&jobs) < 0)
		return false;
	for (size_t i = 0; i < jobs.count; i++) {
		*ret = *(struct jig_job *)list_at(&jobs, i, sizeof(*ret));
		if (ret->number == number)
			return true;
	}
	return false;
}

/* The signal that has ended main, if it is the job's status; else 0. */
static int fg_signal_of(const struct jig_job *ended, int status)
{
	return ended->state == JIG_JOB_ENDED && ended->status > 0 &&
			       WIFSIGNALED(ended->status) &&
			       status == 128 + WTERMSIG(ended->status)
		       ? WTERMSIG(ended->status)
		       : 0;
}

static int after_status(const struct jig_job *job, int status,
			const struct job_attach *how, struct job_end *ret)
{
	struct jig_job now = { .status = -1 };

	ret->stopped = status > 128 && read_again(job->number, &now) &&
		       now.state == JIG_JOB_STOPPED;
	if (ret->stopped && !how->stops_us) {
		say_words("\n");
		job_print(&now, JIG_JOB_SHORT);
	}
	if (ret->stopped)
		return status;
	ret->signo = fg_signal_of(&now, status);
	job_forget(job->number);
	return status;
}

/* The job ended before its keeper could serve us, or the keeper was killed, and
 * the supervisor ends the job. */
static int after_loss(const struct jig_job *job, const struct job_attach *how,
		      struct job_end *ret)
{
	struct jig_job now = { .status = -1 };
	int status = EXIT_JIG;

	if (jig_job_wait(job->number, -1, &status) < 0)
		return status;
	if (!read_again(job->number, &now) || now.state != JIG_JOB_ENDED)
		complain("job %u: its keeper was killed, so the job was ended",
			 job->number);
	else if (how->was_begun)
		(void)job_print_past(job, 0);
	ret->signo = fg_signal_of(&now, status);
	job_forget(job->number);
	return status;
}

static int after_relay(const struct jig_job *job, const struct relay *relay,
		       const struct job_attach *how, int end,
		       struct job_end *ret)
{
	char words[SPEC_COMMAND];

	switch (end) {
	case RELAY_STATUS:
		return after_status(job, relay->status, how, ret);
	case RELAY_DETACHED:
		if (how->silent)
			complain("detached: jig session %s", job->name);
		else
			complain("detached from job %u: %s", job->number,
				 spec_command(job, words, sizeof(words)));
		return 0;
	case RELAY_SIGNAL:
		ret->signo = relay->signo;
		return 128 + relay->signo;
	default:
		return after_loss(job, how, ret);
	}
}

int job_attach(const struct jig_job *job, const struct job_attach *how,
	       struct job_end *ret)
{
	char words[SPEC_COMMAND];
	struct jig_job copy = *job;
	CLEANUP_CLOSE int fd = open_attach(job->number, how);
	struct relay relay = {
		.socket = fd,
		.key = how->key,
		.read_only = how->read_only,
		.greeting = how->foreground && !how->silent
				    ? spec_command(job, words, sizeof(words))
				    : NULL,
		.is_terminal = *job->terminal,
		.on_signal = *job->terminal ? NULL : pass_signal,
		.on_silence = job_wake,
		.context = &copy,
	};
	struct fault fault;
	int r = fd;

	*ret = (struct job_end){ 0 };
	if (r >= 0)
		r = relay_run(&relay, &fault);
	else
		(void)fault_set(&fault, r, "%s", job_error(r));
	if (r >= 0)
		return after_relay(job, &relay, how, r, ret);
	if (how->was_begun && (r == -ECONNREFUSED || r == -EPIPE))
		return after_loss(job, how, ret);
	complain("%s", fault.text);
	return 1;
}

/* ---------------------------------------------------------------- commands */

static int fg_refuse(const char *verb, const struct jig_job *job)
{
	if (spec_has_ended(job))
		complain("%s: job has terminated", verb);
	else if (*job->terminal && job_holds_us(job)) /* it would show itself */
		complain("%s: this is inside of job %u", verb, job->number);
	else
		return 0;
	return 1;
}

static int attach_to(const char *verb, const char *spec,
		     const struct job_settings *settings, bool foreground)
{
	const struct job_attach how = {
		.foreground = foreground,
		.read_only = settings->up.read_only,
		.newest = settings->newest,
		.key = settings->up.detach_key,
	};
	struct jig_job job;
	struct job_end end;
	int status;

	if (job_find(verb, spec, &job) < 0 || fg_refuse(verb, &job))
		return 1;
	status = job_attach(&job, &how, &end);
	/* As if our shell had started the command itself. */
	if (end.signo)
		sys_die_of(end.signo);
	return status;
}

static int fg_run(const struct command *command, int argc, char **argv)
{
	CLEANUP(job_settings_free) struct job_settings settings;
	int status;
	int first = job_parse(command, argc, argv, &settings, &status);

	if (first < 0)
		return status;
	return attach_to("fg", argv[first], &settings, true);
}

int job_attach_run(const struct command *command, int argc, char **argv)
{
	CLEANUP(job_settings_free) struct job_settings settings;
	int status;
	int first = job_parse(command, argc, argv, &settings, &status);

	if (first < 0)
		return status;
	if (first < argc && !job_is_meant(argv[first]))
		return external_run(command, argc, argv);
	return attach_to("attach", argv[first], &settings, false);
}

static const struct page_pair fg_examples[] = {
	{ "jig fg %2", "job 2 on this terminal; Ctrl-] d detaches" },
	{ NULL, NULL },
};

const struct command command_fg = {
	.name = "fg",
	.task = TASK_JOBS,
	.usage = "[OPTION…] [JOBSPEC]",
	.words = "job",
	.summary = "continue a job, and attach this terminal to it",
	.manual = "jig-fg(1)",
	.options = { fg_options },
	.examples = fg_examples,
	.run = fg_run,
};
