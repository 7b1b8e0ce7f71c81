// SPDX-License-Identifier: MIT
#include "cli/kill/job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/command/command.h"
#include "cli/job/begin/job.h"
#include "cli/kill/foreign.h"
#include "cli/kill/targets.h"
#include "cli/kill/targets_text.h"
#include "job/spec.h"
#include "job/store.h"
#include "proc/procfs.h"

#define START_US 2000000

static int kill_job_complain_of(const char *spec, int error)
{
	complain("kill: %s: %s", spec, job_error(error));
	return 1;
}

/* A process of the job may run us before its keeper has recorded the start. */
static bool kill_job_await_start(struct jig_job *job)
{
	int64_t until = clock_in_us(START_US);
	char mark = job->mark;

	while (job->pid == 0 && !spec_has_ended(job)) {
		if (clock_us() > until || store_look(job->number, job) < 0)
			return false;
		if (job->pid == 0)
			clock_sleep_us(2000);
	}
	job->mark = mark;
	return true;
}

/* ---------------------------------------------------------------- dry run */

/* All processes below its supervisor, or the foreground of its terminal. */
static struct target_scope scope_of(const struct kill_request *request,
				    const struct jig_job *job, int procfd)
{
	struct proc_stat main;

	if (request->signo == 0 || request->all)
		return (struct target_scope){ .tree = job->sid };
	if (stat_read(procfd, job->pid, &main) == 0 && main.tpgid > 0)
		return (struct target_scope){ .group = main.tpgid };
	return (struct target_scope){ .group = job->pid };
}

/* The supervisor itself does not get a signal to all. */
static void drop_supervisor(struct targets *targets)
{
	struct target *first = targets->items.items;

	memmove(first, first + 1, --targets->items.count * sizeof(*first));
}

static int kill_job_dry_run(const struct kill_request *request,
			    const char *spec, const struct jig_job *job)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	CLEANUP(targets_free) struct targets targets = { 0 };
	struct target_scope scope = scope_of(request, job, procfd);
	int r = procfd < 0 ? procfd : targets_open(procfd, &scope, &targets);

	if (r == 0)
		r = targets_ask(&targets);
	if (r < 0)
		return kill_job_complain_of(spec, r);
	if (scope.tree)
		drop_supervisor(&targets);
	if (!request->quiet)
		print_targets(&targets, true);
	return targets_count(&targets, TARGET_MET) == 0;
}

/* ------------------------------------------------------------------ at once */

static int kill_job_send(const struct kill_request *request, const char *spec,
			 const struct jig_job *job, struct list *ending)
{
	int r = request->signo
			? jig_job_signal(job->number, request->signo,
					 request->all ? JIG_JOB_ALL
						      : JIG_JOB_FOREGROUND)
			: jig_job_hurry(job->number); /* begins the stop, or
							 hurries it */

	if (r == 0 && !request->signo && !request->no_wait)
		r = list_append(ending, job, sizeof(*job));
	return r < 0 ? kill_job_complain_of(spec, r) : 0;
}

void kill_jobs_free(struct kill_jobs *jobs)
{
	list_free(&jobs->known);
	list_free(&jobs->ending);
}

int kill_job(const struct kill_request *request, const char *spec,
	     struct kill_jobs *jobs)
{
	struct jig_job job;

	if (!jobs->listed && job_list(&jobs->known) < 0)
		return EXIT_JIG;
	jobs->listed = true;
	if (job_find_in(&jobs->known, "kill", spec, &job) < 0)
		return 1;
	if (!kill_job_await_start(&job)) {
		complain("kill: %s: job has not started yet", spec);
		return 1;
	}
	if (spec_has_ended(&job))
		return kill_job_complain_of(spec, -ESRCH);
	if (request->is_probe)
		return 0;
	if (request->dry_run)
		return kill_job_dry_run(request, spec, &job);
	if (!request->force && job_holds_us(&job)) {
		complain("kill: %s: this jig runs in it; nothing was sent "
			 "(--force sends)",
			 spec);
		return 1;
	}
	return kill_job_send(request, spec, &job, &jobs->ending);
}

/* ---------------------------------------------------------------- the end */

/* -ESRCH: another process has waited for the job, so it has ended. */
static int kill_job_wait(const struct kill_request *request,
			 const struct jig_job *job)
{
	struct jig_job now;
	int code = 0, r = jig_job_wait(job->number, -1, &code);

	if (r < 0 && r != -ESRCH) {
		complain("kill: %%%u: %s", job->number, strerror(-r));
		return EXIT_JIG;
	}
	if (r == 0 && store_look(job->number, &now) == 0 &&
	    spec_has_ended(&now)) {
		now.mark = job->mark;
		if (!request->quiet)
			job_print(&now, JIG_JOB_SHORT);
	}
	if (r == 0 && code == EXIT_SURVIVORS) {
		complain("kill: %%%u: some processes have survived SIGKILL "
			 "(jig wait names them)",
			 job->number);
		return 1;
	}
	return 0;
}

int kill_job_await(const struct kill_request *request,
		   const struct list *ending)
{
	int status = ending->count > 0;

	for (size_t i = 0; i < ending->count; i++) {
		int one =
			kill_job_wait(request, list_at(ending, i,
						       sizeof(struct jig_job)));

		status = one == 0 ? 0 : status;
	}
	return status;
}
