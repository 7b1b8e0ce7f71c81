// SPDX-License-Identifier: MIT
/*
 * The agent's loop.
 *
 *   SERVING ── end of stdin, stdout closed, shutdown, a signal ──► ENDING
 *   ENDING ── no fixture is left ──► FLUSHING ── all is written, or the
 *             client does not read ──► exit
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/sys.h"
#include "base/text.h"
#include "cli/command/command.h"
#include "event/event.h"

/* At the end, for a client that does not read. */
#define FLUSH_US 2000000LL

/* What is wanted of standard input: bytes only while there is room for what
 * they lead to. */
#define INPUT_EVENTS (EPOLLIN | EPOLLRDHUP)

/* ------------------------------------------------------------------- ending */

static void agent_log(struct agent *agent, const char *text)
{
	struct json json = { 0 };

	event_begin(&json, "log", NULL);
	json_string(&json, "level", "info");
	json_string(&json, "message", text);
	event_end(&json);
	agent_tell(agent, &json);
}

static struct served *agent_at(const struct agent *agent, size_t index)
{
	return *(struct served **)list_at(&agent->all, index,
					  sizeof(struct served *));
}

static void agent_stop_one(struct served *served, bool hurries)
{
	if (served->restarts)
		wait_fail(served, WAIT_STARTED, -ECANCELED, "the agent ends");
	served->restarts = false;
	served_stop(served, hurries);
	served_send_rest(served);
}

static void agent_stop_all(struct agent *agent, bool hurries)
{
	/* From the last on: one that has ended may leave the list. */
	for (size_t i = agent->all.count; i-- > 0;)
		agent_stop_one(agent_at(agent, i), hurries);
}

void agent_end(struct agent *agent, const char *why)
{
	char text[128];

	if (agent->is_ending)
		return;
	agent->is_ending = true;
	(void)snprintf(text, sizeof(text), "the agent ends: %s", why);
	agent_log(agent, text);
	agent_stop_all(agent, false);
}

static bool agent_has_fixtures(const struct agent *agent)
{
	for (size_t i = 0; i < agent->all.count; i++)
		if (agent_at(agent, i)->fixture)
			return true;
	return false;
}

static void agent_answer_shutdowns(struct agent *agent)
{
	struct reply *replies = agent->shutdowns.items;

	for (size_t i = 0; i < agent->shutdowns.count; i++)
		answer_done(agent, &replies[i]);
	list_free(&agent->shutdowns);
}

/* ------------------------------------------------------------------- events */

/* With a queue that is full, an end is the last event that we see. */
static void input_is_ready(void *context, uint32_t events)
{
	struct agent *agent = context;

	if ((events & EPOLLIN) && queue_takes_requests(&agent->queue))
		lines_read(&agent->lines);
	else if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP))
		agent->lines.has_ended = true;
}

static void room_is_ready(void *context, uint32_t events)
{
	struct agent *agent = context;

	if (events & (EPOLLERR | EPOLLHUP))
		agent->queue.is_gone = true;
	if (agent->queue.is_gone)
		polled_close(&agent->poller, &agent->room);
}

/* The first signal is an end of stdin; the next one hurries. */
static void signal_is_ready(void *context, uint32_t events)
{
	struct agent *agent = context;
	struct signalfd_siginfo info;
	char name[TEXT_SIGNAL_SIZE];

	(void)events;
	if (read(agent->signals, &info, sizeof(info)) != sizeof(info))
		return;

	/* By nohup(1), or by the relay of --via: the terminal's signals are for
	 * the command. */
	if (sys_signal_is_ignored((int)info.ssi_signo))
		return;

	bool is_first = agent->asked.signals == 0;

	if (!asked_add(&agent->asked, (int)info.ssi_signo))
		return;
	if (is_first)
		agent_end(agent, text_signal_name((int)info.ssi_signo, name,
						  sizeof(name)));
	else
		agent_stop_all(agent, true);
}

static void agent_take_lines(struct agent *agent)
{
	char *line;
	size_t size;
	int r = 0;

	while (queue_takes_requests(&agent->queue)) {
		r = lines_next(&agent->lines, &line, &size);
		if (r == 0)
			break;
		if (r < 0)
			request_skip_line(agent);
		else
			request_take_line(agent, line, size);
	}
	if (agent->lines.has_ended) {
		polled_close(&agent->poller, &agent->input);
		agent_end(agent, "standard input has ended");
	}
	polled_change(&agent->poller, &agent->input,
		      queue_takes_requests(&agent->queue) ? INPUT_EVENTS
							  : EPOLLRDHUP);
}

static void agent_look_at_all(struct agent *agent)
{
	if (agent->look_us < 0 || clock_us() < agent->look_us)
		return;
	agent->look_us = -1;
	for (size_t i = agent->all.count; i-- > 0;)
		served_look(agent_at(agent, i));
}

/* Output that waited for room, one notification of each in turn. */
static void agent_feed(struct agent *agent)
{
	if (!agent->is_starved || !queue_has_room(&agent->queue))
		return;
	agent->is_starved = false;
	for (size_t i = agent->all.count; i-- > 0;) {
		struct served *served = agent_at(agent, i);

		written_pump(served);
		served_tell_end(served);
	}
}

static void agent_write(struct agent *agent)
{
	queue_write(&agent->queue);
	agent_feed(agent);
	if (agent->queue.is_gone) {
		polled_close(&agent->poller, &agent->room);
		agent_end(agent, "standard output has no reader");
	}
	polled_change(&agent->poller, &agent->room,
		      queue_size(&agent->queue) ? EPOLLOUT : 0);
}

static void agent_free_graves(struct agent *agent)
{
	for (size_t i = 0; i < agent->graves.count; i++)
		served_free(
			*(struct served **)list_at(&agent->graves, i,
						   sizeof(struct served *)));
	agent->graves.count = 0;
}

/* ----------------------------------------------------------------- the loop */

static int64_t keep_alive_deadline(const struct agent *agent)
{
	return agent->keep_alive_us > 0 && !agent->is_ending
		       ? clock_add_us(agent->line_us, agent->keep_alive_us)
		       : -1;
}

static void agent_round(struct agent *agent)
{
	int64_t silent = keep_alive_deadline(agent);

	poller_run(&agent->poller,
		   clock_poll_ms(clock_sooner(agent->look_us, silent)));
	agent_take_lines(agent);
	agent_look_at_all(agent);
	silent = keep_alive_deadline(agent);
	if (silent >= 0 && clock_us() >= silent)
		agent_end(agent, "the client has been silent for too long");
	agent_write(agent);
	agent_free_graves(agent);
}

/* All fixtures have ended. A client that reads gets the rest. */
static void agent_flush(struct agent *agent)
{
	size_t left = queue_size(&agent->queue);
	int64_t until = clock_in_us(FLUSH_US);

	while (!agent->queue.is_gone && queue_size(&agent->queue) > 0 &&
	       clock_us() < until) {
		agent_look_at(agent, until);
		agent_round(agent);
		if (queue_size(&agent->queue) != left)
			until = clock_in_us(FLUSH_US);
		left = queue_size(&agent->queue);
	}
}

static int agent_open_input(struct agent *agent)
{
	int r = lines_open(STDIN_FILENO, &agent->lines);

	if (r == 0)
		r = polled_open(&agent->poller, &agent->input, agent->lines.fd,
				INPUT_EVENTS);
	if (r == -EPERM) {
		polled_open_file(&agent->poller, &agent->input, agent->lines.fd,
				 INPUT_EVENTS);
		r = 0;
	}
	return r;
}

static int agent_open_output(struct agent *agent)
{
	int r = queue_open(STDOUT_FILENO, &agent->queue);

	if (r == 0)
		r = polled_open(&agent->poller, &agent->room,
				agent->queue.outlet.fd, 0);
	return r == -EPERM ? 0 : r; /* A device that always has room. */
}

static int agent_open(struct agent *agent, struct fault *fault)
{
	int r = poller_open(&agent->poller);

	agent->input = (struct polled){ .fd = -1,
					.ready = input_is_ready,
					.context = agent };
	agent->room = (struct polled){ .fd = -1,
				       .ready = room_is_ready,
				       .context = agent };
	agent->signalled = (struct polled){ .fd = -1,
					    .ready = signal_is_ready,
					    .context = agent };
	(void)sys_signal_mask(SYS_STOP_SIGNALS | SYS_SIGNAL(SIGPIPE));
	agent->signals = sys_signalfd(SYS_STOP_SIGNALS);
	if (agent->signals < 0)
		r = agent->signals;
	if (r == 0)
		r = polled_open(&agent->poller, &agent->signalled,
				agent->signals, EPOLLIN);
	if (r < 0)
		return fault_set(fault, r, "cannot wait for events: %s",
				 strerror(-r));
	r = agent_open_input(agent);
	if (r < 0)
		return fault_set(fault, r, "cannot read standard input: %s",
				 strerror(-r));
	r = agent_open_output(agent);
	return r < 0 ? fault_set(fault, r, "cannot write standard output: %s",
				 strerror(-r))
		     : 0;
}

static void agent_close(struct agent *agent)
{
	for (size_t i = agent->all.count; i-- > 0;)
		served_free(agent_at(agent, i));
	list_free(&agent->all);
	list_free(&agent->graves);
	lines_close(&agent->lines);
	queue_close(&agent->queue, clock_in_us(FLUSH_US));
	cleanup_close(&agent->signals);
	poller_close(&agent->poller);
}

int agent_run(struct agent *agent, struct fault *fault)
{
	int r = agent_open(agent, fault);

	agent->look_us = -1;
	agent->line_us = clock_us();
	while (r == 0 && !(agent->is_ending && !agent_has_fixtures(agent)))
		agent_round(agent);
	if (r == 0) {
		agent_answer_shutdowns(agent);
		agent_write(agent);
		agent_flush(agent);
	}
	agent_close(agent);
	if (r < 0)
		return r;
	if (agent->has_survivors)
		return EXIT_SURVIVORS;
	return agent->asked.signals ? 128 + agent->asked.last : 0;
}
