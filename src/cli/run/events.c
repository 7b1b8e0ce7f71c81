// SPDX-License-Identifier: MIT
#include "cli/run/events.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/poll.h"
#include "base/retry.h"
#include "base/text.h"
#include "event/event.h"
#include "tty/last_words.h"

/* A file's writer has this time at the end. */
#define FINISH_US 2000000LL
#define FD_LIMIT 1048576

/* Before any start, so that a wrong path is an error then. */
static int events_open_file(const char *path)
{
	int fd = RETRY(
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));

	return fd < 0 ? -errno : fd;
}

/* The command does not inherit it, unless it is 0, 1 or 2. */
static int events_open_fd(int fd, struct queue *ret)
{
	int r = fd > 2 ? fd_cloexec(fd, true) : 0;

	return r < 0 ? r : queue_open(fd, ret);
}

static int events_open(const char *path, struct queue *ret)
{
	uint64_t number;

	if (text_number(path, FD_LIMIT, &number) == 0)
		return events_open_fd((int)number, ret);

	CLEANUP_CLOSE int fd = events_open_file(path);

	return fd < 0 ? fd : queue_open(fd, ret);
}

int run_events_open(struct run_settings *settings, struct fault *fault)
{
	const char *path = settings->events_path;
	int r;

	if (!path || settings->events.outlet.fd >= 0)
		return 0;
	r = events_open(path, &settings->events);
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

	event_started(&json, events_name(settings), guard->main,
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
