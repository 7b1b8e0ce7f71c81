// SPDX-License-Identifier: MIT
/*
 * `jig stop %1` suspends a job, as Ctrl-Z does; and `jig restart %1`.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/sys.h"
#include "cli/command/external.h"
#include "cli/job/begin/job.h"
#include "cli/job/begin/start.h"
#include "job/spec.h"
#include "job/store.h"
#include "proc/procfs.h"
#include "proc/stat.h"
#include "proc/status.h"

/* Time for a program that handles SIGTSTP and first restores its terminal. For
 * one that does not handle it, only a busy machine needs longer. */
#define SUSPEND_US 2000000
#define BUSY_US 10000000

/* For a child of vfork(2) to execute its program, and between two tries. */
#define VFORK_US 100000

static int job_stop_take_force(void *data, const char *value,
			       struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct job_settings *)data)->force = true;
	return 0;
}

const struct option job_stop_options[] = {
	{ 0, "force", NULL, NULL,
	  "job: send SIGSTOP to all of it if SIGTSTP does not suspend it",
	  job_stop_take_force },
	{ 0 },
};

static enum jig_job_state state_of(unsigned number)
{
	struct jig_job job;

	return store_look(number, &job) == 0 ? job.state : JIG_JOB_LOST;
}

/* Whether the signal suspends its main process, as far as that is known. */
static bool main_obeys(const struct jig_job *job, int signo)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	struct proc_status status;

	return signo == SIGSTOP ||
	       (procfd >= 0 && status_read(procfd, job->pid, &status) == 0 &&
		((status.ignored | status.caught) & SYS_SIGNAL(signo)) == 0);
}

static int suspend(const struct jig_job *job, int signo)
{
	return signo == SIGTSTP
		       ? jig_job_suspend(job->number)
		       : jig_job_signal(job->number, signo, JIG_JOB_ALL);
}

/* Whether the main process waits where no signal but SIGKILL reaches it. */
static bool main_waits(const struct jig_job *job)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	struct proc_stat stat;

	return procfd >= 0 && stat_read(procfd, job->pid, &stat) == 0 &&
	       stat.state == 'D';
}

/*
 * The signal may come between vfork(2) and execve(2), where shells are often.
 * It suspends the child, for which its parent then waits in a state that no
 * signal changes: let the child go on until it has executed, then try again.
 */
static void suspend_again(const struct jig_job *job, int signo)
{
	int64_t until = clock_in_us(VFORK_US);

	if (!main_waits(job) ||
	    jig_job_signal(job->number, SIGCONT, JIG_JOB_ALL) < 0)
		return;
	while (main_waits(job) && clock_us() < until)
		clock_sleep_us(1000);
	(void)suspend(job, signo); /* awaited, whatever it says */
}

/* @return whether it no longer runs. */
static bool await_suspension(const struct jig_job *job, int signo)
{
	int64_t until = clock_in_us(SUSPEND_US), last = clock_in_us(BUSY_US);
	int64_t again = clock_in_us(VFORK_US);

	while (state_of(job->number) == JIG_JOB_RUNNING) {
		int64_t now = clock_us();

		if (now > last || (now > until && !main_obeys(job, signo)))
			return false;
		if (now > again) {
			suspend_again(job, signo);
			again = clock_in_us(VFORK_US);
		}
		clock_sleep_us(5000);
	}
	return true;
}

static int suspend_job(const struct jig_job *job, bool force)
{
	int r = suspend(job, SIGTSTP);
	bool stopped = r == 0 && await_suspension(job, SIGTSTP);

	if (r == 0 && !stopped && force) {
		r = suspend(job, SIGSTOP);
		stopped = r == 0 && await_suspension(job, SIGSTOP);
	}
	if (r < 0)
		complain("stop: %%%u: %s", job->number, job_error(r));
	else if (!stopped)
		complain("stop: SIGTSTP does not suspend job %u (--force sends "
			 "SIGSTOP)",
			 job->number);
	return r == 0 && stopped ? 0 : 1;
}

static int suspend_one(const char *spec, bool force)
{
	struct jig_job job;

	if (job_find("stop", spec, &job) < 0)
		return 1;
	if (job.state == JIG_JOB_STOPPED) {
		complain("stop: job %u already stopped", job.number);
		return 0;
	}
	return suspend_job(&job, force);
}

int job_stop_run(const struct command *command, int argc, char **argv)
{
	CLEANUP(job_settings_free) struct job_settings settings;
	int status;
	int first = job_parse(command, argc, argv, &settings, &status);

	if (first < 0)
		return status;
	if (first == argc || !job_is_meant(argv[first]))
		return external_run(command, argc, argv);
	for (status = 0; first < argc; first++)
		status |= suspend_one(argv[first], settings.force);
	return status;
}

/* ---------------------------------------------------------------- restart */

static int end_job(const struct jig_job *job, struct fault *fault)
{
	if (spec_has_ended(job))
		return 0;
	int r = jig_job_stop(job->number);

	if (r == 0 || r == -ESRCH)
		r = jig_job_wait(job->number, -1, NULL);
	/* -ESRCH: another process has waited for it, and forgotten it. */
	return r < 0 && r != -ESRCH ? fault_set(fault, r, "%s", job_error(r))
				    : 0;
}

static int restart_job(const struct jig_job *job, struct fault *fault)
{
	CLEANUP(job_start_free) struct job_start start = { 0 };

	if (job_holds_us(job))
		return fault_set(fault, -EINVAL, "this jig runs in it");
	/* First check that it can be started again, then end it. */
	int r = job_start_load(job, &start, fault);

	if (r == 0)
		r = end_job(job, fault);
	return r < 0 ? r : job_start_again(&start, fault);
}

static int job_stop_restart_one(const char *spec)
{
	struct fault fault;
	struct jig_job job;

	if (job_find("restart", spec, &job) < 0)
		return 1;
	(void)restart_job(&job, &fault);
	complain("restart: %%%u: %s", job.number, fault.text);
	return 1;
}

int job_restart_run(const struct command *command, int argc, char **argv)
{
	CLEANUP(job_settings_free) struct job_settings settings;
	int status;
	int first = job_parse(command, argc, argv, &settings, &status);

	if (first < 0)
		return status;
	if (first == argc || !job_is_meant(argv[first]))
		return external_run(command, argc, argv);
	if (first + 1 < argc) {
		complain("restart takes one job");
		return EXIT_JIG;
	}
	return job_stop_restart_one(argv[first]);
}
