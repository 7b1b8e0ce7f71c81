// SPDX-License-Identifier: MIT
/*
 * Main in the process group of its caller (SPAWN_GROUP_CALLER), and so in ours:
 * which signals are main's alone, and which are for us.
 */
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"
#include "core/guard/guard.h"

#define CLONE_MS 1000

bool guard_shares_group(const struct guard *guard)
{
	return guard->group == SPAWN_GROUP_CALLER;
}

bool guard_has_terminal(const struct guard *guard)
{
	struct proc_stat self;

	return stat_read(guard->cage.procfd, getpid(), &self) < 0 ||
	       self.tty != 0;
}

void guard_note_group(struct guard *guard)
{
	const struct plan *plan = guard->plan;
	pid_t owner, session = guard->cage.session;

	if (!guard_shares_group(guard))
		return;
	owner = plan->owner > 0 ? plan->owner : getppid();
	/* The writer of a pipe is none of the terminal's. */
	if (guard->input.null >= 0)
		return;
	/* When the leader of a terminal's session dies, the terminal hangs up
	 * (SIGHUP). Another signal at the same moment would end main before it
	 * can act on SIGHUP. If we lead it, its terminal is our owner's other
	 * end (sshd). */
	if ((owner == session || guard->cage.reaper == session) &&
	    guard_has_terminal(guard))
		guard->owner_signal = SIGHUP;
}

/* Main is cloned, or will be at once. The bound is for a supervisor that was
 * suspended. */
static bool await_clone(const struct guard *guard)
{
	const struct board *board = guard->board;

	for (int ms = 0; ms < CLONE_MS; ms++) {
		if (atomic_load(&board->main_pid) != 0)
			return true;
		if (atomic_load(&board->start) == BOARD_FAILED)
			return false;
		clock_sleep_us(1000);
	}
	return false;
}

/* Whether the terminal sent it before main's clone: then it is for us. Main may
 * run and cause it before the supervisor tells of the clone. */
static bool was_early(struct guard *guard, int signo)
{
	uint64_t bit = SYS_SIGNAL(signo);
	bool early;

	if (!await_clone(guard)) {
		guard->early_read |= bit;
		return true;
	}
	guard->early |= atomic_exchange(&guard->board->early, 0);
	early = guard->early & ~guard->early_read & bit;
	guard->early_read |= bit; /* The next one is main's. */
	return early;
}

/* Main has made a group of its own (timeout(1)), or a session. The terminal's
 * signals do not reach it there. */
static bool has_left(const struct guard *guard)
{
	pid_t main = atomic_load(&guard->board->main_pid);

	return main > 0 && getpgid(main) == main;
}

bool guard_terminal_told_main(const struct guard *guard,
			      const struct signalfd_siginfo *info)
{
	return guard_shares_group(guard) && terminal_sent(info) &&
	       !has_left(guard);
}

bool guard_leaves_to_main(struct guard *guard,
			  const struct signalfd_siginfo *info)
{
	const struct board *board = guard->board;

	return guard_shares_group(guard) && terminal_sent(info) &&
	       !guard->stop_asked && !was_early(guard, (int)info->ssi_signo) &&
	       !atomic_load(&board->main_end) && !has_left(guard);
}

bool guard_ignores(const struct guard *guard, int signo)
{
	return guard_shares_group(guard) && !guard->stop_asked &&
	       (SPAWN_CALLERS_SIGNALS & SYS_SIGNAL(signo)) &&
	       sys_signal_is_ignored(signo);
}
