// SPDX-License-Identifier: MIT
/*
 * A stop of all, and guards that do not act on a stop.
 *
 * A guard that is suspended (SIGSTOP) makes no descriptor readable. So while a
 * fixture has been requested to stop, jig also checks it by a timer: libjig
 * then continues its guard, or kills it (lib/fixture_rouse.c). Without a stop
 * there is no timer.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "lib/fixture.h"
#include "up/engine/parts.h"

#define LOOK_MS 250

void up_note_reason(struct up *up, const char *format, ...)
{
	va_list arguments;

	if (*up->reason)
		return;
	va_start(arguments, format);
	(void)vsnprintf(up->reason, sizeof(up->reason), format, arguments);
	va_end(arguments);
}

void up_say_reason(const struct up *up, struct buffer *ret)
{
	char text[INSTANCE_END_SIZE];
	bool is_first = true;

	if (*up->reason) {
		buffer_printf(ret, "%s", up->reason);
		return;
	}
	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);

		if (!instance_has_failed(instance))
			continue;
		instance_describe_end(instance, text);
		buffer_printf(ret, "%s%s %s", is_first ? "" : "; ",
			      instance->name, text);
		is_first = false;
	}
	if (is_first)
		buffer_printf(ret, "all services have ended with success");
}

void up_stop(struct up *up, int status)
{
	if (!up->has_status) {
		up->has_status = true;
		up->status = status;
	}
	if (!up->stopping)
		manager_tell(&up->manager, "STOPPING=1");
	if (!up->stopping && up->around_fixture)
		(void)jig_stop(up->around_fixture);
	up->stopping = true;
	up->has_changed = true;
}

void up_hurry(struct up *up)
{
	up->hurried = true;
	up->has_changed = true;
	for (size_t i = 0; i < up->instances.count; i++)
		if (instance_is_running(up_instance(up, i)))
			instance_stop(up_instance(up, i));
	if (up->around_fixture)
		(void)jig_hurry(up->around_fixture);
}

/* ------------------------------------------------- guards that do not act */

static bool is_any_awaited(const struct up *up)
{
	for (size_t i = 0; i < up->instances.count; i++)
		if (instance_is_awaited(up_instance(up, i)))
			return true;
	return fixture_is_awaited(up->around_fixture);
}

static void look_at_all(void *context)
{
	struct up *up = context;

	for (size_t i = 0; i < up->instances.count; i++)
		instance_look(up_instance(up, i));
	up_around_look(up);
}

void up_rouse(struct up *up)
{
	if (alarm_is_set(&up->rouse_alarm) || !is_any_awaited(up))
		return;
	/* If memory is short, the next event tries again. */
	(void)alarm_set(&up->rouse_alarm, &up->loop, clock_ms_us(LOOK_MS),
			look_at_all, up);
}
