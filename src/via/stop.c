// SPDX-License-Identifier: MIT
/*
 * Signals to us, and requests of the guard.
 *
 * The supervisor's policy sends VIA_STOP_SIGNAL for each of its steps. The
 * guard announces each step that a request causes, with the first signal of the
 * stop. Both are counted, and the greater number counts: a guard that was
 * killed announces nothing.
 *
 * All other signals are the command's.
 */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/poll.h"
#include "base/sys.h"
#include "via/relay.h"

/* Packets and signals of one round. */
#define AT_ONCE 64

/* When a stop comes after the end, for a reader that does not read. */
#define LAST_OUTPUT_US 1000000LL

/* Before we are suspended: time for the last requests. */
#define SUSPEND_MS 300

void relay_pass_stops(struct relay *relay)
{
	unsigned wanted =
		relay->asked > relay->steps ? relay->asked : relay->steps;

	if (relay->state == RELAY_ENDED) {
		if (wanted > relay->done && relay->flush_us < 0)
			relay->flush_us = clock_in_us(LAST_OUTPUT_US);
		return;
	}
	if (relay->done >= wanted)
		return;
	if (relay->state < RELAY_STARTING) {
		relay->done = wanted;
		relay_end_stopped(relay);
		return;
	}
	while (relay->done < wanted) {
		bool is_first = relay->done++ == 0;
		int signo = relay->is_new && relay->first_signal != SIGTERM
				    ? relay->first_signal
				    : 0;

		request_stop(relay, is_first ? signo : 0, !is_first);
	}
	relay->deadline_us =
		clock_in_us(clock_add_us(relay->order.stop_us, VIA_MORE_US));
}

/* ------------------------------------------------------------------- signals
 */

static void stop_write_rest(struct relay *relay)
{
	int64_t until = clock_in_us(clock_ms_us(SUSPEND_MS));

	while (relay->out.used > 0 && relay->to >= 0 && clock_us() < until) {
		struct pollfd room = { relay->to, POLLOUT, 0 };

		(void)poll_fds(&room, 1, clock_poll_ms(until));
		request_flush(relay);
	}
}

/* As the command would be. The agent must not take us for dead meanwhile. Our
 * process group may be orphaned: then the kernel discards the signal. */
static void stop_suspend(struct relay *relay)
{
	if (relay->state == RELAY_RUNNING) {
		request_signal(relay, SIGSTOP, true);
		if (relay->is_new)
			request_ping(relay, 0);
		stop_write_rest(relay);
	}
	sys_signal_default(SIGTSTP);
	(void)kill(getpid(), SIGTSTP);
	(void)sys_signal_mask(SYS_ALL_SIGNALS & ~SYS_SIGNAL(SIGTSTP));
	(void)sys_signal_mask(SYS_ALL_SIGNALS);
	if (relay->state != RELAY_RUNNING)
		return;
	request_signal(relay, SIGCONT, true);
	if (relay->is_new)
		request_ping(relay, 1);
}

/* The kernel's, for what we do ourselves. */
static bool stop_is_ours(const struct signalfd_siginfo *info)
{
	return (info->ssi_code == SI_KERNEL || info->ssi_code > 0 ||
		(pid_t)info->ssi_pid == getpid()) &&
	       (info->ssi_signo == SIGPIPE || info->ssi_signo == SIGXFSZ ||
		info->ssi_signo == SIGXCPU || info->ssi_signo == SIGTTIN ||
		info->ssi_signo == SIGTTOU || info->ssi_signo == SIGURG ||
		info->ssi_signo == SIGWINCH);
}

/* Before the command runs there, a signal that would end it is a stop. */
static void stop_forward(struct relay *relay, int signo, bool to_all)
{
	if (relay->state == RELAY_ENDED) {
		/* It would end a command that waits for its reader. */
		if (SYS_STOP_SIGNALS & SYS_SIGNAL(signo))
			relay->flush_us = clock_us();
	} else if (relay->state == RELAY_RUNNING) {
		request_signal(relay, signo, to_all);
	} else if ((SYS_STOP_SIGNALS & SYS_SIGNAL(signo)) &&
		   relay->asked == 0) {
		relay->asked = 1;
		relay->first_signal = signo;
	}
}

/* By nohup(1), or the & of a script: the command would ignore it. */
static bool stop_is_ignored(int signo)
{
	return (SPAWN_CALLERS_SIGNALS & SYS_SIGNAL(signo)) &&
	       sys_signal_is_ignored(signo);
}

static void stop_act(struct relay *relay, const struct signalfd_siginfo *info)
{
	if (stop_is_ignored((int)info->ssi_signo))
		return;
	switch ((int)info->ssi_signo) {
	case SIGCHLD:
		transport_look(relay);
		break;
	case VIA_STOP_SIGNAL:
		relay->steps++;
		break;
	case SIGTSTP:
		stop_suspend(relay);
		break;
	case SIGCONT:
		/* Sent with each signal of a stop; to suspend us by SIGSTOP
		 * suspends nothing there. */
		break;
	default:
		/* The terminal sends it to a whole group. */
		if (!stop_is_ours(info))
			stop_forward(relay, (int)info->ssi_signo,
				     info->ssi_code == SI_KERNEL);
	}
}

void relay_read_signals(struct relay *relay)
{
	struct signalfd_siginfo info;

	for (int i = 0; i < AT_ONCE; i++) {
		if (read(relay->signals, &info, sizeof(info)) != sizeof(info))
			return;
		stop_act(relay, &info);
	}
}

/* ------------------------------------------------------------- of the guard */

/* What the host of a fixture or the keeper of a job sends. For a job that has
 * no terminal its Ctrl-Z comes so, which suspends us, too. */
static void stop_take_signal(struct relay *relay, int signo, int target)
{
	if (signo < 1 || signo > BOARD_SIGNALS || stop_is_ignored(signo))
		return;
	if (target == BOARD_TARGET_GROUP && signo == SIGTSTP)
		stop_suspend(relay);
	else
		stop_forward(relay, signo, target != JIG_TARGET_MAIN);
}

static void relay_take(struct relay *relay, const struct remote_packet *packet)
{
	int signo = packet->number;

	if (packet->kind == REMOTE_SIGNAL) {
		stop_take_signal(relay, signo, (int)packet->us);
		return;
	}
	if (packet->kind != REMOTE_STOP && packet->kind != REMOTE_HURRY)
		return;
	if (relay->asked == 0)
		relay->first_signal = signo;
	if (relay->asked == 0 || packet->kind == REMOTE_HURRY)
		relay->asked++;
}

void relay_read_guard(struct relay *relay)
{
	static struct remote_packet packet;
	int r = 1;

	for (int i = 0; r > 0 && relay->guard >= 0 && i < AT_ONCE; i++) {
		r = remote_receive(relay->guard, &packet);
		if (r > 0)
			relay_take(relay, &packet);
	}
	if (r != 0)
		return;
	/* No process waits for us any more. The supervisor, if it lives, lets
	 * us end what runs there by its policy. */
	cleanup_close(&relay->guard);
	if (relay->asked == 0)
		relay->asked = 1;
}
