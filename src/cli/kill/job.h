/* SPDX-License-Identifier: MIT */
/* The part of `jig kill` for jobs. Other processes: foreign.h. */
#ifndef JIG_CLI_KILL_JOB_H
#define JIG_CLI_KILL_JOB_H

#include "base/list.h"
#include "cli/kill/foreign.h"

/** Zeroed at the start. */
struct kill_jobs {
	bool listed;
	struct list known; /* of struct jig_job: all jobs at the start */
	struct list ending; /* of struct jig_job: wait for their end */
};

void kill_jobs_free(struct kill_jobs *jobs);

/**
 * Send the signal, or begin the stop; does not wait. Prints an error.
 *
 * @jobs    the job is added to `ending` if its end must be awaited.
 * @return  an exit status, as kill_foreign().
 */
int kill_job(const struct kill_request *request, const char *spec,
	     struct kill_jobs *jobs);

/**
 * Wait until these jobs have ended, and print the result of each.
 * @return  0: at least one has ended without survivors; else 1.
 */
int kill_job_await(const struct kill_request *request,
		   const struct list *ending);

#endif
