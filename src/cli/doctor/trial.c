// SPDX-License-Identifier: MIT
#include "cli/doctor/trial.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file/self.h"
#include "base/retry.h"
#include "base/text.h"
#include "core/guard/guard.h"

/* The command writes to descriptors that stay open in execve(2). */
static void silence(void)
{
	fd_nullify(STDIN_FILENO, STDERR_FILENO);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)fcntl(fd, F_SETFD, 0); /* or closed: see trial_judge() */
}

/*
 * The cage works if the command was executed, its end was seen, and no process
 * is left. The exit status does not count: without /dev/null the command cannot
 * write.
 */
static void trial_judge(const struct jig_report *report, struct trial *trial)
{
	trial->kind = (enum jig_cage)report->cage;
	text_copy(trial->why.text, sizeof(trial->why.text), report->why);
	trial->works = report->main_status >= 0 &&
		       WIFEXITED(report->main_status) &&
		       report->survivor_total == 0;
	if (trial->works)
		return;
	if (report->survivor_total > 0)
		fault_set(&trial->why, 0, "%u processes survived its end",
			  (unsigned)report->survivor_total);
	else if (report->main_status >= 0)
		fault_set(&trial->why, 0, "the command was ended by signal %d",
			  WTERMSIG(report->main_status));
	else
		fault_set(&trial->why, 0, "the command's end was not seen");
}

/* In a child: a guard blocks its process's signals and becomes a subreaper. */
static void be_guard(enum jig_cage kind, struct trial *trial)
{
	char *argv[] = { (char *)self_program(), "version", NULL };
	struct plan plan = {
		.argv = argv,
		.envp = environ,
		.cage = kind,
		.group = JIG_GROUP_SESSION,
		.owner = JIG_OWNER_NONE,
		.lifeline = -1,
		.report_fd = -1,
		.watched = -1,
		.steps = { { SIGKILL, PLAN_KILL_US } },
		.step_count = 1,
	};
	struct outcome outcome = { .stage = BOARD_NO_STAGE };

	silence();
	guard_run(&plan, NULL, &outcome);
	if (outcome.error < 0) {
		trial->why = outcome.fault;
		trial->error = outcome.error;
		return;
	}
	trial_judge(outcome.report, trial);
}

int trial_run(enum jig_cage kind, struct trial *ret)
{
	struct trial *shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r = 0;

	if (shared == MAP_FAILED)
		return -errno;
	shared->kind = kind;
	text_copy(shared->why.text, sizeof(shared->why.text),
		  "the trial was killed");

	pid_t pid = fork();

	if (pid == 0) {
		be_guard(kind, shared);
		_exit(0);
	}
	if (pid < 0)
		r = -errno;
	else
		(void)RETRY(waitpid(pid, NULL,
				    0)); /* or ECHILD: SIGCHLD is ignored */
	*ret = *shared;
	(void)munmap(shared, sizeof(*shared));
	return r;
}
