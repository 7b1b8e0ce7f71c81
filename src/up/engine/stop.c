// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>

#include "up/engine/parts.h"

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
