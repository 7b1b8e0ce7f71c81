// SPDX-License-Identifier: MIT
/* `jig run`: run the guard, print messages, compute the exit status. */
#include "cli/run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/retry.h"
#include "base/sys.h"
#include "base/text.h"
#include "cli/command/command.h"
#include "cli/run/events.h"
#include "cli/run/fixtures.h"
#include "cli/run/manager.h"
#include "cli/run/option/option.h"
#include "cli/run/options.h"
#include "core/guard/guard.h"
#include "core/shared/board.h"
#include "proc/aside.h"
#include "tty/last_words.h"

/* Lines of output that are shown if the command did not become ready. */
#define TAIL_LINES 20

static void run_started(struct guard *guard)
{
	struct run_settings *settings = guard->hooks->context;

	if (settings->events_path)
		run_events_started(settings, guard);
	if (!settings->verbose)
		return;
	if (guard->plan->remote) {
		complain("pid %d on the other machine (%s)",
			 guard_main_pid(guard), guard->plan->remote->via);
		return;
	}
	complain("pid %d in a %s cage (%s): %s", guard->main,
		 cage_kind_name(guard->cage.ops->kind),
		 cage_strength_name(guard->cage.ops->strength),
		 guard->cage.why);
}

static void run_ready(struct guard *guard)
{
	struct run_settings *settings = guard->hooks->context;

	if (settings->events_path)
		run_events_ready(settings, guard);
	if (!settings->verbose)
		return;
	complain("ready after %" PRId64 ".%03" PRId64 " s",
		 guard->outcome->ready_us / 1000000,
		 guard->outcome->ready_us / 1000 % 1000);
}

static void run_unhealthy(struct guard *guard)
{
	struct run_settings *settings = guard->hooks->context;

	if (settings->events_path)
		run_events_unhealthy(settings, guard);
}

static int open_report(struct run_settings *settings, struct fault *fault)
{
	if (!settings->report_path || settings->plan.report_fd >= 0)
		return 0;
	/* Now, so that a wrong path is an error before any start. */
	int fd = RETRY(
		open(settings->report_path,
		     O_WRONLY | O_CREAT | O_CLOEXEC |
			     (strncmp(settings->report_path, "/dev/", 5) == 0
				      ? O_APPEND /* an open file of another
						    process */
				      : O_TRUNC),
		     0666));

	if (fd < 0)
		return fault_set(fault, -errno,
				 "cannot write the report to %s: %s",
				 settings->report_path, strerror(errno));
	/* Above 2: the first three are for the command. */
	settings->plan.report_fd = fd_dup_above(fd, 3);
	cleanup_close(&fd);
	return settings->plan.report_fd < 0
		       ? fault_set(fault, settings->plan.report_fd,
				   "cannot write the report: %s",
				   strerror(-settings->plan.report_fd))
		       : 0;
}

static int write_report(const struct run_settings *settings,
			const struct jig_report *report)
{
	struct buffer text = { 0 };
	struct last_words words;
	int r;

	if (settings->plan.report_fd < 0)
		return 0;
	r = report_json(report, &text);
	last_words_begin(&words);
	if (r == 0)
		r = fd_write_all(settings->plan.report_fd, text.text,
				 text.used);
	buffer_free(&text);
	if (r == 0 && close(settings->plan.report_fd) < 0)
		r = -errno;
	last_words_end(&words);
	if (r < 0)
		complain("cannot write the report to %s: %s",
			 settings->report_path, strerror(-r));
	return r;
}

/* @return the exit status: survivors have priority over a failed report. */
static int status_reported(const struct run_settings *settings,
			   const struct jig_report *report, int status)
{
	bool failed = write_report(settings, report) < 0;

	return failed && status != EXIT_SURVIVORS ? EXIT_JIG : status;
}

static void run_say_leftovers(const struct run_settings *settings,
			      const struct jig_report *report)
{
	struct buffer text = { 0 };

	/* Always show survivors. */
	if ((settings->quiet || settings->leftovers == LEFTOVERS_IGNORE) &&
	    report->survivor_total == 0)
		return;
	if (report_text(report, "the command", &text) < 0 || text.used == 0)
		return;
	complain_text(text.text);
	buffer_free(&text);
}

static void run_say_end(const struct jig_report *report)
{
	complain("%s, %" PRId64 ".%03" PRId64 " s, %" PRIu64 " process%s%s",
		 report->main_status < 0 ? "the end of main was not seen"
		 : WIFSIGNALED(report->main_status)
			 ? strsignal(WTERMSIG(report->main_status))
			 : "main has exited",
		 report->wall_us / 1000000, report->wall_us / 1000 % 1000,
		 report->seen, report->seen == 1 ? "" : "es",
		 report->proved ? ", proved empty" : "");
}

static void say_unready(const struct run_settings *settings,
			const struct outcome *outcome)
{
	struct buffer text = { 0 };

	complain("%s: %s", outcome->unhealthy ? "not healthy" : "not ready",
		 outcome->problem.text);
	if (!settings->capture.ring || settings->capture.pass_on ||
	    ring_tail(settings->capture.ring, TAIL_LINES, &text) < 0)
		return;
	if (text.used > 0) {
		complain("its last lines:");
		complain_bytes(text.text, text.used);
	}
	buffer_free(&text);
}

/* A helper of jig, which ends when its system call returns. That of --events
 * still has to write. */
static void say_abandoned(const struct run_settings *settings,
			  const struct outcome *outcome)
{
	if (outcome->abandoned > 0 &&
	    outcome->abandoned != settings->events.outlet.writer.pid)
		complain("process %d waits for a file system that does not "
			 "answer; it ends when the file system answers",
			 outcome->abandoned);
}

static int failed_status(const struct outcome *outcome)
{
	if (outcome->stage != SPAWN_EXEC)
		return EXIT_JIG;
	return outcome->error == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

static void say_failure(const struct jig_report *report)
{
	if (report->proved)
		complain("the supervisor was killed; all processes have ended");
	else
		complain("the supervisor was killed; jig has ended the "
			 "processes that it knew (%s)",
			 report->why);
}

static int ended_status(struct run_settings *settings,
			const struct jig_report *report)
{
	if (report->survivor_total > 0)
		return EXIT_SURVIVORS;
	if (report->reason == JIG_REASON_FAILURE) {
		say_failure(report);
		return EXIT_JIG;
	}
	if (report->reason == JIG_REASON_TIMEOUT && !settings->quiet)
		complain("stopped: the time of --timeout is over");
	if (report->reason == JIG_REASON_TIMEOUT)
		return EXIT_TIMEOUT;
	if (settings->leftovers == LEFTOVERS_FAIL && report->leftover_total > 0)
		return EXIT_LEFTOVERS;
	if (report->main_status >= 0 && WIFSIGNALED(report->main_status))
		settings->ended_by = WTERMSIG(report->main_status);
	int code = report_code(report);

	if (code < 0)
		return EXIT_JIG; /* How main has ended was not seen. */
	return settings->statuses[code] ? settings->statuses[code] - 1 : code;
}

int run_fixture(struct run_settings *settings, const struct guard_hooks *hooks,
		struct outcome *outcome)
{
	struct fault fault;

	*outcome = (struct outcome){ .stage = BOARD_NO_STAGE, .ready_us = -1 };

	if (open_report(settings, &fault) < 0) {
		complain("%s", fault.text);
		return EXIT_JIG;
	}
	guard_run(&settings->plan, hooks, outcome);
	if (settings->with.fixtures.count == 0)
		complain_at_leisure();
	if (settings->plan.lifeline >=
	    0) { /* The host has the rest from the board. */
		if (outcome->error < 0)
			return EXIT_JIG;
		return status_reported(settings, outcome->report, 0);
	}
	if (outcome->error < 0) {
		complain("%s", outcome->fault.text);
		return failed_status(outcome);
	}
	/* Only if this began the stop; during a stop it is expected. */
	bool failed = outcome->unready < 0 ||
		      outcome->report->reason == JIG_REASON_UNHEALTHY;

	if (failed)
		say_unready(settings, outcome);
	run_say_leftovers(settings, outcome->report);
	say_abandoned(settings, outcome);
	if (settings->verbose)
		run_say_end(outcome->report);

	int status = ended_status(settings, outcome->report);

	if (*outcome->lost.text) {
		complain("%s", outcome->lost.text);
		failed = failed || outcome->is_lost || status == 0;
	}
	if (failed && status != EXIT_SURVIVORS)
		status = EXIT_JIG;

	/* Not while fixtures of --with run, because the reader may be slow. */
	if (settings->with.fixtures.count > 0)
		return status;
	return status_reported(settings, outcome->report, status);
}

/* Stop the fixtures of --with, then write the report. */
static int run_finish(struct run_settings *settings, int status,
		      const struct outcome *outcome)
{
	status = run_with_stop(settings, status, outcome);
	if (settings->with.fixtures.count == 0 || outcome->error < 0 ||
	    !outcome->report || settings->plan.lifeline >= 0)
		return status;
	return status_reported(settings, outcome->report, status);
}

/* To a libjig host by the board, else on stderr. */
static int run_refuse(const struct command *command,
		      const struct run_settings *settings, int error,
		      const struct fault *fault)
{
	if (settings->plan.lifeline < 0)
		return complain_usage(command, fault);
	board_refuse(settings->plan.lifeline, settings->plan.board, error,
		     fault->text);
	return EXIT_JIG;
}

/* Start the fixtures first, because the words may use their addresses. */
static int open_and_run(const struct command *command,
			struct run_settings *settings, char **words)
{
	const struct guard_hooks hooks = {
		.started = run_started,
		.ready = run_ready,
		.unhealthy = run_unhealthy,
		.context = settings,
	};
	bool is_told = settings->verbose || settings->events_path;
	struct outcome outcome = { 0 };
	struct fault fault = { "" };
	int status = EXIT_JIG;
	int r = open_report(settings, &fault);

	if (r == 0)
		r = run_events_open(settings, &fault);
	run_manager_open(settings);
	if (r == 0) {
		complain_in_haste();
		r = run_with_start(settings, &fault);
	}
	if (r < 0) {
		complain_at_leisure(); /* all have ended */
		complain("%s", fault.text);
		settings->ended_by = r == -EINTR ? settings->with.signo : 0;
		return r == -EINTR ? 128 + settings->with.signo : EXIT_JIG;
	}
	r = run_settings_open(settings, words, &fault);
	/* jig reads its standard input, so the command must not. */
	if (r == 0 && settings->plan.input.null >= 0)
		r = run_settings_pass_fd(settings, settings->plan.input.null,
					 STDIN_FILENO, &fault);
	settings->plan.argv = run_via_words(settings, words);
	if (r == 0)
		run_manager_tell_fixtures(settings);
	if (r < 0)
		status = run_refuse(command, settings, r, &fault);
	else
		status = run_fixture(settings, is_told ? &hooks : NULL,
				     &outcome);
	status = run_finish(settings, status, &outcome);
	run_events_ended(settings, &outcome, status);
	if (run_events_finish(settings) < 0)
		complain("the reader of --events has gone");
	complain_at_leisure();
	return status;
}

static int run_run(const struct command *command, int argc, char **argv)
{
	struct run_settings settings;
	struct fault fault = { "" };
	int first, status;

	fd_open_standard();
	aside_note_inherited();
	run_settings_init(&settings);
	first = run_with_parse(command, argc, argv, &settings, &fault);
	if (options_want_help(first)) {
		status = command_print_help(command, first);
	} else {
		if (first >= 0 && first == argc)
			first = fault_set(&fault, -EINVAL, "no command to run");
		if (first >= 0) {
			int r = run_settings_complete(&settings, &fault);

			first = r < 0 ? r : first;
		}
		status = first < 0
				 ? run_refuse(command, &settings, first, &fault)
				 : open_and_run(command, &settings,
						argv + first);
	}
	run_settings_free(&settings);
	/* Die of main's signal: make(1) and a shell loop end at Ctrl-C only if
	 * their child was ended by it. */
	if (settings.ended_by && status == 128 + settings.ended_by)
		sys_die_of(settings.ended_by);
	return status; /* PID 1 cannot die of a signal. */
}

static const struct page_pair run_examples[] = {
	{ "jig run -- make test",
	  "end all that the tests have started when make ends" },
	{ "jig run --timeout 10m --leftovers fail -- ./ci.sh",
	  "stop after ten minutes; fail if a process was left behind" },
	{ "jig run --with './server' --ready http:8080 -- ./tests",
	  "a server, ready before the tests start, ended after them" },
	{ NULL, NULL },
};

const struct page_pair run_statuses[] = {
	{ "120", "a process has survived: jig could not end it" },
	{ "122", "processes were left, with --leftovers fail" },
	{ "124", "the time of --timeout was over" },
	{ "125", "wrong usage, or jig failed; or the command or a fixture of "
		 "--with was not ready or failed" },
	{ "126", "the command cannot be executed" },
	{ "127", "the command was not found" },
	{ "other", "the command's own; 128 + N after signal N" },
	{ NULL, NULL },
};

const struct command command_run = {
	.name = "run",
	.task = TASK_RUN,
	.usage = "[OPTION…] [--] COMMAND [ARGUMENT…]",
	.words = "command",
	.summary = "run a command, then end every process that it started",
	.manual = "jig-run(1)",
	.options = { run_options, run_with_options, run_limit_options },
	.note = run_via_note,
	.examples = run_examples,
	.statuses = run_statuses,
	.run = run_run,
};
