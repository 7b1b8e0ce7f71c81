// SPDX-License-Identifier: MIT
/*
 * A fixture on another machine. Main is the relay of jig, and our cage holds it
 * and its transport. The relay tells what happens there, and its last packet is
 * the report of the jig there: our report becomes that one.
 *
 * Without such a packet nothing is known about the other machine, so the report
 * does not say that no process is left.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "core/guard/guard.h"
#include "net/manager.h"

/* Packets that are read in one round. */
#define REMOTE_AT_ONCE 64
/* More rounds than its socket has room for. */
#define REMOTE_ROUNDS 16

static void remote_take_name(struct guard *guard, const struct name *name)
{
	/* Without memory it is unknown. */
	if (list_append(guard->plan->remote->names, name, sizeof(*name)) == 0)
		board_add_name(guard->board, name);
}

static void remote_take_start(struct guard *guard, pid_t main)
{
	guard->plan->remote->main = main;
	/* For a host: a process that it can name here. */
	atomic_store(&guard->board->main, guard->main);
	guard_wake_host(guard, WAKE_LOOK, -1);
	if (guard->hooks->started)
		guard->hooks->started(guard);
}

static void remote_take_ready(struct guard *guard, int64_t us)
{
	const struct remote *remote = guard->plan->remote;

	if (guard->ready_told)
		return;
	guard->ready_told = true;
	if (guard->plan->manager)
		manager_tell_ready(guard->plan->manager);
	board_write(&guard->board->problem, "");
	atomic_store(&guard->board->ready, (remote->has_probes ? us : 0) + 1);
	guard_wake_host(guard, WAKE_LOOK, -1);
	if (!remote->has_probes)
		return;
	guard->outcome->ready_us = us;
	if (guard->hooks->ready)
		guard->hooks->ready(guard);
}

static void remote_take_unready(struct guard *guard, const char *why)
{
	if (guard->ready_told)
		return;
	guard->ready_told = true;
	guard->outcome->unready = -ETIME;
	text_copy(guard->outcome->problem.text, FAULT_SIZE, why);
	board_write(&guard->board->problem, why);
	atomic_store(&guard->board->unready, -ETIME);
	guard_wake_host(guard, WAKE_LOOK, -1);
	guard_stop(guard, JIG_REASON_UNREADY);
}

static void remote_take_unhealthy(struct guard *guard, const char *why)
{
	if (guard->outcome->unhealthy)
		return;
	guard->outcome->unhealthy = true;
	text_copy(guard->outcome->problem.text, FAULT_SIZE, why);
	board_write(&guard->board->problem, why);
	guard_wake_host(guard, WAKE_LOOK, -1);
	if (guard->hooks->unhealthy)
		guard->hooks->unhealthy(guard);
	guard_stop(guard, JIG_REASON_UNHEALTHY);
}

/* The last one: what comes after it does not count. */
static void remote_take_end(struct guard *guard,
			    const struct remote_packet *packet)
{
	struct remote *remote = guard->plan->remote;

	if (remote->end)
		return;
	remote->end = packet->kind;
	if (packet->kind == REMOTE_REPORT) {
		report_copy(&remote->report, &packet->report);
		return;
	}
	remote->error = packet->number < 0 ? packet->number : -EPROTO;
	remote->stage = packet->us >= 0 && packet->us <= SPAWN_EXEC
				? (int)packet->us
				: BOARD_NO_STAGE;
	text_copy(remote->text, sizeof(remote->text), packet->text);
}

static void remote_take(struct guard *guard, const struct remote_packet *packet)
{
	switch (packet->kind) {
	case REMOTE_NAME:
		remote_take_name(guard, &packet->name);
		break;
	case REMOTE_MATCH:
		board_add_match(guard->board, packet->text);
		break;
	case REMOTE_STARTED:
		remote_take_start(guard, packet->number);
		break;
	case REMOTE_READY:
		remote_take_ready(guard, packet->us);
		break;
	case REMOTE_UNREADY:
		remote_take_unready(guard, packet->text);
		break;
	case REMOTE_UNHEALTHY:
		remote_take_unhealthy(guard, packet->text);
		break;
	case REMOTE_UNWRITTEN:
		text_copy(guard->plan->remote->unwritten, FAULT_SIZE,
			  packet->text);
		break;
	case REMOTE_REPORT:
	case REMOTE_REFUSED:
	case REMOTE_STOPPED:
	case REMOTE_LOST:
		remote_take_end(guard, packet);
		break;
	default:
		break;
	}
}

void guard_remote_read(struct guard *guard)
{
	/* Not on the stack of each round: a report has 20 KB. */
	static struct remote_packet packet;
	struct remote *remote = guard->plan->remote;
	int r = 1;

	for (int i = 0; r > 0 && remote->fd >= 0 && i < REMOTE_AT_ONCE; i++) {
		r = remote_receive(remote->fd, &packet);
		if (r > 0)
			remote_take(guard, &packet);
	}
	if (r == 0 || (r < 0 && r != -EAGAIN))
		cleanup_close(&remote->fd);
}

/* They are for what runs there: a SIGKILL for the relay would end the
 * connection, and the supervisor knows only the transport. */
bool guard_remote_signal(struct guard *guard)
{
	int fd = guard->plan->remote->fd, target, signo, r = 0;
	struct remote_packet packet = { .kind = REMOTE_SIGNAL };
	unsigned count;

	for (int i = 0; r == 0 && fd >= 0 && i < REMOTE_AT_ONCE; i++) {
		signo = board_take_signal(guard->board, &target, &count);
		if (!signo)
			return false;
		packet.number = signo;
		packet.us = target;
		while (r == 0 && count > 0) {
			r = remote_send(fd, &packet);
			count -= r == 0;
		}
		if (count > 0)
			board_put_back(guard->board, target, signo, count);
	}
	return fd >= 0 && r != -EPIPE && board_has_signals(guard->board);
}

/* What we know better: that of the two ends which was the cause. */
static bool remote_reason_is_ours(uint32_t reason)
{
	return reason == JIG_REASON_OWNER || reason == JIG_REASON_GUARD ||
	       reason == JIG_REASON_FAILURE;
}

/* The processes of the transport are none of the user's. But what we could not
 * end is named. */
static void remote_merge(struct jig_report *ours, struct jig_report *theirs)
{
	uint32_t room = REPORT_SURVIVORS - theirs->survivor_count;
	uint32_t more =
		ours->survivor_count < room ? ours->survivor_count : room;

	memcpy(&theirs->survivors[theirs->survivor_count], ours->survivors,
	       more * sizeof(*ours->survivors));
	theirs->survivor_count += more;
	theirs->survivor_total += ours->survivor_total;
	theirs->proved = theirs->proved && ours->proved;
	if (remote_reason_is_ours(ours->reason))
		theirs->reason = ours->reason;
	theirs->began_us = ours->began_us;
	theirs->complete = ours->complete;
	report_copy(ours, theirs);
}

/* The command there has ended as if all of it had been written. */
static void remote_lose_output(struct guard *guard, const char *why)
{
	board_write(&guard->board->problem, why);
	text_copy(guard->outcome->lost.text, FAULT_SIZE, why);
}

static void remote_lose(struct guard *guard, const char *why)
{
	struct jig_report *report = guard->outcome->report;

	guard->outcome->is_lost = true;
	remote_lose_output(guard, why);
	text_copy(report->why, sizeof(report->why), why);
	report->proved = false;
	report->main_status = -1;
	report->main_us = -1;
	report->main_pid = guard->plan->remote->main;
	report->leftover_count = report->leftover_total = 0;
	report->signal_count = 0;
}

void guard_remote_finish(struct guard *guard)
{
	struct remote *remote = guard->plan->remote;
	struct outcome *outcome = guard->outcome;

	for (int i = 0; i < REMOTE_ROUNDS && remote->fd >= 0; i++)
		guard_remote_read(guard);
	cleanup_close(&remote->fd);
	if (guard->failed) /* Not even the relay has run. */
		return;
	switch (remote->end) {
	case REMOTE_REPORT:
		remote_merge(outcome->report, &remote->report);
		if (*remote->unwritten)
			remote_lose_output(guard, remote->unwritten);
		break;
	case REMOTE_REFUSED:
		outcome->error = remote->error;
		outcome->stage = remote->stage;
		text_copy(outcome->fault.text, FAULT_SIZE, remote->text);
		return;
	case REMOTE_STOPPED:
		outcome->report->leftover_count = 0;
		outcome->report->leftover_total = 0;
		break;
	default:
		remote_lose(guard, remote->end ? remote->text
					       : "the relay of jig has been "
						 "killed: what runs on the "
						 "other machine is not known");
	}
	text_copy(outcome->report->via, sizeof(outcome->report->via),
		  remote->via);
}
