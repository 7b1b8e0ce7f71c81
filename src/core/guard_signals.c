// SPDX-License-Identifier: MIT
/*
 * What a signal to jig means.
 *
 *   TERM INT HUP QUIT   stop by the policy, beginning with this signal; the
 *                       second one hurries
 *   TSTP TTIN TTOU      stop the command, then ourselves; CONT continues both
 *   CHLD                reap
 *   all others          are for the main process
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"
#include "core/guard.h"
#include "core/inner.h"
#include "core/wire.h"

int guard_open_signals(struct guard *guard, struct fault *fault)
{
	/* The kernel raises these for faults of our own code. */
	const uint64_t faults = SYS_SIGNAL(SIGSEGV) | SYS_SIGNAL(SIGBUS) |
				SYS_SIGNAL(SIGFPE) | SYS_SIGNAL(SIGILL) |
				SYS_SIGNAL(SIGTRAP) | SYS_SIGNAL(SIGABRT) |
				SYS_SIGNAL(SIGSYS);

	(void)sys_signal_mask(SYS_ALL_SIGNALS & ~faults);
	/* A runner may have ignored it: then children vanish unseen. Other
	 * ignored signals are read all the same while they are blocked. */
	sys_signal_default(SIGCHLD);
	guard->signals = sys_signalfd(SYS_ALL_SIGNALS & ~faults);
	if (guard->signals < 0)
		return fault_set(fault, guard->signals,
				 "cannot open a signalfd: %s",
				 strerror(-guard->signals));
	return 0;
}

static void send_down(struct guard *guard, enum wire_type type, int value,
		      int target)
{
	/* A supervisor that has gone is noticed by its end of file. */
	(void)wire_tell(guard->socket, type, value, target, -1);
}

/* The SIGCONT that woke us has done its work; were it read from the signalfd
 * as well, the command would be continued twice, and lose a stop between. */
static void forget_cont(void)
{
	static const struct timespec at_once = { 0 };
	sigset_t cont;

	(void)sigemptyset(&cont);
	(void)sigaddset(&cont, SIGCONT);
	while (sigtimedwait(&cont, NULL, &at_once) == SIGCONT)
		;
}

/* With this disposition and mask for a moment, as if we were no jig. */
static void raise_default(int signo)
{
	uint64_t before;

	/* Our whole group, which is our shell's job: `jig run a | b`. */
	(void)kill(signo == SIGSTOP ? getpid() : 0, signo);
	before = sys_signal_mask(SYS_ALL_SIGNALS & ~SYS_SIGNAL(signo));
	(void)sys_signal_mask(before); /* Between the two we were stopped. */
	forget_cont();
}

void guard_signal(struct guard *guard, int signo, enum jig_target target)
{
	send_down(guard, WIRE_SIGNAL, signo, (int)target);
}

void guard_signal_foreground(struct guard *guard, int signo)
{
	send_down(guard, WIRE_SIGNAL, signo, WIRE_TARGET_GROUP);
}

static void resume(struct guard *guard)
{
	if (guard->main > 0 && !guard->daemon)
		terminal_lend(&guard->terminal, guard->main);
	send_down(guard, WIRE_RESUME, 0, ++guard->resumes);
}

void guard_continue(struct guard *guard)
{
	resume(guard);
}

/* Asked for by a signal that is read, or still waits to be. */
static bool is_stopping(const struct guard *guard)
{
	static const int stops[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	sigset_t pending;

	if (guard->stop_asked || sigpending(&pending) < 0)
		return guard->stop_asked;
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		if (sigismember(&pending, stops[i]) == 1)
			return true;
	return false;
}

void guard_stop_too(struct guard *guard, int signo)
{
	/* In a session of its own, a stop is the command's own affair. */
	if (spawn_group_leads(guard->group) || guard->plan->lifeline >= 0)
		return;
	/* A stop needs both of us awake. */
	if (is_stopping(guard)) {
		resume(guard);
		return;
	}
	/* `fg` of a job that the shell believes is running sends no SIGCONT:
	 * this is how we learn that the foreground is ours to lend. */
	if ((signo == SIGTTIN || signo == SIGTTOU) &&
	    terminal_is_ours(&guard->terminal)) {
		resume(guard);
		return;
	}
	terminal_take_back(&guard->terminal, guard->main, true, false);
	raise_default(signo);
	/* We are here again after SIGCONT, or at once: an orphaned group is
	 * not stopped by the terminal's signals (POSIX), so nobody could
	 * continue us, and the command must not stay stopped for ever. */
	resume(guard);
}

static void suspend(struct guard *guard)
{
	send_down(guard, WIRE_SUSPEND, 0, 0);
	/* With a terminal, WIRE_STOPPED comes back and stops us. */
	if (spawn_group_leads(guard->group) || guard->daemon) {
		raise_default(SIGSTOP);
		resume(guard);
	}
}

/* Strangers' orphans (we are PID 1, or were exec'd over children), and the
 * supervisor. */
static void reap(struct guard *guard)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
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
}

static void ask_stop(struct guard *guard, int signo, pid_t sender)
{
	guard->outcome->asked = true;
	/* Each jig around us tells everybody in its cage to stop, so we hear
	 * it once from each of them. None of them means "hurry": for that they
	 * have SIGKILL. */
	if (guard->stop_asked &&
	    inner_is_around_us(guard->cage.procfd, sender))
		return;
	guard->stop_asked = true;
	guard_end_clearing(guard);
	send_down(guard, WIRE_STOP, signo == SIGTERM ? 0 : signo,
		  JIG_REASON_STOP);
}

static void act(struct guard *guard, const struct signalfd_siginfo *info)
{
	int signo = (int)info->ssi_signo;

	switch (signo) {
	case SIGCHLD:
		reap(guard);
		guard_note_strangers(guard);
		break;
	case SIGTERM:
	case SIGINT:
	case SIGHUP:
	case SIGQUIT:
		ask_stop(guard, signo, (pid_t)info->ssi_pid);
		break;
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		suspend(guard);
		break;
	case SIGCONT:
		resume(guard);
		break;
	case SIGPIPE: /* Of a message of ours to nobody. */
		break;
	default:
		send_down(guard, WIRE_SIGNAL, signo, JIG_TARGET_MAIN);
	}
}

void guard_read_signals(struct guard *guard)
{
	struct signalfd_siginfo info;

	while (read(guard->signals, &info, sizeof(info)) == sizeof(info))
		act(guard, &info);
}
