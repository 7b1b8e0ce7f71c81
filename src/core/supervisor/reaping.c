// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/retry.h"
#include "core/supervisor/supervisor.h"
#include "proc/procfs.h"

static void note_stop(struct supervisor *supervisor, int signo)
{
	/* By Ctrl-Z, or because jig was told to suspend it. Any other signal
	 * does not come from the user: a process that waits for a terminal
	 * (SIGTTIN, SIGTTOU) gets no more time than one that runs. */
	if (signo == SIGTSTP || (signo == SIGSTOP && supervisor->has_frozen))
		(void)supervisor_suspended(supervisor, true); /* Told below. */
	board_tell_state(supervisor->board, signo, supervisor->resumes);
	supervisor_wake_guard(supervisor, WAKE_LOOK, -1);
}

static void note_continued(struct supervisor *supervisor)
{
	supervisor->has_suspended = supervisor->has_frozen = false;
	(void)supervisor_suspended(supervisor, false); /* Told below. */
	board_tell_state(supervisor->board, 0, supervisor->resumes);
	supervisor_wake_guard(supervisor, WAKE_LOOK, -1);
}

/* Then the guard no longer waits for readiness, and takes the terminal back
 * while leftovers are ended: Ctrl-C is for jig then. */
static void tell_main_ended(struct supervisor *supervisor)
{
	supervisor->board->main_end_us = supervisor->main_ended_us;
	atomic_store(&supervisor->board->main_end,
		     supervisor->stopping ? BOARD_MAIN_ENDED_IN_STOP
					  : BOARD_MAIN_ENDED);
	if (supervisor->tell_start)
		supervisor_wake_guard(supervisor, WAKE_LOOK, -1);
}

static void note_main(struct supervisor *supervisor, int status)
{
	/* An error of execve(2) is in its memory, not in its status. */
	supervisor_take_start(supervisor);
	supervisor->main_ended = true;
	if (supervisor->start_error < 0)
		return;
	/* If it was continued and has ended since, only its end is seen. */
	if (!board_pause_asked(supervisor->board).suspended)
		(void)supervisor_suspended(supervisor, false); /* Told below. */
	supervisor->main_ended_us = clock_us();
	supervisor->report->main_status = status;
	supervisor->report->main_us =
		supervisor->main_ended_us - supervisor->began_us;
	tell_main_ended(supervisor);
}

static void note_child(struct supervisor *supervisor, pid_t pid, int status)
{
	/* Once main has been reaped, its pid may be reused. */
	bool is_main = pid == supervisor->main.pid && !supervisor->main_ended;

	if (pid == supervisor->reader) {
		if (!WIFSTOPPED(status) && !WIFCONTINUED(status))
			supervisor->reader = 0;
		return;
	}

	if (WIFSTOPPED(status) || WIFCONTINUED(status)) {
		if (!is_main)
			return;
		/* Its start is told first. */
		supervisor_look_at_start(supervisor);
		if (WIFSTOPPED(status))
			note_stop(supervisor, WSTOPSIG(status));
		else
			note_continued(supervisor);
		return;
	}
	supervisor->report->seen++;
	if (supervisor->kills_pending > 0)
		supervisor->kills_pending--;
	supervisor_note_death(supervisor);
	if (is_main)
		note_main(supervisor, status);
	else
		supervisor_note_end(supervisor, pid, status);
	if (WIFSIGNALED(status))
		supervisor_tell_orphans(supervisor, pid);
}

/*
 * A process group has its leader's number, which is not reused before the
 * leader is reaped. So main's end is only observed here, and main is reaped at
 * the end.
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
	supervisor_look_at_start(supervisor);
	if (info.si_code == CLD_CONTINUED)
		note_continued(supervisor);
	else
		note_stop(supervisor, info.si_status);
}

/* Without __WALL, so no child of proc/aside.h is found. A process with another
 * exit signal gets SIGCHLD as its exit signal when we adopt it. */
#define EVERY_STATUS (WNOHANG | WUNTRACED | WCONTINUED)

/*
 * Look before reaping: if the pid is a leftover's, the start time shows whether
 * it is that leftover or another process with a reused pid.
 */
static pid_t look_and_wait(struct supervisor *supervisor, int *status)
{
	siginfo_t info = { 0 };
	struct proc_stat stat;
	int procfd = supervisor->cage->procfd;

	if (waitid(P_ALL, 0, &info,
		   WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT) < 0)
		return -1;
	if (info.si_pid == 0)
		return 0;
	supervisor->reaped_start = 0;
	if (supervisor_is_leftover(supervisor, info.si_pid) &&
	    stat_read(procfd, info.si_pid, &stat) == 0)
		supervisor->reaped_start = stat.start_ticks;
	return waitpid(info.si_pid, status, EVERY_STATUS);
}

/* SIGCHLD will not come again: retry on EINTR. */
static pid_t reaping_wait_any(struct supervisor *supervisor, int *status)
{
	bool look = supervisor->report->leftover_count > 0 &&
		    supervisor->cage->procfd >= 0;

	return RETRY(look ? look_and_wait(supervisor, status)
			  : waitpid(-1, status, EVERY_STATUS));
}

/* A reader that hangs is a child of ours, but does not belong to the cage. */
static bool has_reader_only(const struct supervisor *supervisor)
{
	CLEANUP(list_free) struct list children = { 0 };

	return supervisor->reader &&
	       procfs_children(supervisor->cage->procfd, &children) == 0 &&
	       children.count == 1 &&
	       *(pid_t *)list_at(&children, 0, sizeof(pid_t)) ==
		       supervisor->reader;
}

void supervisor_reap(struct supervisor *supervisor)
{
	int status, count = 0;
	pid_t pid = 0;

	if (!supervisor->cage->ops->subreaper) {
		watch_leader(supervisor);
		supervisor->childless = supervisor->main_ended;
		return;
	}
	while (count < PLAN_REAPED_AT_ONCE &&
	       (pid = reaping_wait_any(supervisor, &status)) > 0) {
		note_child(supervisor, pid, status);
		count++;
	}
	supervisor->reap_again = pid > 0;
	if (count > 0 && supervisor->kill_gap_us > 0)
		supervisor->kill_again_us =
			clock_in_us(supervisor->kill_gap_us);
	supervisor->childless =
		(pid < 0 && errno == ECHILD) || has_reader_only(supervisor);
}

bool supervisor_is_empty(struct supervisor *supervisor)
{
	return supervisor->main_ended && supervisor->childless &&
	       supervisor->cage->ops->is_empty(supervisor->cage) == 1;
}

void supervisor_look_at_daemon(struct supervisor *supervisor)
{
	if (!supervisor->plan->daemon || supervisor->daemon)
		return;
	supervisor_reap(supervisor);
	if (supervisor->main_ended && !supervisor_is_empty(supervisor))
		(void)supervisor_becomes_daemon(supervisor);
}
