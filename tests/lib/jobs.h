/* SPDX-License-Identifier: MIT */
/* For tests of the jobs of jig.h: jobs of this test alone. */
#ifndef JIG_TESTS_JOBS_H
#define JIG_TESTS_JOBS_H

#include <signal.h>
#include <stdlib.h>

#include "lib.h"

static char jobs_folder[] = "/tmp/jig-lib-jobs-XXXXXX";

static inline int jobs_set_up(void **state)
{
	(void)state;
	return mkdtemp(jobs_folder) &&
			       setenv("JIG_RUNTIME_DIR", jobs_folder, 1) == 0
		       ? 0
		       : -1;
}

/** End and forget all. @return their number, or -errno. */
static inline int jobs_end(void)
{
	struct jig_job *jobs = NULL;
	size_t count = 0;
	int r = jig_jobs(&jobs, &count, sizeof(*jobs));

	for (size_t i = 0; r == 0 && i < count; i++) {
		(void)jig_job_signal(jobs[i].number, SIGKILL, JIG_JOB_ALL);
		(void)jig_job_wait(jobs[i].number, DEADLINE_MS, NULL);
		(void)jig_job_forget(jobs[i].number);
	}
	free(jobs);
	return r < 0 ? r : (int)count;
}

/** After a test: none is left. */
static inline int jobs_end_all(void **state)
{
	(void)state;
	return jobs_end() >= 0 && jobs_end() == 0 ? 0 : -1;
}

/** Each test has ended its own; here nothing is left but the folder. */
static inline int jobs_tear_down(void **state)
{
	int left = jobs_end();
	char line[256];

	(void)state;
	(void)snprintf(line, sizeof(line), "rm -r '%s'", jobs_folder);
	return system(line) == 0 && left == 0 ? 0 : -1;
}

#endif
