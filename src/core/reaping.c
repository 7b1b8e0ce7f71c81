// SPDX-License-Identifier: MIT
#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "core/supervisor.h"

static void note_stop(struct supervisor *supervisor, int signo)
{
	board_tell_state(supervisor->board, signo, supervisor->resumes);
	supervisor_wake_guard(supervisor, WAKE_LOOK, -1);
}

static void note_continued(struct supervisor *supervisor)
{
	board_tell_state(supervisor->board, 0, supervisor->resumes);
	supervisor_wake_guard(supervisor, WAKE_LOOK, -1);
}

/* Who waits for it to become ready need not. And while leftovers are waited
 * for, the terminal is not the command's any more: Ctrl-C is for jig then. */
static void tell_main_ended(struct supervisor *supervisor)
{
	atomic_store(&supervisor->board->main_end,
		     supervisor->stopping ? BOARD_MAIN_ENDED_IN_STOP
					  : BOARD_MAIN_ENDED);
	if (supervisor->tell_start)
		supervisor_wake_guard(supervisor, WAKE_LOOK, -1);
}

static void note_main(struct supervisor *supervisor, int status)
{
	supervisor->main_ended = true;
	supervisor->main_ended_us = clock_us();
	supervisor->report->main_status = status;
	supervisor->report->main_us =
		supervisor->main_ended_us - supervisor->began_us;
	tell_main_ended(supervisor);
}

static void note_child(struct supervisor *supervisor, pid_t pid, int status)
{
	if (WIFSTOPPED(status) || WIFCONTINUED(status)) {
		if (pid != supervisor->main.pid)
			return;
		if (WIFSTOPPED(status))
			note_stop(supervisor, WSTOPSIG(status));
		else
			note_continued(supervisor);
		return;
	}
	supervisor->report->seen++;
	if (supervisor->kills_pending > 0)
		supervisor->kills_pending--;
	if (pid == supervisor->main.pid)
		note_main(supervisor, status);
	else
		supervisor_note_end(supervisor, pid, status);
	if (WIFSIGNALED(status))
		supervisor_tell_orphans(supervisor, pid);
}

/*
 * A process group's number is its leader's: while we do not reap the leader,
 * nobody else can get it. So here main is looked at, and reaped at the end.
 */
static void watch_leader(struct supervisor *supervisor)
{
	siginfo_t info = { 0 };
	int status;

	if (supervisor->main_ended)
		return;
	if (waitid(P_PID, (id_t)supervisor->main.pid, &info,
		   WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    info.si_pid > 0) {
		status = info.si_code == CLD_EXITED
				 ? (info.si_status & 0xff) << 8
				 : info.si_status |
					   (info.si_code == CLD_DUMPED ? 0x80
								       : 0);
		supervisor->report->seen++;
		note_main(supervisor, status);
		return;
	}
	info = (siginfo_t){ 0 };
	if (waitid(P_PID, (id_t)supervisor->main.pid, &info,
		   WSTOPPED | WCONTINUED | WNOHANG) < 0 ||
	    info.si_pid == 0)
		return;
	if (info.si_code == CLD_CONTINUED)
		note_continued(supervisor);
	else
		note_stop(supervisor, info.si_status);
}

/* __WALL: clone(2) with another exit signal than SIGCHLD, too. Who has told us
 * of a death does not tell us twice: it is asked until there is an answer. */
static pid_t wait_any(int *status)
{
	pid_t pid;

	do
		pid = waitpid(-1, status,
			      WNOHANG | WUNTRACED | WCONTINUED | __WALL);
	while (pid < 0 && errno == EINTR);
	return pid;
}

void supervisor_reap(struct supervisor *supervisor)
{
	bool any = false;
	int status;
	pid_t pid;

	if (!supervisor->cage->ops->subreaper) {
		watch_leader(supervisor);
		supervisor->childless = supervisor->main_ended;
		return;
	}
	while ((pid = wait_any(&status)) > 0) {
		note_child(supervisor, pid, status);
		any = true;
	}
	if (any && supervisor->kill_gap_us > 0)
		supervisor->kill_again_us =
			clock_in_us(supervisor->kill_gap_us);
	supervisor->childless = pid < 0 && errno == ECHILD;
}

bool supervisor_is_empty(struct supervisor *supervisor)
{
	return supervisor->main_ended && supervisor->childless &&
	       supervisor->cage->ops->is_empty(supervisor->cage) == 1;
}
