// SPDX-License-Identifier: MIT
#include "cli/job/begin/begin.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/retry.h"
#include "base/text.h"
#include "cage/scope.h"
#include "cli/job/begin/outside.h"
#include "cli/job/begin/start.h"
#include "cli/run/option/option.h"
#include "cli/run/option/value.h"
#include "cli/run/run.h"
#include "job/keeper/keeper.h"
#include "job/spec.h"
#include "proc/procfs.h"

/* Interval at which a suspended keeper is continued. */
#define LOOK_MS 100

/* -------------------------------------------------------------- settings */

void job_begin_init(struct job_begin *begin)
{
	*begin = (struct job_begin){ .lifeline = -1 };
	run_settings_init(&begin->run);
	begin->run.plan.owner = JIG_OWNER_NONE;
}

void job_begin_free(struct job_begin *begin)
{
	run_settings_free(&begin->run);
	list_free(&begin->outside_names);
}

int job_begin_take_name(struct job_begin *begin, const char *value,
			struct fault *fault)
{
	if (!spec_is_name(value))
		return option_wrong(fault, "name", value,
				    "a name: letters, digits and _ . -, not "
				    "digits alone");
	begin->name = value;
	return 0;
}

int job_begin_take_again(struct job_begin *begin, const char *value,
			 struct fault *fault)
{
	const char *name = strchr(value, '=');
	char number[16];
	uint64_t parsed;

	(void)snprintf(number, sizeof(number), "%.*s", (int)strcspn(value, "="),
		       value);
	if (text_number(number, INT32_MAX, &parsed) < 0)
		return option_wrong(fault, "again", value, "a job's number");
	begin->again = (unsigned)parsed;
	begin->again_name = name ? name + 1 : NULL;
	return 0;
}

int job_begin_refuse_with(void *begin, const char *value, struct fault *fault)
{
	(void)begin;
	(void)value;
	return fault_set(fault, -EINVAL,
			 "a job takes no --with; run in it: jig run --with …");
}

/* A terminal there would need a protocol of its own. */
static int job_begin_check_via(struct job_begin *begin, struct fault *fault)
{
	if (begin->is_session)
		return fault_set(fault, -EINVAL,
				 "a session takes no --via: on another machine "
				 "a command has no terminal");
	if (begin->wants_terminal)
		return fault_set(fault, -EINVAL,
				 "--pty and --via exclude each other: on "
				 "another machine a command has no terminal");
	begin->no_terminal = true;
	return 0;
}

int job_begin_complete(struct job_begin *begin, struct fault *fault)
{
	struct run_settings *run = &begin->run;

	/* Not for the guard: the host learns of the start only. */
	begin->lifeline = run->plan.lifeline;
	begin->board = run->plan.board;
	run->plan.lifeline = -1;
	run->plan.board = NULL;
	/* "parent" is our parent, because we exit soon. */
	if (run->plan.owner == 0)
		run->plan.owner = getppid();
	if (run->via.text) {
		int r = job_begin_check_via(begin, fault);

		if (r < 0)
			return r;
	}
	return run_settings_complete(run, fault);
}

/* ------------------------------------------------------------ the keeper */

/* The environment variables by which the job knows itself. */
static int add_variables(const struct keeper *keeper, struct job_begin *begin,
			 char (*texts)[32])
{
	const char *job = texts[0], *session = texts[1];

	(void)snprintf(texts[0], sizeof(texts[0]), "JIG_JOB=%u",
		       keeper->job.number);
	(void)snprintf(texts[1], sizeof(texts[1]), OUTSIDE_SESSION "=%u",
		       keeper->job.number);
	int r = list_append(&begin->run.env, &job, sizeof(job));

	if (r == 0 && begin->is_session)
		r = list_append(&begin->run.env, &session, sizeof(session));
	return r;
}

/* A job without an owner goes on after logout. Job 1 says it for all. */
static void job_outlive_logout(const struct keeper *keeper,
			       const struct run_settings *run)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	struct fault fault;

	if (run->plan.owner != JIG_OWNER_NONE || procfd < 0 ||
	    scope_outlive_session(procfd, &fault) == 0 ||
	    keeper->job.number > 1)
		return;
	complain("logind will end the jobs of this session when you log out "
		 "(KillUserProcesses=yes): %s",
		 fault.text);
}

/* Until the job runs, its messages go to our stderr. */
static int be_keeper(struct keeper *keeper, struct job_begin *begin,
		     char **words, bool *ret_lives)
{
	struct run_settings *run = &begin->run;
	struct outcome outcome = { .stage = BOARD_NO_STAGE };
	char variables[2][32];
	int status = EXIT_JIG;

	(void)setsid(); /* No SIGHUP of our terminal. */
	job_outlive_logout(keeper, run);
	/* A command on another machine is in no job there. */
	int r = run->via.text ? 0 : add_variables(keeper, begin, variables);

	if (r == 0)
		r = keeper_serve(keeper, &run->plan, &run->capture);
	if (r == 0)
		r = run_settings_open(run, words, &outcome.fault);
	run->plan.argv = run_via_words(run, words);
	outcome.error = r;
	if (r < 0)
		complain("%s", outcome.fault.text);
	else
		status = run_fixture(run, &keeper->hooks, &outcome);
	run_sockets_remove(run); /* before the record says "ended" */
	*ret_lives = keeper_finish(keeper, &outcome, status);
	return status;
}

/* The guard has closed all descriptors that it does not know. */
static void discard(unsigned number)
{
	struct fault fault;
	CLEANUP_CLOSE int store = store_open(&fault);

	if (store >= 0)
		store_discard(store, number);
}

__attribute__((noreturn)) static void run_keeper(struct keeper *keeper,
						 struct job_begin *begin,
						 char **words)
{
	bool lives;

	/* Our stdin is not for the job; do not keep it open. */
	fd_nullify(STDIN_FILENO, STDIN_FILENO);
	(void)fd_cloexec(STDIN_FILENO, false); /* open */
	int status = be_keeper(keeper, begin, words, &lives);

	if (!lives) {
		keeper_shut(keeper); /* discard() needs descriptors */
		discard(keeper->job.number);
	}
	_exit(status);
}

/* The command may suspend its keeper, our child, before the keeper has reported
 * the start: continue it, once for each suspension. */
static void await_report(int start_pipe, pid_t child)
{
	static const union sigval alone = { .sival_int = GUARD_WAKE };
	struct pollfd in = { .fd = start_pipe, .events = POLLIN };
	siginfo_t info = { .si_pid = 0 };

	while (poll_fds(&in, 1, LOOK_MS) == 0)
		if (waitid(P_PID, (id_t)child, &info, WSTOPPED | WNOHANG) ==
			    0 &&
		    info.si_pid == child)
			(void)sigqueue(child, SIGCONT,
				       alone); /* not reaped yet */
}

/* @return the exit status. */
static int job_begin_await_start(int start_pipe, pid_t child, pid_t *ret_main)
{
	pid_t main;
	int status;

	await_report(start_pipe, child);
	if (RETRY(read(start_pipe, &main, sizeof(main))) == sizeof(main)) {
		if (ret_main)
			*ret_main = main;
		return 0;
	}
	if (RETRY(waitpid(child, &status, 0)) < 0)
		return EXIT_JIG;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	complain("the job's keeper was killed by a signal");
	return EXIT_JIG;
}

/* -------------------------------------------------------------- the start */

static void choose_size(struct job_begin *begin)
{
	struct winsize usual = { .ws_row = 24, .ws_col = 80 };

	for (int fd = 0; fd < 3 && !begin->size.ws_row; fd++)
		if (ioctl(fd, TIOCGWINSZ, &begin->size) < 0)
			begin->size = (struct winsize){ 0 };
	if (!begin->size.ws_row || !begin->size.ws_col)
		begin->size = usual;
}

/* A job that is started again keeps its current name. */
static int make_job(int store, struct job_begin *begin, struct store_new *ret,
		    struct fault *fault)
{
	return store_create(store,
			    begin->again ? begin->again_name : begin->name,
			    begin->again, ret, fault);
}

static int job_begin_prepare(struct job_begin *begin, struct keeper *keeper,
			     int argc, char **argv, struct fault *fault)
{
	const struct store_new *job = &keeper->job;
	/* At this point only --env has added to `env`. */
	const struct job_invocation invocation = { argc, argv,
						   begin->run.env.count > 0 };
	int r = keeper_open(keeper, begin->no_terminal ? NULL : &begin->size,
			    fault);

	CLEANUP_CLOSE int start =
		r < 0 ? r : job_start_save(job->directory, &invocation, fault);

	r = start < 0 ? start : 0;
	if (r == 0 && begin->outside_names.count > 0)
		r = outside_open(job->directory, job->number,
				 &begin->outside_names, &keeper->outside,
				 fault);
	return r;
}

/* @return the keeper's pid, or -errno; in the keeper it does not return. */
static pid_t fork_keeper(struct keeper *keeper, struct job_begin *begin,
			 char **words, int *ret_start_pipe)
{
	int pair[2];
	pid_t child = pipe2(pair, O_CLOEXEC) < 0 ? -errno : fork();

	if (child == 0) {
		cleanup_close(&pair[0]);
		keeper->start_pipe = pair[1];
		keeper->lifeline = begin->lifeline;
		keeper->board = begin->board;
		run_keeper(keeper, begin, words);
	}
	if (child > 0) {
		cleanup_close(&pair[1]);
		*ret_start_pipe = pair[0];
	}
	return child;
}

int job_begin(struct job_begin *begin, int argc, char **argv, char **words,
	      unsigned *ret_number, pid_t *ret_main)
{
	CLEANUP(keeper_close) struct keeper keeper = KEEPER_NONE;
	CLEANUP_CLOSE int start_pipe = -1;
	struct fault fault;
	char *shell[4];
	CLEANUP_CLOSE int store = store_open(&fault);
	int r = store < 0 ? store : make_job(store, begin, &keeper.job, &fault);

	if (r < 0)
		return job_start_refuse(begin->lifeline, begin->board, r,
					&fault);
	choose_size(begin);
	job_start_describe(keeper.job.record, words);
	keeper.job.record->is_session = begin->is_session;
	r = job_begin_prepare(begin, &keeper, argc, argv, &fault);
	if (r == 0) {
		r = fork_keeper(&keeper, begin, job_start_words(words, shell),
				&start_pipe);
		if (r < 0)
			(void)fault_set(&fault, r, "cannot fork: %s",
					strerror(-r));
	}
	if (r < 0) {
		keeper_shut(&keeper);
		store_discard(store, keeper.job.number);
		return job_start_refuse(begin->lifeline, begin->board, r,
					&fault);
	}
	if (ret_number)
		*ret_number = keeper.job.number;
	return job_begin_await_start(start_pipe, r, ret_main);
}
