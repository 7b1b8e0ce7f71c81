// SPDX-License-Identifier: MIT
/*
 * The relay's states, and its loop.
 *
 *   OFFERING ── "here" ──────────────────────► GREETING
 *       └────── "give" ──► PUSHING ── equal ───►   │
 *                                                  │ initialize is answered
 *                                                  ▼
 *                         RUNNING ◄── answered ─ STARTING
 *                            │
 *                            └── ended ──► ENDED
 *
 * From each state: the transport ends, a deadline passes, or a stop comes
 * before the start ──► ENDED. Then the last output is written, and the
 * transport ends.
 */
#include "via/relay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/sys.h"

/* Interval of pings, and how many may be without an answer. */
#define PING_US 15000000LL
#define PINGS 4

/* After the end of its output: time for the transport's own end, whose status
 * says more. */
#define STATUS_US 1000000LL

/* A file's writer shows by nothing that it is done. */
#define IDLE_US 5000LL

enum {
	WATCH_SIGNALS,
	WATCH_GUARD,
	WATCH_FROM,
	WATCH_TO,
	WATCH_INPUT,
	WATCH_OUT,
	WATCH_ERR,
	WATCH_COUNT,
};

static const char lost_connection[] =
	"the connection to the other machine has ended: what runs there is not "
	"known";

/* ------------------------------------------------------------- its deadlines
 */

static void relay_greeting_is_late(struct relay *relay)
{
	char why[FAULT_SIZE];

	(void)snprintf(
		why, sizeof(why),
		"'%.*s': jig there has not answered within %lld.%03lld s "
		"(--via-timeout)%s%s",
		160, relay->order.text,
		(long long)relay->order.timeout_us / 1000000,
		(long long)relay->order.timeout_us / 1000 % 1000,
		*relay->seen ? "; it has printed: " : "", relay->seen);
	relay_end_refused(relay, -ETIMEDOUT, BOARD_NO_STAGE, why);
}

static void relay_is_late(struct relay *relay)
{
	if (relay->state <= RELAY_GREETING)
		relay_greeting_is_late(relay);
	else
		relay_end_lost(relay, "the other machine has not answered to "
				      "the stop: what runs there is not known");
}

static void relay_ping(struct relay *relay)
{
	if (relay->unanswered++ >= PINGS) {
		relay_end_lost(relay, "the other machine does not answer any "
				      "more: what runs there is not known");
		return;
	}
	relay->ping_us = clock_in_us(PING_US);
	request_ping(relay, -1);
}

/* The transport has closed its output. */
static void relay_is_cut(struct relay *relay)
{
	struct fault fault = { "" };
	int64_t until = clock_in_us(STATUS_US);
	int r;

	if (relay->state == RELAY_ENDED)
		return;
	if (relay->state > RELAY_GREETING) {
		relay_end_lost(relay, lost_connection);
		return;
	}
	/* It is ending; it has nothing else to do for us. */
	cleanup_close(&relay->to);
	while (transport_look(relay), relay->transport.pid > 0) {
		struct pollfd end = { relay->transport.pidfd, POLLIN, 0 };

		if (clock_us() >= until)
			break;
		(void)poll_fds(&end, 1, end.fd < 0 ? 10 : clock_poll_ms(until));
	}
	r = transport_explain(relay, &fault);
	relay_end_refused(relay, r, BOARD_NO_STAGE, fault.text);
}

static void relay_look_at_clock(struct relay *relay)
{
	int64_t now = clock_us();

	if (relay->deadline_us >= 0 && now >= relay->deadline_us)
		relay_is_late(relay);
	if (relay->ping_us >= 0 && now >= relay->ping_us)
		relay_ping(relay);
	if (relay->kill_us >= 0 && now >= relay->kill_us) {
		relay->kill_us = -1;
		transport_kill(relay);
	}
}

/* ------------------------------------------------------------------ the loop
 */

static bool relay_is_over(struct relay *relay)
{
	if (relay->state != RELAY_ENDED)
		return false;
	transport_look(relay);
	if (relay->transport.pid > 0 && relay->kill_us >= 0)
		return false;
	return relay_output_is_done(relay) ||
	       (relay->flush_us >= 0 && clock_us() >= relay->flush_us);
}

static int relay_room(const struct relay *relay, int stream)
{
	const struct relay_output *output = &relay->outputs[stream];

	return output->pending.used > 0 && !output->is_gone ? output->outlet.fd
							    : -1;
}

static int relay_wait_ms(struct relay *relay, int64_t until_us)
{
	int64_t until = clock_sooner(until_us, relay->deadline_us);

	until = clock_sooner(until, relay->ping_us);
	until = clock_sooner(until, relay->kill_us);
	until = clock_sooner(until, relay->flush_us);
	if (relay->state == RELAY_ENDED && relay_room(relay, 0) < 0 &&
	    relay_room(relay, 1) < 0)
		until = clock_sooner(until, clock_in_us(IDLE_US));
	return clock_poll_ms(until);
}

static void relay_round(struct relay *relay)
{
	bool is_there = !relay->from.has_ended && relay->state != RELAY_ENDED;
	int64_t until = -1;
	int input = relay_input_watch(relay, &until);
	struct pollfd fds[WATCH_COUNT] = {
		[WATCH_SIGNALS] = { relay->signals, POLLIN, 0 },
		[WATCH_GUARD] = { relay->guard, POLLIN, 0 },
		[WATCH_FROM] = { is_there ? relay->from.fd : -1, POLLIN, 0 },
		[WATCH_TO] = { relay->out.used > 0 ? relay->to : -1, POLLOUT,
			       0 },
		[WATCH_INPUT] = { input, POLLIN, 0 },
		[WATCH_OUT] = { relay_room(relay, 0), POLLOUT, 0 },
		[WATCH_ERR] = { relay_room(relay, 1), POLLOUT, 0 },
	};

	(void)poll_fds(fds, WATCH_COUNT, relay_wait_ms(relay, until));
	if (fds[WATCH_SIGNALS].revents)
		relay_read_signals(relay);
	/* After the signals: what announces one was sent before it. */
	if (relay->guard >= 0)
		relay_read_guard(relay);
	relay_pass_stops(relay);
	if (fds[WATCH_FROM].revents)
		talk_read(relay);
	if (relay->from.has_ended)
		relay_is_cut(relay);
	if (fds[WATCH_TO].revents)
		request_flush(relay);
	if (fds[WATCH_INPUT].revents)
		relay_input_read(relay);
	relay_output_write(relay);
	relay_tell_unwritten(relay);
	if (relay->out.error || relay->outputs[0].pending.error ||
	    relay->outputs[1].pending.error)
		relay_end_lost(relay, "no memory for what the other machine "
				      "sends: what runs there is not known");
	relay_look_at_clock(relay);
}

/* ------------------------------------------------------------ start and end */

static int relay_open(struct relay *relay, struct fault *fault)
{
	int r = via_order_read(VIA_ORDER_FD, &relay->order);

	if (r < 0)
		return fault_set(fault, r, "the relay has no order");
	(void)close(VIA_ORDER_FD);
	relay->guard = fd_dup_above(VIA_GUARD_FD, VIA_GUARD_FD + 1);
	(void)close(VIA_GUARD_FD);
	(void)sys_signal_mask(SYS_ALL_SIGNALS);
	sys_signal_default(SIGCHLD);
	relay->signals = sys_signalfd(SYS_ALL_SIGNALS);
	r = relay->guard < 0 ? relay->guard : relay->signals;
	if (r >= 0)
		r = relay_output_begin(relay);
	if (r < 0)
		return fault_set(fault, r, "cannot open the relay: %s",
				 strerror(-r));
	input_begin(&relay->input);
	relay->deadline_us = clock_in_us(relay->order.timeout_us);
	return relay->order.pushes ? push_begin(relay, fault) : 0;
}

static void relay_begin(struct relay *relay)
{
	struct fault fault = { "" };
	int r = relay_open(relay, &fault);

	if (r == 0)
		r = transport_start(relay, &fault);
	if (r < 0) {
		relay_end_refused(relay, r, BOARD_NO_STAGE, fault.text);
		return;
	}
	if (relay->order.pushes)
		push_offer(relay);
	else
		request_initialize(relay);
}

/* Of a stop before the start: as the command would have died. */
static int relay_leave(const struct relay *relay)
{
	if (relay->end == REMOTE_STOPPED)
		sys_die_of(relay->first_signal ? relay->first_signal : SIGTERM);
	return relay->end == REMOTE_REPORT ? 0 : 1;
}

int relay_main(void)
{
	static struct relay relay = {
		.state = RELAY_GREETING,
		.guard = -1,
		.signals = -1,
		.status = -1,
		.to = -1,
		.from = { .fd = -1 },
		.transport = { .pidfd = -1 },
		.deadline_us = -1,
		.ping_us = -1,
		.flush_us = -1,
		.kill_us = -1,
		.input = { .fd = -1 },
		.outputs = { { .outlet = OUTLET_NONE_INIT },
			     { .outlet = OUTLET_NONE_INIT } },
	};

	/* Executed as /proc/self/exe: ps(1) would say "exe". */
	(void)prctl(PR_SET_NAME, "jig-relay");
	relay_begin(&relay);
	(void)prctl(PR_SET_DUMPABLE, 0); /* After the opens in /proc/self. */
	while (!relay_is_over(&relay))
		relay_round(&relay);
	relay_tell_unwritten(&relay);
	relay_output_end(&relay);
	cleanup_close(&relay.guard);
	return relay_leave(&relay);
}
