// SPDX-License-Identifier: MIT
/*
 * Requests and results that the guard writes on the board, and the packets that
 * wake their readers.
 */
#include <errno.h>
#include <unistd.h>

#include "core/guard/guard.h"
#include "core/shared/wake.h"
#include "net/manager.h"

/* -EPIPE: end of file shows it as well. Any other error: the kernel had no
 * memory, and guard_wake_again() sends again. */
static bool is_owed(int r)
{
	return r < 0 && r != -EPIPE;
}

void guard_wake_supervisor(struct guard *guard)
{
	if (guard->socket < 0)
		return;
	guard->owes_supervisor = is_owed(wake(guard->socket));
	if (guard->plan->remote && guard_remote_signal(guard))
		guard->owes_supervisor = true; /* To try again. */
}

void guard_wake_host(struct guard *guard, enum wake_kind kind, int fd)
{
	if (guard->host >= 0)
		guard->owes_host =
			is_owed(fd < 0 ? wake(guard->host)
				       : wake_with(guard->host, kind, fd));
}

void guard_wake_again(struct guard *guard)
{
	if (guard->owes_supervisor)
		guard_wake_supervisor(guard);
	if (guard->owes_host)
		guard_wake_host(guard, WAKE_LOOK, -1);
	if (guard->plan->manager && guard->plan->manager->owes_ready)
		manager_tell_ready(guard->plan->manager);
}

static void begin_stop(struct guard *guard)
{
	if (!guard->stop_asked && guard->plan->manager)
		manager_tell(guard->plan->manager, "STOPPING=1");
	guard->stop_asked = true;
	guard_end_clearing(guard);
}

/* A relay gets the first signal of a stop by a packet, because it forwards all
 * signals but that of its own policy. The packet is there before this signal.
 * If the packet is lost, the signal means the same.
 * @return the first signal that the supervisor is to send; 0: the policy's. */
static int tell_relay(const struct guard *guard, enum remote_kind kind,
		      int signo)
{
	const struct remote_packet packet = { .kind = (uint32_t)kind,
					      .number = signo };

	if (!guard->plan->remote)
		return signo;
	if (guard->plan->remote->fd >= 0)
		(void)remote_send(guard->plan->remote->fd, &packet);
	return 0;
}

void guard_stop(struct guard *guard, enum jig_reason reason)
{
	int signo = reason == JIG_REASON_OWNER ? guard->owner_signal : 0;

	begin_stop(guard);
	board_ask_stop(guard->board, reason,
		       tell_relay(guard, REMOTE_STOP, signo));
	guard_wake_supervisor(guard);
}

void guard_hurry(struct guard *guard, int signo)
{
	begin_stop(guard);
	board_ask_hurry(guard->board, tell_relay(guard, REMOTE_HURRY, signo));
	guard_wake_supervisor(guard);
}

bool guard_host_asks(const struct guard *guard)
{
	const struct board *board = guard->board;

	return guard->host >= 0 &&
	       (atomic_load(&board->host_hurries) != guard->host_hurries ||
		(atomic_load(&board->host_stop) && !guard->host_stop));
}

/* If the packet is lost, our end of file wakes the host. */
void guard_tell_end(struct guard *guard)
{
	struct outcome *outcome = guard->outcome;

	if (!guard->board) /* share_board() has failed. */
		return;
	guard_note_main_end(guard);
	/* The host may start a fixture with the same ports at once. The
	 * supervisor's duplicates are closed: it is reaped. */
	for (size_t i = 0; i < guard->plan->port_count; i++)
		(void)close(guard->plan->port_sockets[i]);
	if (outcome->error < 0)
		board_fail(guard->board, outcome->error, outcome->stage,
			   outcome->fault.text);
	else
		atomic_store(&guard->board->ended, true);
	guard_wake_host(guard, WAKE_LOOK, -1);
}
