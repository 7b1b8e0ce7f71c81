// SPDX-License-Identifier: MIT
/* `jig logs %1`: the output of a job. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/command/external.h"
#include "cli/job/begin/job.h"
#include "job/ask.h"
#include "job/spec.h"
#include "job/store.h"
#include "tty/relay.h"

#define OUTPUT_MAX (1UL << 30)

static const char *job_logs_last_lines(const char *text, size_t size,
				       unsigned lines)
{
	const char *at = text + size;

	if (size > 0 && at[-1] == '\n')
		at--;
	while (lines > 0 && at > text) {
		if (at[-1] == '\n' && --lines == 0)
			return at;
		at--;
	}
	return text;
}

int job_print_past(const struct jig_job *job, unsigned lines)
{
	struct fault fault;
	CLEANUP_FREE char *text = NULL;
	CLEANUP_CLOSE int store = store_open(&fault);
	CLEANUP_CLOSE int directory =
		store < 0 ? store : store_directory(store, job->number);
	ssize_t n = directory < 0 ? directory
				  : fd_read_whole(directory, "output",
						  OUTPUT_MAX, &text);

	if (n < 0) {
		complain("logs: %%%u: cannot read its output: %s", job->number,
			 strerror((int)-n));
		return 1;
	}
	const char *from = job_logs_last_lines(text, (size_t)n, lines);

	(void)say_bytes(from, (size_t)(text + n - from));
	return 0;
}

static int print_present(const struct jig_job *job,
			 const struct job_settings *settings)
{
	char lines[16] = "all";
	const char *const words[] = { "logs", lines,
				      settings->up.follow ? "follow" : NULL,
				      NULL };
	struct jig_job copy = *job;
	struct fault fault;

	if (settings->up.lines > 0)
		(void)snprintf(lines, sizeof(lines), "%u", settings->up.lines);
	CLEANUP_CLOSE int fd = ask_open(job->number, words);

	if (fd == -ETIMEDOUT) {
		complain("logs: %%%u: %s", job->number, job_error(fd));
		return 1;
	}
	if (fd < 0) /* ended meanwhile */
		return job_print_past(job, settings->up.lines);
	struct relay relay = { .socket = fd,
			       .on_silence = job_wake,
			       .context = &copy };
	int r = relay_run(&relay, &fault);

	if (r < 0)
		complain("logs: %s", fault.text);
	if (r == RELAY_SIGNAL)
		return 128 + relay.signo;
	/* Not the job's status. */
	return r < 0 ? EXIT_JIG : 0;
}

int job_logs_run(const struct command *command, int argc, char **argv)
{
	CLEANUP(job_settings_free) struct job_settings settings;
	struct jig_job job;
	int status;
	int first = job_parse(command, argc, argv, &settings, &status);

	if (first < 0)
		return status;
	if (first == argc || !job_is_meant(argv[first]))
		return external_run(command, argc, argv);
	if (job_find("logs", argv[first], &job) < 0)
		return 1;
	return spec_has_ended(&job) ? job_print_past(&job, settings.up.lines)
				    : print_present(&job, &settings);
}
