// SPDX-License-Identifier: MIT
/*
 * Main's start. From clone to execve the child needs the file systems of its
 * directory and its program, which may not answer. So the start only begins
 * here, and the loop polls for its result. A stop meanwhile takes the steps of
 * the policy, as with any other main.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/poll.h"
#include "base/sys.h"
#include "core/supervisor/supervisor.h"
#include "proc/procfs.h"

int supervisor_fail(struct supervisor *supervisor, int error, int stage,
		    const struct fault *fault)
{
	/* Our end of file follows. */
	board_fail(supervisor->board, error, stage, fault->text);
	return error;
}

static void starting_fill(struct supervisor *supervisor)
{
	const struct plan *plan = supervisor->plan;

	supervisor->spawn = (struct spawn){
		.argv = plan->argv,
		.path = plan->path,
		.envp = plan->envp,
		.cwd = plan->cwd,
		.group = supervisor->group,
		.keep_ignored = plan->keep_ignored |
				(supervisor->group == SPAWN_GROUP_CALLER
					 ? SPAWN_CALLERS_SIGNALS
					 : 0),
		.ignored =
			supervisor->knows_ignored ? &supervisor->ignored : NULL,
		.blocks_all = true,
		.terminal = supervisor->terminal,
		.user = plan->set_user ? &plan->user : NULL,
		.limits = plan->limits,
		.limit_count = plan->limit_count,
		.set_umask = plan->set_umask,
		.umask = plan->umask,
		.nice = plan->nice,
		.fds = plan->fds,
		.fd_count = plan->fd_count,
		.pid_text = plan->pid_text,
		.drop = supervisor->socket,
		.pid_slot = &supervisor->report->main_pid,
		/* Of other cages the guard inherits it. */
		.parent = supervisor->cage->ops->subreaper ? 0 : getpid(),
	};
}

/* We have not reaped it, so it still has its pid, also if it has ended.
 * @early  signals that were pending before the clone. */
static int number_main(struct supervisor *supervisor, uint64_t early,
		       struct fault *fault)
{
	struct cage *cage = supervisor->cage;
	pid_t number = supervisor->main.pid;

	if (cage->ops->own_pids)
		number = procfs_outer_number(cage->outer_procfd, number);
	cleanup_close(&cage->outer_procfd);
	if (number < 0) /* Its namespace ends with us. */
		return fault_set(fault, number,
				 "cannot read main's number in /proc: %s",
				 strerror(-number));
	/* We block all signals and are in the group still. What came during the
	 * clone counts as well: to stop twice is better than not at all. Except
	 * for what main itself may have caused by now. */
	early |= sys_signals_pending() & ~SYS_TERMINAL_REFUSES;
	atomic_store(&supervisor->board->early, early);
	atomic_store(&supervisor->board->main_pid, number);
	return 0;
}

int supervisor_begin_main(struct supervisor *supervisor)
{
	struct fault fault = { "" };
	enum spawn_stage stage = SPAWN_CLONE;
	uint64_t early;
	int r;

	starting_fill(supervisor);
	early = sys_signals_pending();
	r = cage_prepare(supervisor->cage, &supervisor->spawn,
			 &supervisor->spawn_storage);
	if (r < 0)
		r = fault_set(&fault, r, "too many resource limits");
	else
		r = spawn_begin(&supervisor->spawn, &supervisor->spawning,
				&stage, &fault);
	if (r < 0)
		return supervisor_fail(supervisor, r, (int)stage, &fault);
	/* If we are killed from here on, the guard can read main's pid. */
	supervisor->main.pid = supervisor->spawning.pid;
	supervisor->cage->main = supervisor->main.pid;
	supervisor->report->main_pid = supervisor->main.pid;
	r = number_main(supervisor, early, &fault);
	return r < 0 ? supervisor_fail(supervisor, r, BOARD_NO_STAGE, &fault)
		     : 0;
}

/* @take  spawn_poll(), or spawn_ended(). */
static void take_result(struct supervisor *supervisor,
			int (*take)(struct spawning *spawning,
				    struct spawned *ret,
				    enum spawn_stage *ret_stage,
				    struct fault *fault))
{
	struct fault fault = { "" };
	enum spawn_stage stage = SPAWN_CLONE;
	int r;

	if (supervisor->spawning.pid == 0)
		return;
	r = take(&supervisor->spawning, &supervisor->main, &stage, &fault);
	if (r == 0)
		return;
	if (r < 0) {
		supervisor->start_error =
			supervisor_fail(supervisor, r, (int)stage, &fault);
		return;
	}
	atomic_store(&supervisor->board->start, BOARD_STARTED);
	if (supervisor->tell_start)
		supervisor_wake_guard(supervisor, WAKE_MAIN,
				      supervisor->main.pidfd);
}

void supervisor_look_at_start(struct supervisor *supervisor)
{
	take_result(supervisor, spawn_poll);
}

void supervisor_take_start(struct supervisor *supervisor)
{
	take_result(supervisor, spawn_ended);
}

/* It has called exit, which closes the descriptors that it had inherited, and a
 * file system may block that, too. */
void supervisor_clear_start(struct supervisor *supervisor)
{
	struct pollfd over = { supervisor->main.pidfd, POLLIN, 0 };
	int64_t until = clock_in_us(PLAN_KILL_US);

	if (supervisor->main_ended)
		return;
	if (over.fd >= 0)
		(void)poll_fds(&over, 1, PLAN_KILL_US / 1000);
	/* Without pidfds we look again and again. */
	while (waitpid(supervisor->main.pid, NULL, WNOHANG) == 0 &&
	       over.fd < 0 && clock_us() < until)
		clock_sleep_us(1000);
}
