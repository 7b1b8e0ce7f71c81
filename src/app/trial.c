// SPDX-License-Identifier: MIT
#include "app/trial.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "core/guard.h"

/* In a child: a guard blocks its process's signals and becomes a subreaper. */
static void be_guard(enum cage_kind kind, struct trial *trial)
{
	char *argv[] = { "/proc/self/exe", "version", NULL };
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

	fd_nullify(STDIN_FILENO, STDOUT_FILENO);
	guard_run(&plan, NULL, &outcome);
	trial->works = outcome.error == 0 && outcome.report->main_status == 0;
	if (outcome.error < 0) {
		trial->why = outcome.fault;
		return;
	}
	trial->kind = (enum cage_kind)outcome.report->cage;
	text_copy(trial->why.text, sizeof(trial->why.text),
		  outcome.report->why);
}

int trial_run(enum cage_kind kind, struct trial *ret)
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
		(void)waitpid(pid, NULL, 0); /* ECHILD: SIGCHLD is ignored. */
	*ret = *shared;
	(void)munmap(shared, sizeof(*shared));
	return r;
}
