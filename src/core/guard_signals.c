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
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"
#include "core/guard.h"
#include "core/inner.h"
#include "core/wake.h"

int guard_open_signals(struct guard *guard, struct fault *fault)
{
	/* SIGSEGV and the like, too: sent by kill(2) they are main's. A fault
	 * of our own code ends us all the same, since the kernel forces the
	 * signal on a process that has blocked it (sigaction(2), NOTES). */
	(void)sys_signal_mask(SYS_ALL_SIGNALS);
	/* A runner may have ignored it: then children vanish unseen. Other
	 * ignored signals are read all the same while they are blocked. */
	sys_signal_default(SIGCHLD);
	guard->signals = sys_signalfd(SYS_ALL_SIGNALS);
	if (guard->signals < 0)
		return fault_set(fault, guard->signals,
				 "cannot open a signalfd: %s",
				 strerror(-guard->signals));
	return 0;
}

#define SIGNALS_AT_ONCE 64

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

static void send_signal(struct guard *guard, int signo, int target)
{
	/* Beyond BOARD_QUEUE of one it is lost, as in the kernel. */
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

/* Its packets, and its end of file, send us SIGCONT (F_SETSIG in fcntl(2)),
 * from another pid namespace, too. */
static void let_wake(int socket, bool on)
{
	int flags = socket < 0 ? -1 : fcntl(socket, F_GETFL);

	if (flags < 0)
		return;
	(void)fcntl(socket, F_SETOWN, on ? getpid() : 0);
	(void)fcntl(socket, F_SETSIG, on ? SIGCONT : 0);
	(void)fcntl(socket, F_SETFL, on ? flags | O_ASYNC : flags & ~O_ASYNC);
}

/* Whether a request to stop is among the signals that wait to be read. */
static bool stop_waits(const sigset_t *pending)
{
	static const int stops[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		if (sigismember(pending, stops[i]) == 1)
			return true;
	return false;
}

/* A signal that was sent after the one that is to stop us. A SIGCONT would be
 * deleted by our SIGSTOP, and a request to stop must not wait for one. */
static bool is_called(void)
{
	sigset_t pending;

	return sigpending(&pending) < 0 ||
	       sigismember(&pending, SIGCONT) == 1 || stop_waits(&pending);
}

static bool must_stay_awake(const struct guard *guard)
{
	struct pollfd fds[] = {
		{ .fd = guard->socket },
		{ .fd = guard->host },
		{ .fd = guard->owner, .events = POLLIN },
	};

	return poll(fds, 3, 0) > 0 || guard_host_asks(guard) ||
	       (guard->parent && getppid() != guard->parent) || is_called();
}

/*
 * Stop ourselves, until SIGCONT. Meanwhile the owner may die: the supervisor
 * watches it too, and wakes us. A packet that comes after we have looked and
 * before we are stopped would be lost, so it repeats them. Who finds us asleep
 * and has nothing urgent to say sends no packet: we look when we go on.
 *
 * Without pidfds the supervisor cannot watch: then the kernel tells us when our
 * parent dies. It does so when only the thread dies that forked us: we go on
 * then, since the SIGCONT of a shell's `fg` looks the same.
 */
static void sleep_stopped(struct guard *guard, int signo)
{
	atomic_store(&guard->board->asleep, true);
	let_wake(guard->socket, true);
	let_wake(guard->host, true);
	if (guard->parent)
		(void)prctl(PR_SET_PDEATHSIG, SIGCONT);
	if (!must_stay_awake(guard))
		raise_default(signo);
	if (guard->parent && !guard->parent_wakes)
		(void)prctl(PR_SET_PDEATHSIG, 0);
	let_wake(guard->socket, false);
	let_wake(guard->host, false);
	atomic_store(&guard->board->asleep, false);
	forget_cont();
	guard->look = true;
}

static void resume(struct guard *guard)
{
	if (guard->main > 0 && !guard->daemon)
		terminal_lend(&guard->terminal, guard->main);
	board_ask_pause(guard->board, false);
	guard_wake_supervisor(guard);
}

void guard_continue(struct guard *guard)
{
	resume(guard);
}

/* Asked for by a signal that is read, or still waits to be. */
static bool is_stopping(const struct guard *guard)
{
	sigset_t pending;

	return guard->stop_asked ||
	       (sigpending(&pending) == 0 && stop_waits(&pending));
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
	sleep_stopped(guard, signo);
	/* We are here again after SIGCONT, or at once: an orphaned group is
	 * not stopped by the terminal's signals (POSIX), so nobody could
	 * continue us, and the command must not stay stopped for ever. */
	resume(guard);
}

static void suspend(struct guard *guard)
{
	board_ask_pause(guard->board, true);
	guard_wake_supervisor(guard);
	/* With a terminal, we see main stopped, which stops us. */
	if (spawn_group_leads(guard->group) || guard->daemon) {
		sleep_stopped(guard, SIGSTOP);
		resume(guard);
	}
}

/* Strangers' orphans (we are PID 1, or were exec'd over children), and the
 * supervisor; no aside of ours (proc/aside.h), since __WALL is not asked for.
 */
static void reap(struct guard *guard)
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

static void ask_stop(struct guard *guard, int signo, pid_t sender)
{
	guard->outcome->asked = true;
	/* Each jig around us tells everybody in its cage to stop, so we hear
	 * it once from each of them. None of them means "hurry": for that they
	 * have SIGKILL. */
	if (guard->stop_asked && inner_is_around_us(guard->cage.procfd, sender))
		return;
	guard->stop_asked = true;
	guard_end_clearing(guard);
	board_ask_stop(guard->board, JIG_REASON_STOP,
		       signo == SIGTERM ? 0 : signo);
	guard_wake_supervisor(guard);
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
	case SIGPIPE:
	case SIGXFSZ:
	case SIGXCPU:
		/* The kernel's, for what we have written or used ourselves. */
		if (info->ssi_code <= 0 && (pid_t)info->ssi_pid != getpid())
			send_signal(guard, signo, JIG_TARGET_MAIN);
		break;
	default:
		send_signal(guard, signo, JIG_TARGET_MAIN);
	}
}

void guard_read_signals(struct guard *guard)
{
	struct signalfd_siginfo info;

	/* What is left is read in the next round, after the other things. */
	for (int i = 0; i < SIGNALS_AT_ONCE; i++) {
		if (read(guard->signals, &info, sizeof(info)) != sizeof(info))
			return;
		act(guard, &info);
	}
}
