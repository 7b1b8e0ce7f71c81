// SPDX-License-Identifier: MIT
/*
 * Requests of guard and host to the supervisor, read from the board, and the
 * owner's death.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "core/shared/wake.h"
#include "core/supervisor/supervisor.h"

/* Limits of one real-time signal in one round. A signal to all lists the whole
 * cage, so its limit is lower. */
#define TO_MAIN_AT_ONCE 256
#define TO_ALL_AT_ONCE 4
/* Different signals of one round. */
#define SIGNALS_AT_ONCE 64
/* Main's queue of real-time signals was full. */
#define QUEUE_AGAIN_US 10000

void supervisor_owner_died(struct supervisor *supervisor)
{
	cleanup_close(&supervisor->owner);
	supervisor->owner_died = true;
	if (!supervisor->stopping)
		supervisor->stops_for_owner = true;
	supervisor_stop(supervisor, JIG_REASON_OWNER, supervisor->owner_signal);
	supervisor->nudge_us = clock_us();
}

/* Main is not reaped, so pid and group are its own. Directly after the clone it
 * has no group yet; then it blocks the signal, which stays pending. */
static void signal_group(struct supervisor *supervisor, int signo)
{
	if (kill(-supervisor->main.pid, signo) < 0 && errno == ESRCH)
		(void)kill(supervisor->main.pid, signo);
}

/* Main was in the guard's group, and has made one of its own, or a session. */
static bool has_left_group(const struct supervisor *supervisor)
{
	return supervisor->group == SPAWN_GROUP_CALLER &&
	       !supervisor->main_ended &&
	       getpgid(supervisor->main.pid) == supervisor->main.pid;
}

static void signal_cage(struct supervisor *supervisor, int signo)
{
	/* The user suspends main (jig stop --force). */
	supervisor->has_frozen |= signo == SIGSTOP;
	supervisor_signal_all(supervisor, signo, false);
}

static void requests_suspend(struct supervisor *supervisor)
{
	/* A stop or continuation that is not noted yet came before this. */
	supervisor_reap(supervisor);
	if (supervisor->main_ended && !supervisor->daemon)
		return;
	/* A session of its own is an orphaned group, where SIGTSTP does
	 * nothing (POSIX; dumb-init#25). */
	if (spawn_group_leads(supervisor->group) || supervisor->daemon) {
		(void)supervisor_suspended(supervisor, true); /* It knows. */
		supervisor_signal_all(supervisor, SIGSTOP, false);
	} else if (has_left_group(supervisor)) {
		/* An orphaned group, too, since we have left the session. */
		signal_cage(supervisor, SIGSTOP);
	} else if (supervisor->group == SPAWN_GROUP_CALLER) {
		supervisor->has_suspended =
			kill(supervisor->main.pid, SIGTSTP) == 0;
	} else {
		signal_group(supervisor, SIGTSTP);
	}
}

/* Main was suspended after the guard's request to continue it. It is the user's
 * next Ctrl-Z: the guard, which takes an older stop for undone, has to act on
 * it. */
static bool is_stopped_anew(struct supervisor *supervisor)
{
	struct board_state state = board_main_state(supervisor->board);
	uint32_t turn = atomic_load(&supervisor->board->resume_turn);
	siginfo_t info = { 0 };

	/* Not noted yet: supervisor_reap() comes next. */
	if (waitid(P_PID, (id_t)supervisor->main.pid, &info,
		   WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
	    info.si_pid > 0)
		return true;
	if (!state.signo || state.turn <= turn)
		return false;
	board_tell_state(supervisor->board, state.signo, supervisor->resumes);
	supervisor_wake_guard(supervisor, WAKE_LOOK, -1);
	return true;
}

/* The SIGCONT of a shell goes to our process group, so main has got it, too: a
 * handler would see a second one. But our own SIGTSTP, which main may not have
 * acted on yet, is discarded by SIGCONT alone. */
static void continue_main(struct supervisor *supervisor)
{
	bool pending = supervisor->has_suspended &&
		       !board_main_state(supervisor->board).signo;
	struct proc_stat stat;
	int r = stat_read(supervisor->cage->procfd, supervisor->main.pid,
			  &stat);
	bool stands = r < 0 || stat.state == 'T' || stat.state == 't';

	/* After the look: if main stands by its next stop, this knows of it. */
	if (!supervisor->has_suspended && is_stopped_anew(supervisor))
		return;
	supervisor->has_suspended = false;
	if (stands || pending)
		(void)kill(supervisor->main.pid, SIGCONT); /* Not reaped. */
}

static void requests_resume(struct supervisor *supervisor)
{
	/* Main's own state, which is told as well, may not have changed. */
	if (supervisor_suspended(supervisor, false))
		supervisor_wake_guard(supervisor, WAKE_LOOK, -1);
	if (spawn_group_leads(supervisor->group) || supervisor->main_ended ||
	    (supervisor->has_frozen && has_left_group(supervisor)))
		supervisor_signal_all(supervisor, SIGCONT, false);
	else if (supervisor->group == SPAWN_GROUP_CALLER)
		continue_main(supervisor);
	else /* Jobs that a shell inside has suspended stay suspended. */
		signal_group(supervisor, SIGCONT);
}

static void obey_pause(struct supervisor *supervisor)
{
	struct board_pause pause = board_pause_asked(supervisor->board);

	if (pause.turn == supervisor->pause_turn)
		return;
	supervisor->pause_turn = pause.turn;
	supervisor->resumes = pause.resumes;
	if (pause.suspended)
		requests_suspend(supervisor);
	else
		requests_resume(supervisor);
}

static void obey_stop(struct supervisor *supervisor)
{
	struct board_stop stop = board_stop_asked(supervisor->board);
	int32_t more;

	if (!stop.wanted)
		return;
	if (!supervisor->stopping) {
		supervisor_look_at_daemon(supervisor);
		supervisor_stop(supervisor, stop.reason, stop.signo);
		supervisor->hurries += stop.hurries;
		supervisor->stops_for_owner = false;
	}
	/* A shell that hangs up signals its jobs and dies: both are one stop.
	 */
	if (supervisor->stops_for_owner && stop.count > supervisor->hurries) {
		supervisor->hurries++;
		supervisor->stops_for_owner = false;
	}
	more = (int32_t)(stop.count - supervisor->hurries);
	if (more <= 0)
		return;
	supervisor->hurries = stop.count;
	for (int32_t i = 0; i < more && i < PLAN_STEPS; i++)
		supervisor_hurry(supervisor);
}

/* Main is not reaped, so its number is pinned. @return whether its queue of
 * real-time signals is full. */
static bool requests_signal_one(struct supervisor *supervisor, int target,
				int signo)
{
	static const union sigval none;
	pid_t main = supervisor->main.pid;

	if (target == JIG_TARGET_ALL)
		signal_cage(supervisor, signo);
	else if (supervisor->main_ended)
		return false;
	else if (target == BOARD_TARGET_GROUP)
		signal_group(supervisor, signo);
	else if (signo < BOARD_COUNTED)
		(void)kill(main, signo);
	else /* kill(2) does not report a full queue, sigqueue(3) does. */
		return sigqueue(main, signo, none) < 0 && errno == EAGAIN;
	return false;
}

/* @return how many are yet to be sent. */
static unsigned signal_some(struct supervisor *supervisor, int target,
			    int signo, unsigned count)
{
	unsigned most =
		target == JIG_TARGET_ALL ? TO_ALL_AT_ONCE : TO_MAIN_AT_ONCE;

	for (unsigned i = 0; i < most && count > 0; i++, count--) {
		if (!requests_signal_one(supervisor, target, signo))
			continue;
		supervisor->signals_again_us = clock_in_us(QUEUE_AGAIN_US);
		break;
	}
	return count;
}

static void send_signals(struct supervisor *supervisor)
{
	struct {
		int signo, target;
		unsigned count;
	} rest[SIGNALS_AT_ONCE];
	size_t left = 0;
	int target, signo;
	unsigned count;

	/* Those for another machine: guard_remote_signal(). */
	if (supervisor->plan->remote ||
	    clock_us() < supervisor->signals_again_us)
		return;
	supervisor->signals_again_us = 0;
	for (int i = 0; i < SIGNALS_AT_ONCE; i++) {
		signo = board_take_signal(supervisor->board, &target, &count);
		if (!signo)
			break;
		count = signal_some(supervisor, target, signo, count);
		if (count > 0)
			rest[left++] =
				(typeof(rest[0])){ signo, target, count };
	}
	for (size_t i = 0; i < left; i++)
		board_put_back(supervisor->board, rest[i].target, rest[i].signo,
			       rest[i].count);
	if (board_has_signals(supervisor->board) &&
	    supervisor->signals_again_us == 0)
		supervisor->signals_again_us = clock_us(); /* At once. */
}

void supervisor_obey(struct supervisor *supervisor)
{
	send_signals(supervisor);
	obey_pause(supervisor);
	obey_stop(supervisor);
}

static void read_socket(struct supervisor *supervisor)
{
	int fd = -1, r = 0;

	for (int i = 0; i < WAKE_PACKETS; i++) {
		r = wake_receive(supervisor->socket, &fd);
		cleanup_close(&fd);
		if (r <= 0)
			break;
	}
	/* Requests from before its death count, too. */
	supervisor_obey(supervisor);
	if (r > 0 || r == -EAGAIN)
		return;
	/* The guard is dead. */
	cleanup_close(&supervisor->socket);
	supervisor_stop(supervisor, JIG_REASON_GUARD, 0);
}

int64_t supervisor_requests_due(const struct supervisor *supervisor)
{
	int64_t due = supervisor_call_us(supervisor);

	if (supervisor->signals_again_us > 0)
		due = clock_sooner(due, supervisor->signals_again_us);
	if (supervisor->nudge_us > 0)
		due = clock_sooner(due, supervisor->nudge_us);
	if (supervisor->owes_wake)
		due = clock_sooner(due, clock_in_us(QUEUE_AGAIN_US));
	return due;
}

void supervisor_read_requests(struct supervisor *supervisor, bool packets)
{
	if (supervisor->socket >= 0 && packets)
		read_socket(supervisor);
	else if (supervisor->signals_again_us > 0)
		send_signals(supervisor);
	if (supervisor->owes_wake)
		supervisor_wake_guard(supervisor, WAKE_LOOK, -1);
	supervisor_rouse_again(supervisor);
}
