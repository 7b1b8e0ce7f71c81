/* SPDX-License-Identifier: MIT */
/* The part of `jig kill` for jobs. */
#ifndef JIG_CLI_KILL_JOB_H
#define JIG_CLI_KILL_JOB_H

#include "base/list.h"
#include "cli/kill/foreign.h"

/** Zeroed at first. */
struct kill_jobs {
	bool listed;
	struct list known; /* of struct jig_job: all, as they were at first */
	struct list ending; /* of struct jig_job: whose end is to be awaited */
};

void kill_jobs_free(struct kill_jobs *jobs);

/**
 * Do what can be done at once: send a signal, or ask the job to stop. Complains
 * of what went wrong.
 *
 * @jobs    this one is added if its end is to be awaited.
 * @return  an exit status, as kill_foreign().
 */
int kill_job(const struct kill_request *request, const char *spec,
	     struct kill_jobs *jobs);

/**
 * Wait until such jobs have ended, and say what happened to each.
 * @return  0: one of them has ended whole, at least; else 1.
 */
int kill_job_await(const struct kill_request *request,
		   const struct list *ending);

#endif
