// SPDX-License-Identifier: MIT
/*
 * Read what supervisor and host have written on the board, and act on it.
 */
#include <errno.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/sys.h"
#include "core/guard/guard.h"
#include "core/shared/wake.h"

/* A host that takes every packet, but never asks again what it has asked once,
 * would keep us and itself awake: after some packets, one a second is sent. */
#define RECALLS_AT_ONCE 8
#define RECALL_US 1000000

/* ------------------------------------------------------- of the supervisor */

/* No pidfd has come: we were asleep, or there was no memory for the packet. So
 * pin the process, and confirm that it is the supervisor's child: then it is
 * main, if the supervisor has not reaped main before. */
static int pin_main(const struct guard *guard, pid_t pid)
{
	CLEANUP_CLOSE int fd = pid > 0 ? sys_pidfd_open(pid) : -1;
	struct proc_stat stat;

	if (fd < 0 || stat_read(guard->cage.procfd, pid, &stat) < 0 ||
	    stat.ppid != guard->supervisor ||
	    atomic_load(&guard->board->main_end))
		return -1;
	return take_fd(&fd);
}

static void take_start(struct guard *guard, int pidfd)
{
	struct board *board = guard->board;
	struct outcome *outcome = guard->outcome;

	if (guard->main > 0 || guard->failed)
		return;
	outcome->error =
		board_failure(board, &outcome->stage, outcome->fault.text,
			      sizeof(outcome->fault.text));
	guard->failed = outcome->error < 0;
	if (atomic_load(&board->start) != BOARD_STARTED)
		return;
	pid_t main = atomic_load(&board->main_pid);
	bool is_asked = pidfd < 0 && guard->host >= 0;
	CLEANUP_CLOSE int own = is_asked ? pin_main(guard, main) : -1;

	guard->main = main;
	guard_ready_started(guard);
	if (!guard->plan->remote) /* The host waits for the start there. */
		atomic_store(&board->main, main);
	guard_wake_host(guard, WAKE_MAIN, pidfd < 0 ? own : pidfd);
	if (guard->hooks->started && !guard->plan->remote)
		guard->hooks->started(guard);
}

/* Only the newest state counts: a suspension that was followed by a
 * continuation is not seen. */
static void take_state(struct guard *guard)
{
	struct board_state state = board_main_state(guard->board);

	if (state.turn == guard->state_turn)
		return;
	guard->state_turn = state.turn;
	if (!state.signo) {
		if (guard->hooks->continued)
			guard->hooks->continued(guard);
		return;
	}
	/* It was suspended before our last request to continue, so it runs
	 * again. Or it has ended since. */
	if (state.resumes != board_pause_asked(guard->board).resumes ||
	    atomic_load(&guard->board->main_end))
		return;
	if (guard->hooks->suspended)
		guard->hooks->suspended(guard, state.signo);
	guard_suspend_too(guard, state.signo);
}

static void take_main_end(struct guard *guard)
{
	uint32_t end = atomic_load(&guard->board->main_end);
	int status = guard->board->report.main_status;
	bool in_stop = end == BOARD_MAIN_ENDED_IN_STOP;

	if (!end || guard->main_ended)
		return;
	guard->main_ended = true;
	terminal_take_back(&guard->terminal, guard->main, false,
			   WIFSIGNALED(status));
	/* If no other process is left, the end follows at once. */
	guard->daemon = guard->plan->daemon && status == 0 && !in_stop;
	if (!guard->daemon)
		guard_ready_main_ended(guard, status, in_stop);
	if (guard->hooks->main_ended)
		guard->hooks->main_ended(guard);
}

static void look_at_supervisor(struct guard *guard, int pidfd)
{
	take_start(guard, pidfd);
	take_state(guard);
	take_main_end(guard);
}

bool guard_read_supervisor(struct guard *guard)
{
	CLEANUP_CLOSE int pidfd = -1;
	int fd = -1, r = 0;

	for (int i = 0; i < WAKE_PACKETS; i++) {
		r = wake_receive(guard->socket, &fd);
		if (r == WAKE_MAIN && pidfd < 0)
			pidfd = take_fd(&fd);
		cleanup_close(&fd);
		if (r <= 0)
			break;
	}
	look_at_supervisor(guard, pidfd);
	return r > 0 || r == -EAGAIN;
}

/* -------------------------------------------------------------- of the host */

static void ask_recall(struct guard *guard)
{
	if (guard->recalls < RECALLS_AT_ONCE) {
		guard->recalls++;
		guard_wake_host(guard, WAKE_LOOK, -1);
	} else if (guard->recall_us == 0) {
		guard->recall_us = clock_in_us(RECALL_US);
	}
}

void guard_recall_host(struct guard *guard)
{
	if (guard->recall_us == 0 || clock_us() < guard->recall_us)
		return;
	guard->recall_us = 0;
	guard_wake_host(guard, WAKE_LOOK, -1);
}

static void look_at_host(struct guard *guard)
{
	/* Read first: a stop that was requested earlier is seen below. */
	uint32_t hurries = atomic_load(&guard->board->host_hurries);

	if (atomic_load(&guard->board->host_stop) && !guard->host_stop) {
		guard->host_stop = true;
		guard_stop(guard, JIG_REASON_STOP);
	}
	/* More requests than steps have no effect. */
	if (hurries - guard->host_hurries > PLAN_STEPS)
		guard->host_hurries = hurries - PLAN_STEPS;
	while (guard->host_hurries != hurries) {
		guard->host_hurries++;
		guard_hurry(guard, 0);
	}
	/* For its signals, too, which the supervisor takes. */
	guard_wake_supervisor(guard);

	uint32_t recalls = atomic_load(&guard->board->host_recalls);

	if (recalls != guard->host_recalls)
		ask_recall(guard);
	guard->host_recalls = recalls;
}

bool guard_read_host(struct guard *guard)
{
	int fd = -1, r = 0;

	for (int i = 0; i < WAKE_PACKETS; i++) {
		r = wake_receive(guard->host, &fd);
		cleanup_close(&fd);
		if (r == 0 || r == -EAGAIN)
			break;
	}
	look_at_host(guard);
	return r != 0;
}

void guard_look(struct guard *guard)
{
	guard->look = false;
	look_at_supervisor(guard, -1);
	if (guard->host >= 0)
		look_at_host(guard);
}
