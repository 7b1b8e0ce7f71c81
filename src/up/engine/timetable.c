// SPDX-License-Identifier: MIT
#include "up/engine/timetable.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "up/engine/up.h"

/* The wall clock may be set, and a suspended machine's timers are late. */
#define LONGEST_US 60000000
#define SECOND_US 1000000

/* The clock of its times: the wall's for cron, else that of durations. */
static int64_t timetable_now_us(const struct timetable *times)
{
	return times->has_cron ? clock_wall_us() : clock_us();
}

static int64_t next_us(const struct instance *instance)
{
	const struct timetable *times = &instance->service->timetable;
	int64_t now = timetable_now_us(times);
	int64_t late = now - instance->due_us;

	if (times->has_cron) {
		time_t next = cron_next(&times->cron, times->zone,
					(time_t)(now / SECOND_US));

		return (int64_t)next * SECOND_US;
	}
	if (!instance->due_us || late < 0)
		return clock_add_us(now, times->interval_us);
	/* Keep the rhythm of the first run. */
	return clock_add_us(now,
			    times->interval_us - late % times->interval_us);
}

static void wait_on(struct instance *instance);

static void timetable_is_due(void *context)
{
	struct instance *instance = context;

	if (instance->state != INSTANCE_SCHEDULED)
		return;
	if (timetable_now_us(&instance->service->timetable) <
	    instance->due_us) {
		wait_on(instance);
		return;
	}
	instance->restarts = 0;
	instance->was_ready = false;
	instance->state = INSTANCE_WAITING;
}

static void wait_on(struct instance *instance)
{
	int64_t us = instance->due_us -
		     timetable_now_us(&instance->service->timetable);

	if (alarm_set(&instance->backoff, &instance->up->loop,
		      us > LONGEST_US ? LONGEST_US : us, timetable_is_due,
		      instance) < 0)
		instance->state = INSTANCE_WAITING;
}

static void say_next(const struct instance *instance)
{
	time_t due = (time_t)(instance->due_us / SECOND_US);
	char text[80], when[64];
	struct tm tm;

	if (!instance->service->timetable.has_cron || !localtime_r(&due, &tm) ||
	    strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm) == 0)
		return;
	(void)snprintf(text, sizeof(text), "next run at %s", when);
	instance_say(instance, text);
}

void timetable_wait(struct instance *instance)
{
	int64_t due = next_us(instance);

	instance->up->has_changed = true;
	if (due < 0) { /* cron_next() has found none. */
		instance->state = INSTANCE_ENDED;
		return;
	}
	instance->due_us = due;
	instance->state = INSTANCE_SCHEDULED;
	say_next(instance);
	wait_on(instance);
}
