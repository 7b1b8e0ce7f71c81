// SPDX-License-Identifier: MIT
/*
 * The guard's states, and its loop.
 *
 *     SET-UP ---1---> STARTING ---2---> RUNNING ---3---> MAIN ENDED
 *       |                |                |                  |
 *       |                +-------4--------+--------4---------+
 *       |                |                v                  |
 *       |                |             STOPPING              |
 *       9                |                |                  |
 *       |                +-------5--------+--------5---------+
 *       |                                 v
 *       |                              LEAVING
 *       |                         6 <-----+-----> 7
 *       |                         v               v
 *       |                      REPORTED         ALONE
 *       v                         |               |
 *     ENDED <---------------------+-------8-------+
 *
 *   state       shown by
 *   SET-UP      supervisor == 0
 *   STARTING    main == 0
 *   RUNNING     main > 0, !main_ended
 *   MAIN ENDED  main_ended; with `daemon` the fixture goes on
 *   STOPPING    stop_asked
 *   LEAVING     socket < 0
 *   REPORTED    report->complete, or `failed`: main could not be started
 *   ALONE       neither: the supervisor was killed
 *   ENDED       board->ended, or BOARD_FAILED
 *
 *   transition                                    made by
 *   1  the supervisor was forked                  guard_set_up()
 *   2  the board says that main has started       take_start()
 *   3  the board says that main has ended         take_main_end()
 *   4  a signal, the host, the owner's death,     guard_stop(),
 *      or a probe requests a stop                 guard_hurry()
 *   5  the supervisor has closed its socket, has  read_supervisor(),
 *      died, or was killed because it hung        supervisor_died(),
 *                                                 guard_look_after()
 *   6  the cage is empty, or has survivors        guard_leave()
 *   7  the guard kills all that is left           guard_end_alone()
 *   8  the host is told                           guard_tell_end()
 *   9  nothing was started                        guard_set_up(),
 *                                                 guard_tell_end()
 *
 * From STARTING to STOPPING the guard may suspend itself, as the job of a shell
 * (guard_sleep(), board->asleep). SIGCONT returns it to the same state.
 *
 * Invariants
 *   1  All signals are blocked, except in stop_by() the one by which the guard
 *      suspends itself. So none ends the guard half-way.
 *   2  If the cage uses a subreaper, the guard is one before it forks the
 *      supervisor: it adopts the supervisor's orphans.
 *   3  Until ALONE only the supervisor signals the fixture. The guard signals
 *      itself, its helpers, and a supervisor that does not finish (overdue.c).
 *   4  `failed`, `main_ended`, `reaped`, `ready_told` and `stop_asked` are set
 *      once and never cleared.
 *   5  The cage is removed only in REPORTED and ALONE, or when SET-UP fails: no
 *      process can be started in it any more.
 *   6  ENDED follows only if no process is left, or each that is left stands in
 *      the report.
 *   7  In STOPPING and after it each wait has a bound.
 */
#include "core/guard/guard.h"

#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/poll.h"
#include "net/manager.h"

/* Without pidfds: interval between two checks of our parent. */
#define LOOK_MS 50

/* There was no memory for a packet: time until the next try. */
#define OWED_MS 10

/* The loop polls these always. Output and probes stand behind them. */
enum {
	POLL_SUPERVISOR,
	POLL_SIGNALS,
	POLL_OWNER,
	POLL_HOST,
	POLL_WATCHED,
	POLL_SUPERVISOR_END,
	POLL_REMOTE,
	POLL_FIXED,
};

static int timeout(struct guard *guard, int64_t until_us)
{
	int64_t recall = guard->recall_us > 0 ? guard->recall_us : -1;
	int ms = clock_poll_ms(clock_sooner(clock_sooner(until_us, recall),
					    guard_overdue_us(guard)));

	if (guard->look)
		return 0;
	if ((guard->owes_supervisor || guard->owes_host ||
	     (guard->plan->manager && guard->plan->manager->owes_ready)) &&
	    (ms < 0 || ms > OWED_MS))
		ms = OWED_MS;
	return guard->parent && (ms < 0 || ms > LOOK_MS) ? LOOK_MS : ms;
}

/* plan.watched is readable, see core/shared/plan.h. */
static void notice(struct guard *guard)
{
	const struct plan *plan = guard->plan;

	if (!plan->noticed(plan->noticed_context) && !guard->stop_asked)
		guard_stop(guard, JIG_REASON_STOP);
}

static void read_supervisor(struct guard *guard)
{
	/* End of file: it has exited, or is dead. */
	if (!guard_read_supervisor(guard))
		cleanup_close(&guard->socket);
}

/* The pidfd shows its death. There may be no end of file: a child that hangs
 * before execve(2) holds the other end of the socket. */
static void supervisor_died(struct guard *guard)
{
	if (guard->socket >= 0)
		read_supervisor(guard);
	cleanup_close(&guard->socket);
}

static void read_host(struct guard *guard)
{
	if (guard_read_host(guard))
		return;
	/* The host has closed it, or is dead. */
	cleanup_close(&guard->host);
	guard_stop(guard, JIG_REASON_OWNER);
}

static void look_at_parent(struct guard *guard)
{
	if (!guard->parent || getppid() == guard->parent)
		return;
	guard->parent = 0;
	guard_stop(guard, JIG_REASON_OWNER);
}

static void guard_act(struct guard *guard, const struct pollfd *fds)
{
	/* First the packets: one of them has main's pidfd. */
	if (fds[POLL_SUPERVISOR].revents)
		read_supervisor(guard);
	if (guard->look)
		guard_look(guard);
	if (fds[POLL_REMOTE].revents)
		guard_remote_read(guard);
	if (fds[POLL_SIGNALS].revents)
		guard_read_signals(guard);
	/* Without pidfds only SIGCHLD shows it. */
	if (fds[POLL_SUPERVISOR_END].revents || guard->reaped)
		supervisor_died(guard);
	if (fds[POLL_OWNER].revents &&
	    guard_owner_has_ended(guard, fds[POLL_OWNER].revents))
		guard_stop(guard, JIG_REASON_OWNER);
	if (fds[POLL_HOST].revents)
		read_host(guard);
	if (fds[POLL_WATCHED].revents)
		notice(guard);
}

static void loop(struct guard *guard)
{
	const struct remote *remote = guard->plan->remote;

	/* Its end of file says that it exits, or is dead. */
	while (guard->socket >= 0) {
		struct pollfd fds[POLL_FIXED + GUARD_READY_FDS] = {
			[POLL_SUPERVISOR] = { guard->socket, POLLIN, 0 },
			[POLL_SIGNALS] = { guard->signals, POLLIN, 0 },
			[POLL_OWNER] = { guard->owner,
					 guard_owner_events(guard), 0 },
			[POLL_HOST] = { guard->host, POLLIN, 0 },
			[POLL_WATCHED] = { guard->plan->watched, POLLIN, 0 },
			[POLL_SUPERVISOR_END] = { guard->supervisor_fd, POLLIN,
						  0 },
			/* Not before the supervisor has told that main runs. */
			[POLL_REMOTE] = { remote && guard->main > 0 ? remote->fd
								    : -1,
					  POLLIN, 0 },
		};
		struct pollfd *rest = fds + POLL_FIXED;
		int64_t until;
		size_t more = guard_ready_watch(guard, rest, &until);

		(void)poll_fds(fds, POLL_FIXED + more, timeout(guard, until));
		guard_look_after(guard);
		look_at_parent(guard);
		guard_act(guard, fds);
		guard_ready_work(guard, rest, more);
		guard_wake_again(guard);
		guard_recall_host(guard);
	}
}

void guard_run(const struct plan *plan, const struct guard_hooks *hooks,
	       struct outcome *ret)
{
	static const struct guard_hooks none;
	struct guard guard = {
		.plan = plan,
		.hooks = hooks ? hooks : &none,
		.outcome = ret,
		.cage = CAGE_NONE,
		.terminal = TERMINAL_NONE,
		.signals = -1,
		.owner = -1,
		.input = INPUT_NONE,
		.watch = WATCH_NONE_INIT,
		.socket = -1,
		.bell = -1,
		.supervisor_fd = -1,
		.host = plan->lifeline,
		.board = plan->board,
	};

	ret->error = guard_set_up(&guard);
	if (ret->error == 0) {
		guard_ready_announce(&guard);
		guard_ready_let_go(&guard);
		guard_drop_inherited(&guard);
		/* No process of our user can trace us or take our descriptors.
		 * Not before the fork: the supervisor has to be dumpable to
		 * write the maps of a user namespace. */
		(void)prctl(PR_SET_DUMPABLE, 0);
		/* While the supervisor starts the command, we have time. */
		guard_ask_wake(&guard);
		guard_clear_abandoned(&guard);
		guard_ready_begin(&guard);
		loop(&guard);
		guard_leave(&guard);
	}
	guard_tell_end(&guard);
	guard_await_clearing(&guard);
	guard_take_token(&guard);
	cage_close(&guard.cage);
	kin_free(&guard.kin);
}
