// SPDX-License-Identifier: MIT
#include "cli/run/events.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/poll.h"
#include "event/event.h"
#include "tty/last_words.h"

/* A file's writer has this time at the end. */
#define FINISH_US 2000000LL

int run_events_open(struct run_settings *settings, struct fault *fault)
{
	const char *path = settings->events_path;
	int r;

	if (!path || settings->events.outlet.fd >= 0)
		return 0;
	r = queue_open_to(path, &settings->events);
	if (r == 0)
		r = list_append(&settings->guard_fds,
				&settings->events.outlet.fd, sizeof(int));
	settings->plan.guard_fds = &settings->guard_fds;
	return r < 0 ? fault_set(fault, r, "cannot write events to %s: %s",
				 path, strerror(-r))
		     : 0;
}

static const char *events_name(const struct run_settings *settings)
{
	return settings->name ? settings->name : "command";
}

static void events_send(struct run_settings *settings, struct json *json)
{
	queue_take(&settings->events, &json->out);
	queue_write(&settings->events);
}

void run_events_started(struct run_settings *settings,
			const struct guard *guard)
{
	struct json json = { 0 };

	event_started(&json, events_name(settings), guard_main_pid(guard),
		      guard->plan->names);
	events_send(settings, &json);
}

void run_events_ready(struct run_settings *settings, const struct guard *guard)
{
	CLEANUP(list_free_texts) struct list matches = { 0 };
	struct json json = { 0 };

	/* Without memory there are none. */
	(void)board_matches(guard->board, &matches);
	event_ready(&json, events_name(settings), guard->outcome->ready_us,
		    guard->plan->names, &matches);
	events_send(settings, &json);
}

void run_events_unhealthy(struct run_settings *settings,
			  const struct guard *guard)
{
	struct json json = { 0 };

	event_begin(&json, "unhealthy", events_name(settings));
	json_string(&json, "problem", guard->outcome->problem.text);
	event_end(&json);
	events_send(settings, &json);
}

void run_events_ended(struct run_settings *settings,
		      const struct outcome *outcome, int status)
{
	const char *problem = outcome->error < 0     ? outcome->fault.text
			      : outcome->unready < 0 ? outcome->problem.text
			      : outcome->unhealthy   ? outcome->problem.text
						     : "";
	const struct jig_report *report =
		outcome->error < 0 ? NULL : outcome->report;
	CLEANUP(buffer_free) struct buffer text = { 0 };
	struct json json = { 0 };

	if (!settings->events_path)
		return;
	if (report)
		(void)report_json(report, &text); /* Its error is kept. */
	event_begin(&json, "ended", events_name(settings));
	event_report(&json, report ? report_code(report) : -1, &text);
	json_number(&json, "status", status);
	if (*problem)
		json_string(&json, "problem", problem);
	event_end(&json);
	events_send(settings, &json);
}

int run_events_finish(struct run_settings *settings)
{
	struct queue *queue = &settings->events;
	struct pollfd room = { .events = POLLOUT };
	struct last_words words;

	if (!settings->events_path)
		return 0;
	last_words_begin(&words);
	while (!queue->is_gone && queue_size(queue) > 0) {
		room.fd = queue->outlet.fd;
		(void)poll_fds(&room, 1, -1); /* As the report does. */
		queue_write(queue);
	}
	last_words_end(&words);
	queue_close(queue, clock_in_us(FINISH_US));
	return queue->is_gone ? -EPIPE : 0;
}
