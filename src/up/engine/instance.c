// SPDX-License-Identifier: MIT
#include "up/engine/instance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "event/event.h"
#include "lib/fixture.h"
#include "up/engine/feed.h"
#include "up/engine/up.h"
#include "up/project/given.h"

#define SETTLE_US 1000000
/* After so many restarts, or with so long a wait before the next one, a service
 * is not waited for any more. */
#define RESTARTS 3
#define PATIENCE_US 5000000
#define LAST_LINES 10

struct instance *instance_new(struct up *up, struct service *service,
			      unsigned number,
			      void (*on_end)(struct instance *instance))
{
	struct instance *instance = calloc(1, sizeof(*instance));

	if (!instance)
		return NULL;
	*instance = (struct instance){
		.up = up,
		.service = service,
		.number = number,
		.on_end = on_end,
		.pty = PTY_NONE,
		.is_wanted = true,
	};
	instance->port = service_port(service, number);
	for (int i = 0; i < INSTANCE_FEEDS; i++)
		instance->feeds[i] =
			(struct feed){ .instance = instance, .fd = -1 };
	if (asprintf(&instance->name, "%s.%u", service->name, number) < 0) {
		free(instance);
		return NULL;
	}
	if (up->output)
		output_widen(up->output, instance->name);
	return instance;
}

void instance_free(struct instance *instance)
{
	alarm_free(&instance->backoff);
	alarm_free(&instance->start_alarm);
	alarm_free(&instance->stopper_alarm);
	free(instance->name);
	free(instance);
}

void instance_adopt(struct instance *instance)
{
	if (!instance->next)
		return;
	instance->service = instance->next;
	instance->next = NULL;
	instance->port = service_port(instance->service, instance->number);
}

bool instance_is_running(const struct instance *instance)
{
	return instance->fixture || instance->stopper || instance->prober;
}

void instance_end(struct instance *instance)
{
	if (!instance_is_running(instance))
		instance->on_end(instance);
}

bool instance_is_alive(const struct instance *instance)
{
	return instance_is_running(instance) ||
	       instance->state == INSTANCE_WAITING ||
	       instance->state == INSTANCE_BACKOFF ||
	       instance->state == INSTANCE_SCHEDULED ||
	       instance->state == INSTANCE_LAUNCHED;
}

bool instance_is_awaited(const struct instance *instance)
{
	return fixture_is_awaited(instance->fixture) ||
	       fixture_is_awaited(instance->stopper) ||
	       fixture_is_awaited(instance->prober);
}

int64_t instance_settles_us(const struct instance *instance)
{
	int64_t at = clock_add_us(instance->started_us, SETTLE_US);

	return instance->state != INSTANCE_READY ||
			       instance->service->ready.probes.count > 0 ||
			       clock_us() >= at
		       ? 0
		       : at;
}

bool instance_is_hopeless(const struct instance *instance)
{
	return instance->state == INSTANCE_BACKOFF &&
	       (instance->restarts >= RESTARTS ||
		instance->backoff_us > PATIENCE_US);
}

bool instance_has_failed(const struct instance *instance)
{
	bool has_probes = instance->service->ready.probes.count > 0;

	if (instance->state == INSTANCE_SKIPPED)
		return true;
	return instance->state == INSTANCE_ENDED &&
	       (!instance->succeeded || (has_probes && !instance->was_ready));
}

void instance_last_lines(const struct instance *instance, struct buffer *ret)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };
	char *rest = NULL;

	if (output_backlog(instance->up->output, instance->name, LAST_LINES,
			   &text) < 0 ||
	    text.used == 0)
		return;
	for (char *line = strtok_r(text.text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		buffer_printf(ret, "  %.500s\n", line);
}

void instance_describe_end(const struct instance *instance,
			   char ret[INSTANCE_END_SIZE])
{
	char name[TEXT_SIGNAL_SIZE];
	int code = instance->code;

	if (*instance->problem)
		(void)snprintf(ret, INSTANCE_END_SIZE, "%s", instance->problem);
	else if (code > 128 && code <= 128 + 64)
		(void)snprintf(ret, INSTANCE_END_SIZE, "ended by %s",
			       text_signal_name(code - 128, name,
						sizeof(name)));
	else
		(void)snprintf(ret, INSTANCE_END_SIZE, "exited with status %d",
			       code);
}

const char *instance_state_name(const struct instance *instance)
{
	static const char *const names[] = {
		[INSTANCE_WAITING] = "waiting",
		[INSTANCE_STARTING] = "starting",
		[INSTANCE_READY] = "ready",
		[INSTANCE_STOPPING] = "stopping",
		[INSTANCE_BACKOFF] = "back-off",
		[INSTANCE_SCHEDULED] = "scheduled",
		[INSTANCE_LAUNCHED] = "launched",
		[INSTANCE_ENDED] = "ended",
		[INSTANCE_STOPPED] = "stopped",
		[INSTANCE_SKIPPED] = "skipped",
		[INSTANCE_DISABLED] = "disabled",
	};

	return names[instance->state];
}

void instance_read(struct instance *instance, bool on)
{
	for (int i = 0; i < INSTANCE_FEEDS; i++)
		feed_enable(&instance->feeds[i], on);
}

void instance_say(const struct instance *instance, const char *text)
{
	if (!instance->up->settings->quiet)
		output_say(instance->up->output, instance->name, "%s", text);
}

/* --------------------------------------------------------------- events */

void instance_tell_started(const struct instance *instance)
{
	struct json json = { 0 };

	if (!output_has_events(instance->up->output))
		return;
	event_started(&json, instance->name, jig_pid(instance->fixture),
		      &instance->fixture->names);
	output_event(instance->up->output, &json);
}

void instance_tell_ready(const struct instance *instance)
{
	struct json json = { 0 };

	if (!output_has_events(instance->up->output))
		return;
	if (instance->fixture)
		event_ready(&json, instance->name,
			    jig_ready_us(instance->fixture),
			    &instance->fixture->names,
			    &instance->fixture->matches);
	else /* A daemon, whose fixture has ended. */
		event_ready(&json, instance->name,
			    clock_us() - instance->started_us, NULL, NULL);
	output_event(instance->up->output, &json);
}

void instance_tell_unhealthy(const struct instance *instance)
{
	struct json json = { 0 };

	if (!output_has_events(instance->up->output))
		return;
	event_begin(&json, "unhealthy", instance->name);
	json_string(&json, "problem", instance->problem);
	event_end(&json);
	output_event(instance->up->output, &json);
}

void instance_tell_end(const struct instance *instance,
		       const struct jig_report *report)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };
	struct json json = { 0 };

	if (!output_has_events(instance->up->output))
		return;
	if (report)
		(void)report_json(report, &text); /* Its error is kept. */
	event_begin(&json, "ended", instance->name);
	event_report(&json, report ? report_code(report) : -1, &text);
	json_number(&json, "status", instance->code);
	if (*instance->problem)
		json_string(&json, "problem", instance->problem);
	event_end(&json);
	output_event(instance->up->output, &json);
}
