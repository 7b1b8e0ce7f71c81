// SPDX-License-Identifier: MIT
/*
 * The supervisor's states, and its loop.
 *
 *     SET-UP ---1---> STARTING ---2---> RUNNING ---3---> DAEMON
 *       |                | |               |               |
 *       9                9 +-------4-------+-------4-------+
 *       v                v                 v
 *     FAILED           FAILED          STOPPING ---5---> KILLING ---7---+
 *                                          |                |           |
 *                                          6                6           v
 *                                          v                v        GAVE UP
 *                                        EMPTY            EMPTY         |
 *                                          |                |           |
 *     ENDED <------------------8-----------+--------8-------+-----8-----+
 *
 *   state     shown by
 *   SET-UP    spawning.pid == 0, main.pid == 0
 *   STARTING  spawning.pid > 0: main may not have executed yet
 *   RUNNING   spawning.pid == 0, !main_ended
 *   DAEMON    main_ended, `daemon`: other processes go on, as was requested
 *   STOPPING  stopping, the step's signal is not SIGKILL
 *   KILLING   stopping, the step's signal is SIGKILL (is_killing())
 *   EMPTY     supervisor_is_empty()
 *   GAVE UP   gave_up
 *   FAILED    start_error < 0
 *   ENDED     board->reported
 *
 *   transition                                 made by
 *   1  main was cloned                         supervisor_begin_main()
 *   2  main has executed                       supervisor_look_at_start()
 *   3  main has ended with 0; `plan->daemon`   supervisor_becomes_daemon()
 *   4  main has ended, or a stop is requested  supervisor_stop()
 *   5  a step's time is over, or a request     supervisor_hurry()
 *      hurries
 *   6  the proof of emptiness holds            run_until_empty()
 *   7  the time of SIGKILL is over             supervisor_continue_stop()
 *   8  the report is complete                  supervisor_finish()
 *   9  main could not be started               supervisor_fail()
 *
 * The proof of emptiness may also hold without a stop, in RUNNING or DAEMON:
 * then EMPTY follows directly.
 *
 * Invariants
 *   1  The supervisor is a subreaper (or init of its pid namespace) before 1,
 *      so each orphan of the fixture becomes its child. Except for the pgroup
 *      cage.
 *   2  It signals only unreaped children and their groups, pinned processes,
 *      and all processes of a cage that the kernel signals (cgroup.kill, or
 *      kill(2) of -1 as init).
 *   3  A stop never ends without a proof of emptiness, unless the time of
 *      SIGKILL is over; then each process that is left stands in the report.
 *   4  The steps of a stop only move forward; the last step is SIGKILL.
 *   5  `stopping`, `main_ended` and `daemon` are set once and never cleared.
 *   6  No wait is unbounded while a stop runs.
 *   7  The guard's death (end of file) is a request to stop. After it the
 *      supervisor removes the cage itself.
 */
#include "core/supervisor/supervisor.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/poll.h"

/* A cgroup member that another process has adopted sends us no SIGCHLD, so
 * poll: often during a stop, else rarely. */
#define LOOK_AGAIN_US 20000
#define LOOK_IDLY_US 500000
#define SIGNALS_AT_ONCE 64
#define SIGNALS_OF_A_READ 8

static void take_signal(struct supervisor *supervisor, int signo)
{
	if (signo == SIGCHLD)
		return; /* Every round of the loop reaps. */
	/* An outer jig's stop reaches our guard too, which passes it on. */
	if (supervisor->socket >= 0)
		return;
	if (supervisor->stopping)
		supervisor_hurry(supervisor);
	else
		supervisor_stop(supervisor, JIG_REASON_STOP, signo);
}

static void supervisor_read_signals(struct supervisor *supervisor)
{
	struct signalfd_siginfo infos[SIGNALS_OF_A_READ];
	ssize_t n = sizeof(infos);

	/* A read that is not full was the last. The rest of very many is read
	 * in the next round. */
	for (int i = 0; n == sizeof(infos) && i < SIGNALS_AT_ONCE;
	     i += SIGNALS_OF_A_READ) {
		n = read(supervisor->signals, infos, sizeof(infos));
		for (ssize_t at = 0; at < n / (ssize_t)sizeof(*infos); at++)
			take_signal(supervisor, (int)infos[at].ssi_signo);
	}
}

static int64_t supervisor_due_us(const struct supervisor *supervisor)
{
	int64_t until = clock_sooner(supervisor_stop_deadline(supervisor),
				     supervisor_requests_due(supervisor));

	until = clock_sooner(until, supervisor_timeout_us(supervisor));
	if (supervisor->main_ended && supervisor->childless)
		until = clock_sooner(until,
				     clock_in_us(supervisor->stopping
							 ? LOOK_AGAIN_US
							 : LOOK_IDLY_US));
	return until;
}

static void wait_for_news(struct supervisor *supervisor)
{
	enum { SIGNALS, GUARD, OWNER, START, COUNT };
	/* Each round looks at the start. It is polled only if the guard needs a
	 * packet. */
	int start = supervisor->tell_start ? supervisor->spawning.fd : -1;
	struct pollfd fds[COUNT] = {
		[SIGNALS] = { supervisor->signals, POLLIN, 0 },
		[GUARD] = { supervisor->socket, POLLIN, 0 },
		[OWNER] = { supervisor->owner, supervisor->owner_events, 0 },
		[START] = { start, POLLIN, 0 },
	};

	(void)poll_fds(fds, COUNT,
		       supervisor->reap_again
			       ? 0
			       : clock_poll_ms(supervisor_due_us(supervisor)));
	if (fds[SIGNALS].revents)
		supervisor_read_signals(supervisor);
	if (fds[OWNER].revents)
		supervisor_owner_died(supervisor);
	supervisor_read_requests(supervisor, fds[GUARD].revents);
}

static void outlive_main(struct supervisor *supervisor)
{
	if (supervisor_becomes_daemon(supervisor))
		return;
	supervisor_take_leftovers(supervisor);
	supervisor_stop(supervisor, JIG_REASON_EXIT, 0);
}

static void run_until_empty(struct supervisor *supervisor)
{
	for (;;) {
		/* First: main has just been cloned, and its end is an event, as
		 * all others are. */
		wait_for_news(supervisor);
		supervisor_reap(supervisor);
		supervisor_look_at_start(supervisor);
		if (supervisor->start_error < 0)
			return;
		if (supervisor_is_empty(supervisor))
			return;
		if (supervisor->main_ended && !supervisor->stopping)
			outlive_main(supervisor);
		if (supervisor_timeout_us(supervisor) >= 0 &&
		    clock_us() >= supervisor_timeout_us(supervisor))
			supervisor_stop(supervisor, JIG_REASON_TIMEOUT, 0);
		supervisor_continue_stop(supervisor);
		if (supervisor->gave_up)
			return;
	}
}

static void supervisor_finish(struct supervisor *supervisor)
{
	struct jig_report *report = supervisor->report;
	const struct cage_ops *ops = supervisor->cage->ops;
	struct rusage usage = { 0 };

	pulse_set(&supervisor->board->pulse, clock_us());
	if (supervisor->gave_up)
		supervisor_take_survivors(supervisor);
	/* When we, init of a pid namespace, exit, the kernel ends the rest. The
	 * guard waits for that, and takes them out of the report. */
	if (ops->own_pids)
		supervisor->gave_up = false;
	/* The leader that the pgroup cage has kept unreaped. */
	if (!ops->subreaper && supervisor->main_ended)
		(void)waitpid(supervisor->main.pid, NULL, WNOHANG);
	(void)getrusage(RUSAGE_CHILDREN, &usage); /* Valid arguments. */
	report->wall_us = clock_us() - supervisor->began_us;
	report->user_us = clock_timeval_us(&usage.ru_utime);
	report->system_us = clock_timeval_us(&usage.ru_stime);
	report->peak_bytes = (uint64_t)usage.ru_maxrss * 1024;
	report->cage = ops->kind;
	report->strength = ops->strength;
	report->proved = !supervisor->gave_up &&
			 !*cage_doubt(supervisor->cage) &&
			 ops->strength != CAGE_MAY_ESCAPE;
	(void)snprintf(report->why, sizeof(report->why), "%.400s%s",
		       supervisor->cage->why, cage_doubt(supervisor->cage));
	report->complete = true;
	atomic_store(&supervisor->board->reported, true);
	supervisor_rouse_guard(supervisor);
	/* Else the guard does it while we exit. */
	if (supervisor->socket < 0)
		ops->remove(supervisor->cage);
	/* This wakes the guard before our memory is freed. */
	supervisor_leave_guard(supervisor);
}

int supervisor_run(struct supervisor *supervisor)
{
	int r;

	supervisor->main = (struct spawned){ .pidfd = -1 };
	supervisor->spawning = SPAWNING_NONE;
	supervisor->report->main_status = -1;
	supervisor->report->main_us = -1;
	r = supervisor_set_up(supervisor);
	if (r < 0)
		return r;
	run_until_empty(supervisor);
	if (supervisor->start_error < 0)
		supervisor_clear_start(supervisor);
	else
		supervisor_finish(supervisor);
	return supervisor->start_error;
}
