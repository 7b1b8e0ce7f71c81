// SPDX-License-Identifier: MIT
/* `jig bg`: continue suspended jobs in the background. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/job/begin/job.h"
#include "job/spec.h"

static int continue_one(const char *spec)
{
	char words[SPEC_COMMAND];
	struct jig_job job;

	if (job_find("bg", spec, &job) < 0)
		return 1;
	if (spec_has_ended(&job)) {
		complain("bg: job has terminated");
		return 1;
	}
	if (job.state != JIG_JOB_STOPPED) {
		complain("bg: job %u already in background", job.number);
		return 0;
	}
	int r = jig_job_continue(job.number);

	if (r < 0) {
		complain("bg: %%%u: %s", job.number, job_error(r));
		return 1;
	}
	/* As bash prints it: the line that would have started it so. */
	say_line("[%u]%c %s &", job.number, job.mark,
		 spec_command(&job, words, sizeof(words)));
	return 0;
}

static int bg_run(const struct command *command, int argc, char **argv)
{
	CLEANUP(job_settings_free) struct job_settings settings;
	int status;
	int first = job_parse(command, argc, argv, &settings, &status);

	if (first < 0)
		return status;
	if (first == argc)
		return continue_one(NULL);
	for (status = 0; first < argc; first++)
		status |= continue_one(argv[first]);
	return status;
}

static const struct page_pair bg_examples[] = {
	{ "jig bg %2", "job 2 goes on in the background" },
	{ NULL, NULL },
};

const struct command command_bg = {
	.name = "bg",
	.task = TASK_JOBS,
	.usage = "[JOBSPEC…]",
	.words = "job+",
	.summary = "continue suspended jobs in the background",
	.manual = "jig-fg(1)",
	.examples = bg_examples,
	.run = bg_run,
};
