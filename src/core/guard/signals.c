// SPDX-License-Identifier: MIT
/*
 * What a signal to jig means.
 *
 *   TERM INT HUP QUIT   stop by the policy, beginning with this signal; the
 *                       same one again hurries, another one is main's
 *   TSTP TTIN TTOU      stop the command, then ourselves; CONT continues both
 *   CHLD                reap
 *   all others          are for the main process
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"
#include "core/guard/guard.h"
#include "core/shared/wake.h"
#include "core/supervisor/inner.h"

int guard_open_signals(struct guard *guard, struct fault *fault)
{
	/* SIGSEGV and the like, too: if kill(2) sent them, they are for main.
	 * A fault of our own code still ends us, since the kernel forces the
	 * signal on a process that has blocked it (sigaction(2), NOTES). */
	(void)sys_signal_mask(SYS_ALL_SIGNALS);
	/* A runner may have ignored it: then children vanish unseen. Other
	 * ignored signals can be read while they are blocked. */
	sys_signal_default(SIGCHLD);
	guard->signals = sys_signalfd(SYS_ALL_SIGNALS);
	if (guard->signals < 0)
		return fault_set(fault, guard->signals,
				 "cannot open a signalfd: %s",
				 strerror(-guard->signals));
	return 0;
}

#define SIGNALS_AT_ONCE 64

static void send_signal(struct guard *guard, int signo, int target)
{
	/* More than BOARD_QUEUE of a real-time signal are lost. */
	(void)board_add_signal(guard->board, target, signo);
	guard_wake_supervisor(guard);
}

void guard_signal(struct guard *guard, int signo, enum jig_target target)
{
	send_signal(guard, signo, (int)target);
}

void guard_signal_foreground(struct guard *guard, int signo)
{
	send_signal(guard, signo, BOARD_TARGET_GROUP);
}

/* Main's newest stop; but not that of a Ctrl-Z that came after our SIGCONT:
 * that waits for us, too. */
static uint32_t stop_to_undo(const struct guard *guard)
{
	struct board_state state = board_main_state(guard->board);

	if (sys_signals_pending() & SYS_SIGNAL(SIGTSTP))
		return guard->state_turn;
	return state.turn;
}

static void guard_signals_resume(struct guard *guard)
{
	if (guard->main > 0 && !guard->daemon)
		terminal_lend(&guard->terminal, guard->main);
	guard->suspend_asked = false;
	atomic_store(&guard->board->resume_turn, stop_to_undo(guard));
	board_ask_pause(guard->board, false);
	guard_wake_supervisor(guard);
}

void guard_continue(struct guard *guard)
{
	guard_signals_resume(guard);
}

/* A signal that waits may be a stop for us, or a Ctrl-C that only main acts on:
 * reading it tells. */
static bool is_stopping(struct guard *guard)
{
	if (!guard->stop_asked && (sys_signals_pending() & SYS_STOP_SIGNALS))
		guard_read_signals(guard);
	return guard->stop_asked;
}

void guard_suspend_too(struct guard *guard, int signo)
{
	if (guard_shares_group(guard) && !guard->suspend_asked &&
	    !guard_has_terminal(guard))
		return;
	/* The supervisor's, for the SIGTSTP that we have got. */
	if (guard->suspend_asked && signo == SIGSTOP)
		signo = SIGTSTP;
	guard->suspend_asked = false;
	/* In a session of its own, a stop is the command's own affair. */
	if (spawn_group_leads(guard->group) || guard->plan->lifeline >= 0)
		return;
	/* A stop needs both of us awake. */
	if (is_stopping(guard)) {
		guard_signals_resume(guard);
		return;
	}
	/* `fg` sends no SIGCONT to a job that runs for the shell. So SIGTTIN or
	 * SIGTTOU shows that we have got the foreground, and can lend it. */
	if ((signo == SIGTTIN || signo == SIGTTOU) &&
	    terminal_is_ours(&guard->terminal)) {
		guard_signals_resume(guard);
		return;
	}
	terminal_take_back(&guard->terminal, guard->main, true, false);
	guard_sleep(guard, signo, signo == SIGTSTP);
	/* After SIGCONT, or at once: the terminal's signals do not stop an
	 * orphaned group (POSIX). No shell would continue such a group, so the
	 * command must not stay suspended. */
	guard_signals_resume(guard);
}

static void guard_signals_suspend(struct guard *guard)
{
	guard->suspend_asked = true;
	board_ask_pause(guard->board, true);
	guard_wake_supervisor(guard);
	/* If main is in our session, its stop leads to guard_suspend_too(). */
	if (spawn_group_leads(guard->group) || guard->daemon) {
		guard_sleep(guard, SIGSTOP, true);
		guard_signals_resume(guard);
	}
}

/* The supervisor, and strangers' orphans (as PID 1, or after an exec over
 * children). Without __WALL, so no child of proc/aside.h is reaped here. */
static void guard_signals_reap(struct guard *guard)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		kin_forget(&guard->kin, pid);
		if (pid == guard->supervisor)
			guard->reaped = true;
		else if (pid == guard->clearing)
			guard->clearing = 0;
		else
			guard_ready_reaped(guard, pid, status);
	}
	if (pid < 0 && errno == ECHILD)
		guard->reaped = true;
	guard_note_standing(guard);
}

/* A second request by another signal may mean another kind of end to main, as
 * SIGINT after SIGTERM does to PostgreSQL. It is no hurry. */
static void ask_main(struct guard *guard, const struct signalfd_siginfo *info,
		     int signo)
{
	if (!guard_terminal_told_main(guard, info))
		send_signal(guard, signo, JIG_TARGET_MAIN);
}

void guard_note_main_end(struct guard *guard)
{
	const struct board *board = guard->board;

	/* With `daemon`, status 0 begins no stop. */
	if (atomic_load(&board->main_end) == BOARD_MAIN_ENDED &&
	    !(guard->plan->daemon && board->report.main_status == 0))
		guard->outcome->asked.main_end_us = board->main_end_us;
}

static void ask_stop(struct guard *guard, const struct signalfd_siginfo *info,
		     int signo)
{
	uint64_t asked = guard->outcome->asked.signals;

	guard_note_main_end(guard);
	if (!asked_add(&guard->outcome->asked, signo))
		return;
	/* Each jig around us signals each process of its cage, so we get one
	 * signal from each of them. None of them means "hurry": for that they
	 * send SIGKILL. */
	if (guard->stop_asked &&
	    inner_is_around_us(guard->cage.procfd, (pid_t)info->ssi_pid))
		return;
	if (guard->stop_asked && asked && !(asked & SYS_SIGNAL(signo)))
		ask_main(guard, info, signo);
	else
		guard_hurry(guard, signo == SIGTERM ? 0 : signo);
}

static void guard_signals_act(struct guard *guard,
			      const struct signalfd_siginfo *info)
{
	int signo = (int)info->ssi_signo;

	if (guard_leaves_to_main(guard, info) || guard_ignores(guard, signo))
		return;
	signo = signal_rules_meaning(&guard->plan->rules, signo);
	if (signo == 0)
		return;
	/* A hang-up of the terminal remains a reason to stop. */
	if (signal_rules_are_mains(&guard->plan->rules, signo) &&
	    !terminal_sent(info)) {
		send_signal(guard, signo, JIG_TARGET_MAIN);
		return;
	}
	switch (signo) {
	case SIGCHLD:
		guard_signals_reap(guard);
		guard_note_strangers(guard);
		break;
	case SIGTERM:
	case SIGINT:
	case SIGHUP:
	case SIGQUIT:
		ask_stop(guard, info, signo);
		break;
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		guard_signals_suspend(guard);
		break;
	case SIGCONT:
		guard_put_token(guard);
		if (info->ssi_code != SI_QUEUE || info->ssi_int != GUARD_WAKE)
			guard_signals_resume(guard);
		break;
	case SIGPIPE:
	case SIGXFSZ:
	case SIGXCPU:
		/* Not if the kernel sent it for our own write or usage. */
		if (info->ssi_code <= 0 && (pid_t)info->ssi_pid != getpid())
			send_signal(guard, signo, JIG_TARGET_MAIN);
		break;
	default:
		send_signal(guard, signo, JIG_TARGET_MAIN);
	}
}

/* A later stop signal has deleted a SIGCONT before we could read it; if that is
 * deleted now, by another SIGCONT, that one is gone, too. */
static void renew_token(struct guard *guard)
{
	if (!guard_lacks_token(guard) ||
	    (sys_signals_pending() & SYS_SIGNAL(SIGCONT)))
		return;
	guard_put_token(guard);
	if (!(sys_signals_pending() &
	      (SYS_SIGNAL(SIGTSTP) | SYS_SIGNAL(SIGTTIN))))
		guard_signals_resume(guard);
}

void guard_read_signals(struct guard *guard)
{
	struct signalfd_siginfo info;

	/* The rest is read in the next round, after the other events. */
	for (int i = 0; i < SIGNALS_AT_ONCE; i++) {
		renew_token(guard);
		if (read(guard->signals, &info, sizeof(info)) != sizeof(info))
			return;
		guard_signals_act(guard, &info);
	}
}
