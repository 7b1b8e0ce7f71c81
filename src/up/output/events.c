// SPDX-License-Identifier: MIT
/* --events: what happens to services, as JSON lines for another program. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "event/event.h"
#include "up/output/parts.h"

int events_open(const char *to, struct events *events, struct fault *fault)
{
	int r;

	if (!to)
		return 0;
	r = queue_open_to(to, &events->queue);
	return r < 0 ? fault_set(fault, r, "cannot write events to %s: %s", to,
				 strerror(-r))
		     : 0;
}

static void events_tell_lost(struct events *events)
{
	struct json json = { 0 };
	char text[64];

	(void)snprintf(text, sizeof(text), "%" PRIu64 " events were lost",
		       events->lost);
	events->lost = 0;
	event_begin(&json, "log", NULL);
	json_string(&json, "level", "warning");
	json_string(&json, "message", text);
	event_end(&json);
	queue_take(&events->queue, &json.out);
}

void output_event(struct output *output, struct json *json)
{
	struct events *events = &output->events;

	if (!queue_takes_requests(&events->queue)) {
		events->lost++;
		buffer_free(&json->out);
		return;
	}
	if (events->lost > 0)
		events_tell_lost(events);
	queue_take(&events->queue, &json->out);
	queue_write(&events->queue);
}

bool output_has_events(const struct output *output)
{
	const struct queue *queue = &output->events.queue;

	return queue->outlet.fd >= 0 && !queue->is_gone;
}

int events_waits(const struct events *events)
{
	const struct queue *queue = &events->queue;

	return !queue->is_gone && queue_size(queue) > 0 ? queue->outlet.fd : -1;
}

bool events_are_written(struct events *events)
{
	return events_waits(events) < 0 &&
	       outlet_is_idle(&events->queue.outlet);
}

void events_flush(struct events *events)
{
	if (events_waits(events) >= 0)
		queue_write(&events->queue);
}

void events_close(struct events *events, int64_t until_us)
{
	queue_close(&events->queue, until_us);
}
