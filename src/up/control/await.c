// SPDX-License-Identifier: MIT
/* What waiting clients wait for, and whether it has happened. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "up/control/control.h"

static const struct instance *find_exact(const struct up *up, const char *name)
{
	for (size_t i = 0; i < up->instances.count; i++)
		if (strcmp(up_instance(up, i)->name, name) == 0)
			return up_instance(up, i);
	return NULL;
}

static int look_at_ready(const struct waiting *waiting,
			 const struct instance *instance)
{
	/* -1: another client has started it again. */
	if (!waiting->for_ready)
		return instance->is_wanted ? -1 : 0;
	return waiting->settles && instance_settles_us(instance) ? 0 : 1;
}

static int look_at_ended(const struct waiting *waiting,
			 const struct instance *instance)
{
	/* A run of its timetable has ended, or the first one is to come. */
	bool is_between = instance->state == INSTANCE_SCHEDULED &&
			  (waiting->settles || !instance->was_started);
	bool has_failed = waiting->settles ? instance_has_failed(instance)
					   : !instance->succeeded;

	return waiting->for_ready && has_failed && !is_between ? -1 : 1;
}

static int look_at_backoff(const struct waiting *waiting,
			   const struct instance *instance)
{
	if (!waiting->for_ready)
		return 0;
	if (!waiting->is_patient)
		return -1;
	return waiting->settles && instance_is_hopeless(instance) ? -1 : 0;
}

/* @return 1: it has happened; 0: not yet; -1: it never will. */
static int control_commands_look_at(const struct waiting *waiting,
				    const struct instance *instance)
{
	if (!instance) /* `jig scale` has removed it. */
		return 1;
	if (instance->is_removed)
		return instance_is_alive(instance) ? 0 : 1;
	if (instance->is_leaving || (waiting->for_ready && instance->prober))
		return 0;
	switch (instance->state) {
	case INSTANCE_READY:
	case INSTANCE_LAUNCHED:
		return look_at_ready(waiting, instance);
	case INSTANCE_ENDED:
	case INSTANCE_SCHEDULED:
		return look_at_ended(waiting, instance);
	case INSTANCE_STOPPED:
	case INSTANCE_SKIPPED:
	case INSTANCE_DISABLED:
		return waiting->for_ready ? -1 : 1;
	case INSTANCE_BACKOFF:
		return look_at_backoff(waiting, instance);
	default:
		return 0;
	}
}

static void say_last_lines(struct control_client *client,
			   const struct instance *instance)
{
	CLEANUP(buffer_free) struct buffer lines = { 0 };

	instance_last_lines(instance, &lines);
	control_client_say_lines(client, lines.text);
}

static void say_not_ready(struct control_client *client,
			  const struct instance *instance)
{
	bool has_ended = instance->state == INSTANCE_ENDED ||
			 instance->state == INSTANCE_BACKOFF;
	char text[INSTANCE_END_SIZE];

	(void)snprintf(text, sizeof(text), "%s",
		       instance->problem[0] ? instance->problem
					    : instance_state_name(instance));
	if (has_ended)
		instance_describe_end(instance, text);
	control_client_say(client, FRAME_ERR, "%s is not ready: %s\n",
			   instance->name, text);
	if (has_ended && instance->was_started)
		say_last_lines(client, instance);
}

static void look_again(void *context)
{
	(void)context; /* The next round looks. */
}

static const struct instance *awaited(const struct control_client *client,
				      size_t index)
{
	const struct list *names = &client->waiting.names;

	return find_exact(client->control->up,
			  *(char **)list_at(names, index, sizeof(char *)));
}

/* Whether one may still become what is waited for. One that waits for another
 * one does not count if that one starts again and again. */
static bool is_open(struct control_client *client)
{
	struct up *up = client->control->up;
	bool waits = false, is_any_hopeless = false;

	for (size_t i = 0; i < client->waiting.names.count; i++) {
		const struct instance *instance = awaited(client, i);

		if (!instance) /* `jig scale` has removed it. */
			continue;
		/* First: if the time passes meanwhile, it counts as settled, or
		 * the alarm rings at once. The other way round nothing would
		 * look again. */
		int64_t at = instance_settles_us(instance);
		int r = control_commands_look_at(&client->waiting, instance);

		is_any_hopeless |= r < 0 && instance_is_hopeless(instance);
		waits |= r == 0 && instance->state == INSTANCE_WAITING;
		if (r != 0 || instance->state == INSTANCE_WAITING)
			continue;
		/* If memory is short, the next event looks. */
		if (at > 0)
			(void)alarm_set(&client->settled, &up->loop,
					at - clock_us(), look_again, NULL);
		return true;
	}
	return waits && !is_any_hopeless;
}

void control_look(struct control_client *client)
{
	int status = 0;

	/* `jig down`: control_close() answers. */
	if (client->waiting.for_all)
		return;
	if (client->waiting.for_ready && client->control->up->stopping) {
		control_client_refuse(client);
		return;
	}
	if (is_open(client))
		return;
	for (size_t i = 0; i < client->waiting.names.count; i++) {
		const struct instance *instance = awaited(client, i);

		if (control_commands_look_at(&client->waiting, instance) > 0)
			continue;
		say_not_ready(client, instance);
		status = 1;
	}
	control_client_end(client, status);
}
