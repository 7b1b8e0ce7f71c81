// SPDX-License-Identifier: MIT
/* `jig rename`: give a job another name. */
#include <errno.h>

#include "base/cleanup.h"
#include "cli/job/begin/job.h"
#include "job/store.h"

static int rename_run(const struct command *command, int argc, char **argv)
{
	CLEANUP(job_settings_free) struct job_settings settings;
	struct fault fault;
	struct jig_job job;
	int status;
	int first = job_parse(command, argc, argv, &settings, &status);

	if (first < 0)
		return status;
	if (argc - first != 2) {
		fault_set(&fault, -EINVAL, "rename takes a jobspec and a name");
		return complain_usage(command, &fault);
	}
	if (job_find("rename", argv[first], &job) < 0)
		return 1;
	CLEANUP_CLOSE int store = store_open(&fault);
	int r = store < 0 ? store
			  : store_rename(store, job.number, argv[first + 1],
					 &fault);

	if (r < 0)
		complain("rename: %s", fault.text);
	return r < 0 ? 1 : 0;
}

static const struct page_pair rename_examples[] = {
	{ "jig rename %1 web", "job 1 is %web from now on" },
	{ NULL, NULL },
};

const struct command command_rename = {
	.name = "rename",
	.usage = "JOBSPEC NAME",
	.words = "job",
	.summary = "give a job another name",
	.manual = "jig-rename(1)",
	.examples = rename_examples,
	.run = rename_run,
};
