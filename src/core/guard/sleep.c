// SPDX-License-Identifier: MIT
/*
 * The guard suspends itself, as the job of a shell, until SIGCONT.
 *
 * A stop signal (SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU) deletes a pending SIGCONT,
 * and SIGCONT deletes all pending stop signals (signal(7); prepare_signal() in
 * the kernel). So a SIGCONT that comes just before we suspend ourselves could
 * be lost, and no shell sends another. In the caller's group we therefore keep
 * a SIGTTOU pending, the token: if it is no longer pending, SIGCONT came since.
 * The terminal's own SIGTTOU is main's there. The token is sent again after
 * each SIGCONT, when another one that this deletes would have no effect.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/poll.h"
#include "base/retry.h"
#include "base/sys.h"
#include "core/guard/guard.h"

#define PACKET_MS 100

#define TOKEN SIGTTOU

/* Discard one that is pending. */
static void guard_sleep_forget(int signo)
{
	static const struct timespec at_once = { 0 };
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, signo);
	/* One at most is pending: it is no real-time signal. */
	(void)RETRY(sigtimedwait(&set, NULL, &at_once));
}

bool guard_lacks_token(const struct guard *guard)
{
	return guard_shares_group(guard) &&
	       !(sys_signals_pending() & SYS_SIGNAL(TOKEN));
}

void guard_put_token(const struct guard *guard)
{
	if (guard_lacks_token(guard))
		(void)kill(getpid(), TOKEN);
}

int guard_open_token(struct guard *guard, struct fault *fault)
{
	int r;

	if (!guard_shares_group(guard))
		return 0;
	r = sys_signalfd_change(guard->signals,
				SYS_ALL_SIGNALS & ~SYS_SIGNAL(TOKEN));
	if (r < 0)
		return fault_set(fault, r, "cannot read signals: %s",
				 strerror(-r));
	(void)kill(guard->cage.reaper, TOKEN); /* Ourselves. */
	return 0;
}

void guard_take_token(const struct guard *guard)
{
	if (guard_shares_group(guard))
		guard_sleep_forget(TOKEN);
}

static bool has_cont(const struct guard *guard)
{
	return (sys_signals_pending() & SYS_SIGNAL(SIGCONT)) ||
	       guard_lacks_token(guard);
}

/* Send it while it is blocked; a SIGCONT that comes later deletes it. Unblock
 * it for a moment, so that it has its default action. */
static void stop_by(const struct guard *guard, int signo)
{
	/* Our whole group, which is our shell's job: `jig run a | b`; where
	 * main is in it, it has got its signal as main has. */
	(void)kill(guard_shares_group(guard) ? getpid() : 0, signo);
	if (has_cont(guard)) {
		guard_sleep_forget(signo);
		return;
	}
	(void)sys_signal_mask(SYS_ALL_SIGNALS & ~SYS_SIGNAL(signo));
	(void)sys_signal_mask(SYS_ALL_SIGNALS); /* In between we stood. */
}

static void stop(const struct guard *guard, int signo)
{
	bool ignored = sys_signal_is_ignored(signo);

	if (signo == SIGSTOP) {
		(void)kill(getpid(), signo);
		return;
	}
	/* Main may have been suspended by a signal that our caller ignores. */
	sys_signal_default(signo);
	stop_by(guard, signo);
	if (ignored)
		(void)signal(signo, SIG_IGN); /* A valid signal. */
}

void guard_let_wake(int fd, bool on)
{
	int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);

	if (flags < 0)
		return;
	(void)fcntl(fd, F_SETOWN, on ? getpid() : 0);
	(void)fcntl(fd, F_SETSIG, on ? SIGCONT : 0);
	(void)fcntl(fd, F_SETFL, on ? flags | O_ASYNC : flags & ~O_ASYNC);
}

/* Our SIGSTOP would delete a SIGCONT, and a request to stop must not wait for
 * one. */
static bool must_stay_awake(const struct guard *guard)
{
	struct pollfd fds[] = {
		{ .fd = guard->socket },
		{ .fd = guard->host },
		{ .fd = guard->owner, .events = guard->owner_events },
	};

	return poll_fds(fds, sizeof(fds) / sizeof(fds[0]), 0) > 0 ||
	       guard_host_asks(guard) ||
	       (guard->parent && getppid() != guard->parent) ||
	       (sys_signals_pending() & SYS_STOP_SIGNALS) || has_cont(guard);
}

/* A packet that is being sent must not continue us. One that is there already
 * does not: guard_let_wake() comes after it. The bound is for a sender that was
 * suspended. */
static void await_packets(const struct guard *guard)
{
	const struct board *board = guard->board;
	int ms = 0;

	while (ms++ < PACKET_MS && (atomic_load(&board->host_wakes) ||
				    atomic_load(&board->supervisor_wakes)))
		clock_sleep_us(1000);
}

void guard_sleep(struct guard *guard, int signo, bool is_users)
{
	int64_t deadline = guard_ready_deadline(guard);

	atomic_store(&guard->board->call_us,
		     is_users || deadline < 0 ? 0 : deadline);
	atomic_store(&guard->board->asleep, true);
	await_packets(guard);
	guard_let_wake(guard->socket, true);
	guard_let_wake(guard->host, true);
	if (guard->parent)
		(void)prctl(PR_SET_PDEATHSIG, SIGCONT);
	if (!must_stay_awake(guard))
		stop(guard, signo);
	if (guard->parent && !guard->parent_wakes)
		(void)prctl(PR_SET_PDEATHSIG, 0);
	guard_let_wake(guard->socket, false);
	guard_let_wake(guard->host, false);
	atomic_store(&guard->board->asleep, false);
	/* If it were read from the signalfd as well, the command would be
	 * continued twice, also if it had been suspended again in between. */
	guard_sleep_forget(SIGCONT);
	guard_put_token(guard);
	guard->look = true;
}
