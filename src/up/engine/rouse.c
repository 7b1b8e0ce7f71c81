// SPDX-License-Identifier: MIT
/*
 * A guard that is suspended (SIGSTOP) makes no descriptor readable. So while a
 * fixture has been requested to stop, jig also checks it by a timer: libjig
 * then continues its guard, or kills it (lib/fixture_rouse.c). Without a stop
 * there is no timer.
 */
#include "base/clock.h"
#include "lib/fixture.h"
#include "up/engine/parts.h"

#define LOOK_MS 250

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
