// SPDX-License-Identifier: MIT
/*
 * Waking the guard: by packets, and by SIGCONT when it is suspended.
 */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/poll.h"
#include "base/retry.h"
#include "base/sys.h"
#include "core/shared/wake.h"
#include "core/supervisor/supervisor.h"

/* The owner has died and the guard seems to be suspended: how often it is
 * continued, and how often at most once the cage is empty. */
#define NUDGE_US 20000
#define NUDGES_AT_END 50

void supervisor_wake_guard(struct supervisor *supervisor, enum wake_kind kind,
			   int fd)
{
	_Atomic uint32_t *wakes = &supervisor->board->supervisor_wakes;
	int r;

	/* A guard that sleeps reads the board when it is continued. */
	if (supervisor->socket < 0 || !board_may_wake(supervisor->board, wakes))
		return;
	r = fd < 0 ? wake(supervisor->socket)
		   : wake_with(supervisor->socket, kind, fd);
	board_has_woken(wakes);
	/* Out of memory. -EPIPE: end of file will show its death. */
	supervisor->owes_wake = r < 0 && r != -EPIPE;
}

/* A packet continues a guard that has suspended itself (guard_sleep()). One
 * that was suspended by another process is our parent: it is pinned, and
 * confirmed to be the same process. In a pid namespace the bell continues it.
 */
static void nudge(struct supervisor *supervisor)
{
	pid_t parent = getppid();

	(void)wake(supervisor->socket);
	/* A full pipe: the kernel sends the signal also then. SIGPIPE is
	 * blocked. */
	if (supervisor->bell >= 0)
		(void)!RETRY(write(supervisor->bell, "", 1));
	if (parent == 0)
		return;
	CLEANUP_CLOSE int guard = sys_pidfd_open(parent);

	if (guard >= 0 && getppid() == parent)
		(void)sys_pidfd_kill(guard, SIGCONT);
}

/* It has noticed the owner's death by itself. */
static bool guard_knows(const struct supervisor *supervisor)
{
	return board_stop_asked(supervisor->board).wanted;
}

static void call_guard(struct supervisor *supervisor)
{
	int64_t call_us = supervisor_call_us(supervisor);

	if (call_us < 0 || supervisor->socket < 0 || clock_us() < call_us)
		return;
	/* Should it not hear this, it is called again. */
	atomic_store(&supervisor->board->call_us, clock_in_us(NUDGE_US));
	nudge(supervisor);
}

static void continue_nudging(struct supervisor *supervisor)
{
	if (supervisor->nudge_us == 0 || clock_us() < supervisor->nudge_us)
		return;
	if (supervisor->socket < 0 || guard_knows(supervisor)) {
		supervisor->nudge_us = 0;
		return;
	}
	nudge(supervisor);
	supervisor->nudge_us = clock_in_us(NUDGE_US);
}

/* Continue the guard until its end of the socket is closed, so until it has
 * seen all that we have told it, while @is_needed(). */
static void rouse(struct supervisor *supervisor,
		  bool (*is_needed)(const struct supervisor *))
{
	struct pollfd end = { .fd = supervisor->socket };

	for (int i = 0; i < NUDGES_AT_END && is_needed(supervisor); i++) {
		nudge(supervisor);
		(void)poll_fds(&end, 1, NUDGE_US / 1000);
		if (end.revents)
			return;
	}
}

static bool guard_sleeps(const struct supervisor *supervisor)
{
	return atomic_load(&supervisor->board->asleep);
}

static bool owner_is_dead(const struct supervisor *supervisor)
{
	return supervisor->owner_died ||
	       board_stop_asked(supervisor->board).reason == JIG_REASON_OWNER;
}

/* Our end of file wakes the guard, but not one that suspends itself at the same
 * moment, or a job's keeper that the job has suspended (SIGSTOP): no shell
 * continues that one, and the job's control group would stay with it. */
void supervisor_rouse_guard(struct supervisor *supervisor)
{
	if (supervisor->leads)
		nudge(supervisor);
	if (supervisor->socket >= 0)
		rouse(supervisor, guard_sleeps);
}

/* The end of file comes also if a child has a copy of the socket. With its
 * owner dead, no process continues a guard that another one has suspended. */
void supervisor_leave_guard(struct supervisor *supervisor)
{
	if (supervisor->socket < 0)
		return;
	(void)shutdown(supervisor->socket, SHUT_WR);
	rouse(supervisor, owner_is_dead);
	cleanup_close(&supervisor->socket);
}

void supervisor_rouse_again(struct supervisor *supervisor)
{
	continue_nudging(supervisor);
	call_guard(supervisor);
}
