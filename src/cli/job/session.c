// SPDX-License-Identifier: MIT
/*
 * `jig session`: a shell with its own job control, as a job to which this
 * terminal is attached from the start.
 *
 * Without a name the session has this process as its owner: it ends with us,
 * whatever ends us. With a name it has no owner: the user can detach, and
 * attach again.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "base/text.h"
#include "cli/job/begin/begin.h"
#include "cli/job/begin/job.h"
#include "cli/job/begin/outside.h"
#include "cli/run/option/value.h"
#include "job/spec.h"
#include "job/store.h"

/* The options of `jig run` take a pointer to this as struct run_settings. */
struct session_settings {
	struct job_begin begin;
	struct job_attach attach;
	bool owner_given;
	struct job_end end;
};

_Static_assert(offsetof(struct session_settings, begin) == 0 &&
		       offsetof(struct job_begin, run) == 0,
	       "options of run take it as struct run_settings");

/* --------------------------------------------------------------- options */

static int take_keep(void *data, const char *value, struct fault *fault)
{
	struct session_settings *settings = data;

	if (!spec_is_name(value + (*value == '%')))
		return option_wrong(fault, "keep", value,
				    "a job's name such as %web");
	return list_append(&settings->begin.outside_names, &value,
			   sizeof(value));
}

static int session_take_detach_key(void *data, const char *value,
				   struct fault *fault)
{
	struct session_settings *settings = data;

	return job_take_detach_key(&settings->attach.key, value, fault);
}

static int session_take_read_only(void *data, const char *value,
				  struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct session_settings *)data)->attach.read_only = true;
	return 0;
}

static int session_take_again(void *data, const char *value,
			      struct fault *fault)
{
	return job_begin_take_again(&((struct session_settings *)data)->begin,
				    value, fault);
}

static const struct option session_options[] = {
	OPTION_GROUP("session"),
	{ 0, "keep", "%NAME", NULL,
	  "jobs with this name, started inside, do not end with it",
	  take_keep },
	{ 0, "detach-key", "KEY", NULL,
	  "key that detaches from a named session (default: 'ctrl-] d')",
	  session_take_detach_key },
	{ 0, "read-only", NULL, NULL, "show output, pass no input",
	  session_take_read_only },
	{ 0, "again", "N", NULL, NULL, session_take_again },
	{ 0, "with", "COMMAND", NULL, NULL, job_begin_refuse_with },
	{ 0 },
};

/* [NAME] [OPTION…] [-- SHELL…]. @return the index of the shell, or -errno. */
static int session_take_words(const struct command *command,
			      struct session_settings *settings, int argc,
			      char **argv, struct fault *fault)
{
	int first = options_parse(command, argc, argv, settings, fault);

	if (first > 0 && first < argc && strcmp(argv[first - 1], "--") != 0) {
		bool split; /* no option of ours does */
		int r = job_begin_take_name(&settings->begin, argv[first],
					    fault);

		if (r < 0)
			return r;
		first = options_parse_part(command, argc, argv, first + 1,
					   settings, &split, fault);
		if (first > 0 && first < argc &&
		    strcmp(argv[first - 1], "--") != 0)
			return fault_set(fault, -EINVAL,
					 "the shell's command comes after --: "
					 "jig session %s -- %s",
					 settings->begin.name, argv[first]);
	}
	return first;
}

/* SIGHUP, as from a terminal: an interactive shell ignores SIGTERM. */
static int choose_stop(struct run_settings *run)
{
	struct plan *plan = &run->plan;

	if (run->policy_given || run->stop_signal)
		return 0;
	int r = plan_parse_steps("HUP 200ms TERM 10s KILL", plan->steps,
				 &plan->step_count);

	if (r == 0 && run->grace_us >= 0)
		plan->steps[1].wait_us = run->grace_us;
	run->grace_us = -1;
	run->policy_given = true;
	return r;
}

static int session_parse(const struct command *command, int argc, char **argv,
			 struct session_settings *settings, struct fault *fault)
{
	*settings = (struct session_settings){ .attach.foreground = true,
					       .attach.silent = true };
	job_begin_init(&settings->begin);
	settings->begin.is_session = true;
	(void)detach_key_parse("ctrl-] d", &settings->attach.key);

	pid_t *owner = &settings->begin.run.plan.owner;
	const pid_t ours = getpid();

	*owner = ours;
	int first = session_take_words(command, settings, argc, argv, fault);

	settings->owner_given = *owner != ours;
	if (*owner == ours && (settings->begin.name || settings->begin.again))
		*owner = JIG_OWNER_NONE;
	int r = first < 0 ? first : choose_stop(&settings->begin.run);

	if (r >= 0)
		r = job_begin_complete(&settings->begin, fault);

	return r < 0 ? r : first;
}

/* -------------------------------------------------------------- attaching */

/* @return 1 it runs: *ret; 0 no such session; -errno, after a message. */
static int session_find(const char *name, struct jig_job *ret)
{
	CLEANUP(list_free) struct list jobs = { 0 };

	if (job_list(&jobs) < 0)
		return -EIO;
	for (size_t i = 0; i < jobs.count; i++) {
		*ret = *(struct jig_job *)list_at(&jobs, i, sizeof(*ret));
		if (strcmp(ret->name, name) != 0 || spec_has_ended(ret))
			continue;
		if (ret->is_session)
			return 1;
		complain("session: job %u has the name %s and is not a session",
			 ret->number, name);
		return -EEXIST;
	}
	return 0;
}

static bool session_is_inside(const struct jig_job *session)
{
	const char *inside = getenv(OUTSIDE_SESSION);

	return inside && strtoul(inside, NULL, 10) == session->number;
}

static int attach_again(struct session_settings *settings,
			const struct jig_job *session, bool has_words)
{
	if (session_is_inside(session))
		complain("session: this is inside of session %s",
			 session->name);
	else if (has_words || settings->begin.outside_names.count > 0)
		complain("session: %s runs already; a shell and --keep can be "
			 "given only at its start",
			 session->name);
	else
		return job_attach(session, &settings->attach, &settings->end);
	return 1;
}

/* ---------------------------------------------------------------- the start */

static char **shell_words(char **given, char *usual[2])
{
	const char *shell = getenv("SHELL");

	if (*given)
		return given;
	usual[0] = (char *)(shell && *shell ? shell : "/bin/sh");
	usual[1] = NULL;
	return usual;
}

/* A signal requests our end before the end of the shell. The keeper would
 * notice our end; but our caller must wait until no process is left. */
static void end_with_us(const struct jig_job *session)
{
	struct jig_job now;

	if (store_look(session->number, &now) < 0 ||
	    now.keeper != session->keeper)
		return;
	(void)jig_job_stop(now.number); /* may have ended */
	(void)jig_job_wait(now.number, -1, NULL);
	job_forget(now.number);
}

static int session_begin(struct session_settings *settings, int argc,
			 char **argv, int first)
{
	struct job_begin *begin = &settings->begin;
	struct jig_job session = { 0 };
	char *usual[2];
	pid_t main;
	int status =
		job_begin(begin, argc, argv, shell_words(argv + first, usual),
			  &session.number, &main);

	if (status != 0)
		return status;
	if (begin->again) {
		say_line("[%u] %d", session.number, (int)main);
		return 0;
	}
	/* Without a name the user cannot detach. */
	if (!begin->name && !settings->owner_given)
		(void)detach_key_parse("none", &settings->attach.key);
	if (store_look(session.number, &session) < 0)
		return EXIT_JIG;
	settings->attach.was_begun = true;
	settings->attach.stops_us = begin->run.plan.owner == getpid();
	do
		status =
			job_attach(&session, &settings->attach, &settings->end);
	/* `suspend` in the shell: fg continues us, and we continue the job. */
	while (settings->end.stopped && settings->attach.stops_us &&
	       raise(SIGTSTP) == 0);
	if (begin->run.plan.owner == getpid())
		end_with_us(&session);
	return status;
}

static int session_enter(struct session_settings *settings, int argc,
			 char **argv, int first)
{
	const char *name = settings->begin.name;
	struct jig_job session;
	int r = name && !settings->begin.again ? session_find(name, &session)
					       : 0;

	if (r < 0)
		return 1;
	if (!settings->begin.again && !isatty(STDIN_FILENO)) {
		complain("session: stdin is not a terminal (jig run does not "
			 "need one)");
		return EXIT_JIG;
	}
	return r > 0 ? attach_again(settings, &session, first < argc)
		     : session_begin(settings, argc, argv, first);
}

static int session_run(const struct command *command, int argc, char **argv)
{
	static struct session_settings settings;
	struct fault fault = { "" };
	int status = 0;

	fd_open_standard();
	int first = session_parse(command, argc, argv, &settings, &fault);

	if (options_want_help(first))
		status = command_print_help(command, first);
	else if (first < 0)
		status = complain_usage(command, &fault);
	else
		status = session_enter(&settings, argc, argv, first);
	job_begin_free(&settings.begin);
	/* Die as the shell in it did: a shell loop around us then ends at
	 * Ctrl-C. */
	if (settings.end.signo)
		sys_die_of(settings.end.signo);
	return status;
}

static const struct page_pair session_examples[] = {
	{ "jig session", "a shell whose processes end with it" },
	{ "jig session work", "a named one, to detach from and return to" },
	{ NULL, NULL },
};

const struct command command_session = {
	.name = "session",
	.task = TASK_RUN,
	.usage = "[OPTION…] [NAME] [-- SHELL [ARGUMENT…]]",
	.words = "session -- command",
	.summary = "run a shell; when it exits, end all that was started in it",
	.manual = "jig-session(1)",
	.options = { session_options, run_options, run_limit_options },
	.examples = session_examples,
	.run = session_run,
};
